"""The cubes that a set is told by: exactly the set, few, and in the plainest form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from every_row import every_row
from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.host import NOBODY
from iptsim.packet import FIELDS, TCP_FLAGS
from iptsim.predicate import (
    And,
    Bits,
    Fact,
    InSet,
    Interface,
    Not,
    OneOf,
    Or,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.render.shared.cube_json import cube_json
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Universe, classes
from iptsim.symbolic.telling.set_cubes import cubes, possible
from iptsim.values import InterfacePattern, IntSet, Masked, parse_address
from iptsim.worlds.domains import InterfaceSet, NameSet, domain_of
from iptsim.worlds.outcome import Condition, Cube
from iptsim.worlds.variables import Source, Variable, Variables
from iptsim.worlds.world import Setting

PATTERNS = tuple(InterfacePattern(text=text) for text in ("lo", "eth0", "eth+", "eth1+"))
LO = InterfacePattern(text="lo")
ASKED = ("dst", "proto", "dport", "src", "in", "mark", "tcp_flags", "ctstate")
CHOSEN = Variable(field="out", origin=Source.NEW_ROUTE)
CHOICE = CHOSEN.name
LIMIT = Fact(key="limit", code="IPT0424", detail="limit")
ENGINES = (OxiddManager, PureManager)
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}


def made(manager: Manager) -> tuple[Universe, Setting]:
    """A universe of some fields, with packets that come in by another interface than lo."""
    domains = Variables({n: domain_of(n, 4) for n in FIELDS})
    domains.limit("in", InterfaceSet(holes=frozenset({LO})))
    domains.fresh(CHOSEN, InterfaceSet())
    setting = Setting(family=4, host=NOBODY, domains=domains)
    universe = Universe(manager, classes(PATTERNS))
    for name in ASKED:
        universe.declare(name, domains[name])
    universe.block(CHOSEN, domains[CHOICE])
    universe.fact(LIMIT)
    return universe, setting


def address(text: str) -> int:
    return parse_address(text)[0]


def ranged(field: str, *ranges: tuple[int, int]) -> Predicate:
    return InSet(field=field, values=IntSet.of(ranges))


def ports(*numbers: int) -> Predicate:
    return ranged("dport", *((n, n) for n in numbers))


def network(field: str, text: str) -> Predicate:
    low, _, length = text.partition("/")
    first = address(low)
    return ranged(field, (first, first | (1 << 32 - int(length or 32)) - 1))


def proto(*numbers: int) -> Predicate:
    return ranged("proto", *((n, n) for n in numbers))


def state(*names: str) -> Predicate:
    return OneOf(field="ctstate", names=frozenset(names))


def by(text: str, field: str = "in") -> Predicate:
    return Interface(field=field, pattern=InterfacePattern(text=text))


TCP, UDP = proto(6), proto(17)


def told(predicate: Predicate, engine: type[Manager] = OxiddManager) -> list[dict[str, object]]:
    universe, setting = made(engine())
    return [cube_json(cube) for cube in cubes(universe, universe.of(predicate), setting)]


def meaning(universe: Universe, told: Iterable[Cube]) -> Any:
    """The set that cubes speak of, read from nothing but their texts."""
    whole = universe.manager.false
    for cube in told:
        held: Any = universe.manager.true
        for condition in cube.conditions:
            held &= universe.of(read(condition))
        for fact, true in cube.facts:
            if fact.code == "IPT0406":
                held &= universe.of(read_choice(fact.detail))
            else:
                held &= universe.of(fact) if true else ~universe.of(fact)
        whole |= held
    return whole


def read(condition: Condition) -> Predicate:
    one = any_of([read_value(condition.field, text) for text in condition.values])
    return negate(one) if condition.negate else one


def read_choice(text: str) -> Predicate:
    ways = text.removeprefix(f"{CHOICE} is ").split(" or ")
    return any_of([all_of([read_is(one) for one in way.split(" and ")]) for way in ways])


def read_is(text: str) -> Predicate:
    values = text.removeprefix("not ").split(",")
    one = any_of([by(value, CHOICE) for value in values])
    return negate(one) if text.startswith("not ") else one


def read_value(field: str, text: str) -> Predicate:
    if field == "in":
        return by(text)
    if field == "ctstate":
        return state(text)
    if field == "tcp_flags":
        mask, _, value = text.partition("/")
        return Bits(field=field, test=Masked(value=flags(value), mask=flags(mask)))
    if field == "mark" and "/" in text:
        wanted, asked = (int(part, 16) for part in text.split("/"))
        return Bits(field=field, test=Masked(value=wanted, mask=asked))
    if field in ("src", "dst") and "-" not in text:
        return network(field, text)
    low, _, high = text.partition("-")
    return ranged(field, (number(field, low), number(field, high or low)))


def number(field: str, text: str) -> int:
    if field in ("src", "dst"):
        return address(text)
    return PROTOCOLS[text] if text in PROTOCOLS else int(text, 0)


def flags(text: str) -> int:
    names = {**TCP_FLAGS, "ECE": 0x40, "CWR": 0x80, "NONE": 0}
    return sum(names[name] for name in text.split(","))


prefixes = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.168.0.0/16", "0.0.0.0/0")
atoms: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(network, st.sampled_from(("src", "dst")), st.sampled_from(prefixes)),
    st.lists(st.sampled_from((1, 6, 17)), min_size=1, max_size=2).map(lambda n: proto(*n)),
    st.lists(st.sampled_from((22, 80, 81, 443)), min_size=1, max_size=3).map(lambda n: ports(*n)),
    st.lists(st.sampled_from(STATES), min_size=1, max_size=3).map(lambda names: state(*names)),
    st.builds(
        by, st.sampled_from(("lo", "eth0", "eth+", "eth1+")), st.sampled_from(("in", CHOICE))
    ),
    st.builds(
        lambda value, mask: Bits(field="mark", test=Masked(value=value & mask, mask=mask)),
        st.integers(0, 15),
        st.sampled_from((1, 6, 15, 0xFFFFFFFF)),
    ),
    st.just(Bits(field="tcp_flags", test=Masked(value=2, mask=0x17))),
    st.just(LIMIT),
)
predicates = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda part: Not(part=part), inner),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: And(parts=tuple(parts))),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: Or(parts=tuple(parts))),
    ),
    max_leaves=10,
)


@pytest.mark.parametrize("engine", ENGINES)
@given(predicate=predicates)
@settings(max_examples=120, deadline=None)
def test_the_cubes_are_the_set(engine: type[Manager], predicate: Predicate) -> None:
    universe, setting = made(engine())
    held = universe.of(predicate)
    room = possible(universe, setting)
    found = cubes(universe, held, setting)
    assert meaning(universe, found) & room == held & room
    for cube in found:
        assert meaning(universe, [cube]) & room & ~held == universe.manager.false


@given(predicate=predicates)
@settings(max_examples=60, deadline=None)
def test_both_engines_tell_the_same(predicate: Predicate) -> None:
    assert told(predicate, OxiddManager) == told(predicate, PureManager)


@given(predicate=predicates)
@settings(max_examples=120, deadline=None)
def test_no_cube_is_for_nothing(predicate: Predicate) -> None:
    universe, setting = made(OxiddManager())
    room = possible(universe, setting)
    found = cubes(universe, universe.of(predicate), setting)
    sets = [meaning(universe, [cube]) & room for cube in found]
    for one in sets:
        rest = [other for other in sets if other != one]
        assert one & ~_union(universe, rest) != universe.manager.false


def _union(universe: Universe, sets: Iterable[Any]) -> Any:
    whole = universe.manager.false
    for one in sets:
        whole |= one
    return whole


@every_row(
    ("predicate", "cubes"),
    [
        (all_of([TCP, ports(8088), state("NEW")]), [
            {"proto": ["tcp"], "dport": ["8088"], "ctstate": ["NEW"]},
        ]),
        # Not tcp, or not that port: two short cubes that overlap.
        (negate(all_of([TCP, ports(80)])), [{"!dport": ["80"]}, {"!proto": ["tcp"]}]),
        # What differs in one field is one.
        (any_of([all_of([TCP, ports(53)]), all_of([UDP, ports(53)])]), [
            {"proto": ["tcp", "udp"], "dport": ["53"]},
        ]),
        # Neighbours are ranges and prefixes.
        (any_of([ports(80), ports(81), ports(443)]), [{"dport": ["80-81", "443"]}]),
        (any_of([network("src", "10.0.0.0/9"), network("src", "10.128.0.0/9")]), [
            {"src": ["10.0.0.0/8"]},
        ]),
        (ranged("src", (address("172.17.0.0"), address("172.18.255.255"))), [
            {"src": ["172.17.0.0/16", "172.18.0.0/16"]},
        ]),
        (ranged("src", (address("10.0.0.10"), address("10.0.0.20"))), [
            {"src": ["10.0.0.10-10.0.0.20"]},
        ]),
        # What is cut out of a prefix is told as cut out.
        (all_of([network("src", "10.0.0.0/8"), negate(network("src", "10.1.0.0/16"))]), [
            {"src": ["10.0.0.0/8"], "!src": ["10.1.0.0/16"]},
        ]),
        # A mask has a contrary.
        (negate(Bits(field="mark", test=Masked(value=0x539, mask=0xFFF))), [
            {"!mark": ["0x539/0xfff"]},
        ]),
        # That nothing comes in by lo goes without saying; so do states by what they are not.
        (all_of([negate(by("lo")), negate(by("eth0"))]), [{"!in": ["eth0"]}]),
        (state("NEW", "ESTABLISHED", "RELATED", "INVALID"), [{"!ctstate": ["UNTRACKED"]}]),
        (all_of([by("eth+"), negate(by("eth1+"))]), [{"in": ["eth+"], "!in": ["eth1+"]}]),
        # A choice of the kernel is told by names.
        (negate(by("eth0", CHOICE)), [{"facts": {f"{CHOICE} is not eth0": True}}]),
        # A fact that makes no difference is not told.
        (any_of([all_of([TCP, LIMIT]), all_of([TCP, negate(LIMIT)])]), [{"proto": ["tcp"]}]),
    ],
)  # fmt: skip
def test_a_set_is_told_so(predicate: Predicate, cubes: list[dict[str, object]]) -> None:
    assert told(predicate) == cubes


def test_nothing_and_everything() -> None:
    assert told(negate(any_of([TCP, negate(TCP)]))) == []
    assert told(any_of([TCP, negate(TCP)])) == [{}]


def test_a_large_set_is_told_as_it_was_found() -> None:
    hosts = [all_of([ranged("src", (n * 7, n * 7)), ports(n)]) for n in range(1, 400)]
    universe, setting = made(OxiddManager())
    held = universe.of(any_of(hosts))
    found = cubes(universe, held, setting)
    assert len(found) == len(hosts)
    assert meaning(universe, found) == held


def test_the_names_of_a_domain_are_all_that_there_is() -> None:
    universe, setting = made(OxiddManager())
    every = frozenset(STATES)
    setting.domains.limit("ctstate", NameSet(names=frozenset({"NEW", "RELATED"}), every=every))
    assert [cube_json(c) for c in cubes(universe, universe.of(state("NEW")), setting)] == [
        {"ctstate": ["NEW"]}
    ]
