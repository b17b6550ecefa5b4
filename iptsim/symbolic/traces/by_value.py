"""Packets of one fate whose fields were given one of many values, by the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from iptsim.symbolic.sets.universe import Block, Universe
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.symbolic.walk.differences import Fate, forgotten
from iptsim.values import IntSet, Masked
from iptsim.worlds.terms import variables_of


def by_value(universe: Universe, fate: Fate, held: Any) -> Iterator[Any]:
    """Sets that hold the same in every field in the end, without what tells rules' values."""
    found = dict.fromkeys(v for _field, term in fate.rewrites for v in variables_of(term))
    parts = [held]
    for variable in found:
        if variable.one_of_many:
            parts = [one for part in parts for one in _each(universe, variable.name, part)]
    for part in parts:
        yield forgotten(universe, part)


def _each(universe: Universe, name: str, held: Any) -> Iterator[Any]:
    """The parts of a set by the value of a variable that rules gave one of a few values."""
    block = universe.blocks[name]
    values = first_values(universe, block, held)
    found = dict(_halved(universe, block, held, sorted(values)))
    yield from (found[value] for value in values)


def _halved(
    universe: Universe, block: Block, held: Any, values: Sequence[int]
) -> Iterator[tuple[int, Any]]:
    """What a set has of each value, the smaller first; by halves, as each costs the whole set."""
    waiting = [(held, values)]
    while waiting:
        part, own = waiting.pop()
        if len(own) == 1:
            yield own[0], part & universe.numbers(block, IntSet.single(own[0]))
        elif own:
            half = len(own) // 2
            low = universe.numbers(block, IntSet.between(own[0], own[half - 1]))
            waiting += [(part & ~low, own[half:]), (part & low, own[:half])]


def first_values(universe: Universe, block: Block, held: Any, most: int | None = None) -> list[int]:
    """The values that a field has in a set: all, or at most so many."""
    found = Teller(universe).values(block.name, universe.alone(held, block))
    every = (value for part in found.parts for value in _matching(part, block.width))
    return list(islice(every, most))


def _matching(part: Masked, width: int) -> Iterator[int]:
    """The numbers that a pattern fits, the smallest first."""
    free = ((1 << width) - 1) & ~part.mask
    bits = 0
    while True:
        yield part.value | bits
        bits = (bits - free) & free
        if not bits:
            return
