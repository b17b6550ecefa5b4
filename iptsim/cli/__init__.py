"""The command line; the only place that knows typer."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command that the program's arguments name, and exit with its code."""
    from iptsim.cli.app import run

    # Values are immutable, so hardly any rings: looking for them is left for long work.
    gc.set_threshold(100_000, 20, 50)
    code = run()
    if _is_alone() and _is_told():
        # Taking apart what was read and learned would take up to a fifth of a long run.
        os._exit(code)
    raise SystemExit(code)


def _is_alone() -> bool:
    """Whether the process is this program's, with one thread, and nobody watches it."""
    watched = sys.gettrace() is not None or sys.getprofile() is not None
    own = sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__
    threads = sys.modules.get("threading")
    return own and not watched and (threads is None or threads.active_count() == 1)


def _is_told() -> bool:
    """Whether all that was told has been written; else Python says what is wrong as it exits."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True
