"""Lint tells what iptables refuses, and nothing of what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from every_row import every_row
from refusal_cases import BOTH, REFUSALS, Refusal, family_of, text_of

from iptsim.chain_graph import chain_graph
from iptsim.dialects import read_text
from iptsim.explain.lint_sentences import message, reason
from iptsim.extensions.registry import matches, targets
from iptsim.lint import REFUSED, Finding, Kind, Level, lint
from iptsim.lint.flow import leaps_of
from iptsim.lint.refused import refused
from iptsim.model import TABLES
from iptsim.packet import HOOKS
from iptsim.tracer.rules.ready import Library


def refusals(text: str, family: int = 4) -> list[Finding]:
    findings = lint(read_text(text, file="rules", family=family)).findings
    return [finding for finding in findings if finding.kind in REFUSED]


@every_row("case", REFUSALS, ids=lambda case: case.refused)
def test_a_refused_rule_is_told(case: Refusal) -> None:
    family = family_of(case.refused)
    for program in ("nft", "legacy"):
        told = {finding.kind for finding in refusals(text_of(case.refused, program), family)}
        assert case.kind in told if program in case.by else not told


@every_row("case", REFUSALS, ids=lambda case: case.accepted)
def test_its_twin_is_not(case: Refusal) -> None:
    for program in (None, "nft", "legacy"):
        assert not refusals(text_of(case.accepted, program), family_of(case.accepted))


@every_row("case", REFUSALS, ids=lambda case: case.refused)
def test_where_nobody_tells_the_program_both_must_refuse(case: Refusal) -> None:
    found = refusals(text_of(case.refused), family_of(case.refused))
    assert bool(found) == (case.by == BOTH)


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
DUMPS = [p for p in FIXTURES.glob("*/*/**/*.txt") if p.name.startswith(("before.", "after."))]


@pytest.mark.parametrize("name", ["docker", "firewall", "istio", "kube-proxy"])
def test_what_real_iptables_printed_was_not_refused(name: str) -> None:
    here = [dump for dump in DUMPS if dump.relative_to(FIXTURES).parts[0] == name]
    assert here
    for dump in here:
        assert list(_refused_of(dump)) == [], dump


def _refused_of(file: Path) -> Iterator[Finding]:
    for ruleset in read_text(file.read_text(), file=file.name).rulesets:
        library, leaps = Library(ruleset=ruleset), chain_graph(ruleset).leaps
        for table in ruleset.tables:
            yield from refused(library, table, tuple(leaps_of(leaps, table.name)))


OWNER = (
    "4 filter: :APPS; -A INPUT -p tcp -j APPS; -A OUTPUT -j APPS; -A APPS -m owner --uid-owner 33"
)


def test_the_hooks_that_reach_a_chain_are_named() -> None:
    (finding,) = refusals(text_of(OWNER))
    assert (finding.at.chain, finding.at.rule) == ("APPS", 1)
    said = "filter APPS 1 is refused: -m owner does not work in INPUT"
    assert message(finding) == said
    words = reason(finding).text
    assert "OUTPUT, POSTROUTING only" in words
    assert "from INPUT to APPS" in words
    assert "拒绝" in message(finding, "zh")


def test_a_chain_that_nothing_leads_to_has_no_hook() -> None:
    assert not refusals(text_of("4 filter: :APPS; -A APPS -m owner --uid-owner 33"))


def test_options_that_a_listing_hides_are_not_missed() -> None:
    rows = """Chain INPUT (policy ACCEPT)
target     prot opt source               destination
DROP       0    --  0.0.0.0/0            0.0.0.0/0            limit: up to 9/sec burst 5 mode srcip
"""
    assert not refusals(rows)


@pytest.mark.parametrize(
    "text",
    [
        "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:MINE DROP\nCOMMIT\n",
        "iptables -N MINE\niptables -P MINE DROP\n",
    ],
)
def test_a_policy_of_a_users_chain_is_a_warning(text: str) -> None:
    told = [f.kind for f in lint(read_text(text, file="rules")).findings if f.at.chain == "MINE"]
    assert Kind.NO_POLICY in told
    assert Kind.NO_POLICY.level is Level.WARNING
    assert Kind.NO_POLICY not in REFUSED


def test_every_refusal_says_what_would_be_right() -> None:
    told = {finding.kind: finding for case in REFUSALS for finding in _any(case)}
    assert told.keys() == REFUSED
    for finding in told.values():
        for lang in ("en", "zh"):
            assert "{" not in message(finding, lang) + reason(finding, lang).text


def _any(case: Refusal) -> list[Finding]:
    return refusals(text_of(case.refused, case.by[0]), family_of(case.refused))


def test_demands_speak_of_options_that_the_extension_has() -> None:
    for extension in (*matches().values(), *targets().values()):
        asked = extension.demands
        named = {name for group in (*asked.one_of, *asked.exclusive) for name in group}
        named |= {name for one, others in asked.with_ for name in (one, *others)}
        named |= asked.values.keys() | asked.unless | {asked.between} - {""}
        named |= asked.option_hooks.keys() | asked.option_tables.keys()
        named |= asked.option_protocols.keys()
        known = {option.name for option in extension.options}
        assert {name.split()[0] for name in named} <= known, extension.name
        assert asked.hooks <= set(HOOKS)
        assert {*asked.tables, *asked.older_tables} <= set(TABLES)
