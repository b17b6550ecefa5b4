"""What `--help` shows: of the program, and of each command, as it declares what it takes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from iptsim.cli.called import command_of
from iptsim.cli.declared import Argument, Parameter, parameters
from iptsim.cli.options import COMMANDS, HELP
from iptsim.dataclass import MISSING
from iptsim.render.shared.terminal import columns_of, pad, style_for, wrap

PROGRAM = "Tells what iptables and nftables rules do with a packet and why, from their dump alone."
OF_ITSELF = (
    ("--version", "Show the version."),
    ("--show-completion SHELL", "Print what completes calls in bash, zsh or fish."),
    ("--install-completion SHELL", "Install it for this user."),
    ("--man", "Print the manual page, for man -l -."),
    (
        "--schema [COMMAND]",
        "Print the JSON Schema of a command's answer; without one, their names.",
    ),
    (", ".join(HELP), "Show this help, or a command's after its name."),
)
"""The options of the program itself, with what they do."""
HELP_ROW = (", ".join(HELP), "Show this help.")
ARGUMENTS, OPTIONS, COMMAND_NAMES = "Arguments", "Options", "Commands"
_CALL = ("[OPTIONS]", "COMMAND", "[ARGS]...")
_WIDEST_NAME = 30
_GAP = "  "

Row = tuple[str, str]


def program_help(lang: str, group: str | None = None) -> str:
    """The commands, each in one line, and what the program tells of itself.

    Of a group, its commands alone.
    """
    names = [name for name in COMMANDS if group is None or name.split(" ")[0] == group]
    tables: dict[str, Sequence[Row]] = {COMMAND_NAMES: [(name, summary(name)) for name in names]}
    if group is None:
        tables[OPTIONS] = [(said(name, lang), what) for name, what in OF_ITSELF]
    words = ["iptsim", *_CALL] if group is None else ["iptsim", group, *_CALL[1:]]
    return _page(words, [PROGRAM] if group is None else [], tables, lang)


def command_help(command: str, lang: str) -> str:
    """How a command is called and what its options mean."""
    return _page(usage(command), paragraphs(command), sections(command, lang), lang)


def usage(command: str) -> list[str]:
    """The words of a command's call."""
    words = ["iptsim", command, _CALL[0]]
    for one in parameters(command_of(command)):
        if isinstance(one.told, Argument):
            bare = one.default is MISSING and not one.told.piped
            words.append(one.shown if bare or one.shown[:1] == "[" else f"[{one.shown}]")
    return words


def summary(command: str) -> str:
    """What a command does, in one line."""
    return paragraphs(command)[0]


def paragraphs(command: str) -> list[str]:
    """What is told of a command, each paragraph in one line."""
    told = command_of(command).__doc__ or ""
    return [" ".join(each.split()) for each in told.split("\n\n")]


def sections(command: str, lang: str = "en") -> dict[str, Sequence[Row]]:
    """What a command takes, by headings: names and meanings, the latter in that language."""
    found: dict[str, list[Row]] = {ARGUMENTS: [], OPTIONS: []}
    for one in parameters(command_of(command)):
        if isinstance(one.told, Argument):
            found[ARGUMENTS].append((said(one.shown, lang), said(one.told.help, lang)))
        else:
            found.setdefault(one.told.panel or OPTIONS, []).append(_row(one, lang))
    found[OPTIONS] = [*found.pop(OPTIONS), (HELP_ROW[0], said(HELP_ROW[1], lang))]
    return {heading: rows for heading, rows in found.items() if rows}


def _row(one: Parameter, lang: str) -> Row:
    names = f"{', '.join(one.names)} {said(one.value_name, lang)}".rstrip()
    default = _default(str(one.default), lang) if one.choices and one.default else ""
    return names, said(one.told.help, lang) + default


def _default(value: str, lang: str) -> str:
    return f" [default: {value}]" if lang == "en" else f"（{said('default', lang)}：{value}）"


def said(text: str, lang: str) -> str:
    """A text of help in that language."""
    if lang == "en":
        return text
    from iptsim.explain.phrases import in_language  # English needs none

    return in_language(text, lang)


def _page(
    call: Iterable[str], told: Iterable[str], tables: dict[str, Sequence[Row]], lang: str
) -> str:
    width = style_for(sys.stdout, lang).width
    lines = [_headed("Usage", lang) + " ".join(said(word, lang) for word in call)]
    for paragraph in told:
        lines += ["", *wrap(said(paragraph, lang), width, _GAP)]
    for heading, rows in tables.items():
        lines += ["", _headed(heading, lang).rstrip(), *_table(rows, width, lang)]
    return "\n".join(lines)


def _headed(heading: str, lang: str) -> str:
    told = said(heading, lang)
    return f"{told}: " if told.isascii() else f"{told}："


def _table(rows: Sequence[Row], width: int, lang: str) -> list[str]:
    left = min(_WIDEST_NAME, width // 2, max(columns_of(name) for name, _ in rows))
    margin = " " * (left + 2 * len(_GAP))
    lines: list[str] = []
    for name, meaning in rows:
        first, *more = wrap(said(meaning, lang), width, margin)
        if columns_of(name) > left:
            lines += [_GAP + name, first, *more]
        else:
            lines += [_GAP + pad(name, left) + _GAP + first.lstrip(), *more]
    return lines
