"""Packet sets as the tracer's regions: the same walk asks them, and splits them exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iptsim.predicate import Predicate
from iptsim.symbolic.sets.universe import Universe
from iptsim.worlds.regions import Domains, Region
from iptsim.worlds.terms import Term


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packets(Region):
    """A set of packets as a diagram in a universe."""

    universe: Universe
    held: Any

    def apart(self, predicate: Predicate, domains: Domains) -> tuple[list[Region], list[Region]]:
        """See `Region`; each variable that is asked lies in its domain from here on."""
        universe = self.universe
        possible = self.held & universe.room(predicate, domains)
        asked = universe.of(predicate)
        return self._some(possible & asked), self._some(possible & ~asked)

    def alike(self, one: Term, other: Term, domains: Domains) -> tuple[list[Region], list[Region]]:
        """See `Region`; exact for all numbers. Precondition: both are of one field."""
        same = self.universe.alike(one, other, domains, self.held)
        return self._some(same), self._some(self.held & ~same)

    def _some(self, held: Any) -> list[Region]:
        if held == self.universe.manager.false:
            return []
        return [Packets(universe=self.universe, held=held)]
