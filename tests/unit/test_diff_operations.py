"""How often a diff of large rule sets does what takes time, counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.late_save import SavedTable
from iptsim.dialects.quick.quickly import quickly
from iptsim.diff.compare import diff
from iptsim.diff.difference import Difference
from iptsim.knowledge import names
from iptsim.late_rules import LateRules
from iptsim.model import Dump
from iptsim.render.shared.hunk_uses import Uses
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.walk import equal_worlds
from iptsim.symbolic.walk.shared_walks import Walks

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from rule_sets import filter_rules, kube_proxy_rules  # it stands with the benchmarks

FEW_SERVICES, MANY_SERVICES = 300, 8_000


def quick(text: str) -> Dump:
    found = quickly("x", (text,), lambda one: dump_of([one], None, None), fewest=0)[0]
    assert found is not None
    return found


def plain(text: str) -> Dump:
    return dump_of([OneText("x", (text,))], None, None)


@cache
def policies() -> tuple[str, str]:
    """A filter of which a policy changed."""
    text = filter_rules(300)
    return text, text.replace(":FORWARD DROP", ":FORWARD ACCEPT")


@cache
def services(rules: int, changed: int = 3) -> tuple[str, str]:
    """Services of which a few changed."""
    return kube_proxy_rules(rules), kube_proxy_rules(rules, changed)


def counting(monkeypatch: pytest.MonkeyPatch, of: type, name: str) -> Counter[str]:
    """How often a method is called from here on."""
    seen: Counter[str] = Counter()
    own: Callable[..., Any] = getattr(of, name)

    def counted(*given: Any, **more: Any) -> Any:
        seen[name] += 1
        return own(*given, **more)

    monkeypatch.setattr(of, name, counted)
    return seen


def compared(texts: tuple[str, str], read: Callable[[str], Dump] = quick) -> Difference:
    before, after = map(read, texts)
    return diff(before, after)


@cache
def counted(texts: tuple[str, str]) -> tuple[Difference, int, int]:
    """What differs; how often sets were asked for that, and how many rules were read."""
    with pytest.MonkeyPatch.context() as patch:
        asked, read = counting(patch, Packets, "apart"), counting(patch, SavedTable, "rule")
        found = compared(texts)
    return found, asked["apart"], read["rule"]


def test_what_both_sides_have_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, once, _read = counted(policies())
    asked = counting(monkeypatch, Packets, "apart")
    monkeypatch.setattr(Walks, "shares", lambda *_given: False)
    assert compared(policies()) == shared
    assert asked["apart"] > 1.5 * once > 0  # all but the beginnings of walks


@pytest.mark.parametrize("chain", ["FORWARD", "net-1"])
def test_a_chain_that_changed_is_walked_on_both_sides(chain: str) -> None:
    text = filter_rules(120)
    line = next(line for line in text.splitlines() if line.startswith(f"-A {chain} "))
    more = text.replace(line, f"-A {chain} -p tcp -m tcp --dport 4 -j ACCEPT\n{line}", 1)
    found = compared((text, more))
    assert [change.chain for change in found.changes] == [chain]
    assert {effect.hook for effect in found.effects} == {"FORWARD"}


def test_few_rules_of_many_services_are_read() -> None:
    _found, _asked, read = counted(services(MANY_SERVICES))
    assert 0 < read < MANY_SERVICES  # of twice as many


def test_the_text_is_looked_through_for_callers_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = counting(monkeypatch, SavedTable, "_searched")
    (table,) = quick(kube_proxy_rules(FEW_SERVICES)).rulesets[0].tables[-1:]
    hooks = {chain.name: table.hooks_of(chain.name) for chain in table.chains}
    assert looks["_searched"] <= 16 < len(hooks)
    (own,) = plain(kube_proxy_rules(FEW_SERVICES)).rulesets[0].tables[-1:]
    assert hooks == {chain.name: own.hooks_of(chain.name) for chain in own.chains}


def test_rules_that_no_packet_meets_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    passed, some, _read = counted(services(MANY_SERVICES))
    asked = counting(monkeypatch, Packets, "apart")
    monkeypatch.setattr(equal_worlds, "LONG", 1 << 30)
    assert compared(services(MANY_SERVICES)) == passed
    assert asked["apart"] > 2 * some > 0


@pytest.mark.parametrize(
    "texts", [policies(), services(FEW_SERVICES)], ids=["policies", "services"]
)
def test_what_is_read_late_differs_as_what_is_read_at_once(texts: tuple[str, str]) -> None:
    assert counted(texts)[0] == compared(texts, plain)


def test_who_wrote_rules_is_told_without_reading_those_of_other_kinds() -> None:
    dump = quick(policies()[0])
    assert names(dump.rulesets[0]) == ()
    late = [one.rules for one in dump.rulesets[0].tables[0].chains if "net-" in one.name]
    assert late
    assert not any(isinstance(rules, LateRules) and rules.is_read for rules in late)


@pytest.mark.parametrize(
    ("rule", "system"),
    [
        ('-A net-1 -m comment --comment "!fw3: mine" -j ACCEPT', "openwrt"),
        ('-A net-1 -j LOG --log-prefix "Shorewall:net2fw:DROP:"', "shorewall"),
        ("-A net-1 -j NFLOG --nflog-prefix Shorewall:net2fw:DROP:", "shorewall"),
    ],
)
def test_who_wrote_a_rule_of_late_chains_is_told(rule: str, system: str) -> None:
    text = policies()[0].replace("COMMIT", f"{rule}\nCOMMIT")
    found = [names(read(text).rulesets[0]) for read in (quick, plain)]
    assert found == [(system,), (system,)]


def test_a_policy_that_changed_asks_nobody_who_wrote_the_rules() -> None:
    found, _asked, _read = counted(policies())
    uses = Uses(found, "en")
    assert [*chain.from_iterable(map(uses.of, found.changes))] == []
    assert "_among" not in vars(uses)
