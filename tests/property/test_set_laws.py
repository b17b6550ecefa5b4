"""The laws of sets hold of packet sets made of the conditions of real rules, in either engine.

`test_diagrams.py` asks them of random conditions on a few fields; here are those that the shipped
matches lower to, with the fields' own widths and domains.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from extension_cases import cases, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from iptsim.extensions.lowering import lower_match
from iptsim.extensions.spec import Context
from iptsim.packet import FIELDS
from iptsim.predicate import And, Fact, Not, Or, Predicate, all_of, any_of, atoms, negate
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import ORDER, Universe, classes
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.symbolic.walk.engine import patterns_in
from iptsim.values import InterfacePattern, IntSet, Masked
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet, domain_of

ENGINES = (OxiddManager, PureManager)
FAMILY = 4
WHERE = Context(family=FAMILY, table="filter", chain="FORWARD")
MOST_ATOMS = 12
"""Of one condition: pure Python has to be done in seconds."""


@cache
def conditions() -> tuple[Predicate, ...]:
    """What every match of the example tables asks of an IPv4 packet, as far as it is told."""
    found: dict[Predicate, None] = {}
    for case in cases("matches"):
        if case.family == FAMILY:
            asked = lower_match(parse(case.save, FAMILY), WHERE)
            if 0 < len(list(atoms(asked))) <= MOST_ATOMS:
                found[asked] = None
    return tuple(found)


def test_there_are_many_conditions() -> None:
    asked = {
        atom.field for one in conditions() for atom in atoms(one) if not isinstance(atom, Fact)
    }
    assert len(conditions()) > 100
    assert {"sport", "tcp_flags", "mark", "ctstate", "src", "length", "uid", "dst_type"} <= asked


def universe(manager: Manager, asked: tuple[Predicate, ...]) -> Universe:
    """With every field that these conditions ask, in the order in which rules ask them."""
    patterns = {**patterns_in(asked), "eth+": InterfacePattern(text="eth+")}
    made = Universe(manager, classes(patterns.values()))
    found = (atom for one in asked for atom in atoms(one))
    fields = {atom.field for atom in found if not isinstance(atom, Fact)}
    for name in dict.fromkeys((*ORDER, *sorted(fields))):
        made.declare(name, domain_of(name, FAMILY))
    return made


real = st.deferred(lambda: st.sampled_from(conditions()))
predicates = st.recursive(
    real,
    lambda inner: st.one_of(
        inner.map(negate),
        st.lists(inner, min_size=2, max_size=3).map(all_of),
        st.lists(inner, min_size=2, max_size=3).map(any_of),
    ),
    max_leaves=4,
)
three = st.tuples(predicates, predicates, predicates)
each_engine = pytest.mark.parametrize("engine", ENGINES)


@each_engine
@given(asked=three)
@settings(max_examples=40, deadline=None)
def test_unions_and_intersections_make_a_lattice(
    engine: type[Manager], asked: tuple[Predicate, ...]
) -> None:
    made = universe(engine(), asked)
    a, b, c = map(made.of, asked)
    true, false = made.manager.true, made.manager.false
    assert (a & b, a | b) == (b & a, b | a)
    assert ((a & b) & c, (a | b) | c) == (a & (b & c), a | (b | c))
    assert (a & (a | b), a | (a & b)) == (a, a)
    assert (a & a, a | a) == (a, a)
    assert (a & true, a | true, a & false, a | false) == (a, true, false, a)
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@each_engine
@given(asked=three)
@settings(max_examples=40, deadline=None)
def test_complements(engine: type[Manager], asked: tuple[Predicate, ...]) -> None:
    made = universe(engine(), asked)
    a, b, c = map(made.of, asked)
    true, false = made.manager.true, made.manager.false
    assert (a & ~a, a | ~a, ~~a) == (false, true, a)
    assert (~(a & b), ~(a | b)) == (~a | ~b, ~a & ~b)
    assert a ^ b == (a & ~b) | (b & ~a)
    assert ((a ^ b) ^ c, a ^ a, a ^ true) == (a ^ (b ^ c), false, ~a)
    # Equal sets are one object's worth: that is what every comparison rests on.
    assert (a & ~b == false) == (a & b == a) == (a | b == b)


@each_engine
@given(asked=three)
@settings(max_examples=40, deadline=None)
def test_conditions_are_sets(engine: type[Manager], asked: tuple[Predicate, ...]) -> None:
    made = universe(engine(), asked)
    a, b, c = map(made.of, asked)
    assert made.of(And(parts=asked)) == a & b & c
    assert made.of(Or(parts=asked)) == a | b | c
    assert made.of(Not(part=asked[0])) == ~a


@each_engine
@given(asked=st.tuples(predicates, predicates), data=st.data())
@settings(max_examples=40, deadline=None)
def test_without_is_projection(
    engine: type[Manager], asked: tuple[Predicate, ...], data: st.DataObject
) -> None:
    made = universe(engine(), asked)
    manager: Any = made.manager
    a, b = map(made.of, asked)
    block = made.blocks[data.draw(st.sampled_from(sorted(made.blocks)))]
    cast = manager.without(a, block.numbers)
    assert a & ~cast == manager.false
    assert manager.without(cast, block.numbers) == cast
    assert manager.without(a | b, block.numbers) == cast | manager.without(b, block.numbers)
    # What speaks of other fields alone passes through.
    assert manager.without(a & manager.without(b, block.numbers), block.numbers) == (
        cast & manager.without(b, block.numbers)
    )
    one = manager.without(a, [block.first])
    high = manager.variable(block.first)
    halves = [manager.without(a & side, [block.first]) for side in (high, ~high)]
    assert one == halves[0] | halves[1]
    assert manager.without(a, []) == a


@each_engine
@given(asked=predicates)
@settings(max_examples=40, deadline=None)
def test_a_set_is_its_halves(engine: type[Manager], asked: Predicate) -> None:
    made = universe(engine(), (asked,))
    manager, a = made.manager, made.of(asked)
    top = manager.top(a)
    if top is None:
        assert a in (manager.true, manager.false)
        return
    high, low = manager.halves(a)
    variable: Any = manager.variable(top)
    assert manager.choose(top, high, low) == a == (variable & high) | (~variable & low)
    assert all(below is None or below > top for below in (manager.top(high), manager.top(low)))


@each_engine
@given(asked=predicates)
@settings(max_examples=30, deadline=None)
def test_products_are_the_set_again(engine: type[Manager], asked: Predicate) -> None:
    """Told with and without a set of which nobody cares whether it is told along."""
    made = universe(engine(), (asked,))
    a, false = made.of(asked), made.manager.false
    union: Any = false
    for product in Teller(made).products(a):
        union |= made.product(product)
    assert union == a
    careless: Any = made.within("dst", NumberSet(width=32, ranges=IntSet.between(127, 1 << 31)))
    union = false
    for product in Teller(made).products(a & careless, a | ~careless):
        union |= made.product(product)
    assert (a & careless & ~union, union & careless & ~a) == (false, false)


numbers = st.integers(0, 70_000)
ranges = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3).map(IntSet.of)
masks = st.tuples(numbers, numbers).map(lambda two: Masked(value=two[0] & two[1], mask=two[1]))
number_sets: st.SearchStrategy[VariableSet] = st.builds(
    NumberSet,
    width=st.just(32),
    ranges=ranges,
    fits=masks,
    holes=st.lists(masks, max_size=2).map(tuple),
)


@each_engine
@given(one=number_sets, two=number_sets, number=numbers)
@settings(max_examples=60, deadline=None)
def test_a_domain_holds_its_members(
    engine: type[Manager], one: NumberSet, two: NumberSet, number: int
) -> None:
    made = universe(engine(), ())
    inside = made.within("dst", one)
    here = made.numbers(made.blocks["dst"], IntSet.single(number))
    assert (here & inside != made.manager.false) == (number in one)
    assert (inside == made.manager.false) == (one.pick() is None)
    both = inside & made.within("dst", two)
    assert (here & both != made.manager.false) == (number in one and number in two)


@each_engine
def test_names_and_interfaces_are_within_their_domains(engine: type[Manager]) -> None:
    made = universe(engine(), ())
    states = frozenset(FIELDS["ctstate"].names)
    some = NameSet(names=frozenset({"NEW", "RELATED"}), every=states)
    rest = NameSet(names=states - some.names, every=states)
    whole = NameSet(names=states, every=states)
    both = [made.within("ctstate", held) for held in (some, rest)]
    assert both[0] & both[1] == made.manager.false
    assert both[0] | both[1] == made.within("ctstate", whole)
    eth = InterfacePattern(text="eth+")
    parts = [InterfaceSet(fits=eth), InterfaceSet(holes=frozenset({eth}))]
    one, other = (made.within("in", part) for part in parts)
    assert one & other == made.manager.false
    assert one | other == made.within("in", InterfaceSet())
