"""Many cuts: `python tests/property/cuts_run.py 50000 [SEED]`; prints each wrong one."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from cuts import Denied, Wrong, denied, wrongs

CHUNK = 250


def run(first: int) -> list[Wrong | Denied]:
    """The wrong answers of one run of seeds; one in ten is asked of a diff, too."""
    seeds = range(first, first + CHUNK)
    diffs = [wrong for seed in seeds[::10] for wrong in denied(seed)]
    return [*(wrong for seed in seeds for wrong in wrongs(seed)), *diffs]


def told(wrong: Wrong | Denied) -> tuple[object, ...]:
    """What shows the wrong answer."""
    if isinstance(wrong, Denied):
        return (wrong.before, "---", wrong.after)
    return (wrong.text, wrong.packet.given(), wrong.hook, wrong.whole, wrong.cut)


def main(count: int, seed: int = 0) -> int:
    """Exit code 1 where an answer was wrong."""
    found: list[Wrong | Denied] = []
    starts = range(seed * 10_000_000, seed * 10_000_000 + count, CHUNK)
    with ProcessPoolExecutor(2) as pool:
        for number, done in enumerate(pool.map(run, starts), 1):
            for wrong in done:
                print(f"--- {wrong.file} {wrong.cutter}", *told(wrong), sep="\n", file=sys.stderr)
            found += done
            print(f"{number * CHUNK} cuts, {len(found)} wrong", file=sys.stderr)
    print(f"{len(starts) * CHUNK} cuts, {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
