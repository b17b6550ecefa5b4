"""Packet sets as diagrams, for the tracer's walk: it asks them, and they split exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iptsim.dataclass import dataclass
from iptsim.predicate import Predicate
from iptsim.symbolic.sets.universe import Universe
from iptsim.worlds.regions import EVERYTHING, Region
from iptsim.worlds.terms import Term
from iptsim.worlds.variables import Variables

Parts = tuple[list["Packets"], list["Packets"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packets:
    """A `PacketSet` that is a diagram in a universe."""

    universe: Universe
    held: Any

    def apart(self, predicate: Predicate, domains: Variables) -> Parts:
        """See `PacketSet`; each variable that is asked lies in its domain from here on."""
        universe, held = self.universe, self.held
        room = universe.room(predicate, domains)
        asked = universe.of(predicate)
        # With the small sets first: the packets are asked twice and not three times.
        inside = held & (room & asked)
        if inside == universe.manager.false:
            return [], self._some(held & room)
        return self._some(inside), self._some(held & (room & ~asked))

    def alike(self, one: Term, other: Term, domains: Variables) -> Parts:
        """See `PacketSet`; exact for all numbers. Precondition: both are of one field."""
        same = self.universe.alike(one, other, domains, self.held)
        return self._some(same), self._some(self.held & ~same)

    def within(self) -> Region:
        """See `PacketSet`; everything: of an example that was picked nothing is told."""
        return EVERYTHING

    def together(self, others: Sequence[Packets]) -> list[Packets]:
        """See `PacketSet`; one set."""
        held = [self.held, *(other.held for other in others)]
        while len(held) > 1:
            # By pairs: unions of small sets first.
            odd = held[-1:] if len(held) % 2 else []
            pairs = zip(held[::2], held[1::2], strict=False)
            held = [*(one | other for one, other in pairs), *odd]
        return [Packets(universe=self.universe, held=held[0])]

    def _some(self, held: Any) -> list[Packets]:
        if held == self.universe.manager.false:
            return []
        return [Packets(universe=self.universe, held=held)]
