"""Calls as Typer reads them: all that `quick.py` leaves over, and every refusal.

Help and the words of refusals are the program's own, for Typer has its in English alone.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.main import get_command

from iptsim import codes
from iptsim.cli.called import HelpAskedError, command_of, unknown_name, wrong_call
from iptsim.cli.declared import STDIN, Argument, Command, Parameter, groups, parameters
from iptsim.cli.options import EXCLUDED, HELP
from iptsim.dataclass import MISSING

_QUOTED = re.compile(r"'([^']*)'|\(([^()]*)\)$")


def run_typed(words: Sequence[str]) -> int:
    """Run the command that the words call; its exit code.

    Raises `HelpAskedError` where they ask for help, and `UsageError` for a call that cannot be.
    """
    name, asked = words[0], list(parameters(command_of(words[0])))
    _refuse_missing_values(words[1:], asked)
    parser = _parser(command_of(name), asked, name)
    try:
        context = parser.make_context(name, [*words[1:]])
    except Exception as wrong:
        _refuse(wrong, name, asked)
        raise
    if all(context.params.get(each) for each in EXCLUDED):
        wrong_call(codes.FAMILIES_EXCLUDE)
    with context:
        return int(parser.invoke(context) or 0)


def _refuse_missing_values(words: Sequence[str], asked: Sequence[Parameter]) -> None:
    """Click takes the next option for a value: `--dport --src ::1`."""
    known = {n: one for one in asked if not isinstance(one.told, Argument) for n in one.names}
    for name, behind in pairwise(words):
        one = known.get(name)
        if name == "--":
            return
        if one is not None and not one.is_flag and behind[:2] == "--" and behind in known:
            wrong_call(codes.VALUE_MISSING, option=name, metavar=one.value_name)


def _parser(command: Command, asked: Sequence[Parameter], name: str) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    options = {"help_option_names": list[str]()}
    alone.command(add_help_option=False, context_settings=options)(_spread(command, asked, name))
    return get_command(alone)


def _spread(command: Command, asked: Sequence[Parameter], name: str) -> Callable[..., int]:
    """The command with a parameter for each field of the option classes that it asks for."""
    classes = groups(command)

    def run(**values: Any) -> int:
        for group, options in classes.items():
            mine = {one.name: values.pop(one.name) for one in asked if one.group == group}
            values[group] = options(**mine)
        return command(**values)

    typed: Any = run
    typed.__name__, typed.__doc__ = command.__name__, command.__doc__
    typed.__signature__ = inspect.Signature([_read(one, name) for one in asked])
    typed.__annotations__ = {
        each: one.annotation for each, one in typed.__signature__.parameters.items()
    }
    return run


def _read(one: Parameter, command: str) -> inspect.Parameter:
    default = inspect.Parameter.empty if one.default is MISSING else one.default
    kind: Any = one.kind
    hint: Any = Annotated[kind, _told(one, command)]
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
    )


def _told(one: Parameter, command: str) -> Any:
    if not isinstance(one.told, Argument):
        return typer.Option(*one.names)
    if one.told.piped:
        return typer.Argument(default_factory=_piped(one, command))
    return typer.Argument()


def _piped(one: Parameter, command: str) -> Callable[[], Any]:
    """Standard input, where something is piped in; a wrong call where nothing is."""

    def given() -> Any:
        if not one.is_piped:
            wrong_call(codes.DUMP_MISSING, command=command, missing=one.shown)
        return [STDIN] if one.value_kind[1] else STDIN

    return given


def _refuse(wrong: Exception, command: str, asked: Sequence[Parameter]) -> None:
    """Raise what the program itself says where Typer refuses a call; click's names of its errors.

    Typer carries its own copy of click, which is no module to import from.
    """
    refusal = _REFUSALS.get(type(wrong).__name__)
    if refusal is not None:
        refusal(wrong, command, asked)


def _no_option(wrong: Any, command: str, asked: Sequence[Parameter]) -> None:
    name = wrong.option_name
    if name in HELP or (name[:2] != "--" and name[:2] in HELP):
        raise HelpAskedError
    names = [each for one in asked if not isinstance(one.told, Argument) for each in one.names]
    unknown_name(name, [*names, *HELP], codes.NO_SUCH_OPTION, command=command)


def _option_value(wrong: Any, _command: str, asked: Sequence[Parameter]) -> None:
    """A flag with a value, or another option without one."""
    name = wrong.option_name
    one = next(each for each in asked if not isinstance(each.told, Argument) and name in each.names)
    if one.is_flag:
        wrong_call(codes.TAKES_NO_VALUE, option=name)
    wrong_call(codes.VALUE_MISSING, option=name, metavar=one.value_name)


def _value(wrong: Any, _command: str, asked: Sequence[Parameter]) -> None:
    one = _named(wrong, asked)
    kind = one.value_kind[0]
    text = next((found[1] for found in _QUOTED.finditer(wrong.message) if found[1]), "")
    known = ", ".join(str(each.value) for each in kind) if hasattr(kind, "__members__") else ""  # type: ignore[attr-defined]  # an enumeration
    wrong_call(codes.NONE_OF_THESE, option=one.shown, text=text, known=known)


def _missing(wrong: Any, command: str, asked: Sequence[Parameter]) -> None:
    wrong_call(codes.ARGUMENT_MISSING, command=command, missing=_named(wrong, asked).shown)


def _named(wrong: Any, asked: Sequence[Parameter]) -> Parameter:
    return next(one for one in asked if one.name == wrong.param.name)


def _word_too_many(wrong: Any, command: str, _asked: Sequence[Parameter]) -> None:
    found = _QUOTED.search(wrong.message)
    words = (found[2] or found[1]) if found else ""
    wrong_call(codes.WORD_TOO_MANY, command=command, word=words.split(" ")[0])


_REFUSALS: Mapping[str, Callable[[Any, str, Sequence[Parameter]], None]] = {
    "NoSuchOption": _no_option,
    "BadOptionUsage": _option_value,
    "BadParameter": _value,
    "MissingParameter": _missing,
    "UsageError": _word_too_many,
}
