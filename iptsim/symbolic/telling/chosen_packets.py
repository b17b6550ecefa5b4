"""Sets of packets that have certain values, or rely on few unknowns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iptsim.predicate import Fact, OneOf, atoms
from iptsim.symbolic.sets import numbered_facts
from iptsim.symbolic.sets.universe import Class, Universe
from iptsim.tracer.rules.kinds import late_chains
from iptsim.tracer.rules.ready import Library
from iptsim.values import IntSet

MOST_HIDDEN = 8
"""Rules that may be limited to hidden interfaces up to which any of them may be so together."""
MOST_OTHERS = 8
"""Other facts of these rules up to which those on interfaces are numbered: each may ask for all of
the numbers."""


def point(universe: Universe, picked: Mapping[str, int | str | bool]) -> Any:
    """Where each variable that is picked, and known to the universe, has its value."""
    held: Any = (
        numbered_facts.told(universe, picked) if universe.numbered else universe.manager.true
    )
    blocks = universe.blocks
    known = [name for name in picked if name in blocks]
    for name in sorted(known, key=lambda name: blocks[name].first, reverse=True):
        held &= _has(universe, name, picked[name])
    return held


def _has(universe: Universe, name: str, value: int | str | bool) -> Any:
    block = universe.blocks[name]
    if name in universe.facts:
        fact: Any = universe.manager.variable(block.first)
        return fact if value else ~fact
    if isinstance(value, int):
        return universe.numbers(block, IntSet.single(value))
    if isinstance(block.choices[0], Class):
        choices = [one for one in block.choices if isinstance(one, Class)]
        return universe.numbers(block, IntSet.single(choices.index(_class_of(value, choices))))
    return universe.of(OneOf(field=name, names=frozenset({value})))


def _class_of(name: str, found: Sequence[Class]) -> Class:
    """The class that an interface name belongs to: its own, the longest pattern, the rest."""
    if Class(name=name) in found:
        return Class(name=name)
    unders = [one for one in found if one.under is not None and name.startswith(one.under)]
    return max(unders, key=lambda one: len(one.under or ""), default=Class())


def few_hidden(universe: Universe, library: Library) -> Any:
    """Where at most one rule is limited to an interface that its listing hides, if many may be.

    What several rules hide at once multiplies; each alone does not. Everything where the universe
    numbers these facts: then no more than one can be so.
    """
    manager = universe.manager
    rules = [
        ready
        for table in library.ruleset.tables
        for chain in table.chains
        if chain.name not in late_chains(library, table)  # those hide nothing
        for ready in library.chain(table, chain)
        if ready.hidden is not None
    ]
    facts = {ready.hidden.key: ready.hidden for ready in rules if ready.hidden is not None}
    if len(facts) <= MOST_HIDDEN:
        return manager.true
    # All facts of a rule, so that they stand beside each other: otherwise what many rules leave
    # over has as many nodes as there are pairs of rules.
    told = [a for ready in rules for a in atoms(ready.condition) if isinstance(a, Fact)]
    if len({fact.key for fact in told} - {*facts}) <= MOST_OTHERS:
        numbered_facts.number(universe, facts.values())
        return manager.true
    for fact in told:
        universe.fact(fact)
    return _at_most_one(universe, facts)


def _at_most_one(universe: Universe, keys: Iterable[str]) -> Any:
    """Where no more than one of these facts is so. Precondition: they are in their order."""
    manager = universe.manager
    none, one = manager.true, manager.true
    for key in reversed([*keys]):
        number = universe.blocks[f"fact {key}"].first
        none, one = manager.choose(number, manager.false, none), manager.choose(number, none, one)
    return one
