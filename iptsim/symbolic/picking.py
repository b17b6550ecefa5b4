"""Sets of packets that have certain values, or rely on few unknowns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iptsim.predicate import Interface, OneOf
from iptsim.symbolic.universe import Class, Universe
from iptsim.tracer.compile import Library
from iptsim.values import InterfacePattern, IntSet

MOST_HIDDEN = 8
"""Rules that may be limited to hidden interfaces up to which any of them may be so together."""


def point(universe: Universe, picked: Mapping[str, int | str | bool]) -> Any:
    """Where each variable that is picked, and known to the universe, has its value."""
    held: Any = universe.manager.true
    for name in reversed(universe.blocks):
        if name in picked:
            held &= _has(universe, name, picked[name])
    return held


def _has(universe: Universe, name: str, value: int | str | bool) -> Any:
    block = universe.blocks[name]
    if name in universe.facts:
        fact = universe.fact(universe.facts[name])
        return fact if value else ~fact
    if isinstance(value, int):
        return universe.numbers(block, IntSet.single(value))
    if isinstance(block.choices[0], Class):
        return universe.of(Interface(field=name, pattern=InterfacePattern(text=value)))
    return universe.of(OneOf(field=name, names=frozenset({value})))


def few_hidden(universe: Universe, library: Library) -> Any:
    """Where at most one rule is limited to an interface that its listing hides, if many may be.

    What several rules hide at once multiplies; each alone does not.
    """
    manager = universe.manager
    facts = {
        ready.hidden.key: ready.hidden
        for table in library.ruleset.tables
        for chain in table.chains
        for ready in library.chain(table, chain)
        if ready.hidden is not None
    }
    if len(facts) <= MOST_HIDDEN:
        return manager.true
    for fact in facts.values():
        universe.fact(fact)
    none, one = manager.true, manager.true
    for key in reversed(facts):
        number = universe.blocks[f"fact {key}"].first
        none, one = manager.choose(number, manager.false, none), manager.choose(number, none, one)
    return one
