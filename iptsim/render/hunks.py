"""Lines of a hunk: a mark, a dump's own line in columns that line up, its place at the right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from iptsim.render.terminal import Style, columns_of, pad, printable, wrap

_COLOURS = {"+": "added", "-": "removed"}
_BLANKS = re.compile(r"\s{2,}|\t")
# Counters are printed to the right, with one blank between.
_COUNTERS = re.compile(r"(\d+[KMGT]?)\s+(\d+[KMGT]?)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a hunk: a header or a rule with its mark, or, without one, an explanation.

    The cells of lines with `columns` line up.
    """

    mark: str
    text: str
    place: str = ""
    columns: bool = False


def tidy(text: str) -> str:
    """A line of a dump with each run of blanks as two: its cells stay told apart."""
    text = text.strip()
    counters = _COUNTERS.match(text)
    if counters is not None:
        text = "  ".join((*counters.groups(), text[counters.end() :]))
    return _BLANKS.sub("  ", text)


def lines_of(lines: Iterable[Line], style: Style) -> list[str]:
    """The lines as they are printed, none wider than the style."""
    listed = [_safe(line) for line in lines]
    widths = _widths([line for line in listed if line.columns])
    return [shown for line in listed for shown in _shown(line, widths, style)]


def _safe(line: Line) -> Line:
    return Line(
        mark=line.mark,
        text=printable(line.text),
        place=printable(line.place),
        columns=line.columns,
    )


def _widths(lines: list[Line]) -> list[int]:
    rows = [line.text.split("  ") for line in lines]
    count = max(map(len, rows), default=0)
    return [max(columns_of(row[i]) for row in rows if i < len(row)) for i in range(count)]


def _shown(line: Line, widths: list[int], style: Style) -> list[str]:
    if not line.mark:
        return wrap(line.text, style.width, "    ")
    text = _aligned(line.text, widths) if line.columns else line.text
    colour = _COLOURS.get(line.mark)
    return [style.paint(row, colour) if colour else row for row in _placed(line, text, style)]


def _aligned(text: str, widths: list[int]) -> str:
    cells = text.split("  ")
    return "  ".join(pad(cell, width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def _placed(line: Line, text: str, style: Style) -> list[str]:
    """The place ends at the right edge, on a line of its own where there is no room."""
    room = style.width - 2
    spare = room - columns_of(text) - columns_of(line.place)
    if line.place and spare >= 2:
        return [f"{line.mark} {text}{' ' * spare}{line.place}"]
    first, *more = wrap(text, room - 4)
    rows = [first, *("    " + row for row in more)]
    marked = [f"{line.mark} {row}" for row in rows]
    below = " " * max(4, style.width - columns_of(line.place)) + line.place
    return [*marked, below] if line.place else marked
