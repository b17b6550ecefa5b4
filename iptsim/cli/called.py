"""The commands by their names, and how a call that cannot be is refused."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from iptsim import codes
from iptsim.cli.declared import Command
from iptsim.cli.options import COMMANDS
from iptsim.errors import UsageError


class HelpAskedError(Exception):
    """The call asks how the command is used, and not for its answer."""


def command_of(name: str) -> Command:
    """The command of that name; `UsageError`, with the likeliest one, where none has it."""
    if name not in COMMANDS:
        unknown_name(name, COMMANDS, codes.NO_SUCH_COMMAND, known=", ".join(COMMANDS))
    module = name.replace(" ", "_")
    command: Command = getattr(import_module(f"iptsim.cli.{module}"), module)
    return command


def unknown_name(word: str, names: Sequence[str], code: str, **facts: str) -> NoReturn:
    """Refuse a word that names nothing; with the name that it is likely to be."""
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
