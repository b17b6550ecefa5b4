"""Questions about packet sets begin with a small manager, and again with a larger one."""

from __future__ import annotations

from typing import Any

import pytest

from iptsim.symbolic.sets import diagrams
from iptsim.symbolic.sets.diagrams import CapacityError, OxiddManager, available, growing

pytestmark = pytest.mark.skipif(not available(), reason="oxidd is not installed")

TRIED = ((16, 16), (1 << 12, 1 << 10), (1 << 13, 1 << 10))
WIDTH = 12


@pytest.fixture
def managers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of the managers that were made, of which the first is hardly any."""
    made: list[tuple[int, int]] = []

    class Seen(OxiddManager):
        def __init__(self, capacity: int, remembered: int) -> None:
            made.append((capacity, remembered))
            super().__init__(capacity, remembered)

    monkeypatch.setattr(diagrams, "OxiddManager", Seen)
    monkeypatch.setattr(diagrams, "SIZES", TRIED)
    return made


def equal_words(manager: Any, width: int = WIDTH) -> int:
    """The size of «the first word is the second», all of the first asked first: 2 ** width."""
    manager.add(2 * width)
    found = manager.true
    for number in range(width):
        one, other = manager.variable(number), manager.variable(width + number)
        found &= ~(one ^ other)
    return int(manager.size(found))


def test_what_a_small_manager_has_no_room_for_is_begun_again(
    managers: list[tuple[int, int]],
) -> None:
    assert growing(lambda manager: equal_words(manager, 6)) > TRIED[0][0]
    assert managers == [*TRIED[:2]]


def test_a_small_question_is_answered_by_the_small_one(managers: list[tuple[int, int]]) -> None:
    assert growing(lambda manager: manager.add(3)) == 0
    assert managers == [TRIED[0]]


def test_what_no_manager_has_room_for_is_refused(managers: list[tuple[int, int]]) -> None:
    with pytest.raises(CapacityError):
        growing(equal_words)
    assert managers == [*TRIED]


def test_as_many_results_are_remembered_as_there_may_be_nodes_or_very_many() -> None:
    assert all(remembered >= min(nodes, 1 << 20) for nodes, remembered in diagrams.SIZES)
