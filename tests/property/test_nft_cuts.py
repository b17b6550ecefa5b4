"""What a cut listing of nft answers is the whole one's answer, or «?» with that among its ways."""

from __future__ import annotations

import pytest
from nft_cuts import wrongs
from nft_cutters import CUTTERS
from samples import examples

FEWER_OPEN = examples(12, at_length=24)


@pytest.mark.parametrize("first", range(0, examples(90, at_length=900), 30))
def test_a_cut_listing_of_nft_never_answers_otherwise_for_sure(first: int) -> None:
    seeds = range(first, first + 30)
    assert [wrong for seed in seeds for wrong in wrongs(seed, CUTTERS, FEWER_OPEN)] == []
