"""Many random cases: `python long_run.py N --seed S [--family 4] [--backend nft] [--keep DIR]`.

A quarter of them are asked on a host with settings drawn at random (`--plain`: none). With `--fast`
each packet is also asked as one of many (`iptsim trace --packets`).
Ends with 1 where the tracer and the kernel disagreed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from kernel_cases import Bench
from test_random_rules import LISTED_EVERY, PACKETS_EACH, SET_EVERY, keep, one_case

from iptsim.kernel import Judge

_MOST_FOUND = 20


def main() -> int:
    """Runs a share of the cases on every backend and family that was asked for."""
    asked = _arguments()
    seed = asked.seed or str(int(time.time()))
    backends = [asked.backend] if asked.backend else ["nft", "legacy"]
    families = [asked.family] if asked.family else [4, 6]
    sets = max(1, asked.cases // PACKETS_EACH // len(backends) // len(families))
    found = 0
    for backend in backends:
        for family in families:
            found += _run(seed, sets, backend, family, asked)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="random rules and packets beside the real kernel")
    parser.add_argument("cases", type=int, help="how many packets under a rule set")
    parser.add_argument("--seed", default="")
    parser.add_argument("--family", type=int, choices=(4, 6))
    parser.add_argument("--backend", choices=("nft", "legacy"))
    parser.add_argument("--keep", type=Path, help="a folder for the disagreements, made small")
    parser.add_argument("--fast", action="store_true", help="ask each as one of many packets, too")
    parser.add_argument("--plain", action="store_true", help="leave the settings as they are")
    return parser.parse_args()


def _run(seed: str, sets: int, backend: str, family: int, asked: argparse.Namespace) -> int:
    begun, found = time.monotonic(), 0
    with Judge(backend=backend) as judge:
        bench = Bench(judge, family, fast=asked.fast)
        for number in range(sets):
            case = f"{seed}/{number}"
            settings = not asked.plain and number % SET_EVERY == 1
            small = one_case(bench, case, listed=number % LISTED_EVERY == 0, settings=settings)
            if small is None:
                continue
            found += 1
            _say(f"DISAGREEMENT {found}: {backend}, IPv{family}, case {case}\n{small}\n")
            if asked.keep:
                keep(small, bench, case, asked.keep)
            if found == _MOST_FOUND:
                _say(f"{found} are enough; stopped at rule set {number}")
                break
        counts, took = bench.counts, time.monotonic() - begun
    _say(
        f"{backend} IPv{family}, seed {seed}: {counts.cases} cases under {counts.sets} rule sets in"
        f" {took:.0f} s ({counts.cases / took:.0f} a second); {counts.refused} rule sets refused,"
        f" {counts.listed} also listed; {_share(counts.set_, counts.cases)} with random settings,"
        f" {_share(counts.open_, counts.cases)} with open outcomes,"
        f" {counts.too_many} with too many, {_share(counts.quick, counts.cases)} answered quickly;"
        f" {found} disagreements"
    )
    return found


def _share(some: int, of: int) -> str:
    return f"{100 * some / max(of, 1):.0f} %"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
