"""The program: its commands, its exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from iptsim import __version__
from iptsim.cli.options import COMMANDS, GROUPS, HELP
from iptsim.cli.output import asked_language, complain, in_own_tags, language, open_streams, tell
from iptsim.cli.patience import patience
from iptsim.cli.quick import quick
from iptsim.errors import IptsimError

DONE, FOUND, WRONG, BUG = 0, 1, 2, 70
INTERRUPTED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0 done, 1 found something, 2 wrong input, 70 a bug."""
    open_streams()
    words = sys.argv[1:] if arguments is None else arguments
    lang = language(asked_language(words))
    try:
        words = _language_behind(in_own_tags(words))
        with patience(words, lang):
            return _called(words, lang)
    except IptsimError as error:
        return _refused(error, lang)
    except (EOFError, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # whatever it is, a person must not see a traceback
        return _bug(error, lang)


def _language_behind(words: Sequence[str]) -> Sequence[str]:
    """The words with a language that is told before the command behind it; see `_grouped`."""
    told = 2 if words[:1] == ["--lang"] else int(bool(words) and words[0].startswith("--lang="))
    called = _grouped(words[told:])
    if not called or called[0] not in COMMANDS or called[0] == "collect":  # it prints a script
        return called
    return [called[0], *words[:told], *called[1:]]


def _grouped(words: Sequence[str]) -> Sequence[str]:
    """The words with a command of two as one."""
    if words and words[0] in GROUPS and words[1:] and words[1][:1] != "-":
        return [f"{words[0]} {words[1]}", *words[2:]]
    return words


def _called(words: Sequence[str], lang: str) -> int:
    if not words or words[0] in HELP:
        _help(None, lang)
        return DONE if words else WRONG
    if words[0] in _OF_ITSELF:
        return _OF_ITSELF[words[0]](words[1:])
    if words[0] in GROUPS:
        _help(words[0], lang)
        return DONE if len(words) > 1 else WRONG
    call = quick(words)
    if call is not None:
        command, values = call
        return command(**values)
    return _typed(words, lang)


def _typed(words: Sequence[str], lang: str) -> int:
    from iptsim.cli.called import HelpAskedError
    from iptsim.cli.typer_calls import run_typed

    try:
        return run_typed(words)
    except HelpAskedError:
        _help(words[0], lang)
        return DONE


def _help(command: str | None, lang: str) -> None:
    from iptsim.cli.help_pages import command_help, program_help

    if command is None or command in GROUPS:
        tell(program_help(lang, command))
    else:
        tell(command_help(command, lang))


def _version(_words: Sequence[str]) -> int:
    tell(f"iptsim {__version__}")
    return DONE


def _show_completion(words: Sequence[str]) -> int:
    from iptsim.cli.completion import script, shell_of

    tell(script(shell_of(words)))
    return DONE


def _install_completion(words: Sequence[str]) -> int:
    from iptsim.cli.completion import install, shell_of

    tell(install(shell_of(words), language(None)))
    return DONE


def _man(_words: Sequence[str]) -> int:
    from iptsim.cli.man_page import man_page

    tell(man_page())
    return DONE


def _schema(words: Sequence[str]) -> int:
    from iptsim.cli.schema_asked import schema_asked

    tell(schema_asked(words))
    return DONE


_OF_ITSELF: Mapping[str, Callable[[Sequence[str]], int]] = {
    "--version": _version,
    "--show-completion": _show_completion,
    "--install-completion": _install_completion,
    "--man": _man,
    "--schema": _schema,
}
"""What the program tells of itself, by the option that stands first."""


def _refused(error: IptsimError, lang: str) -> int:
    from iptsim.render.outputs.error_text import error_text
    from iptsim.render.shared.terminal import style_for

    complain(error_text(error, style_for(sys.stderr, lang)))
    return WRONG


def _bug(error: Exception, lang: str) -> int:
    from iptsim.explain.catalogue import sentence

    if os.environ.get("IPTSIM_DEBUG"):
        import traceback

        traceback.print_exception(error)
    complain(sentence("error.bug", lang, kind=type(error).__name__))
    complain("  " + sentence("error.report", lang))
    return BUG
