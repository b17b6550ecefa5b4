"""Facts of which at most one is so, told by the number of that one.

A variable for each of them would need a node for each pair of them; a number of ten bits tells a
thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from iptsim.predicate import Fact
from iptsim.symbolic.sets.universe import ONE_FACT, Universe, Values
from iptsim.values import IntSet


def number(universe: Universe, facts: Iterable[Fact]) -> None:
    """Number these facts, of which at most one is so from here on.

    The last has the lowest number. What is no fact's number says that none of them is so.
    Precondition: the universe knows no facts.
    """
    universe.facts |= {f"fact {fact.key}": fact for fact in facts}
    last = len(universe.facts)
    universe.numbered |= {name: last - place for place, name in enumerate(universe.facts)}
    universe.block_of_facts(ONE_FACT, len(universe.numbered).bit_length())


def told(universe: Universe, picked: Mapping[str, int | str | bool]) -> Any:
    """Where the numbered facts that are picked are as they are picked."""
    asked = [(n, picked[name]) for name, n in universe.numbered.items() if name in picked]
    block = universe.blocks[ONE_FACT]
    room = IntSet.width(block.width) - IntSet.of((n, n) for n, so in asked if not so)
    for one in (n for n, so in asked if so):
        room &= IntSet.single(one)
    return universe.numbers(block, room)


def ways(universe: Universe, values: Values) -> Iterator[tuple[tuple[Fact, bool], ...]]:
    """The facts that a number with one of these values tells: those of any one of the ways."""
    facts = [(universe.facts[name], _has(values, n)) for name, n in universe.numbered.items()]
    if _has(values, 0):
        yield tuple((fact, False) for fact, so in facts if not so)
    else:
        yield from (((fact, True),) for fact, so in facts if so)


def _has(values: Values, value: int) -> bool:
    return any(value & part.mask == part.value for part in values.parts)
