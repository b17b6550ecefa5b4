"""The program: its commands, its exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from iptsim import __version__
from iptsim.cli.collect import collect
from iptsim.cli.convert import convert
from iptsim.cli.diff import diff
from iptsim.cli.graph import graph
from iptsim.cli.lint import lint
from iptsim.cli.options import Language, spread
from iptsim.cli.output import asked_language, complain, language
from iptsim.cli.patience import patience
from iptsim.cli.query import query
from iptsim.cli.read import read
from iptsim.cli.trace import trace
from iptsim.cli.verify import verify
from iptsim.errors import IptsimError

DONE, FOUND, WRONG, BUG = 0, 1, 2, 70

app = typer.Typer(
    name="iptsim",
    help="Tells what a host's iptables rules do with a packet and why, from their dump alone.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (read, trace, diff, query, lint, graph, convert, verify, collect):
    app.command()(spread(_command))


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"iptsim {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[  # the callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0 done, 1 found something, 2 wrong input, 70 a bug."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # text streams
    words = sys.argv[1:] if arguments is None else arguments
    asked = asked_language(words)
    try:
        with patience(words, language(asked)):
            return int(app(args=arguments, prog_name="iptsim", standalone_mode=False) or DONE)
    except IptsimError as error:
        return _refused(error, asked)
    except typer.Abort:
        return 130
    except Exception as error:  # noqa: BLE001  # whatever it is, a person must not see a traceback
        return _usage(error) if hasattr(error, "exit_code") else _bug(error)


def _refused(error: IptsimError, lang: Language | None) -> int:
    from iptsim.render.outputs.error_text import error_text
    from iptsim.render.shared.terminal import style_for

    complain(error_text(error, style_for(sys.stderr, language(lang))))
    return WRONG


def _usage(error: Exception) -> int:
    """Typer's own refusals say themselves what is wrong and where help is."""
    error.show()  # type: ignore[attr-defined]  # ClickException; typer does not name the class
    return WRONG


def _bug(error: Exception) -> int:
    if os.environ.get("IPTSIM_DEBUG"):
        import traceback

        traceback.print_exception(error)
    complain(
        f"error: iptsim has a bug: {type(error).__name__}\n"
        "  Please report it with the command and the dump. IPTSIM_DEBUG=1 shows the details."
    )
    return BUG
