"""Findings of one cause are told once, and what a healthy host's programs keep idle is none."""

from __future__ import annotations

from typing import Any

import pytest
from every_row import every_row
from vendor_hosts import HEALTHY

from iptsim.dialects import read_text
from iptsim.knowledge.idle_by_design import by_design
from iptsim.lint import Finding, Kind, Report, lint
from iptsim.lint.causes import causes
from iptsim.render.outputs.lint_json import lint_json
from iptsim.render.outputs.lint_text import lint_text
from iptsim.render.outputs.sarif import sarif
from iptsim.render.shared.terminal import Style

BUILT_IN = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"


def report_of(rules: str, chains: str = "") -> Report:
    declared = "".join(f":{name} - [0:0]\n" for name in chains.split())
    return lint(read_text(f"*filter\n{BUILT_IN}{declared}{rules}COMMIT\n"))


def told(report: Report, *, every: bool = False, lang: str = "en") -> str:
    return lint_text(report, Style(lang=lang, width=200), every=every)


def ports(*numbers: int, chain: str = "INPUT", target: str = "ACCEPT") -> str:
    return "".join(f"-A {chain} -p tcp -m tcp --dport {n} -j {target}\n" for n in numbers)


def kinds(findings: tuple[Finding, ...]) -> list[Kind]:
    return [finding.kind for finding in findings]


def test_rules_behind_one_that_takes_everything_are_one_cause() -> None:
    report = report_of(f"{ports(9)}-A INPUT -j DROP\n{ports(*range(1000, 1040))}")
    (cause,) = causes([one for one in report.findings if one.kind is not Kind.POLICY])
    assert len(cause.alike) == 40
    text = told(report)
    assert "IPT0711 filter INPUT 3-42 (40 rules) can never match" in text
    assert "decide otherwise about 40 of them" in text
    assert text.count("-j DROP") == 1
    assert "1 finding: 1 error." in text


def test_the_gravest_leads_and_says_about_how_many() -> None:
    text = told(report_of(f"-A INPUT -j DROP\n{ports(7, target='DROP')}{ports(8, 9)}"))
    assert "IPT0711 filter INPUT 2-4 (3 rules)" in text
    assert "otherwise about 2 of them" in text


def test_rules_that_others_take_are_another_cause() -> None:
    first, second = "-A INPUT -s 10.0.0.0/8 -j DROP\n", "-A INPUT -s 172.16.0.0/12 -j DROP\n"
    behind = "-A INPUT -s 10.1.0.0/16 -j ACCEPT\n-A INPUT -s 172.17.0.0/16 -j ACCEPT\n"
    report = report_of(f"{first}{second}{behind}")
    assert len(causes(report.findings)) == 2


def test_chains_that_nothing_reaches_belong_to_what_keeps_packets_away() -> None:
    rules = "-A INPUT -j DROP\n-A INPUT -j A\n-A A -j B\n-A B -s 10.0.0.1/32 -j ACCEPT\n"
    text = told(report_of(rules, "A B"))
    assert "IPT0716" not in text
    assert "So no packet comes to filter A, filter B either." in text


def test_chains_below_one_that_no_rule_leads_to_are_its_cause() -> None:
    report = report_of("-A A -j B\n-A B -j C\n-A C -s 10.0.0.1/32 -j DROP\n", "A B C")
    (cause,) = causes(report.findings)
    assert kinds(cause.findings) == [Kind.UNREFERENCED, Kind.UNREACHED, Kind.UNREACHED]


def test_an_unreached_chain_is_no_matter_of_a_policy() -> None:
    report = report_of("-A INPUT -j DROP\n-A INPUT -s 10.0.0.1/32 -j A\n-A A -j ACCEPT\n", "A")
    (policy,) = (c for c in causes(report.findings) if c.lead.kind is Kind.POLICY)
    assert policy.behind == ()


def test_one_kind_in_one_chain_is_told_once_with_the_range() -> None:
    text = told(report_of(f"{ports(1, 2, 3)}-A INPUT -p udp -j LOG\n{ports(5)}"))
    assert "IPT0720 filter INPUT 1-3, 5 (4 rules) have no effect" in text
    assert "They stand for 4: --all shows each." in text


def test_kinds_without_a_sentence_for_many_name_the_others() -> None:
    rule = "-A INPUT -m owner --uid-owner 7 -j ACCEPT\n"
    text = told(report_of(rule * 3))
    assert "IPT0724 filter INPUT 1 is refused" in text
    assert "The same holds for filter INPUT 2-3 (2 rules)." in text


