"""Whole runs of programs: their CPU time and their memory, beside those of a peer."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TODAY = "f267dc1"
"""The commit with which the first figures were measured: «today's build» of the table."""
ENDS = 1200
"""Seconds after which a run is ended."""
_UNHURRIED = (
    "import sys; from iptsim.cli import main, patience; patience.ENDS = sys.maxsize; main()"
)
"""The program without the time after which it ends: that goes by the clock on the wall."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program with its arguments, the file that it reads, and its own surroundings."""

    words: Sequence[str]
    reads: Path | None = None
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Used:
    """CPU seconds and the most memory, in MB, that a run used; `ended` is whether it was ended."""

    seconds: float
    memory: float
    ended: bool = False


def ours(*words: str, reads: Path | None = None) -> Command:
    """This build."""
    return Command(words=(sys.executable, "-c", _UNHURRIED, *words), reads=reads)


def run(command: Command, ends: float = ENDS) -> Used:
    """Run it to its end."""
    given = open(command.reads or os.devnull, "rb")  # noqa: SIM115  # closed below
    with given, tempfile.TemporaryFile() as told:
        program = subprocess.Popen(
            command.words, stdin=given, stdout=told, stderr=told, cwd=ROOT,
            env=_surroundings() | dict(command.where),
        )  # fmt: skip
        begun, ended = time.monotonic(), False
        while True:
            done, _status, used = os.wait4(program.pid, os.WNOHANG)
            if done:
                program.returncode = 0
                break
            if not ended and time.monotonic() - begun > ends:
                program.kill()
                ended = True
            time.sleep(0.002)
    return Used(seconds=used.ru_utime + used.ru_stime, memory=used.ru_maxrss / 1024, ended=ended)


def _surroundings() -> dict[str, str]:
    """Those of whoever has it installed: bytecode is written, by the first run."""
    return {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def beside(one: Command, other: Command, rounds: int) -> tuple[Used, Used]:
    """The best of some runs of each, one after the other."""
    pairs = [(run(one), run(other)) for _ in range(rounds)]
    first, second = (min(side, key=lambda used: used.seconds) for side in zip(*pairs, strict=True))
    return first, second


@contextmanager
def build_of(commit: str) -> Iterator[Path | None]:
    """A work tree of that commit; None where the repository has none of it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        made = subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(tree), commit],
            capture_output=True, check=False,
        )  # fmt: skip
        if made.returncode:
            yield None
            return
        try:
            yield tree
        finally:
            subprocess.run(
                ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)],
                capture_output=True, check=False,
            )  # fmt: skip
