"""Many cuts: `python tests/property/cuts_run.py 50000 [SEED]`; prints each wrong one.

A question that takes more than `BOUND` seconds of CPU ends without an answer, as the program's own
do after a while; the totals say how many did.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from types import FrameType

from cuts import Denied, Wrong, denied, wrongs

from iptsim.errors import TimeUp

CHUNK = 250
BOUND = 15.0
"""Seconds of CPU for one question."""


def run(first: int) -> tuple[list[Wrong | Denied], int]:
    """Wrong answers to some seeds, and how many took too long; one in ten asks a diff, too."""
    seeds = range(first, first + CHUNK)
    answers = [
        *(_in_time(wrongs, seed) for seed in seeds),
        *(_in_time(denied, seed) for seed in seeds[::10]),
    ]
    return [wrong for answer in answers for wrong in answer or ()], answers.count(None)


def _in_time(
    question: Callable[[int], Iterator[Wrong | Denied]], seed: int
) -> list[Wrong | Denied] | None:
    signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, BOUND)
    try:
        return list(question(seed))
    except TimeUp:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp("too long")


def told(wrong: Wrong | Denied) -> tuple[object, ...]:
    """What shows the wrong answer."""
    if isinstance(wrong, Denied):
        return (wrong.before, "---", wrong.after)
    return (wrong.text, wrong.packet.given(), wrong.hook, wrong.whole, wrong.cut)


def main(count: int, seed: int = 0) -> int:
    """Exit code 1 where an answer was wrong."""
    found = late = 0
    starts = range(seed * 10_000_000, seed * 10_000_000 + count, CHUNK)
    with Pool(2, maxtasksperchild=8) as pool:  # fresh processes keep less
        for number, (wrong, slow) in enumerate(pool.imap(run, starts), 1):
            for each in wrong:
                print(f"--- {each.file} {each.cutter}", *told(each), sep="\n", file=sys.stderr)
            found, late = found + len(wrong), late + slow
            totals = f"{number * CHUNK} cuts, {found} wrong, {late} not in time"
            print(totals, file=sys.stderr, flush=True)
    print(totals)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