def test_each_is_told_where_all_are_asked_for() -> None:
    report = report_of(f"-A INPUT -j DROP\n{ports(*range(1000, 1040))}")
    text = told(report, every=True)
    assert text.count("IPT0711 filter INPUT") == 40
    assert "IPT0722" in text
    assert "41 findings" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_programs_get_every_finding_with_its_cause(lang: str) -> None:
    report = report_of(f"-A INPUT -j DROP\n{ports(1, 2)}")
    data = lint_json(report, lang=lang)["findings"]
    assert isinstance(data, list)
    assert [(one["code"], one["group"], one["by_design"]) for one in data] == [
        ("IPT0722", 1, "policies"), ("IPT0711", 2, None), ("IPT0711", 2, None),
    ]  # fmt: skip
    runs: Any = sarif(report, version="1", lang=lang)["runs"]
    assert ["suppressions" in one for one in runs[0]["results"]] == [True, False, False]


@every_row("name", HEALTHY)
def test_a_healthy_host_of_a_program_has_no_finding(name: str) -> None:
    report = lint(read_text(HEALTHY[name]))
    hidden = by_design(report)
    assert [f for f in report.findings if f not in hidden] == []
    assert hidden
    assert told(report).startswith("Nothing found. ")


SPOILT = [
    # An own rule before one of the program's takes everything from those that follow.
    ("docker", "-A DOCKER -d 172.17.0.2/32", "-A DOCKER -j ACCEPT", Kind.SHADOWED),
    ("istio", "-A ISTIO_OUTPUT -d 127.0.0.1/32", "-A ISTIO_OUTPUT -j RETURN", Kind.SHADOWED),
    ("ufw", "-A ufw-user-input -p tcp -m tcp --dport 443", "-A ufw-user-input -j DROP",
     Kind.SHADOWED_OTHERWISE),
    ("firewalld", "-A INPUT -i lo", "-A INPUT -j ACCEPT", Kind.SHADOWED_OTHERWISE),
    ("ufw", "-A f2b-sshd -s 203.0.113.9/32", "-A f2b-sshd -j RETURN", Kind.SHADOWED),
    ("calico", "-A cali-to-wl-dispatch", "-A cali-to-wl-dispatch -j ACCEPT",
     Kind.SHADOWED_OTHERWISE),
    ("kubernetes", "-A KUBE-POSTROUTING -m mark", "-A KUBE-POSTROUTING -j RETURN", Kind.SHADOWED),
    ("libvirt", "-A LIBVIRT_FWO -i virbr0", "-A LIBVIRT_FWO -j ACCEPT", Kind.SHADOWED_OTHERWISE),
]  # fmt: skip


@every_row(("name", "before", "own", "kind"), SPOILT)
def test_an_own_rule_that_takes_a_programs_packets_is_told(
    name: str, before: str, own: str, kind: Kind
) -> None:
    text = HEALTHY[name]
    assert text.count(f"\n{before}") >= 1
    report = lint(read_text(text.replace(f"\n{before}", f"\n{own}\n{before}", 1)))
    hidden = by_design(report)
    assert kind in [f.kind for f in report.findings if f not in hidden]


def test_chains_that_lost_what_led_to_them_are_told() -> None:
    rules = HEALTHY["docker"].replace("-A FORWARD -o docker0 -j DOCKER\n", "")
    report = lint(read_text(rules.replace("-A FORWARD -o br-shop -j DOCKER\n", "")))
    hidden = by_design(report)
    assert [f.at.chain for f in report.findings if f not in hidden] == ["DOCKER"]


def test_a_programs_names_mean_nothing_where_it_is_not() -> None:
    report = report_of("-A INPUT -j IN_web\n", "IN_web")
    assert by_design(report) == {}


def test_an_idle_rule_in_a_chain_for_the_users_own_is_told() -> None:
    again = "-A ufw-user-input -p tcp -m tcp --dport 443 -j ACCEPT\n"
    report = lint(read_text(HEALTHY["ufw"].replace(again, again * 2)))
    hidden = by_design(report)
    assert kinds(tuple(f for f in report.findings if f not in hidden)) == [Kind.DUPLICATE]


def test_chains_that_nothing_leads_to_are_one_cause() -> None:
    chains = [f"OLD{n}" for n in range(7)]
    rows = "".join(f"-A {name} -s 192.0.2.1/32 -j DROP\n" for name in chains)
    report = report_of(rows, " ".join(chains))
    (cause,) = causes(report.findings)
    assert len(cause.findings) == 7
    said = told(report)
    assert "OLD0, OLD1, OLD2, OLD3, OLD4, … (7 chains)" in said
    assert said.count("IPT0715") == 1
    assert "\n    …" not in said
