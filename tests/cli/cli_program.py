"""Runs the real program, in English unless told otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASE = ROOT / "fixtures" / "istio" / "both-directions"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def iptsim(*arguments: str | Path, stdin: str | bytes = "", **environ: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "iptsim", *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environ},
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
