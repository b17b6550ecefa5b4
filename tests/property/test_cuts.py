"""The answer to a dump that was cut is the whole dump's, or «?» with that among its ways."""

from __future__ import annotations

import pytest
from cuts import wrongs


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_a_cut_text_never_answers_otherwise_for_sure(first: int) -> None:
    assert [wrong for seed in range(first, first + 50) for wrong in wrongs(seed)] == []
