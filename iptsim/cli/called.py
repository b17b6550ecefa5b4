"""From the words of a call to the command that is called, and what it is given.

Words are read as getopt_long reads them: options stand anywhere, `--dport=80` is `--dport 80`,
`-ptcp` is `-p tcp`, flags of one letter stand together (`-4v`), and what follows `--` is no option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from importlib import import_module
from typing import Any, NoReturn

from iptsim import codes
from iptsim.cli.declared import STDIN, Argument, Command, Parameter, groups, parameters
from iptsim.cli.options import COMMANDS, EXCLUDED, HELP
from iptsim.dataclass import MISSING
from iptsim.errors import UsageError

Call = tuple[Command, dict[str, Any]]


class HelpAskedError(Exception):
    """The call asks how the command is used, and not for its answer."""


def command_of(name: str) -> Command:
    """The command of that name; `UsageError`, with the likeliest one, where none has it."""
    if name not in COMMANDS:
        _unknown(name, COMMANDS, codes.NO_SUCH_COMMAND, known=", ".join(COMMANDS))
    command: Command = getattr(import_module(f"iptsim.cli.{name}"), name)
    return command


def call_of(words: Sequence[str]) -> Call:
    """The command that the words call, and what it is given.

    Raises `HelpAskedError` where they ask for help, and `UsageError` for a call that cannot be.
    """
    command = command_of(words[0])
    asked = list(parameters(command))
    given = _Words(words[0], asked).read(words[1:])
    values = {(one.group, one.name): _value(words[0], one, given) for one in asked}
    return command, _grouped(command, values)


def _grouped(command: Command, values: dict[tuple[str | None, str], Any]) -> dict[str, Any]:
    whole = {name: value for (group, name), value in values.items() if group is None}
    for group, options in groups(command).items():
        mine = {name: value for (of, name), value in values.items() if of == group}
        whole[group] = options(**mine)
    return whole


class _Words:
    """The words behind a command's name, read against its parameters."""

    def __init__(self, command: str, asked: Sequence[Parameter]) -> None:
        self._command = command
        self._arguments = [one for one in asked if isinstance(one.told, Argument)]
        options = (one for one in asked if not isinstance(one.told, Argument))
        self._known = {name: one for one in options for name in one.names}

    def read(self, words: Sequence[str]) -> dict[str, list[str]]:
        """What was typed for each parameter, in order; a flag's values are empty texts."""
        given: dict[str, list[str]] = {}
        ahead, placed = iter(words), list[str]()
        for word in ahead:
            if word == "--":
                placed += ahead
            elif word[:1] != "-" or word == STDIN:
                placed.append(word)
            else:
                for one, value in self._options(word, ahead):
                    given.setdefault(one.name, []).append(value)
        if given.keys() >= EXCLUDED:
            wrong_call(codes.FAMILIES_EXCLUDE)
        return given | self._placed(placed)

    def _options(self, word: str, ahead: Iterator[str]) -> Iterator[tuple[Parameter, str]]:
        if word in HELP:
            raise HelpAskedError
        if word[:2] == "--":
            name, told, value = word.partition("=")
            one = self._option(name)
            if told and one.is_flag:
                wrong_call(codes.TAKES_NO_VALUE, option=name)
            yield one, value if told or one.is_flag else self._next(name, one, ahead)
            return
        yield from self._letters(word, ahead)

    def _letters(self, word: str, ahead: Iterator[str]) -> Iterator[tuple[Parameter, str]]:
        for at in range(1, len(word)):
            name = f"-{word[at]}"
            if name in HELP:
                raise HelpAskedError
            one = self._option(name if at > 1 or name in self._known else word)
            if not one.is_flag:
                yield one, word[at + 1 :] or self._next(name, one, ahead)
                return
            yield one, ""

    def _option(self, name: str) -> Parameter:
        if name not in self._known:
            names = [*self._known, *HELP]
            _unknown(name, names, codes.NO_SUCH_OPTION, command=self._command)
        return self._known[name]

    def _next(self, name: str, one: Parameter, ahead: Iterator[str]) -> str:
        value = next(ahead, None)
        if value is None or (value[:2] == "--" and value in self._known):
            wrong_call(codes.VALUE_MISSING, option=name, metavar=one.value_name)
        return value

    def _placed(self, words: list[str]) -> dict[str, list[str]]:
        """The words that are no options, by the arguments whose place they have."""
        found: dict[str, list[str]] = {}
        for one in self._arguments:
            taken = len(words) if one.value_kind[1] else 1
            found[one.name], words = words[:taken], words[taken:]
        if words:
            wrong_call(codes.WORD_TOO_MANY, command=self._command, word=words[0])
        return {name: taken for name, taken in found.items() if taken}


def _value(command: str, one: Parameter, given: dict[str, list[str]]) -> Any:
    kind, several = one.value_kind
    words = given.get(one.name) or ([STDIN] if one.is_piped else None)
    if words is None:
        return _default(command, one)
    values = [_typed(kind, word, one) for word in words]
    return values if several else values[-1]


def _default(command: str, one: Parameter) -> Any:
    if one.default is MISSING:
        piped = isinstance(one.told, Argument) and one.told.piped
        code = codes.DUMP_MISSING if piped else codes.ARGUMENT_MISSING
        wrong_call(code, command=command, missing=one.shown)
    return one.default


def _typed(kind: type, word: str, one: Parameter) -> Any:
    if kind is bool:
        return True
    if kind is str:
        return word
    assert issubclass(kind, Enum)
    try:
        return kind(word)
    except ValueError:
        wrong_call(codes.NONE_OF_THESE, option=one.shown, text=word, known=", ".join(kind))


def _unknown(word: str, names: Sequence[str], code: str, **facts: str) -> NoReturn:
    """The refusal of a word that names nothing; with the name that it is likely to be."""
    from difflib import get_close_matches  # for an error alone

    turned = [name for name in names if sorted(name) == sorted(word)]
    near = turned or get_close_matches(word, names, n=1, cutoff=0.7)
    if near:
        wrong_call(codes.NEAR_NAME, word=word, likely=near[0])
    wrong_call(code, word=word, **facts)


def wrong_call(code: str, **facts: str) -> NoReturn:
    """Raise the error of a call that cannot be."""
    from iptsim.explain.catalogue import sentence  # for an error alone

    raise UsageError(sentence(code, **facts), code=code, **facts)
