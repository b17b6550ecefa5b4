"""The tracer's regions as diagrams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.symbolic.sets.diagrams import Manager
from iptsim.symbolic.sets.universe import ORDER, Universe, classes
from iptsim.values import InterfacePattern
from iptsim.worlds.domains import InterfaceSet, VariableSet
from iptsim.worlds.regions import Region
from iptsim.worlds.variables import Variables

LO = InterfacePattern(text="lo")


def universe_of(manager: Manager, regions: Iterable[Region], domains: Variables) -> Universe:
    """A universe in which these regions can be told."""
    held = list(regions)
    sets = [values for region in held for values in region.sets.values()]
    patterns = (LO, *_patterns((*sets, *domains.values())))
    universe = Universe(manager, classes(patterns))
    asked = dict.fromkeys(name for region in held for name in region.sets)
    for name in (*(name for name in ORDER if name in asked), *asked):
        universe.block(domains.variable(name), domains[name])
    return universe


def _patterns(sets: Iterable[VariableSet]) -> Iterator[InterfacePattern]:
    for held in sets:
        if isinstance(held, InterfaceSet):
            yield from held.holes if held.fits is None else (held.fits, *held.holes)


def diagram(universe: Universe, regions: Iterable[Region]) -> Any:
    """The union of regions. Precondition: the universe is made for them."""
    held: Any = universe.manager.false
    for region in regions:
        held |= _product(universe, region)
    return held


def _product(universe: Universe, region: Region) -> Any:
    held: Any = universe.manager.true
    for name, values in region.sets.items():
        held &= universe.within(name, values)
    for fact, value in region.facts.values():
        held &= universe.fact(fact) if value else ~universe.fact(fact)
    return held
