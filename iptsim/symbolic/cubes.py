"""Packet sets as cubes: the texts that programs and people read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as every_choice
from typing import Any

from iptsim.packet import FIELDS
from iptsim.predicate import Fact
from iptsim.symbolic.covers import shortest
from iptsim.symbolic.phrasing import Phrasing
from iptsim.symbolic.telling import Product, Teller
from iptsim.symbolic.universe import Universe
from iptsim.tracer.outcome import Condition, Cube
from iptsim.tracer.world import Setting


def cubes(
    universe: Universe, held: Any, setting: Setting, *, plainly: bool = False
) -> tuple[Cube, ...]:
    """The set as a union of few cubes, which may overlap; `plainly` as they are found first.

    What no packet can be is left out of the conditions.
    """
    impossible = ~possible(universe, setting)
    phrasing = Phrasing(universe, setting)
    lower, upper = held & ~impossible, held | impossible
    if plainly:
        found = Teller(universe).products(lower, upper)
    else:
        found = shortest(universe, lower, upper, price=phrasing.price, choices=phrasing.choices)
    return tuple(cube for one in found for cube in _cubes(universe, one, phrasing))


def possible(universe: Universe, setting: Setting) -> Any:
    """The packets that can be at the hook, every variable within its domain."""
    held: Any = universe.manager.true if setting.room is None else setting.room
    for name in universe.blocks:
        if name in setting.domains:
            held &= universe.within(name, setting.domains[name])
    return held


def _cubes(universe: Universe, one: Product, phrasing: Phrasing) -> Iterator[Cube]:
    order = {name: index for index, name in enumerate(FIELDS)}
    names = sorted((n for n in one if n in FIELDS), key=lambda n: order[n])
    ways = [phrasing.ways(universe.blocks[name], one[name]) for name in names]
    facts = tuple(
        (universe.facts[name], bool(values.parts[0].value))
        for name, values in one.items()
        if name in universe.facts
    )
    choices = tuple(
        _choice(name, phrasing.ways(universe.blocks[name], values))
        for name, values in one.items()
        if name not in FIELDS and name not in universe.facts
    )
    for way in every_choice(*ways):
        told = tuple(condition for part in way for condition in part)
        yield Cube(conditions=told, facts=(*facts, *choices))


def _choice(name: str, ways: list[list[Condition]]) -> tuple[Fact, bool]:
    """A choice of the kernel is no field of the packet that arrives; so it is told as a fact."""
    told = " or ".join(" and ".join(map(_is, way)) for way in ways)
    text = f"{name} is {told}"
    return Fact(key=text, code="IPT0406", detail=text), True


def _is(condition: Condition) -> str:
    return f"{'not ' if condition.negate else ''}{','.join(condition.values)}"
