"""Two rule sets differ in effect for exactly the packets that the difference tells."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from kernel_cases import Bench
from pairs import Pairs
from samples import examples

from iptsim.kernel import Judge

SEED = os.environ.get("IPTSIM_KERNEL_SEED", "1")
PACKETS = int(os.environ.get("IPTSIM_KERNEL_PAIRED", examples(20, at_length=400)))
SECONDS = float(os.environ.get("IPTSIM_KERNEL_SECONDS", examples(5, at_length=60)))
"""For each of the four hosts; one pair is asked however long it takes."""
FEWEST = 1

pytestmark = pytest.mark.kernel


@pytest.fixture(params=["nft", "legacy"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[4, 6])
def pairs(real_kernel: None, backend: str, request: pytest.FixtureRequest) -> Iterator[Pairs]:
    with Judge(backend=backend) as judge:
        # Without the `ip rule` of TPROXY's packets: a diff is not told of it.
        yield Pairs(Bench(judge, request.param, delivers=False))


def test_the_kernel_tells_two_rule_sets_apart_where_the_difference_says(pairs: Pairs) -> None:
    """The same pairs in every run; `make pairs` asks thousands of packets of fresh ones."""
    begun, number = time.monotonic(), 0
    while pairs.tally.packets < PACKETS or number < FEWEST:
        if number >= FEWEST and time.monotonic() - begun > SECONDS:
            break
        found = pairs.one(f"{SEED}/{number}")
        again = f"IPTSIM_KERNEL_SEED={SEED}, pair {number}, {pairs.bench.judge.backend}"
        assert found is None, f"{again}:\n{pairs.smallest(found)}"
        number += 1
