"""The command line; the only place that knows typer."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command that the program's arguments name, and exit with its code."""
    from iptsim.cli.app import run

    # Values are immutable, so hardly any rings: looking for them is left for long work.
    gc.set_threshold(100_000, 20, 50)
    raise SystemExit(run())
