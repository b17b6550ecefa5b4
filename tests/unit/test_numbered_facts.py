"""Rules of a long listing that may be limited to hidden interfaces, told by a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from random import Random

import pytest
from cubes_eval import in_cubes

from iptsim import codes, tracing
from iptsim.dialects import read_text
from iptsim.host import NOBODY
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.render.shared.cube_json import cube_json
from iptsim.symbolic.sets import numbered_facts
from iptsim.symbolic.sets.diagrams import OxiddManager
from iptsim.symbolic.sets.universe import ONE_FACT, Universe
from iptsim.symbolic.telling import chosen_packets
from iptsim.symbolic.telling.chosen_packets import few_hidden, point
from iptsim.symbolic.telling.set_cubes import Cubes
from iptsim.tracer import Trace, Tracer
from iptsim.tracer.rules.ready import Library
from iptsim.tracing import trace_grouped
from iptsim.values import IntSet, parse_address
from iptsim.worlds.domains import domain_of
from iptsim.worlds.variables import Variables
from iptsim.worlds.world import Setting

HEAD = "target prot opt source destination"
SOURCES = tuple(f"10.1.{n}.0/24" for n in range(4))
PORTS = (22, 25, 80)
FACTS = tuple(Fact(key=f"f{n}", code=codes.HIDDEN_INTERFACE) for n in range(12))


def listing(random: Random, rows: int) -> Ruleset:
    """Rows that overlap, so that several of them would have to be limited for a later one."""

    def row() -> str:
        source = random.choice((*SOURCES, *SOURCES, "10.1.0.0/23", "0.0.0.0/0"))
        port = "" if random.random() < 0.1 else f"tcp dpt:{random.choice(PORTS)}"
        target = random.choice(("ACCEPT", "DROP", "REJECT", "LOG"))
        return f"{target} tcp -- {source} 0.0.0.0/0 {port}\n"

    told = "".join(row() for _ in range(rows))
    return read_text(f"Chain INPUT (policy DROP)\n{HEAD}\n{told}", table="filter").rulesets[0]


def hidden_in(found: Trace) -> list[str]:
    told = (fact for one in found.outcomes for cube in one.when for fact, _so in cube.facts)
    return list(dict.fromkeys(f.key for f in told if f.code == codes.HIDDEN_INTERFACE))


def fares(found: Trace, src: int, port: int, facts: Mapping[str, bool]) -> set[tuple[str, object]]:
    """How the outcomes that tell of a packet say that it fares, and by which rule."""
    fields = {"src": src, "dport": port, "proto": 6}
    return {
        (one.verdict, one.decided_by and one.decided_by.rule)
        for one in found.outcomes
        if not one.when or in_cubes(map(cube_json, one.when), fields, facts)
    }


@pytest.mark.parametrize("seed", range(12))
def test_numbers_tell_what_a_variable_for_each_tells(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "FEW", 1)  # all ways at once
    rules = Tracer.of(listing(Random(seed), 22))  # noqa: S311  # the same ones each time
    numbered = trace_grouped(rules, Packet(proto=6))
    monkeypatch.setattr(chosen_packets, "MOST_OTHERS", -1)
    plain = trace_grouped(rules, Packet(proto=6))
    names = {*hidden_in(numbered), *hidden_in(plain)}
    sources = [parse_address(text.partition("/")[0])[0] + 9 for text in SOURCES]
    for src, port, limited in product(sources, (*PORTS, 443), (None, *names)):
        facts = {name: name == limited for name in names}
        assert fares(numbered, src, port, facts) == fares(plain, src, port, facts)
    assert numbered.notes == plain.notes
    assert codes.HIDDEN_WAYS_LEFT_OUT in {note.code for note in numbered.notes}


@cache
def universe() -> Universe:
    found = Universe(OxiddManager(), ())
    numbered_facts.number(found, FACTS)
    return found


def told(held: object) -> Iterator[dict[str, bool]]:
    setting = Setting(family=4, host=NOBODY, domains=Variables({}))
    for cube in Cubes(universe(), setting).of(held):
        yield {fact.key: so for fact, so in cube.facts}


def test_no_two_of_the_facts_are_so() -> None:
    first, second = (universe().fact(fact) for fact in FACTS[:2])
    nothing = universe().manager.false
    assert first & second == nothing
    assert first != nothing
    assert ~first & ~second != nothing


def test_one_of_several_is_told_as_ways_and_none_of_them_as_one() -> None:
    first, second = (universe().fact(fact) for fact in FACTS[3:5])
    assert [*told(first | second)] == [{"f3": True}, {"f4": True}]
    assert [*told(~first & ~second)] == [{"f3": False, "f4": False}]


def test_the_facts_that_are_picked_hold_at_a_point() -> None:
    none = point(universe(), {f"fact {fact.key}": False for fact in FACTS})
    last = point(universe(), {f"fact {fact.key}": fact == FACTS[-1] for fact in FACTS})
    assert last == universe().fact(FACTS[-1])
    assert all(none & universe().fact(fact) == universe().manager.false for fact in FACTS)
    assert point(universe(), {"fact f0": True, "fact f1": True}) == universe().manager.false


def library(rows: str) -> Library:
    ruleset = read_text(f"Chain INPUT (policy DROP)\n{HEAD}\n{rows}", table="filter").rulesets[0]
    return Tracer.of(ruleset).library


def test_rules_with_facts_of_their_own_keep_a_variable_for_each() -> None:
    plain = "".join(f"ACCEPT tcp -- 10.7.{n}.0/24 0.0.0.0/0\n" for n in range(20))
    limits = "".join(
        f"ACCEPT tcp -- 10.7.{n}.0/24 0.0.0.0/0 limit: avg {n + 1}/min burst 5\n" for n in range(20)
    )
    for rows, numbers in ((plain, True), (limits, False)):
        asked = Universe(OxiddManager(), ())
        room = few_hidden(asked, library(rows))
        assert (ONE_FACT in asked.blocks) is numbers
        assert (room == asked.manager.true) is numbers


def test_what_many_rules_leave_over_grows_with_their_number() -> None:
    few, many = 200, 400
    sizes = []
    for count in (few, many):
        asked = Universe(OxiddManager(), ())
        block = asked.declare("dport", domain_of("dport", 4))
        facts = [Fact(key=f"f{n}", code=codes.HIDDEN_INTERFACE) for n in range(count)]
        numbered_facts.number(asked, facts)
        left = asked.manager.true
        for port, fact in enumerate(facts):
            left &= ~asked.numbers(block, IntSet.single(port)) | asked.fact(fact)
        sizes.append(asked.manager.size(left))
    assert sizes[1] < 3 * sizes[0]
