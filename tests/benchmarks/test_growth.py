"""How time grows with the rules: ratios of one machine's figures, never the figures themselves."""

from __future__ import annotations

import pytest
from engine import growth, measured

pytestmark = pytest.mark.slow
RUNS = 2
"""The best of that many: the first may have to wait for files and memory."""


@pytest.mark.parametrize(
    ("kind", "sizes"), [("filter", (500, 5_000)), ("kube-proxy", (300, 3_000))]
)
def test_time_grows_little_more_than_the_rules(kind: str, sizes: tuple[int, int]) -> None:
    smaller, larger = (
        min((measured(kind, rules) for _ in range(RUNS)), key=lambda row: row["engine"])
        for rules in sizes
    )
    assert smaller["effects"]
    assert larger["effects"]
    assert growth(smaller, larger) < 1.3
