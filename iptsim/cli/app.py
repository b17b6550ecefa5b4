"""The program: its commands, its exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from iptsim import __version__
from iptsim.cli.options import Language, spread
from iptsim.cli.output import asked_language, complain, language
from iptsim.cli.patience import patience
from iptsim.errors import IptsimError

DONE, FOUND, WRONG, BUG = 0, 1, 2, 70
COMMANDS = (
    "read",
    "trace",
    "why",
    "diff",
    "query",
    "lint",
    "graph",
    "convert",
    "verify",
    "collect",
)
"""Each is the function of its name in the module of that name, loaded when it is asked for."""


class _Commands(TyperGroup):
    """The commands; a name that is none loads all, among which the likeliest is told."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # Typer gives it
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _command(name)
        return super().get_command(ctx, cmd_name)


def _command(name: str) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command()(spread(getattr(import_module(f"iptsim.cli.{name}"), name)))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="iptsim",
    cls=_Commands,
    help="Tells what a host's iptables rules do with a packet and why, from their dump alone.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
