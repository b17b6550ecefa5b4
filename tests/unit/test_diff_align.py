"""Alignment of sequences: as long as can be, and never slow."""

from __future__ import annotations

import random
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps_taken import steps

from iptsim.diff.align import align

members = st.lists(st.integers(min_value=0, max_value=5), max_size=14)


def longest_common(left: list[int], right: list[int]) -> int:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else longer
    return table[-1][-1]


@given(members, members)
def test_what_stayed_is_as_much_as_can_be(left: list[int], right: list[int]) -> None:
    pairs = align(left, right)
    assert all(left[i] == right[j] for i, j in pairs)
    assert all(a < b and x < y for (a, x), (b, y) in pairwise(pairs))
    assert len(pairs) == longest_common(left, right)


def test_a_moved_member_leaves_the_others_where_they_are() -> None:
    assert align("abcdef", "bcdefa") == ((1, 0), (2, 1), (3, 2), (4, 3), (5, 4))


def sides(kind: str, count: int) -> tuple[list[int], list[int]]:
    dice = random.Random(1)  # noqa: S311  # no secret
    left = [i % 7 if kind == "repeating" else i for i in range(count)]
    right = {
        "shuffled": dice.sample(left, count),
        "repeating": dice.sample(left, count),
        "turned": left[::-1],
        "all new": [i + count for i in left],
        "rotated": left[count // 2 :] + left[: count // 2],
    }[kind]
    return left, right


@pytest.mark.parametrize("kind", ["shuffled", "turned", "repeating", "all new", "rotated"])
def test_long_sequences_take_no_quadratic_work(kind: str) -> None:
    left, right = sides(kind, 5000)
    pairs = align(left, right)
    assert all(left[i] == right[j] for i, j in pairs)
    assert len(pairs) >= {"rotated": len(left) // 2, "all new": 0}.get(kind, 1)
    half, whole = (steps(partial(align, *sides(kind, count))) for count in (1500, 3000))
    assert whole < 3 * half
