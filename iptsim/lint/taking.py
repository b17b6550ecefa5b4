"""Which earlier rules of a chain took the packets that a rule asks for."""

from __future__ import annotations

from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.lint.flow import Flow, Passed

MOST = 8
"""Rules that a proof names at most; where more take part, no more are looked for."""
MOST_LOOKS = 200_000
"""Rules of one chain that are looked at for one that does it alone."""


@dataclass(slots=True)
class Taken:
    """The packets that the rules of one chain took, by halves of the chain."""

    flow: Flow
    passed: list[Passed]
    _looks: int = MOST_LOOKS
    _unions: dict[tuple[int, int], Any] = field(default_factory=dict)

    def by(self, number: int, wanted: Any) -> list[int]:
        """Rules before `number` (indices from 0) that took all of `wanted`, as few as are found.

        Precondition: they took all of it. One rule that alone asks for all of them is enough: what
        did not come to it was taken before.
        """
        found = self._first(number, wanted)
        alone = [index for index in found if self._without(wanted, (index,)) == self._nothing]
        alone = alone or self._alone(number, wanted)
        if alone:
            return alone[:1]
        if len(found) > MOST:
            return found[:MOST]
        for index in tuple(reversed(found)):
            rest = [other for other in found if other != index]
            if rest and self._without(wanted, rest) == self._nothing:
                found = rest
        return found

    def _alone(self, number: int, wanted: Any) -> list[int]:
        """A rule that asks for all of `wanted`: the nearest that takes some, or the nearest."""
        idle: list[int] = []
        near = range(number - 1, max(-1, number - 1 - self._looks), -1)
        for index in near:
            self._looks -= 1
            if self._without(wanted, (index,)) != self._nothing:
                continue
            if self.passed[index].taken != self._nothing:
                return [index]
            idle = idle or [index]
        return idle

    @property
    def _nothing(self) -> Any:
        return self.flow.sets.universe.manager.false

    def _without(self, wanted: Any, rules: list[int] | tuple[int, ...]) -> Any:
        """The packets that would pass these rules, if only they were there."""
        for index in rules:
            ask = self.passed[index].ask
            onward = self.flow.goes_on(ask, ask.held)[0]
            wanted &= ~ask.held | onward
        return wanted

    def _first(self, number: int, wanted: Any) -> list[int]:
        found: list[int] = []
        while wanted != self._nothing and len(found) <= MOST:
            index = self._find(0, number, wanted)
            if index is None:
                break
            found.append(index)
            wanted &= ~self.passed[index].taken
        return found

    def _find(self, low: int, high: int, wanted: Any) -> int | None:
        """The first rule of `low` to `high` (excluded) that took some of `wanted`."""
        if low >= high or self._union(low, high) & wanted == self._nothing:
            return None
        if high - low == 1:
            return low
        middle = _split(low, high)
        left = self._find(low, middle, wanted)
        return self._find(middle, high, wanted) if left is None else left

    def _union(self, low: int, high: int) -> Any:
        """What rules took together; kept only for the parts that many rules ask for again."""
        if (low, high) not in self._unions:
            if high - low == 1:
                union = self.passed[low].taken
            else:
                middle = _split(low, high)
                union = self._union(low, middle) | self._union(middle, high)
            self._unions[low, high] = union
        return self._unions[low, high]


def _split(low: int, high: int) -> int:
    """A power of two, so that the parts are the same wherever the whole ends."""
    size = 1 << ((high - low - 1).bit_length() - 1)
    return low + size
