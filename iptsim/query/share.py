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
        held = [diagram]
        while held:
            one = held[-1]
            if one in self._known:
                held.pop()
                continue
            halves = self._manager.halves(one)
            open_ = [half for half in halves if half not in self._known]
            if open_:
                held += open_
            else:
                self._known[one] = sum(self._known[half] for half in halves) / 2
        return self._known[diagram]
