"""The answer to a dump that was cut is the whole dump's, or «?» with that among its ways."""

from __future__ import annotations

import pytest
from cuts import MOST_OPEN, denied, wrongs
from cutters import CUTTERS, NARROW
from samples import examples

FEWER_OPEN = examples(16, at_length=MOST_OPEN)
"""What three of 120 cuts leave open takes longer than all that the others do."""


@pytest.mark.parametrize("first", range(0, examples(120, at_length=1200), 40))
def test_a_cut_text_never_answers_otherwise_for_sure(first: int) -> None:
    seeds = range(first, first + 40)
    assert [wrong for seed in seeds for wrong in wrongs(seed, CUTTERS, FEWER_OPEN)] == []


def test_a_diff_of_cut_texts_never_denies_an_effect_for_sure() -> None:
    seeds = range(examples(12, at_length=120))
    assert [found for seed in seeds for found in denied(seed)] == []


def test_rows_cut_at_a_column_never_ask_less_for_sure() -> None:
    seeds = range(examples(40, at_length=400))
    assert [wrong for seed in seeds for wrong in wrongs(seed, NARROW)] == []
