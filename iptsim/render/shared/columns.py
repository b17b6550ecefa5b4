"""Rows of a journey in columns that line up, or one below the other where the width is short."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from iptsim.dataclass import dataclass, replace
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, unbreakable, wrap

# A condition, or what was done, that is narrower than this reads worse in its column than on
# lines of its own.
_LEAST = 18
_GAP = "  "
_TIE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its number or mark, where it stands, under which condition, what it did, its place.

    `count` says how many packets met it, where that is asked for; it is shown beside the place.
    `colour` names the colour of what it did, None for none; `dim` rows are shown in faint print.
    `chain` is the table and chain that it stands in, `leads` whether it jumps to another.
    """

    number: str
    where: str
    condition: str
    did: str
    place: str
    count: str = ""
    colour: str | None = None
    dim: bool = False
    chain: str = ""
    leads: bool = False

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The cells from left to right, safe to print."""
        cells = (self.number, self.where, self.condition, self.did, self.place)
        first, second, third, fourth, fifth = map(printable, cells)
        return first, second, third, fourth, fifth


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The widths of the five columns; with `stacked` every row is written below itself."""

    widths: tuple[int, ...]
    stacked: bool


def with_counts(rows: Sequence[Row]) -> list[Row]:
    """The rows with their counts before their places, in a column of their own."""
    room = max((columns_of(row.count) for row in rows), default=0)
    if not room:
        return [*rows]
    return [
        replace(row, place=f"{_right(row.count, room)}{_GAP}{row.place}".rstrip()) for row in rows
    ]


def _right(text: str, room: int) -> str:
    return " " * (room - columns_of(text)) + text


def layout(rows: Sequence[Row], width: int) -> Layout:
    """The widths that all rows of one answer share, within `width` columns."""
    cells = [*zip(*(row.cells for row in rows), strict=True)] or [()] * 5
    widest = [max(map(columns_of, column), default=0) for column in cells]
    widest[0] = max(3, widest[0])
    least = {i: max([_LEAST, *map(unbreakable, cells[i])]) for i in (2, 3)}
    for _ in range(len(_GAP) * 5 + sum(widest) - width):
        column = max((2, 3), key=lambda i: widest[i] - least[i])
        widest[column] -= widest[column] > least[column]
    stacked = len(_GAP) * 5 + sum(widest) > width
    return Layout(widths=tuple(widest), stacked=stacked)


def lines_of(row: Row, shape: Layout, style: Style) -> list[str]:
    """The lines of one row."""
    if row.dim:
        plain = Style(width=style.width, lang=style.lang)
        lines = _stacked(row, shape, plain) if shape.stacked else _in_columns(row, shape, plain)
        return [style.paint(line, "dim") for line in lines]
    return _stacked(row, shape, style) if shape.stacked else _in_columns(row, shape, style)


def _in_columns(row: Row, shape: Layout, style: Style) -> list[str]:
    number, where, condition, did, place = row.cells
    widths = shape.widths
    asked, done = wrap(condition, max(1, widths[2])), wrap(did, max(1, widths[3]))
    lines: list[str] = []
    for first, second in zip_longest(asked, done, fillvalue=""):
        painted = _painted(second, row, style) + " " * (widths[3] - columns_of(second))
        cells = (pad(where, widths[1]), pad(first, widths[2]), painted, _dimmed(place, style))
        lines.append((_GAP + number.rjust(widths[0]) + _GAP + _GAP.join(cells)).rstrip())
        number = where = place = ""
    return lines


def _stacked(row: Row, shape: Layout, style: Style) -> list[str]:
    number, where, condition, did, place = row.cells
    head = _GAP + number.rjust(shape.widths[0]) + _GAP
    margin = " " * (columns_of(head) + 2)
    room = style.width - columns_of(head + where) - columns_of(place)
    if room >= len(_GAP):
        blank = shape.widths[1] - columns_of(where) + len(_GAP)
        lines = [(head + where + " " * min(room, blank) + _dimmed(place, style)).rstrip()]
    else:
        lines = [*_hanging(where, head, style.width), *wrap(place, style.width, margin)]
    if condition and columns_of(margin + condition + _GAP + did) <= style.width:
        return [*lines, (margin + condition + _GAP + _painted(did, row, style)).rstrip()]
    lines += wrap(condition, style.width, margin)
    return lines + [margin + _painted(line, row, style) for line in _short(did, margin, style)]


def _hanging(text: str, head: str, width: int) -> list[str]:
    lines = wrap(text, width - columns_of(head))
    margin = " " * columns_of(head)
    return [(margin if number else head) + line for number, line in enumerate(lines)]


def tied(text: str) -> str:
    """The text as one word, at whose blanks no line breaks."""
    return text.replace(" ", _TIE)


def untied(text: str) -> str:
    """The text as it is shown, laid out in lines."""
    return text.replace(_TIE, " ")


def _short(text: str, margin: str, style: Style) -> list[str]:
    return wrap(text, style.width - columns_of(margin))


def _painted(text: str, row: Row, style: Style) -> str:
    shown = untied(text)
    return style.paint(shown, row.colour) if row.colour and shown else shown


def _dimmed(place: str, style: Style) -> str:
    return style.paint(place, "dim") if place else ""
