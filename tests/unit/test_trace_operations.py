"""How often a trace that leaves much open does what takes time, counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iptsim.dialects.dump import dump_of
from iptsim.dialects.one_text import OneText
from iptsim.dialects.quick.late_save import SavedTable
from iptsim.dialects.quick.quickly import quickly
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.symbolic.sets.diagrams import OxiddManager
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.traces.by_value import by_value
from iptsim.symbolic.walk.differences import Fate
from iptsim.tracer import Tracer
from iptsim.tracer.rules import ready
from iptsim.tracing import trace_grouped
from iptsim.values import IntSet
from iptsim.worlds.domains import domain_of
from iptsim.worlds.outcome import Trace
from iptsim.worlds.variables import OneOfMany, Variable

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from listings import plain_listing  # it stands with the benchmarks
from rule_sets import kube_proxy_rules

RULES = 8_000
WEB = Packet(dport=80, proto=6)


def counted(monkeypatch: pytest.MonkeyPatch, of: object, name: str) -> Counter[str]:
    """How often something is called from here on."""
    seen: Counter[str] = Counter()
    own: Callable[..., Any] = getattr(of, name)

    def counting(*given: Any, **more: Any) -> Any:
        seen[name] += 1
        return own(*given, **more)

    monkeypatch.setattr(of, name, counting)
    return seen


def quick(text: str) -> Dump:
    found = quickly("x", (text,), lambda one: dump_of([one], None, None), fewest=0)[0]
    assert found is not None
    return found


def traced(dump: Dump, packet: Packet) -> Trace:
    (ruleset,) = dump.rulesets
    return trace_grouped(Tracer.of(ruleset), packet, most=12)


def test_services_on_other_ports_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    dump = quick(kube_proxy_rules(RULES))
    read = counted(monkeypatch, SavedTable, "rule")
    found = traced(dump, WEB)
    assert found.untold  # more ways than are told
    assert 0 < read["rule"] < RULES / 4


def test_a_text_that_was_read_whole_answers_the_same() -> None:
    text = kube_proxy_rules(1_500)
    late, whole = quick(text), dump_of([OneText("x", (text,))], None, None)
    assert traced(late, WEB) == traced(whole, WEB)


def test_what_the_rules_make_the_kernel_do_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch, ready, "gathers")
    found = traced(dump_of([OneText("x", (plain_listing(100),))], None, None), Packet(proto=6))
    assert len(found.outcomes) > 2  # each has an example, which is followed
    assert asked["gathers"] == 1


def test_parts_by_value_are_what_each_value_has() -> None:
    universe = Universe(OxiddManager(1 << 16), ())
    given = Variable(field="dst", origin=OneOfMany(where="nat PREROUTING"))
    block = universe.block(given, domain_of("dst", 4))
    source = universe.declare("src", domain_of("src", 4))
    senders = {value: IntSet.between(value, 3 * value) for value in (9, 2, 70, 71, 1 << 30)}
    held: Any = universe.manager.false
    for value, these in senders.items():
        held |= universe.numbers(block, IntSet.single(value)) & universe.numbers(source, these)
    fate = Fate(verdict="ACCEPT", destination="local", rewrites=(("dst", given),))
    found = list(by_value(universe, fate, held))
    assert found == [universe.numbers(source, senders[value]) for value in sorted(senders)]
