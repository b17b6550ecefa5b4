"""Sequence alignment: which members of two sequences stayed, in order.

Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986) while few members differ; where many
do, anchors on what occurs once on both sides (patience diff), which keeps long chains from
quadratic time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

Pair = tuple[int, int]
# More edits than this in one stretch are left to the anchors: the search costs their square.
_MOST_EDITS = 200


def align(before: Sequence[Hashable], after: Sequence[Hashable]) -> tuple[Pair, ...]:
    """The positions (before, after) of equal members that stayed, rising on both sides."""
    numbers: dict[Hashable, int] = {}
    left = [numbers.setdefault(member, len(numbers)) for member in before]
    right = [numbers.setdefault(member, len(numbers)) for member in after]
    return tuple(sorted(_Alignment(left, right).pairs()))


class _Alignment:
    """The work of one `align`: stretches are split until each is aligned."""

    def __init__(self, left: list[int], right: list[int]) -> None:
        self.left = left
        self.right = right

    def pairs(self) -> Iterator[Pair]:
        stretches = [(0, len(self.left), 0, len(self.right))]
        while stretches:
            i, i_end, j, j_end = stretches.pop()
            while i < i_end and j < j_end and self.left[i] == self.right[j]:
                yield i, j
                i, j = i + 1, j + 1
            while i < i_end and j < j_end and self.left[i_end - 1] == self.right[j_end - 1]:
                i_end, j_end = i_end - 1, j_end - 1
                yield i_end, j_end
            if i < i_end and j < j_end:
                yield from self._middle((i, i_end, j, j_end), stretches)

    def _middle(
        self, stretch: tuple[int, int, int, int], stretches: list[tuple[int, int, int, int]]
    ) -> Iterator[Pair]:
        i, i_end, j, j_end = stretch
        left, right = self.left[i:i_end], self.right[j:j_end]
        found = _few_edits(left, right)
        if found is not None:
            yield from ((i + x, j + y) for x, y in found)
            return
        anchors = [(i + x, j + y) for x, y in _anchors(left, right)]
        if anchors:
            yield from anchors
            stretches.extend(_between(anchors, stretch))
        else:
            yield from ((i + x, j + y) for x, y in _by_turn(left, right))


def _between(
    anchors: list[Pair], stretch: tuple[int, int, int, int]
) -> Iterator[tuple[int, int, int, int]]:
    i, i_end, j, j_end = stretch
    for x, y in anchors:
        yield i, x, j, y
        i, j = x + 1, y + 1
    yield i, i_end, j, j_end


def _few_edits(left: list[int], right: list[int]) -> list[Pair] | None:
    """A longest common subsequence, or None when it takes more than `_MOST_EDITS` edits."""
    if abs(len(left) - len(right)) > _MOST_EDITS:
        return None
    reach = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(_MOST_EDITS, len(left) + len(right)) + 1):
        history.append(dict(reach))
        if _extend(left, right, reach, edits):
            return _walk_back(left, right, history)
    return None


def _extend(left: list[int], right: list[int], reach: dict[int, int], edits: int) -> bool:
    """Go as far as `edits` edits lead on each diagonal; whether the end was reached."""
    for diagonal in range(-edits, edits + 1, 2):
        x = _start(reach, diagonal, edits)
        y = x - diagonal
        while x < len(left) and 0 <= y < len(right) and left[x] == right[y]:
            x, y = x + 1, y + 1
        reach[diagonal] = x
        if x >= len(left) and y >= len(right):
            return True
    return False


def _down(reach: dict[int, int], diagonal: int, edits: int) -> bool:
    """Whether the diagonal is best entered by an addition."""
    if diagonal in (-edits, edits):
        return diagonal == -edits
    return reach[diagonal - 1] < reach[diagonal + 1]


def _start(reach: dict[int, int], diagonal: int, edits: int) -> int:
    down = _down(reach, diagonal, edits)
    return reach[diagonal + 1] if down else reach[diagonal - 1] + 1


def _walk_back(left: list[int], right: list[int], history: list[dict[int, int]]) -> list[Pair]:
    pairs: list[Pair] = []
    x, y = len(left), len(right)
    for edits in range(len(history) - 1, -1, -1):
        reach, diagonal = history[edits], x - y
        start = _start(reach, diagonal, edits)
        while x > start:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        if edits:
            x, y = (x, y - 1) if _down(reach, diagonal, edits) else (x - 1, y)
    return pairs


def _anchors(left: list[int], right: list[int]) -> list[Pair]:
    """What occurs exactly once on both sides, as much of it as stayed in order."""
    once = _positions_of_unique(left)
    there = _positions_of_unique(right)
    return _longest_rising([(i, there[member]) for member, i in once.items() if member in there])


def _positions_of_unique(members: list[int]) -> dict[int, int]:
    counts = Counter(members)
    return {member: i for i, member in enumerate(members) if counts[member] == 1}


def _by_turn(left: list[int], right: list[int]) -> list[Pair]:
    """The n-th occurrence pairs with the n-th occurrence, as far as that stays in order."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for j, member in enumerate(right):
        places[member].append(j)
    turns: Counter[int] = Counter()
    candidates: list[Pair] = []
    for i, member in enumerate(left):
        turn = turns[member]
        turns[member] += 1
        if turn < len(places[member]):
            candidates.append((i, places[member][turn]))
    return _longest_rising(candidates)


def _longest_rising(pairs: Iterable[Pair]) -> list[Pair]:
    """The longest subsequence whose second members rise (patience sorting).

    The first members must rise already.
    """
    tops: list[int] = []
    piles: list[int] = []
    back: list[int] = []
    listed = list(pairs)
    for index, (_i, j) in enumerate(listed):
        pile = bisect_left(tops, j)
        tops[pile : pile + 1] = [j]
        piles[pile : pile + 1] = [index]
        back.append(piles[pile - 1] if pile else -1)
    chosen: list[Pair] = []
    at = piles[-1] if piles else -1
    while at >= 0:
        chosen.append(listed[at])
        at = back[at]
    return chosen[::-1]
