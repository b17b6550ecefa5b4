"""The narrow layout of a hook, for telephones: all boxes below each other, edges at the left."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass, replace
from iptsim.render.pictures.box_shapes import (
    NARROW,
    Limits,
    columns,
    placed_box,
    placed_end,
)
from iptsim.render.pictures.drawn import Box, End, Lane, Line
from iptsim.render.pictures.measures import LINE, SMALL, fit, room
from iptsim.render.pictures.placed import Area, Edge, PlacedBox, PlacedEnd, PlacedLane, Text

WIDTH = 374.0
"""The width of the narrow layout."""
_GUTTER, _TRACK = 46.0, 6.0
_TRACKS = 6
_GAP, _LABEL_ROOM = 12.0, 16.0
_LABEL = 44
_SLIM = Limits(title=NARROW.title, asks=28, does=28, tall=True)


@dataclass(eq=False, kw_only=True)
class _Stack:
    """What was placed so far, and how far down."""

    x: float
    y: float
    boxes: list[PlacedBox]
    ends: list[tuple[PlacedEnd, str, tuple[int, ...]]]


def stacked_lane(lane: Lane, x: float, y: float) -> PlacedLane:
    """The hook with its left upper corner there."""
    titles = tuple(_titles(lane, x + 8, y + 20))
    stack = _Stack(x=x, y=y + 12 + 18 * len(titles), boxes=[], ends=[])
    for box in lane.boxes:
        _place(stack, box, led=any(_leads(one, box) for one in lane.boxes))
    edges = tuple(_edges(stack, lane))
    return PlacedLane(
        hook=lane.hook,
        area=Area(x=x, y=y, width=WIDTH, height=stack.y + 8 - y),
        texts=(*titles,),
        boxes=tuple(stack.boxes),
        ends=tuple(end for end, _key, _rows in stack.ends),
        edges=edges,
    )


def _leads(one: Box, to: Box) -> bool:
    return any(line.to == to.key for line in one.lines)


def _titles(lane: Lane, x: float, y: float) -> Iterator[Text]:
    first = f"{lane.hook}  {lane.title}".strip()
    for text, kind in ((first, "hook"), (lane.idle, "note")):
        if text:
            shown = fit(text, 42 if kind == "hook" else 50)
            letter = 8.0 if kind == "hook" else SMALL
            yield Text(x=x, y=y, text=shown, kind=kind, width=room(shown, letter))
            y += 18


def _place(stack: _Stack, box: Box, *, led: bool) -> None:
    left = stack.x + _GUTTER
    y = stack.y + (_LABEL_ROOM if led else 0)
    room = WIDTH - _GUTTER - 8
    limits = NARROW if columns(box, NARROW).width <= room else _SLIM
    placed = placed_box(box, left, y, limits, room)
    stack.boxes.append(placed)
    stack.y = placed.area.bottom + _GAP
    for end, rows in _own_ends(box).items():
        lit = any(box.lines[row].lit for row in rows)
        change = _rewritten([box.lines[row] for row in rows])
        found = placed_end(end, left + 22, stack.y, lit=lit)
        if change and not _beside(found, change):
            found = placed_end(end, left + 22, stack.y + _LABEL_ROOM - 4, lit=lit)
        stack.ends.append((found, box.key, tuple(rows)))
        stack.y = found.area.bottom + _GAP


def _own_ends(box: Box) -> dict[End, list[int]]:
    """Ends that say more than the row does."""
    found: dict[End, list[int]] = {}
    for row, line in enumerate(box.lines):
        if line.end is not None and (line.end.kind == "sent" or line.lit):
            found.setdefault(line.end, []).append(row)
    return found


def _edges(stack: _Stack, lane: Lane) -> Iterator[Edge]:
    at = {placed.box.key: placed for placed in stack.boxes}
    told = _conditions(lane)
    number = 0
    for box in lane.boxes:
        led: dict[str, list[int]] = {}
        for row, line in enumerate(box.lines):
            if line.to in at and line.to != box.key:
                led.setdefault(line.to, []).append(row)
        for to, rows in led.items():
            x = stack.x + 6 + _TRACK * (number % _TRACKS)
            number += 1
            for row, edge in zip(rows, _to_box(at[box.key], at[to], rows, x), strict=True):
                label = _label(told[to], at[to]) if told[to][0] is box.lines[row] else None
                yield replace(edge, label=label)
    for end, key, own in stack.ends:
        yield from _to_end(at[key], end, own)


def _to_box(source: PlacedBox, to: PlacedBox, rows: list[int], x: float) -> Iterator[Edge]:
    entry = to.area.y + 14
    for row in rows:
        line, y = source.box.lines[row], source.lines[row].area.y + LINE / 2
        points = ((source.area.x, y), (x, y), (x, entry), (to.area.x, entry))
        yield _edge(line, points, source.box.key, to.box.key, None)


def _edge(
    line: Line, points: tuple[tuple[float, float], ...], source: str, to: str, label: Text | None
) -> Edge:
    return Edge(
        points=points,
        source=source,
        to=to,
        lit=bool(line.lit),
        sign=line.sign,
        goto=line.does.startswith("⇒"),
        label=label,
    )


def _conditions(lane: Lane) -> dict[str, list[Line]]:
    """The rows that lead to each box, that which the packet meets first."""
    found: dict[str, list[Line]] = {}
    for box in lane.boxes:
        for line in box.lines:
            if line.to and line.to != box.key:
                found.setdefault(line.to, []).append(line)
    return {to: sorted(lines, key=lambda line: not line.lit) for to, lines in found.items()}


def _label(lines: list[Line], to: PlacedBox) -> Text:
    """One for all that lead there."""
    line, more = lines[0], " …" if len(lines) > 1 else ""
    text = fit(line.when, _LABEL - len(more)) + more
    kind = "label lit" if line.lit else "label"
    return Text(x=to.area.x + 2, y=to.area.y - 5, text=text, kind=kind, width=room(text, SMALL))


def _to_end(source: PlacedBox, end: PlacedEnd, rows: tuple[int, ...]) -> Iterator[Edge]:
    """From the box's lower edge, with what was rewritten beside the end."""
    lines = [source.box.lines[row] for row in rows]
    lit = next((line for line in lines if line.lit), lines[0])
    x, y = source.area.x + 10, end.area.y + end.area.height / 2
    points = ((x, source.area.bottom), (x, y), (end.area.x, y))
    yield _edge(lit, points, source.box.key, "", _end_label(end, _rewritten(lines)))


def _rewritten(lines: list[Line]) -> str:
    """What the packet's first step to an end rewrote, as it stands at the end; '' for nothing."""
    return fit(next((line for line in lines if line.lit), lines[0]).change, 24)


def _beside(end: PlacedEnd, text: str) -> bool:
    """Whether there is room for a text at an end's right."""
    return end.area.right + 8 + room(text, SMALL) <= WIDTH - 8


def _end_label(end: PlacedEnd, text: str) -> Text | None:
    """At the end's right, else above it."""
    if not text:
        return None
    at = (end.area.right + 8, end.area.y + end.area.height / 2 + 4)
    x, y = at if _beside(end, text) else (end.area.x + 2, end.area.y - 5)
    return Text(x=x, y=y, text=text, kind="label lit", width=room(text, SMALL))
