"""Runs the program as a person does, in English unless told otherwise."""

from __future__ import annotations

import os
from pathlib import Path

from called_program import ROOT, Done, called, started

CASE = ROOT / "fixtures" / "istio" / "both-directions"


def iptsim(*arguments: str | Path, stdin: str | bytes = "", **environ: str) -> Done:
    """What it says and how it ends; what the interpreter is told needs one of its own."""
    run = started if any(name.startswith("PYTHON") for name in environ) else called
    return run(
        [*map(str, arguments)],
        stdin.encode() if isinstance(stdin, str) else stdin,
        {**os.environ, "LC_ALL": "C.UTF-8", **environ},
    )
