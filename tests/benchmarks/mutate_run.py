"""A long run that reads spoiled texts: `python tests/benchmarks/mutate_run.py 500000 [SEED]`.

Every text of `mutations` is read; of some the reading report is made, the states are read or the
rules are written as a save. Prints each text that ends in an error that is none of the program's
own, takes more than `SLOW` seconds of CPU, or makes the process grow by more than `GROWN` MB; then
the totals. Two processes do half each. `mutate_run.py --text SEED:NUMBER` prints the text of a
line, `--one SEED:NUMBER` asks it again with its traceback.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spoiled_texts import text_of

from iptsim.dialects import read_states, read_text
from iptsim.dialects.report import reading
from iptsim.dialects.writing.write import write_save
from iptsim.errors import IptsimError, TimeUp

SLOW, ENDS = 5.0, 30.0
GROWN = 100
PROCESSES = 2
SHOWN = 8
STEP = 10_000


@dataclass(kw_only=True)
class Totals:
    """What one process saw; `failed` counts by the kind of failure and the line that made it."""

    texts: int = 0
    told: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    memory: int = 0


def read(text: str) -> None:
    """Read a text."""
    read_text(text)


def report(text: str) -> None:
    """Make the reading report of a text."""
    reading([("text", text)])


def states(text: str) -> None:
    """Read the states of a text, as diff does."""
    with tempfile.NamedTemporaryFile("w", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        read_states(file.name)


def saved(text: str) -> None:
    """Write a text's rules as a save, and read it again."""
    for ruleset in read_text(text).rulesets:
        read_text(write_save(ruleset, counters=True), family=ruleset.family)


USES: tuple[Callable[[str], None], ...] = (read, read, read, report, states, saved)


def use_of(number: int) -> Callable[[str], None]:
    """What is done with the text of a number."""
    return USES[number % len(USES)]


@contextmanager
def ends() -> Iterator[None]:
    """No text may hold up the run: `TimeUp` after `ENDS` seconds of CPU."""
    signal.setitimer(signal.ITIMER_VIRTUAL, ENDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _time_up(_signal: int, _frame: object) -> None:
    raise TimeUp(f"more than {ENDS:.0f} s")


def peak() -> int:
    """The most memory the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def ask(name: str, number: int, totals: Totals) -> None:
    """Use one text and count how it ends."""
    text = text_of(name)
    before, start = peak(), time.process_time()
    try:
        with ends():
            use_of(number)(text)
        totals.told["read"] += 1
    except IptsimError as error:
        totals.told[f"{type(error).__name__} {error.code}"] += 1
    except (Exception, TimeUp) as error:  # noqa: BLE001  # any is what this run looks for
        fail(name, number, f"{type(error).__name__} {where(error)}: {str(error)[:80]!r}", totals)
    used, grown = time.process_time() - start, peak() - before
    totals.texts += 1
    totals.slowest = sorted([*totals.slowest, (used, name)])[-SHOWN:]
    if used > SLOW:
        fail(name, number, f"slow: {used:.1f} s", totals)
    if grown > GROWN:
        fail(name, number, f"memory: {grown} MB more", totals)


def fail(name: str, number: int, why: str, totals: Totals) -> None:
    """Print and count a failure."""
    totals.failed[why.partition(":")[0]] += 1
    print(f"{name} ({use_of(number).__name__}): {why}", flush=True)


def where(error: BaseException) -> str:
    """The line of the program in which an error came up."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}iptsim{os.sep}" in frame.filename]
    return f"{Path(ours[-1].filename).name} line {ours[-1].lineno}" if ours else "outside"


def some(part: int, count: int, seed: str) -> Totals:
    """The texts of one process."""
    signal.signal(signal.SIGVTALRM, _time_up)
    totals = Totals()
    for number in range(part, count, PROCESSES):
        ask(f"{seed}:{number}", number, totals)
        if totals.texts % STEP == 0:
            print(f"process {part}: {totals.texts} texts, {peak()} MB", flush=True)
    totals.memory = peak()
    return totals


def run(count: int, seed: str) -> bool:
    """Use so many texts; whether none failed."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        parts = pool.starmap(some, [(part, count, seed) for part in range(PROCESSES)])
    failed = sum((part.failed for part in parts), Counter[str]())
    told = sum((part.told for part in parts), Counter[str]())
    slowest = sorted(each for part in parts for each in part.slowest)[-SHOWN:]
    print("slowest:", ", ".join(f"{name} {used:.2f} s" for used, name in reversed(slowest)))
    for what, many in (*told.most_common(), *failed.most_common()):
        print(f"{many:9} {what}")
    print(
        f"{sum(part.texts for part in parts)} texts, {sum(failed.values())} failures;"
        f" most memory {max(part.memory for part in parts)} MB"
    )
    return not failed


def main() -> None:
    """Run, or show or ask one text again."""
    match sys.argv[1:]:
        case ["--text", name]:
            sys.stdout.write(text_of(name))
        case ["--one", name]:
            use_of(int(name.rpartition(":")[2]))(text_of(name))
        case [count, *seed]:
            sys.exit(not run(int(count), seed[0] if seed else "0"))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
