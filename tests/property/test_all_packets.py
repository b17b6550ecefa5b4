"""Every packet lies in exactly one fate of the walk over all packets, and it is the tracer's.

And what two rule sets are said to do differently is where two traces differ, no more and no less.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import LONG, examples
from scenes import (
    NAMES,
    SCENES,
    TOLD,
    Scene,
    mutated,
    packet_of,
    rules_of,
    ruleset_of,
    sane,
    traced,
    ways,
)

from iptsim.host import NOBODY
from iptsim.packet import Packet
from iptsim.predicate import InSet, Interface, OneOf, Predicate, all_of
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import cubes, possible
from iptsim.symbolic.walk.differences import Comparing, Fate, groups
from iptsim.symbolic.walk.engine import Engine, Fates
from iptsim.tracer import Tracer
from iptsim.values import InterfacePattern, IntSet
from iptsim.worlds.domains import domain_of
from iptsim.worlds.terms import Known, Mixed, Stepped, Term, is_choice
from iptsim.worlds.variables import Variable


def exactly(packet: Packet) -> Predicate:
    """The condition that a packet is this one."""
    parts: list[Predicate] = []
    for name, value in packet.given().items():
        if name == "ctstate":
            continue
        if isinstance(value, int):
            parts.append(InSet(field=name, values=IntSet.single(value)))
        elif name in ("in", "out"):
            parts.append(Interface(field=name, pattern=InterfacePattern(text=value)))
        else:
            parts.append(OneOf(field=name, names=frozenset({value})))
    return all_of(parts)


def declared(engine: Engine, packet: Packet, fates: Fates) -> Any:
    """The set of the one packet."""
    for name in packet.given():
        engine.universe.declare(name, fates.setting.domains[name])
    here: Any = engine.universe.of(exactly(packet))
    return here & possible(engine.universe, fates.setting)


def value(term: Term, packet: Packet) -> int | str:
    """What a term is for a packet."""
    given = {name: told for name, told in packet.given().items() if isinstance(told, int)}
    match term:
        case Known(value=int(known)):
            return known
        case Variable(name=name):
            return "?" if is_choice(term) else given[name]
        case Stepped(name=name, values=values):
            return values[given[name]]
        case Mixed(parts=parts, constant=constant):
            for variable, mask in parts:
                constant ^= given[variable.name] & mask
            return constant
    raise AssertionError(term)


def as_traced(fate: Fate, packet: Packet) -> tuple[object, ...]:
    """A fate as a trace of the packet has it: fields that really changed."""
    given = packet.given()
    left = {name: value(term, packet) for name, term in fate.rewrites}
    changed = {name: held for name, held in left.items() if given.get(name) != held}
    return (fate.verdict, fate.destination, tuple(sorted(changed.items())))


def asked(packet: Packet) -> Packet:
    """Only its state is told: the question is of every such packet."""
    return Packet(ctstate=packet.ctstate)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(6, at_length=60), deadline=None)
def test_a_packet_has_one_fate_and_it_is_the_tracers(scene: Scene, seed: int) -> None:
    has_one_fate(OxiddManager(), scene, seed)


@pytest.mark.skipif(not LONG, reason="make long; test_twins.py holds both engines to one answer")
@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_so_it_has_without_oxidd(scene: Scene, seed: int) -> None:
    has_one_fate(PureManager(), scene, seed)


def has_one_fate(manager: Manager, scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    ruleset = ruleset_of(rules_of(random, scene))
    engine = Engine(manager, (ruleset,), host=scene.host, interfaces=NAMES)
    tracer = Tracer.of(ruleset)
    for packet in (packet_of(random, scene) for _ in range(5)):
        if not sane(packet, scene):
            continue
        fates = engine.fates(0, asked(packet), scene.hook)
        here = declared(engine, packet, fates)
        met = [g for g in groups(fates.ends) if g.held & here != engine.universe.manager.false]
        outcomes = tracer.trace(packet, hook=scene.hook, host=scene.host).outcomes
        told = {as_traced(_settled(engine.universe, g.fate, g.held & here), packet) for g in met}
        assert told == {traced(outcome, packet) for outcome in outcomes}
        _apart(engine, [g.held & here for g in met])


def _apart(engine: Engine, sets: list[Any]) -> None:
    """No packet, whatever the facts, is in two of them."""
    for index, one in enumerate(sets):
        for other in sets[:index]:
            assert one & other == engine.universe.manager.false


def _settled(universe: Universe, fate: Fate, held: Any) -> Fate:
    """The fate with the values that this packet meets instead of variables for many."""
    picked = ordinary(universe, held, 4)
    rewrites = tuple(
        (name, Known(value=picked[term.name]))
        if isinstance(term, Variable) and term.one_of_many
        else (name, term)
        for name, term in fate.rewrites
    )
    return Fate(verdict=fate.verdict, destination=fate.destination, rewrites=rewrites)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(8, at_length=100), deadline=None)
def test_a_difference_holds_exactly_where_two_traces_differ(scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # see above
    rules = rules_of(random, scene)
    sides = ruleset_of(rules), ruleset_of(mutated(rules, random, scene))
    engine = Engine(OxiddManager(), sides, host=scene.host, interfaces=NAMES)
    tracers = [Tracer.of(side) for side in sides]
    for packet in (packet_of(random, scene) for _ in range(4)):
        if not sane(packet, scene):
            continue
        fates = [engine.fates(which, asked(packet), scene.hook) for which in (0, 1)]
        here = declared(engine, packet, fates[0])
        differing = list(Comparing(engine.universe, fates[0], fates[1]).differing())
        told = [d for d in differing if d.held & here != engine.universe.manager.false]
        fates_of = [ways(tracer, packet, scene) for tracer in tracers]
        if all(len(way) == 1 for way in fates_of):
            assert bool(told) == (fates_of[0] != fates_of[1])
        _apart(engine, [one.held for one in told])
        for one in differing:
            _replayed(engine, one.held, packet, scene, tracers, fates[1])


def _replayed(
    engine: Engine, held: Any, packet: Packet, scene: Scene, tracers: list[Tracer], fates: Fates
) -> None:
    """A packet out of the difference fares otherwise in the tracer, too."""
    room = held & possible(engine.universe, fates.setting)
    if room == engine.universe.manager.false:
        return
    assert cubes(engine.universe, held, fates.setting)
    picked = ordinary(engine.universe, room, 4)
    if picked["dst"] in range(224 << 24, 1 << 32) or any(n.startswith("fact") for n in picked):
        return
    names = ["proto", "src", "dst", "mark", "ttl", "tos", "in"]
    if picked["proto"] in (6, 17):
        names += ["sport", "dport"]
    if scene.hook != "PREROUTING":
        names += ["out"] if scene.host is NOBODY else []
    if scene.hook == "OUTPUT":
        names.remove("in")
    values = {("in_" if n == "in" else n): picked[n] for n in names if n in picked}
    told = asked(packet).with_(**{n: v for n, v in values.items() if not isinstance(v, bool)})
    fates_of = [ways(tracer, told, scene) for tracer in tracers]
    assert fates_of[0] != fates_of[1]


def test_a_variable_is_declared_once() -> None:
    universe = Universe(PureManager(), ())
    first = universe.declare("mark", domain_of("mark", 4))
    assert universe.declare("mark", domain_of("mark", 4)) is first
