"""Packet sets obey the laws of sets, whichever engine holds them, and are told exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples

from iptsim.predicate import (
    Bits,
    InSet,
    Interface,
    Not,
    OneOf,
    Predicate,
    all_of,
    any_of,
)
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Class, Universe, classes
from iptsim.symbolic.telling.short_conditions import Product, Teller
from iptsim.values import InterfacePattern, IntSet, Masked
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet
from iptsim.worlds.terms import holds

STATES = frozenset({"NEW", "ESTABLISHED", "INVALID"})
PATTERNS = tuple(InterfacePattern(text=text) for text in ("lo", "eth0", "eth+", "eth1+"))
WIDTHS = {"dst": 32, "proto": 8, "dport": 16, "mark": 32}
ENGINES = (OxiddManager, PureManager)

numbers = st.integers(0, 300)
values = st.lists(st.tuples(numbers, numbers), max_size=3).map(IntSet.of)
masks = st.tuples(numbers, numbers).map(lambda pair: Masked(value=pair[0] & pair[1], mask=pair[1]))
fields = st.sampled_from(sorted(WIDTHS))
atoms: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(InSet, field=fields, values=values),
    st.builds(Bits, field=fields, test=masks),
    st.builds(Interface, field=st.just("in"), pattern=st.sampled_from(PATTERNS)),
    st.builds(
        OneOf, field=st.just("ctstate"), names=st.frozensets(st.sampled_from(sorted(STATES)))
    ),
)
predicates = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda part: Not(part=part), inner),
        st.lists(inner, max_size=3).map(all_of),
        st.lists(inner, max_size=3).map(any_of),
    ),
    max_leaves=8,
)
packets = st.fixed_dictionaries(
    {
        **{name: st.integers(0, min(320, 2**width - 1)) for name, width in WIDTHS.items()},
        "in": st.sampled_from(("lo", "eth0", "eth1", "eth12", "wlan0")),
        "ctstate": st.sampled_from(sorted(STATES)),
    }
)


def universe(manager: Manager) -> Universe:
    made = Universe(manager, classes(PATTERNS))
    for name, width in WIDTHS.items():
        made.declare(name, NumberSet.full(width))
    made.declare("in", InterfaceSet())
    made.declare("ctstate", NameSet(names=STATES, every=STATES))
    return made


def evaluate(predicate: Predicate, packet: Mapping[str, int | str]) -> bool:
    """The predicate's meaning, told once more without any diagram."""
    if isinstance(predicate, Not):
        return not evaluate(predicate.part, packet)
    if hasattr(predicate, "parts"):
        asked = [evaluate(part, packet) for part in predicate.parts]
        return all(asked) if type(predicate).__name__ == "And" else any(asked)
    assert not hasattr(predicate, "key")
    return holds(predicate, packet[predicate.field])


def class_of(made: Universe, name: str) -> int:
    """Which of the interface classes a name belongs to."""
    choices = made.blocks["in"].choices
    fits = [p.text for p in PATTERNS if name in p]
    for number, choice in enumerate(choices):
        assert isinstance(choice, Class)
        if [p.text for p in PATTERNS if choice.fits(p)] == fits:
            return number
    raise AssertionError(name)


def member(made: Universe, diagram: Any, packet: Mapping[str, int | str]) -> bool:
    """Whether a packet lies in a set, by walking the diagram."""
    bits: dict[int, int] = {}
    for name, block in made.blocks.items():
        told = packet[name]
        if name == "in":
            told = class_of(made, str(told))
        elif isinstance(told, str):
            told = block.choices.index(told)
        for place, number in enumerate(reversed(block.numbers)):
            bits[number] = told >> place & 1
    manager = made.manager
    while (top := manager.top(diagram)) is not None:
        diagram = manager.halves(diagram)[0 if bits[top] else 1]
    return bool(diagram == manager.true)


def in_product(made: Universe, product: Product, packet: Mapping[str, int | str]) -> bool:
    for name, told in product.items():
        value = packet[name]
        if name == "in":
            value = class_of(made, str(value))
        elif isinstance(value, str):
            value = made.blocks[name].choices.index(value)
        if not any(value in part for part in told.parts):
            return False
    return True


@pytest.mark.parametrize("engine", ENGINES)
@given(predicate=predicates, packet=packets)
@settings(max_examples=examples(60, at_length=600), deadline=None)
def test_a_diagram_means_what_its_condition_means(
    engine: type[Manager], predicate: Predicate, packet: Mapping[str, int | str]
) -> None:
    made = universe(engine())
    assert member(made, made.of(predicate), packet) == evaluate(predicate, packet)


@pytest.mark.parametrize("engine", ENGINES)
@given(one=predicates, two=predicates, three=predicates)
@settings(max_examples=examples(40, at_length=400), deadline=None)
def test_sets_obey_their_laws(
    engine: type[Manager], one: Predicate, two: Predicate, three: Predicate
) -> None:
    made = universe(engine())
    a, b, c = (made.of(predicate) for predicate in (one, two, three))
    assert a & b == b & a
    assert a | b == b | a
    assert a & (b | c) == (a & b) | (a & c)
    assert ~(a & b) == ~a | ~b
    assert a ^ b == (a & ~b) | (b & ~a)
    assert a & ~a == made.manager.false
    assert a | (a & b) == a


@pytest.mark.parametrize("engine", ENGINES)
@given(predicate=predicates, packet=packets)
@settings(max_examples=examples(60, at_length=600), deadline=None)
def test_a_set_is_told_exactly(
    engine: type[Manager], predicate: Predicate, packet: Mapping[str, int | str]
) -> None:
    made = universe(engine())
    diagram = made.of(predicate)
    told = Teller(made).products(diagram)
    assert any(in_product(made, p, packet) for p in told) == member(made, diagram, packet)


@given(one=predicates, two=predicates)
@settings(max_examples=examples(40, at_length=400), deadline=None)
def test_both_engines_tell_the_same(one: Predicate, two: Predicate) -> None:
    told = []
    for engine in ENGINES:
        made = universe(engine())
        a, b = made.of(one), made.of(two)
        products = [
            {
                name: sorted((part.value, part.mask) for part in values.parts)
                for name, values in p.items()
            }
            for p in Teller(made).products(a & ~b)
        ]
        told.append((a == b, sorted(map(repr, products))))
    assert told[0] == told[1]


@pytest.mark.parametrize("engine", ENGINES)
@given(predicate=predicates)
@settings(max_examples=examples(40, at_length=400), deadline=None)
def test_a_picked_packet_is_a_member(engine: type[Manager], predicate: Predicate) -> None:
    made = universe(engine())
    diagram = made.of(predicate)
    if diagram == made.manager.false:
        assert Teller(made).products(diagram) == []
        return
    held: Any = diagram
    for name, value in Teller(made).pick(diagram).items():
        block = made.blocks[name]
        held &= made.masked(block, Masked(value=value, mask=(1 << block.width) - 1))
    assert held != made.manager.false
