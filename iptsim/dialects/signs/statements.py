"""Statements that go on in the next line: an open quote, a backslash at the end."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line

_LONGEST_COMMAND = 1 << 16


def joined(line: Line, following: Line) -> Line:
    """A command and the line that it goes on in: a shell drops a backslash and its line's end."""
    bare = line.text.removesuffix("\\")
    text = bare + ("\n" if bare == line.text else "") + following.text
    return replace(line, text=text, joined=(*line.joined, following.number))


def is_open(form: str, lines: list[Line]) -> bool:
    """Whether a statement goes on in the next line: an open quote, a backslash at the end.

    A comment holds 255 characters, so a quote that is open for long will never end.
    """
    if form == "commands" and lines[-1].text.endswith("\\"):
        return len(lines[-1].text) < _LONGEST_COMMAND
    return sum(len(line.text) for line in lines) < 4096 and len(lines) < 64 and quote_open(lines)


def quote_open(lines: Iterable[Line]) -> bool:
    """Whether a quote is left open in lines that belong together."""
    quote = False
    for line in lines:
        if not quote and '"' not in line.text:
            continue
        escaped = False
        for letter in line.text:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                quote = not quote
    return quote
