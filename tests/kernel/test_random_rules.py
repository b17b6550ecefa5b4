"""Random rules and packets: the tracer takes every step that the real kernel takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kernel_cases import Bench, Disagreement, misread, random_case, write_case
from random_settings import case_settings, with_loopback
from samples import examples
from shrinking import Sent

from iptsim.kernel import Judge

CASES = int(os.environ.get("IPTSIM_KERNEL_CASES", examples(4, at_length=60)))
SEED = os.environ.get("IPTSIM_KERNEL_SEED", str(int(time.time())))
KEEP = os.environ.get("IPTSIM_KERNEL_KEEP", "")
PACKETS_EACH = 16
LISTED_EVERY = 3
SET_EVERY = 4
"""A quarter of the rule sets, listed or not, are asked on a host with settings of its own."""

pytestmark = pytest.mark.kernel


@pytest.fixture(params=["nft", "legacy"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[4, 6])
def bench(real_kernel: None, backend: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    with Judge(backend=backend) as judge:
        yield Bench(judge, request.param)


@pytest.mark.parametrize("seed", ["1", SEED], ids=["fixed", "fresh"])
def test_random_packets_take_the_kernels_way(bench: Bench, seed: str) -> None:
    """One fixed seed, so that a change is to blame, and one that nobody has tried.

    Few rule sets of each, every time others; `make kernel N=5000` asks as many as one likes.
    """
    for number in range(CASES):
        case, listed = f"{seed}/{number}", number % LISTED_EVERY == 0
        found = one_case(bench, case, listed=listed, settings=number % SET_EVERY == 1)
        if found is not None and KEEP:
            keep(found, bench, case, Path(KEEP))
        again = f"IPTSIM_KERNEL_SEED={seed}, case {number}, {bench.judge.backend}"
        assert found is None, f"{again}:\n{found}"
    refused, sets = bench.counts.refused, bench.counts.sets
    assert refused <= max(2, sets // 20), f"{refused} of {sets} rule sets refused, seed {seed}"


def one_case(
    bench: Bench, seed: str, *, listed: bool, settings: bool = False
) -> Disagreement | None:
    """The first disagreement of the case with that seed, made small; None where there is none.

    With `listed` the rules are also read from their listings, where those tell them whole; with
    `settings` the host has settings drawn at random.
    """
    text, sent = random_case(seed, bench.family, PACKETS_EACH)
    if not settings:
        return _found(bench, text, sent, listed=listed)
    values, before = case_settings(seed, bench.family), bench.counts.cases
    with bench.settings(values):
        found = _found(bench, text, with_loopback(seed, sent), listed=listed)
    bench.counts.set_ += bench.counts.cases - before
    problem = f"{found.problem}\nsettings {values}" if found else ""
    return replace(found, problem=problem) if found else None


def _found(bench: Bench, text: str, sent: list[Sent], *, listed: bool) -> Disagreement | None:
    rules = bench.load(text)
    if rules is None:
        return None
    forms = [rules]
    if listed and (listing := bench.listed(rules)) is not None:
        bench.counts.listed += 1
        forms.append(listing)
        if problem := misread(*forms):
            return Disagreement(family=bench.family, rules=text, sent=sent[0], problem=problem)
    for found in bench.disagreements(forms, sent):
        return bench.smallest(rules, found)
    return None


def keep(found: Disagreement, bench: Bench, seed: str, folder: Path) -> None:
    """Write a disagreement as a file for `cases/`, whose first line is to be told what it shows."""
    name = f"{bench.judge.backend}-{bench.family}-{seed.replace('/', '-')}.txt"
    (folder / name).write_text(write_case(found, f"Seed {seed}."), encoding="utf-8")
