"""The rules of a chain that a packet may match, by the values that they ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from iptsim.many.quick_conditions import Condition, Held, Value

FEW = 6
"""Rules that are asked one by one."""
_FIELDS = ("dst", "src", "dport", "sport", "proto", "in", "out")
"""The fields that stay as they are until a table ends, and that nothing is presumed of."""


class Index:
    """Places of rules in order, sorted by what one field must be to match them."""

    __slots__ = ("_by_value", "_field", "_others", "_places")

    def __init__(self, conditions: Sequence[Condition], places: Sequence[int]) -> None:
        self._places = places
        self._field = _best(conditions, places) if len(places) > FEW else ""
        self._by_value: dict[Value, Index] = {}
        self._others: Index | None = None
        if self._field:
            self._sort(conditions)

    def places(self, held: Held) -> Sequence[int]:
        """The places of all rules that may match, and perhaps of others, in order."""
        value = held.get(self._field) if self._field else None
        if value is None or self._others is None:
            return self._places
        own, others = self._by_value.get(value), self._others.places(held)
        return others if own is None else sorted((*own.places(held), *others))

    @property
    def fields(self) -> frozenset[str]:
        """The fields by which it sorts."""
        if self._others is None:
            return frozenset()
        inner = (one.fields for one in (self._others, *self._by_value.values()))
        return frozenset({self._field}).union(*inner)

    def _sort(self, conditions: Sequence[Condition]) -> None:
        sorted_: dict[Value | None, list[int]] = {None: []}
        for place in self._places:
            sorted_.setdefault(conditions[place].single.get(self._field), []).append(place)
        self._others = Index(conditions, sorted_.pop(None))
        self._by_value = {
            value: Index(conditions, own) for value, own in sorted_.items() if value is not None
        }


def _best(conditions: Sequence[Condition], places: Sequence[int]) -> str:
    """The field that tells most of them apart; none where they ask for one value of each."""
    best, saved = "", 0
    for name in _FIELDS:
        single = (conditions[place].single for place in places)
        asked = Counter(one[name] for one in single if name in one)
        left = asked.total() - max(asked.values(), default=0)
        best, saved = (name, left) if left > saved else (best, saved)
    return best
