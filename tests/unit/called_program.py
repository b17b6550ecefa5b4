"""The program: called in the process of the test, or started in an interpreter of its own.

A start costs many times what most commands cost, and over a thousand tests run one. A call has
arguments, environment, working directory and standard streams of its own.
`tests/cli/test_startup.py` holds it to programs that are started.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO
from unittest.mock import patch

from iptsim.cli import main

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def started(arguments: list[str], stdin: bytes, environ: Mapping[str, str]) -> Done:
    """The program in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "iptsim", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environ,
        timeout=PATIENCE,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def called(arguments: list[str], stdin: bytes, environ: Mapping[str, str]) -> Done:
    """The program in this process; what escapes from it is the test's."""
    with ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        with _as_its_own(arguments, environ), _streams(given, out, err):
            code = _code()
        return Done(code, *(held(file) for file in (out, err)))


def held(file: IO[bytes]) -> str:
    """All that a file holds."""
    file.seek(0)
    return file.read().decode()


def _code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(str(end.code or 0))
    raise AssertionError  # the program ends with its code


@contextmanager
def _as_its_own(arguments: list[str], environ: Mapping[str, str]) -> Iterator[None]:
    """Within: the process is the program's; it sets collection for a process that ends with it."""
    before = gc.get_threshold()
    argv, froze = patch.object(sys, "argv", ["iptsim", *arguments]), patch.object(gc, "freeze")
    with argv, froze, patch.dict(os.environ, environ, clear=True), chdir(ROOT):
        try:
            yield
        finally:
            gc.set_threshold(*before)


@contextmanager
def _streams(given: IO[bytes], out: IO[bytes], err: IO[bytes]) -> Iterator[None]:
    """Within: these are the standard streams; files of the system, as a shell's are."""
    own = partial(open, encoding="utf-8", closefd=False)
    with (
        own(given.fileno(), errors="surrogateescape") as stdin,
        own(out.fileno(), "w") as stdout,
        own(err.fileno(), "w", errors="backslashreplace") as stderr,
        patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
    ):
        yield
