"""The program as Typer reads it: the place of help, of refusals, and of unusual calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from iptsim import __version__
from iptsim.cli.declared import STDIN, Argument, Command, Parameter, groups, parameters
from iptsim.cli.options import COMMANDS
from iptsim.dataclass import MISSING


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


def spread(command: Command) -> Command:
    """The command with a parameter for each field of the option classes that it asks for."""
    classes, asked = groups(command), list(parameters(command))

    def run(**values: Any) -> int:
        for name, group in classes.items():
            mine = {one.name: values.pop(one.name) for one in asked if one.group == name}
            values[name] = group(**mine)
        return command(**values)

    typed: Any = run
    typed.__name__, typed.__doc__ = command.__name__, command.__doc__
    typed.__signature__ = inspect.Signature([_read(one) for one in asked])
    typed.__annotations__ = {
        name: one.annotation for name, one in typed.__signature__.parameters.items()
    }
    return run


def _read(one: Parameter) -> inspect.Parameter:
    default = inspect.Parameter.empty if one.default is MISSING else one.default
    kind: Any = one.kind
    hint: Any = Annotated[kind, _told(one)]
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
    )


def _told(one: Parameter) -> Any:
    told = one.told
    if isinstance(told, Argument) and told.piped:
        return typer.Argument(
            metavar=told.metavar, help=told.help, default_factory=_piped(one), show_default=False
        )
    if isinstance(told, Argument):
        return typer.Argument(metavar=told.metavar, help=told.help)
    return typer.Option(
        *told.names, help=told.help, metavar=told.metavar, rich_help_panel=told.panel
    )


def _piped(one: Parameter) -> Callable[[], Any]:
    """Standard input, where something is piped in; a wrong call where nothing is."""

    def given() -> Any:
        if not one.is_piped:
            raise typer.BadParameter("name a dump, or pipe one in: iptables-save | iptsim …")
        return [STDIN] if one.value_kind[1] else STDIN

    return given


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
