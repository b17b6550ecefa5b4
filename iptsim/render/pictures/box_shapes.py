"""Boxes and ends by themselves: how large each is, and where its texts stand in it."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.render.pictures.drawn import Box, End, Line
from iptsim.render.pictures.measures import BIG, HEAD, LETTER, LINE, PAD, SMALL, fit, room
from iptsim.render.pictures.placed import Area, PlacedBox, PlacedEnd, PlacedLine, Text
from iptsim.render.shared.terminal import printable, unbreakable, wrap

_STEP, _SIGN, _GAP = 26.0, 14.0, 12.0
_END_COLUMNS = 30
_BELOW = LINE - 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The columns that texts may take: a box's title, what its rows ask and do, edges' labels.

    An edge says nothing where `label` is 0; with `bare` ends that say what their row does are left
    out. With `tall` what a row does stands below what it asks,
    and what is longer goes on below.
    """

    title: int = 40
    asks: int = 40
    does: int = 30
    label: int = 26
    tall: bool = False
    bare: bool = False


WIDE = Limits()
NARROW = Limits(title=37, asks=36, does=34, tall=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where the cells of a box's rows begin, from its left edge, and how wide it is."""

    steps: float
    sign: float
    number: float
    asks: float
    does: float
    count: float
    width: float


def columns(box: Box, limits: Limits) -> Columns:
    """The columns that all rows of a box share."""
    lines = box.lines
    wide = max((_steps_width(line) for line in lines), default=0.0)
    steps = PAD
    sign = steps + (wide + 4 if wide else 0)
    number = sign + (_SIGN if any(line.sign for line in lines) else 0)
    asks = number + _widest((line.number for line in lines), 6, 8.0)
    least = asks + _widest((text for line in lines for text in _asked(line, limits)), 0, _GAP)
    does = asks if limits.tall else least
    done = _widest((text for line in lines for text in _done(line, limits)), 0, _GAP)
    count = max(least, does + done)
    counts = _widest((line.count for line in lines), 8, 0.0)
    width = count + (counts + PAD - 2 if counts else PAD - _GAP)
    head = PAD + room(_title(box, limits), BIG) + PAD
    note = room(fit(box.note, limits.title), SMALL)
    head = max(head, PAD + note + PAD) if limits.tall else head + (note + _GAP if note else 0)
    return Columns(
        steps=steps, sign=sign, number=number, asks=asks, does=does, count=count,
        width=max(width, head, 120.0),
    )  # fmt: skip


def _widest(texts: Iterator[str], most: int, gap: float) -> float:
    """The room of the widest of them, each in at most so many columns; 0 columns: as it is."""
    found = max((room(fit(text, most) if most else text) for text in texts), default=0.0)
    return found + gap if found else 0.0


def _asked(line: Line, limits: Limits) -> list[str]:
    """What a row asks, in lines."""
    if not limits.tall:
        return [fit(line.asks, limits.asks)]
    return _broken(line.asks, limits.asks, 3)


def _done(line: Line, limits: Limits) -> list[str]:
    """What a row does, in lines; a name that is too long for one is cut, not broken."""
    if not limits.tall or unbreakable(line.does) > limits.does:
        return [fit(line.does, limits.does)] if line.does else []
    return _broken(line.does, limits.does, 2)


def _broken(text: str, most: int, lines: int) -> list[str]:
    """The text in so many lines at most."""
    found = wrap(printable(text), most)
    kept, more = found[: lines - 1], " ".join(found[lines - 1 :])
    return [*kept, *([fit(more, most)] if more else [])]


def _steps_width(line: Line) -> float:
    return max(20.0, room(steps_text(line), SMALL) + 10) if line.lit else 0.0


def steps_text(line: Line) -> str:
    """`3`, or `3 9` where the packet comes twice."""
    return fit(" ".join(map(str, line.lit)), 8)


def head_height(box: Box, limits: Limits) -> float:
    """The height of what stands above the rows."""
    return HEAD + (16 if limits.tall and box.note else 0)


def box_height(box: Box, limits: Limits) -> float:
    """The height of a box."""
    heights = sum(_height(line, limits) for line in box.lines)
    return head_height(box, limits) + heights + (6 if box.lines else 0)


def _height(line: Line, limits: Limits) -> float:
    texts = len(_asked(line, limits)) + len(_done(line, limits))
    return LINE + _BELOW * max(0, texts - 1) if limits.tall else LINE


def line_middles(box: Box, limits: Limits) -> list[float]:
    """How far below the box's upper edge the middle of each row's first line is."""
    found, y = [], head_height(box, limits)
    for line in box.lines:
        found.append(y + LINE / 2)
        y += _height(line, limits)
    return found


def placed_box(box: Box, x: float, y: float, limits: Limits, width: float = 0) -> PlacedBox:
    """The box with its left upper corner there."""
    at = columns(box, limits)
    area = Area(x=x, y=y, width=max(at.width, width), height=box_height(box, limits))
    lines, down = [], y + head_height(box, limits)
    for line in box.lines:
        lines.append(_placed_line(line, at, area, down, limits))
        down += _height(line, limits)
    return PlacedBox(box=box, area=area, texts=tuple(_head(box, area, limits)), lines=tuple(lines))


def _head(box: Box, area: Area, limits: Limits) -> Iterator[Text]:
    title, note = _title(box, limits), fit(box.note, limits.title)
    x, y = area.x + PAD, area.y + 18
    yield Text(x=x, y=y, text=title, kind="title", width=room(title, BIG), tip=box.tip)
    if note and limits.tall:
        yield Text(x=x, y=y + 16, text=note, kind="note", width=room(note, SMALL))
    elif note:
        width = room(note, SMALL)
        yield Text(x=area.right - PAD - width, y=y, text=note, kind="note", width=width)


def _title(box: Box, limits: Limits) -> str:
    return fit(f"{box.sign} {box.title}" if box.sign else box.title, limits.title)


def _placed_line(line: Line, at: Columns, area: Area, y: float, limits: Limits) -> PlacedLine:
    place = Area(x=area.x, y=y, width=area.width, height=_height(line, limits))
    steps = None
    if line.lit:
        steps = Area(x=area.x + at.steps - 2, y=y + 2, width=_steps_width(line), height=LINE - 4)
    texts = tuple(_cells(line, at, area, y + 14, limits))
    return PlacedLine(line=line, area=place, texts=texts, steps=steps)


def _cells(line: Line, at: Columns, area: Area, y: float, limits: Limits) -> Iterator[Text]:
    asked, done = _asked(line, limits), _done(line, limits)
    below = y + _BELOW * len(asked) if limits.tall else y
    kind = "fold" if line.folded else "asks"
    cells = (
        (at.sign, y, [line.sign], "sign"),
        (at.number, y, [fit(line.number, 6)], "number"),
        (at.asks, y, asked, kind),
        (at.does, below, done, f"does {_shade(line)}".strip()),
        (at.count, y, [fit(line.count, 8)], "number"),
    )
    for x, top, texts, name in cells:
        for nth, text in enumerate(filter(None, texts)):
            down = top + _BELOW * nth
            yield Text(x=area.x + x, y=down, text=text, kind=name, width=room(text))


def _shade(line: Line) -> str:
    return line.end.kind if line.end is not None else ""


def end_size(end: End) -> tuple[float, float]:
    """The width and the height of an end."""
    texts = _end_texts(end)
    width = max(room(texts[0]), *(room(text, SMALL) for text in texts[1:]), 60.0)
    return width + 2 * PAD, 12 + 16.0 * len(texts)


_MARKS = {"good": "✔ ", "bad": "✘ ", "sent": "➜ "}


def _end_texts(end: End) -> list[str]:
    title = fit(_MARKS.get(end.kind, "") + end.title, _END_COLUMNS - 3)
    return [title, *wrap(fit(end.meaning, 3 * _END_COLUMNS - 8), _END_COLUMNS)]


def placed_end(end: End, x: float, y: float, *, lit: bool) -> PlacedEnd:
    """The end with its left upper corner there."""
    width, height = end_size(end)
    texts = [
        Text(
            x=x + PAD, y=y + 17 + 16 * at, text=text, kind=f"does {end.kind}" if not at else "note",
            width=room(text, SMALL if at else LETTER),
        )
        for at, text in enumerate(_end_texts(end))
    ]  # fmt: skip
    area = Area(x=x, y=y, width=width, height=height)
    return PlacedEnd(end=end, area=area, texts=tuple(texts), lit=lit)
