"""Packet sets as cubes: the texts that programs and people read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as every_choice
from typing import Any

from iptsim import codes
from iptsim.packet import FIELDS
from iptsim.predicate import Fact
from iptsim.symbolic.sets import numbered_facts
from iptsim.symbolic.sets.universe import ONE_FACT, Universe
from iptsim.symbolic.telling.covers import shortest
from iptsim.symbolic.telling.plain_conditions import Phrasing
from iptsim.symbolic.telling.short_conditions import FULLY, Teller, Wide
from iptsim.worlds.outcome import Condition, Cube
from iptsim.worlds.world import Setting

FEW = 4
"""Cubes that are told of a set with too many of them."""
_ORDER = {name: index for index, name in enumerate(FIELDS)}


def cubes(
    universe: Universe, held: Any, setting: Setting, *, plainly: bool = False, work: int = FULLY
) -> tuple[Cube, ...]:
    """The set as a union of few cubes, which may overlap; `plainly` as they are found first.

    What no packet can be is left out of the conditions. `TooLongError` where they are too many to
    be found with so much `work`.
    """
    return Cubes(universe, setting, work=work).of(held, plainly=plainly)


class Cubes:
    """Tells sets of one universe as `cubes` does, several of which share what is worked out."""

    def __init__(self, universe: Universe, setting: Setting, *, work: int = FULLY) -> None:
        self._universe = universe
        self._phrasing = Phrasing(universe, setting)
        self._teller = Teller(universe, work)
        self._possible = possible(universe, setting)

    def of(self, held: Any, *, plainly: bool = False) -> tuple[Cube, ...]:
        """See `cubes`."""
        return tuple(cube for one in self.wide(held, plainly=plainly) for cube in self.cubes(one))

    def some(self, held: Any) -> tuple[Cube, ...]:
        """Cubes that lie in a set, far from all of them. Precondition: packets can be in it."""
        return tuple(cube for one in self.some_wide(held) for cube in self.cubes(one))

    def few(self, held: Any) -> tuple[Cube, ...]:
        """Cubes that lie in a set, each with packets that those before it have not; `FEW` of them.

        Precondition: packets can be in it.
        """
        left = held & self._possible
        found: list[Cube] = []
        while left != self._universe.manager.false and len(found) < FEW:
            product = self._teller.some(left, held | ~self._possible)
            found += self.cubes(product)
            left &= ~self._teller.of(product)
        return tuple(found[:FEW])

    def some_wide(self, held: Any) -> list[Wide]:
        """A product that lies in a set. Precondition: packets can be in it."""
        return [self._teller.some(held & self._possible, held | ~self._possible)]

    def wide(self, held: Any, *, plainly: bool = False) -> list[Wide]:
        """The products that the set is told by."""
        lower, upper = held & self._possible, held | ~self._possible
        lower, upper = self._teller.without_idle_facts(lower, upper)
        if plainly:
            return self._teller.wide(lower, upper)
        phrasing = self._phrasing
        return shortest(
            self._teller, self._universe, (lower, upper),
            price=phrasing.price, choices=phrasing.choices,
        )  # fmt: skip

    def cubes(self, one: Wide) -> Iterator[Cube]:
        """A product in conditions: several where a field has none that tells all of its values."""
        blocks, ways = self._universe.blocks, self._phrasing.ways
        fields = [name for name in one if blocks[name].of is not None]
        told = {name: ways(blocks[name], one[name]) for name in fields}
        names = sorted((name for name in one if name in FIELDS), key=_ORDER.__getitem__)
        choices = tuple(_choice(name, told[name]) for name in fields if name not in FIELDS)
        for known in self._known(one):
            for way in every_choice(*(told[name] for name in names)):
                conditions = tuple(condition for part in way for condition in part)
                yield Cube(conditions=conditions, facts=(*known, *choices))

    def _known(self, one: Wide) -> Iterator[tuple[tuple[Fact, bool], ...]]:
        """The facts that a product tells: those of any one of the ways."""
        facts = self._universe.facts
        own = tuple(
            (facts[name], held == self._universe.fact(facts[name]))
            for name, held in one.items()
            if name in facts
        )
        if ONE_FACT not in one:
            yield own
            return
        values = self._teller.values(ONE_FACT, one[ONE_FACT])
        yield from ((*way, *own) for way in numbered_facts.ways(self._universe, values))


def deciding_fields(universe: Universe, held: Any, room: Any) -> set[str]:
    """The fields without which a set could not be told, within what packets can be."""
    lower, upper, manager = held & room, held | ~room, universe.manager
    return {
        name
        for name, block in universe.blocks.items()
        if name in FIELDS and manager.without(lower, block.backwards) & ~upper != manager.false
    }


def possible(universe: Universe, setting: Setting) -> Any:
    """The packets that can be at the hook, every variable within its domain."""
    held: Any = universe.manager.true if setting.room is None else setting.room
    for name in universe.blocks:
        if name in setting.domains:
            held &= universe.within(name, setting.domains[name])
    return held


def _choice(name: str, ways: list[list[Condition]]) -> tuple[Fact, bool]:
    """A choice of the kernel is no field of the packet that arrives; so it is told as a fact."""
    told = " or ".join(" and ".join(map(_is, way)) for way in ways)
    text = f"{name} is {told}"
    return Fact(key=text, code=codes.CHOSEN_VALUE, detail=text), True


def _is(condition: Condition) -> str:
    return f"{'not ' if condition.negate else ''}{','.join(condition.values)}"
