"""Hundreds of facts: no recursion over them, and no more conditions than a reader is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.explain.unions import shorter
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.fates import fates
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.symbolic.sets.diagrams import OxiddManager
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.short_conditions import Teller, TooLongError
from iptsim.tracer import Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import IntSet, parse_address
from iptsim.worlds.outcome import Condition

HEAD = "target prot opt source destination"


def with_facts(count: int) -> tuple[Universe, list[object]]:
    universe = Universe(OxiddManager(), ())
    return universe, [universe.fact(Fact(key=f"f{n}", code="IPT0401")) for n in range(count)]


def test_a_thousand_facts_are_told_without_recursion() -> None:
    universe, facts = with_facts(1000)
    held = universe.manager.true
    for fact in reversed(facts):
        held = ~fact & held  # type: ignore[operator]  # a diagram
    (product,) = Teller(universe).wide(held)
    assert len(product) == 1000


def test_more_work_than_is_allowed_is_refused() -> None:
    universe, facts = with_facts(40)
    held = universe.manager.false
    for fact in facts:
        held = held ^ fact  # type: ignore[operator]  # a diagram
    with pytest.raises(TooLongError):
        Teller(universe, work=30).wide(held)


def test_some_of_a_set_lies_in_it() -> None:
    universe, facts = with_facts(40)
    held = universe.manager.false
    for fact in facts:
        held = held ^ fact  # type: ignore[operator]  # a diagram
    product = Teller(universe).some(held, held)
    inside = universe.manager.true
    for values in product.values():
        inside = inside & values
    assert inside != universe.manager.false
    assert inside & ~held == universe.manager.false


def test_facts_that_make_no_difference_are_left_out() -> None:
    universe, facts = with_facts(30)
    room = ~(facts[1] & facts[2])  # type: ignore[operator]  # diagrams
    held = facts[7] & room
    lower, upper = Teller(universe).without_idle_facts(held, held | ~room)
    assert lower == upper == facts[7]


def test_a_long_listing_is_told_in_part() -> None:
    rows = "".join(
        f"ACCEPT tcp -- 10.7.{n % 200}.0/24 0.0.0.0/0 tcp dpt:{2000 + n}\n" for n in range(350)
    )
    ruleset = read_text(f"Chain INPUT (policy DROP)\n{HEAD}\n{rows}", table="filter").rulesets[0]
    found = trace_grouped(Tracer.of(ruleset), Packet(proto=6), most=40)
    told = [outcome for outcome in found.outcomes if outcome.when]
    assert len(told) <= 10
    assert {outcome.verdict for outcome in told} == {"ACCEPT", "DROP"}
    assert [outcome.verdict for outcome in told if outcome.partly] == ["DROP"]
    text = " ".join(
        trace_text(TraceAnswer(trace=found, ruleset=ruleset, style=Style(width=100))).split()
    )
    assert "filter INPUT 1 is not limited to an interface" in text
    assert "or in other cases" in text


def test_of_a_fate_that_is_told_in_part_the_rest_is_told() -> None:
    outcomes = trace_grouped(
        Tracer.of(
            read_text("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n").rulesets[0]
        ),
        Packet(),
    )
    (passed, dropped) = sorted(outcomes.outcomes, key=lambda outcome: outcome.verdict)
    found = fates(replace(outcomes, outcomes=(passed, replace(dropped, partly=True))))
    assert [(fate.outcomes[0].verdict, fate.rest) for fate in found] == [
        ("ACCEPT", False), ("DROP", True),
    ]  # fmt: skip


def test_a_condition_and_its_contrary_are_none() -> None:
    mark = Condition(field="mark", values=("0x1/0x1",))
    fact = (Fact(key="f", code="IPT0402"), True)
    assert shorter([(mark, fact), (replace(mark, negate=True), fact)]) == [(fact,)]


def test_sets_of_any_size_are_counted() -> None:
    assert IntSet.width(128).count == 1 << 128
    assert IntSet().count == 0


@pytest.mark.parametrize("packet", [Packet(family=6, in_="eth0"), Packet(family=6, uid=7)])
def test_a_source_out_of_a_wide_range(packet: Packet) -> None:
    ruleset = read_text(
        "*nat\n:POSTROUTING ACCEPT [0:0]\n"
        "-A POSTROUTING -j SNAT --to-source fd00:1::-fd00:1::ffff:ffff:ffff:ffff\nCOMMIT\n",
        family=6,
    ).rulesets[0]
    to = parse_address("2001:db8::9")[0]
    source = None if packet.uid is not None else parse_address("fd00::5")[0]
    found = Tracer.of(ruleset).trace(packet.with_(src=source, dst=to, proto=6, out="eth1"))
    assert any(r.field == "src" for outcome in found.outcomes for r in outcome.rewrites)
