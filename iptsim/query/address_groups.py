"""Addresses parted into groups that no set of packets tells apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from iptsim.symbolic.sets.diagrams import CapacityError, Manager
from iptsim.values import IntSet

_MOST_RANGES = 1 << 16

Row = tuple[Any, ...]
"""What diagrams are for the addresses of one group."""


def split(manager: Manager, diagrams: Sequence[Any], numbers: range) -> dict[Row, IntSet]:
    """The numbers of a field by what the diagrams are for them.

    Precondition: the field's variables come before all others that the diagrams ask.
    """
    found: dict[Row, Any] = {tuple(diagrams): manager.true}
    for number in numbers:
        lower: dict[Row, Any] = {}
        bit = manager.variable(number)
        for row, held in found.items():
            halves = [_halves(manager, one, number) for one in row]
            for side, test in ((0, bit), (1, ~bit)):
                key = tuple(half[side] for half in halves)
                lower[key] = lower.get(key, manager.false) | (held & test)
        found = lower
    return {row: _numbers(manager, held, numbers) for row, held in found.items()}


def _halves(manager: Manager, diagram: Any, number: int) -> tuple[Any, Any]:
    if manager.top(diagram) != number:
        return diagram, diagram
    return manager.halves(diagram)


def _numbers(manager: Manager, held: Any, numbers: range) -> IntSet:
    """The numbers of a set of that field alone. Raises `CapacityError` for one full of holes."""
    found: list[tuple[int, int]] = []
    for one in _ranges(manager, held, numbers):
        found.append(one)
        if len(found) > _MOST_RANGES:
            raise CapacityError("the addresses of a group are too many ranges to be told")
    return IntSet.of(found)


def _ranges(manager: Manager, held: Any, numbers: range) -> Iterator[tuple[int, int]]:
    """Depth first, with the lower half first."""
    waiting = [(held, 0, 0)]
    width = len(numbers)
    while waiting:
        one, depth, prefix = waiting.pop()
        if one == manager.false:
            continue
        if one == manager.true:
            free = width - depth
            yield prefix << free, (prefix << free) | ((1 << free) - 1)
            continue
        high, low = _halves(manager, one, numbers[depth])
        waiting += [(high, depth + 1, prefix << 1 | 1), (low, depth + 1, prefix << 1)]
