"""How much of all packets a set is, to tell the larger sets first."""

from __future__ import annotations

from typing import Any

from iptsim.symbolic.sets.diagrams import Manager


class Shares:
    """Measures sets of one manager; what they share is measured once."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._known: dict[Any, float] = {manager.true: 1.0, manager.false: 0.0}

    def of(self, diagram: Any) -> float:
        """The part of all values of all variables, between 0 and 1."""
        known, halves = self._known, self._manager.halves
        held = [] if diagram in known else [(diagram, *halves(diagram))]
        while held:
            one, high, low = held[-1]
            first, second = known.get(high), known.get(low)
            if first is None:
                held.append((high, *halves(high)))
            if second is None:
                held.append((low, *halves(low)))
            if first is not None and second is not None:
                known[one] = (first + second) / 2
                held.pop()
        return known[diagram]
