"""The manual page, in troff's man macros, made of what the commands declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.cli.help_pages import OF_ITSELF, PROGRAM, Row, paragraphs, sections, usage
from iptsim.cli.options import COMMANDS

_EXITS = (
    ("0", "Done; for diff, every packet fares as before."),
    ("1", "diff found a difference, lint a finding, verify a disagreement, --expect a miss."),
    ("2", "A wrong call, or a text that cannot be read."),
    ("70", "A bug of iptsim."),
)
_SURROUNDINGS = (
    ("LC_ALL, LC_MESSAGES, LANG, LANGUAGE", "The language of answers: English or Chinese."),
    ("COLUMNS", "The width of an answer."),
    ("NO_COLOR, FORCE_COLOR", "Whether answers are coloured; --color wins."),
    ("IPTSIM_DEBUG", "1: a bug shows its traceback."),
)
_EXAMPLES = (
    ("iptables-save | iptsim trace --dport 8088", "What becomes of a connection to port 8088."),
    ("iptsim diff before.txt after.txt", "What changed, and what it does to all packets."),
    ("iptsim query --fate DROP --dport 22 dump.txt", "Which packets to port 22 are dropped."),
)


def man_page() -> str:
    """The page: `iptsim --man | man -l -`."""
    return "\n".join(_page())


def _page() -> Iterator[str]:
    yield '.TH IPTSIM 1 "" iptsim "User Commands"'
    yield from (".SH NAME", f"iptsim \\- {_text(PROGRAM[:1].lower() + PROGRAM[1:-1])}")
    yield from (".SH SYNOPSIS", ".B iptsim", "[OPTIONS] COMMAND [ARGS]...")
    yield from (".SH OPTIONS", *_rows(OF_ITSELF), ".SH COMMANDS")
    for command in COMMANDS:
        yield from _command(command)
    yield from (".SH EXAMPLES", *_rows(_EXAMPLES), ".SH EXIT STATUS", *_rows(_EXITS))
    yield from (".SH ENVIRONMENT", *_rows(_SURROUNDINGS))
    yield from (".SH SEE ALSO", r"\fBiptables\fR(8), \fBiptables\-save\fR(8)")


def _command(command: str) -> Iterator[str]:
    yield from (f".SS {_text(' '.join(usage(command)))}",)
    for paragraph in paragraphs(command):
        yield from (".PP", _text(paragraph))
    for heading, rows in sections(command).items():
        yield from (".PP", f".I {heading}", *_rows(rows))


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    for name, meaning in rows:
        yield from (".TP", f".B {_text(name)}", _text(meaning))


def _text(text: str) -> str:
    r"""A text as it stands: no request, no escape, and `-` as it is typed."""
    plain = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return rf"\&{plain}" if plain[:1] in (".", "") else plain
