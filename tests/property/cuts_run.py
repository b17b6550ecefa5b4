"""Many cuts: `python tests/property/cuts_run.py 50000 [SEED]`; prints each wrong one.

Fates alone are compared, so the conditions, which take most of a trace's time, are not told. One
cut in `DIFFS` asks a diff, too, which takes a hundred times as long. A question that takes more
than `BOUND` seconds of CPU ends without an answer, as the program's own do after a while; the
totals say how many did.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from types import FrameType
from unittest.mock import patch

from cuts import Denied, Wrong, denied, wrongs

from iptsim.errors import TimeUp
from iptsim.symbolic.traces import fates_at_once, joined_outcomes
from iptsim.worlds.outcome import Cube

CHUNK = 250
DIFFS = 25
BOUND = 15.0
"""Seconds of CPU for one question."""


def run(first: int) -> tuple[list[Wrong | Denied], int]:
    """Wrong answers to some seeds, and how many took too long."""
    seeds = range(first, first + CHUNK)
    answers = [
        *(_in_time(wrongs, seed) for seed in seeds),
        *(_in_time(denied, seed) for seed in seeds[::DIFFS]),
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


def _without_conditions() -> None:
    for module in (joined_outcomes, fates_at_once):
        patch.object(module, "when", _untold).start()


def _untold(*_asked: object, **_how: object) -> tuple[Cube, ...]:
    return ()


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
    with Pool(2, _without_conditions, maxtasksperchild=8) as pool:  # fresh processes keep less
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
