"""The addresses, or pairs of addresses, that a set's members and exceptions leave.

A kernel asks the most specific network first, and the first that holds the address decides; of
two networks the first one's length counts before the second's (net/netfilter/ipset/
ip_set_hash_gen.h, mtype_test_cidrs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from iptsim.values import IntSet, Range

T = TypeVar("T")
Area = tuple[tuple[IntSet, ...], ...]
"""Products of sets that do not overlap; one of no set at all is everything."""
Member = tuple[tuple[Range, ...], bool]
"""The addresses of a member, and whether it is an exception."""
_MOST = 1_000_000
_NONE = IntSet()


class TooManyError(Exception):
    """The members make up more than is worth asking."""


def areas(members: Sequence[Member], *, nomatch: bool = False) -> Area:
    """Where a packet is in the set; with `nomatch` where it meets an exception.

    The ranges of members are networks, which overlap only where one lies in the other, unless
    there is one for each member and no exception. Raises `TooManyError` beyond a bound.
    """
    count = len(members[0][0])
    if count == 0:
        return ((),)
    if count == 1:
        inside = _one([(ranges[0], excepted) for ranges, excepted in members], nomatch)
        return ((inside,),) if inside else ()
    return tuple(_pairs(members, nomatch))


def _one(members: list[tuple[Range, bool]], nomatch: bool) -> IntSet:
    if not nomatch and not any(excepted for _range, excepted in members):
        return IntSet.of((each.low, each.high) for each, _excepted in members)
    found = segments(dict(members))
    return IntSet.of((low, high) for low, high, chain in found if chain[0] is nomatch)


def segments(networks: Mapping[Range, T]) -> Iterator[tuple[int, int, tuple[T, ...]]]:
    """The stretches that networks cut each other into, with what each has, the innermost first."""
    open_: list[tuple[int, T]] = []
    at = 0
    for network in sorted(networks, key=lambda each: (each.low, -each.high)):
        for low, high, chain in _closed(open_, at, network.low):
            yield low, high, chain
            at = high + 1
        if open_ and at < network.low:
            yield at, network.low - 1, _chain(open_)
        at = network.low
        open_.append((network.high, networks[network]))
    yield from _closed(open_, at, None)


def _closed(
    open_: list[tuple[int, T]], at: int, before: int | None
) -> Iterator[tuple[int, int, tuple[T, ...]]]:
    """The ends of the networks that end below `before`, innermost first; they are open no more."""
    while open_ and (before is None or open_[-1][0] < before):
        high = open_[-1][0]
        if at <= high:
            yield at, high, _chain(open_)
            at = high + 1
        open_.pop()


def _chain(open_: list[tuple[int, T]]) -> tuple[T, ...]:
    return tuple(held for _high, held in reversed(open_))


def _pairs(members: Iterable[Member], nomatch: bool) -> Iterator[tuple[IntSet, ...]]:
    """Pairs of sets, the first ones apart from each other."""
    by_first: dict[Range, list[tuple[Range, bool]]] = {}
    for (first, second), excepted in members:
        by_first.setdefault(first, []).append((second, excepted))
    seconds = _Seconds(by_first, nomatch)
    found: dict[IntSet, list[tuple[int, int]]] = {}
    for low, high, chain in segments({first: first for first in by_first}):
        found.setdefault(seconds.of(chain), []).append((low, high))
    for inside, firsts in found.items():
        if inside:
            yield IntSet.of(firsts), inside


class _Seconds:
    """For networks one in the other what of the second address is in the set."""

    def __init__(self, by_first: Mapping[Range, list[tuple[Range, bool]]], nomatch: bool) -> None:
        self._by_first, self._nomatch = by_first, nomatch
        self._known: dict[tuple[Range, ...], IntSet] = {(): _NONE}
        self._size = 0

    def of(self, chain: tuple[Range, ...]) -> IntSet:
        """What the innermost says; beyond it, what the others do."""
        if chain not in self._known:
            own = self._by_first[chain[0]]
            covered = IntSet.of((each.low, each.high) for each, _excepted in own)
            found = _one(own, self._nomatch) | (self.of(chain[1:]) - covered)
            self._size += len(found.ranges) + len(own)
            if self._size > _MOST:
                raise TooManyError
            self._known[chain] = found
        return self._known[chain]
