"""Many cuts: `python tests/property/cuts_run.py 50000 [SEED]`; prints each wrong one."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from cuts import Wrong, wrongs

CHUNK = 250


def run(first: int) -> list[Wrong]:
    """The wrong answers of one run of seeds."""
    return [wrong for seed in range(first, first + CHUNK) for wrong in wrongs(seed)]


def main(count: int, seed: int = 0) -> int:
    """Exit code 1 where an answer was wrong."""
    found: list[Wrong] = []
    starts = range(seed * 10_000_000, seed * 10_000_000 + count, CHUNK)
    with ProcessPoolExecutor(2) as pool:
        for done in pool.map(run, starts):
            for wrong in done:
                print(f"--- {wrong.file} {wrong.cutter}\n{wrong.text}", file=sys.stderr)
                print(wrong.packet.given(), wrong.hook, wrong.whole, wrong.cut, file=sys.stderr)
            found += done
    print(f"{len(starts) * CHUNK} cuts, {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
