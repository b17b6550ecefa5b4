"""The real program without a new interpreter: in a fork of a process that has loaded it.

A start costs several times what most commands cost, and hundreds of tests run one. The fork has
arguments, environment, working directory and standard streams of its own, and ends with the
program's exit code. `tests/cli/test_startup.py` holds it to programs that are started anew.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import warm_server
from warm_server import FILES, held

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


def warm(arguments: list[str], stdin: bytes, environ: Mapping[str, str]) -> Done:
    """The program in a fork of a process that has it loaded."""
    asked = json.dumps({"arguments": arguments, "environ": dict(environ)}).encode()
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(FILES)]
        for file, text in zip(files, (asked, stdin), strict=False):
            file.write(text)
            file.seek(0)
        code = _Loaded.now().ask([file.fileno() for file in files])
        out, err = (held(file.fileno()).decode() for file in files[2:])
    return Done(code, out, err)


class _Loaded:
    """The process that forks; one for all tests of a process."""

    _only: _Loaded | None = None

    def __init__(self) -> None:
        self._own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own.settimeout(PATIENCE)
        self._process = subprocess.Popen(
            [sys.executable, warm_server.__file__, str(other.fileno())],
            cwd=ROOT,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            pass_fds=[other.fileno()],
            start_new_session=True,
        )
        other.close()
        atexit.register(self.close)

    @classmethod
    def now(cls) -> _Loaded:
        """The process; another one where that has ended."""
        if cls._only is None or cls._only._process.poll() is not None:
            cls._only = cls()
        return cls._only

    def ask(self, files: list[int]) -> int:
        """The exit code of one run; the files are the request and the standard streams."""
        socket.send_fds(self._own, [b"run"], files)
        try:
            return int(self._own.recv(64))
        except TimeoutError:
            self.close()
            raise

    def close(self) -> None:
        """End it, and what it may still be running."""
        self._own.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
