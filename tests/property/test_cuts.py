"""The answer to a dump that was cut is the whole dump's, or «?» with that among its ways."""

from __future__ import annotations

import pytest
from cuts import denied, wrongs
from cutters import NARROW


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_a_cut_text_never_answers_otherwise_for_sure(first: int) -> None:
    assert [wrong for seed in range(first, first + 40) for wrong in wrongs(seed)] == []


def test_a_diff_of_cut_texts_never_denies_an_effect_for_sure() -> None:
    assert [found for seed in range(12) for found in denied(seed)] == []


def test_rows_cut_at_a_column_never_ask_less_for_sure() -> None:
    assert [wrong for seed in range(40) for wrong in wrongs(seed, NARROW)] == []
