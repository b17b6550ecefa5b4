"""Runs the program as a person does, in English unless told otherwise."""

from __future__ import annotations

import os
from pathlib import Path

from called_program import ROOT, Done, called, started
from json_schemas import answers, hold

CASE = ROOT / "fixtures" / "istio" / "both-directions"


def iptsim(*arguments: str | Path, stdin: str | bytes = "", **environ: str) -> Done:
    """What it says and how it ends; what the interpreter is told needs one of its own.

    An answer as JSON is held to its schema.
    """
    run = started if any(name.startswith("PYTHON") for name in environ) else called
    done = run(
        [*map(str, arguments)],
        stdin.encode() if isinstance(stdin, str) else stdin,
        {**os.environ, "LC_ALL": "C.UTF-8", **environ},
    )
    for answer in answers(done.out) if '"schema": "iptsim.' in done.out[:99] else ():
        hold(answer)
    return done
