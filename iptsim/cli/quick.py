"""Plain calls, read without Typer, whose loading takes longer than a short trace.

`iptsim COMMAND` with options and values that are what they should be. Anything else, and help, is
Typer's: None is the answer here, and `typer_calls.py` has the last word.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import Enum
from importlib import import_module
from typing import Any

from iptsim.cli.declared import STDIN, Argument, Command, Parameter, groups, parameters
from iptsim.cli.options import COMMANDS, EXCLUDED
from iptsim.dataclass import MISSING

Call = tuple[Command, dict[str, Any]]


class _NotPlainError(Exception):
    """A call that Typer is to read."""


def quick(words: Sequence[str]) -> Call | None:
    """The command that plain words call, and what it is given; None for others."""
    if not words or words[0] not in COMMANDS or "_IPTSIM_COMPLETE" in os.environ or os.name == "nt":
        return None
    name = words[0].replace(" ", "_")
    command = getattr(import_module(f"iptsim.cli.{name}"), name)
    asked = list(parameters(command))
    try:
        given = _given(words[1:], asked)
        values = {(one.group, one.name): _value(one, given) for one in asked}
    except _NotPlainError:
        return None
    return command, _grouped(command, values)


def _grouped(command: Command, values: dict[tuple[str | None, str], Any]) -> dict[str, Any]:
    whole = {name: value for (group, name), value in values.items() if group is None}
    for group, options in groups(command).items():
        mine = {name: value for (of, name), value in values.items() if of == group}
        whole[group] = options(**mine)
    return whole


def _given(words: Sequence[str], asked: Sequence[Parameter]) -> dict[str, list[str]]:
    """What was typed for each parameter, in order; a flag's values are empty texts."""
    arguments = [one for one in asked if isinstance(one.told, Argument)]
    known = {name: one for one in asked if one not in arguments for name in one.names}
    given: dict[str, list[str]] = {}
    ahead, placed = iter(words), []
    for word in ahead:
        if word[:1] != "-" or word == "-":
            placed.append(word)
            continue
        one, value = _option(word, known, ahead)
        given.setdefault(one.name, []).append(value)
    if given.keys() >= EXCLUDED:
        raise _NotPlainError
    return given | _placed(placed, arguments)


def _option(word: str, known: dict[str, Parameter], ahead: Iterator[str]) -> tuple[Parameter, str]:
    name, told, value = word.partition("=") if word[:2] == "--" else (word, "", "")
    one = known.get(name)
    if one is None or (told and one.value_kind[0] is bool):
        raise _NotPlainError
    if not told and one.value_kind[0] is not bool:
        given = next(ahead, None)
        if given is None or (given[:1] == "-" and given != "-"):
            raise _NotPlainError
        value = given
    return one, value


def _placed(words: list[str], arguments: Sequence[Parameter]) -> dict[str, list[str]]:
    """The words that are no options, by the arguments whose place they have."""
    found: dict[str, list[str]] = {}
    for one in arguments:
        taken = len(words) if one.value_kind[1] else 1
        found[one.name], words = words[:taken], words[taken:]
    if words:
        raise _NotPlainError
    return {name: taken for name, taken in found.items() if taken}


def _value(one: Parameter, given: dict[str, list[str]]) -> Any:
    kind, several = one.value_kind
    words = given.get(one.name) or ([STDIN] if one.is_piped else None)
    if words is None:
        if one.default is MISSING:
            raise _NotPlainError
        return one.default
    values = [_typed(kind, word) for word in words]
    return values if several else values[-1]


def _typed(kind: type, word: str) -> Any:
    if kind is bool:
        return True
    if kind is str:
        return word
    if issubclass(kind, Enum) and any(word == one.value for one in kind):
        return kind(word)
    raise _NotPlainError
