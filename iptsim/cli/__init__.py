"""The command line; the only place that knows typer."""

from __future__ import annotations


def main() -> None:
    """Run the command that the program's arguments name, and exit with its code."""
    from iptsim.cli.app import run

    raise SystemExit(run())
