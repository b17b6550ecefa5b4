"""The wide layout of a hook: boxes in layers from left to right, edges in the gutters between.

Each box stands in the layer behind the last that leads to it. An edge over several layers passes
those between in a place of its own, so no edge crosses a box.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass, field
from iptsim.render.pictures.box_shapes import (
    WIDE,
    Limits,
    box_height,
    columns,
    end_size,
    line_middles,
    placed_box,
    placed_end,
)
from iptsim.render.pictures.drawn import Box, End, Lane, Line
from iptsim.render.pictures.measures import SMALL, fit, room
from iptsim.render.pictures.placed import Area, Edge, PlacedBox, PlacedEnd, PlacedLane, Text

_BETWEEN = 22.0
_TRACK, _TRACKS = 9.0, 90.0
_MARGIN = 16.0
_PASS = 12.0
_CHANGE = 36
_HEAD = 34.0
_ENTRY, _NEXT_ENTRY = 14.0, 17.0
_AT_EASE, _ROOM = 1300.0, 1416.0
_LIMITS = (
    Limits(asks=56, does=44),
    WIDE,
    Limits(title=30, asks=32, does=26),
    Limits(title=30, asks=28, does=28, label=14, tall=True),
    Limits(title=25, asks=24, does=24, label=0, tall=True),
    Limits(title=25, asks=24, does=24, label=0, tall=True, bare=True),
    Limits(title=21, asks=20, does=20, label=0, tall=True, bare=True),
)


@dataclass(eq=False, kw_only=True)
class _Node:
    """A box, an end, or the place where an edge passes a layer."""

    layer: int
    width: float
    height: float
    box: Box | None = None
    end: End | None = None
    wanted: float = 0.0
    x: float = 0.0
    y: float = 0.0
    entries: int = 0
    lit: bool = False
    limits: Limits = WIDE


@dataclass(eq=False, kw_only=True)
class _Bundle:
    """The rows of a box that lead to one place: `stops` are the nodes on the way, and it."""

    source: _Node
    rows: list[int]
    stops: list[_Node]
    entry: float = 0.0
    label: str = ""
    tracks: list[float] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """The rows."""
        assert self.source.box is not None
        return [self.source.box.lines[row] for row in self.rows]


def placed_lane(lane: Lane, x: float, y: float) -> PlacedLane:
    """The hook with its left upper corner there."""
    laid = _laid_out(lane, x, y)
    width = laid.right(x) + _MARGIN - x
    bottom = max((node.y + node.height for node in laid.nodes), default=y + _HEAD)
    texts = tuple(_titles(lane, x + _MARGIN, y + 20))
    width = max(width, *(text.x + text.width + _MARGIN - x for text in texts), 0)
    return PlacedLane(
        hook=lane.hook,
        area=Area(x=x, y=y, width=width, height=bottom + _MARGIN - y),
        texts=texts,
        boxes=tuple(_boxes(laid)),
        ends=tuple(_ends(laid)),
        edges=tuple(edge for bundle in laid.bundles for edge in _edges(bundle)),
    )


def _laid_out(lane: Lane, x: float, y: float) -> _Laid:
    """With the longest texts that fit a screen; where none do, the narrowest."""
    found: list[_Laid] = []
    for limits in _LIMITS:
        found.append(_Laid(lane, limits))
        found[-1].place(x + _MARGIN, y + _HEAD)
        if found[-1].right(x) - x <= (_ROOM if len(found) > 1 else _AT_EASE):
            return found[-1]
    return min(found, key=lambda laid: laid.right(x))


def _titles(lane: Lane, x: float, y: float) -> Iterator[Text]:
    for text, kind, letter in (
        (lane.hook, "hook", 8.6),
        (lane.title, "note", SMALL),
        (lane.idle, "note", SMALL),
    ):
        if text:
            shown = fit(text, 60)
            yield Text(x=x, y=y, text=shown, kind=kind, width=room(shown, letter))
            x += room(shown, letter) + 16


def _boxes(laid: _Laid) -> Iterator[PlacedBox]:
    for node in laid.nodes:
        if node.box is not None:
            yield placed_box(node.box, node.x, node.y, node.limits)


def _ends(laid: _Laid) -> Iterator[PlacedEnd]:
    for node in laid.nodes:
        if node.end is not None:
            yield placed_end(node.end, node.x, node.y, lit=node.lit)


class _Laid:
    """The nodes of a hook by layers, and the bundles between them."""

    def __init__(self, lane: Lane, limits: Limits) -> None:
        self.lane, self.limits = lane, limits
        self.nodes: list[_Node] = []
        self.bundles: list[_Bundle] = []
        depth = layers_of(lane)
        self._at = {
            box.key: self._add(layer=depth[box.key], box=box, **_size(box, limits))
            for box in lane.boxes
        }
        for box in lane.boxes:
            self._lead(box, depth)
        self.layers: list[list[_Node]] = [[] for _ in range(self._count())]
        for node in self.nodes:
            self.layers[node.layer].append(node)

    def _count(self) -> int:
        return max((node.layer for node in self.nodes), default=-1) + 1

    def _add(self, **what: object) -> _Node:
        node = _Node(limits=self.limits, **what)  # type: ignore[arg-type]  # those of _Node
        self.nodes.append(node)
        return node

    def right(self, x: float) -> float:
        """The right edge of what was placed."""
        return max((node.x + node.width for node in self.nodes), default=x)

    def _lead(self, box: Box, depth: dict[str, int]) -> None:
        """The bundles that begin at a box: to other boxes, and to ends of its own."""
        rows: dict[object, list[int]] = {}
        for number, line in enumerate(box.lines):
            if line.to and depth.get(line.to, -1) > depth[box.key]:
                rows.setdefault(line.to, []).append(number)
            elif line.end is not None and not (self.limits.bare and _told(line)):
                rows.setdefault(line.end, []).append(number)
        for to, numbers in rows.items():
            self._bundle(box, to, numbers)

    def _bundle(self, box: Box, to: object, rows: list[int]) -> None:
        source = self._at[box.key]
        if isinstance(to, End):
            width, height = end_size(to)
            lit = any(box.lines[row].lit for row in rows)
            last = self._add(layer=source.layer + 1, width=width, height=height, end=to, lit=lit)
        else:
            last = self._at[str(to)]
        between = range(source.layer + 1, last.layer)
        stops = [self._add(layer=layer, width=0.0, height=_PASS) for layer in between]
        bundle = _Bundle(source=source, rows=rows, stops=[*stops, last])
        bundle.label = _label(bundle)
        self.bundles.append(bundle)

    def place(self, left: float, top: float) -> None:
        """Layer by layer: each node as near as it can be to the rows that lead to it."""
        x = left
        for number, layer in enumerate(self.layers):
            coming = self._coming(number)
            if number:
                self._want(coming)
                x = self._gutter(coming, x)
            self._stack(layer, top if not number else None, top)
            self._enter(coming)
            widest = max((node.width for node in layer), default=0.0)
            for node in layer:
                node.x = x
                if node.box is None and node.end is None:
                    node.width = widest
            x += widest
        self._route()

    def _coming(self, layer: int) -> list[tuple[_Bundle, int]]:
        """The bundles that come to a layer, and which of their stops that is."""
        return [
            (bundle, at)
            for bundle in self.bundles
            for at, stop in enumerate(bundle.stops)
            if stop.layer == layer
        ]

    def _want(self, coming: list[tuple[_Bundle, int]]) -> None:
        seen: set[int] = set()
        for bundle, at in coming:
            stop = bundle.stops[at]
            wanted = _from_y(bundle, at)[0] - _offset(stop)
            stop.wanted = wanted if id(stop) not in seen else min(stop.wanted, wanted)
            seen.add(id(stop))

    def _stack(self, layer: list[_Node], start: float | None, top: float) -> None:
        layer.sort(key=lambda node: node.wanted)
        down = top if start is None else start
        for node in layer:
            node.y = down if start is not None else max(down, node.wanted, top)
            down = node.y + node.height + _BETWEEN

    def _gutter(self, coming: list[tuple[_Bundle, int]], x: float) -> float:
        """The left edge of the layer: behind a track for each bundle, and room for labels."""
        labels = (b.label for b, at in coming if at == len(b.stops) - 1)
        widest = max((room(text, SMALL) for text in labels), default=0.0)
        return x + 14 + _track(coming) * len(coming) + widest + (14 if widest else 8)

    def _enter(self, coming: list[tuple[_Bundle, int]]) -> None:
        """Where each bundle comes to its stop; those from above come above."""
        for bundle, at in sorted(coming, key=lambda one: _from_y(*one)[0]):
            stop = bundle.stops[at]
            if at == len(bundle.stops) - 1:
                bundle.entry = stop.y + _offset(stop, stop.entries)
                if stop.entries and bundle.entry == stop.y + _offset(stop, stop.entries - 1):
                    bundle.label = ""  # there is no room for another one
                stop.entries += 1

    def _route(self) -> None:
        """Tracks: of those that go down the upper one is further right, so that few cross."""
        lefts = [layer[0].x if layer else 0.0 for layer in self.layers]
        widest = [max((n.width for n in layer), default=0.0) for layer in self.layers]
        for number in range(1, len(self.layers)):
            coming = self._coming(number)
            base = lefts[number - 1] + widest[number - 1] + 14

            def order(one: tuple[_Bundle, int]) -> tuple[bool, float]:
                bundle, at = one
                start, end = _from_y(bundle, at)[0], _to_y(bundle, at)
                return (start > end, start if start > end else -start)

            for track, (bundle, at) in enumerate(sorted(coming, key=order)):
                del at
                bundle.tracks.append(base + track * _track(coming))


def _told(line: Line) -> bool:
    """Whether the row by itself says what its end would say."""
    end = line.end
    return end is not None and end.kind == "sent" and not end.meaning and not line.lit


def _track(coming: list[tuple[_Bundle, int]]) -> float:
    """How far the tracks of a gutter are from each other: where many are, nearer."""
    return min(_TRACK, _TRACKS / max(1, len(coming)))


def _size(box: Box, limits: Limits) -> dict[str, float]:
    return {"width": columns(box, limits).width, "height": box_height(box, limits)}


def _offset(node: _Node, nth: int = 0) -> float:
    """How far below the upper edge of a node its entry number `nth` is."""
    if node.box is None:
        return node.height / 2
    most = max(0, int((node.height - _ENTRY - 6) // _NEXT_ENTRY))
    return _ENTRY + min(nth, most) * _NEXT_ENTRY


def _from_y(bundle: _Bundle, at: int) -> list[float]:
    """Where a bundle comes from to its stop number `at`: from rows, or from the stop before."""
    if at:
        before = bundle.stops[at - 1]
        return [before.y + before.height / 2]
    assert bundle.source.box is not None
    middles = line_middles(bundle.source.box, bundle.source.limits)
    return [bundle.source.y + middles[row] for row in bundle.rows]


def _to_y(bundle: _Bundle, at: int) -> float:
    stop = bundle.stops[at]
    return bundle.entry if at == len(bundle.stops) - 1 else stop.y + stop.height / 2


def _label(bundle: _Bundle) -> str:
    """The condition of the rows that lead to a box, or what they rewrite at an end."""
    lines = bundle.lines
    if bundle.stops[-1].end is not None:
        return fit(next((line.change for line in lines if line.change), ""), _CHANGE)
    lit = next((line for line in lines if line.lit), lines[0])
    more = " …" if len(lines) > 1 else ""
    most = bundle.source.limits.label
    return fit(lit.when, most - len(more)) + more if most else ""


def _edges(bundle: _Bundle) -> Iterator[Edge]:
    """A line from each row; all of a bundle share its last part."""
    source, last = bundle.source, bundle.stops[-1]
    assert source.box is not None
    starts = _from_y(bundle, 0)
    for number, (line, start) in enumerate(zip(bundle.lines, starts, strict=True)):
        points = [(source.x + columns(source.box, source.limits).width, start)]
        for at in range(len(bundle.stops)):
            track, y = bundle.tracks[at], _to_y(bundle, at)
            points += [(track, points[-1][1]), (track, y)]
        points.append((last.x, bundle.entry))
        yield Edge(
            points=tuple(points),
            source=source.box.key,
            to="" if last.box is None else last.box.key,
            lit=bool(line.lit),
            sign=line.sign,
            goto=line.does.startswith("⇒"),
            label=_label_text(bundle) if number == 0 and bundle.label else None,
        )


def _label_text(bundle: _Bundle) -> Text:
    width = room(bundle.label, SMALL)
    lit = any(line.lit for line in bundle.lines)
    x = bundle.stops[-1].x - 11 - width
    kind = "label lit" if lit else "label"
    return Text(x=x, y=bundle.entry - 4, text=bundle.label, kind=kind, width=width)


def layers_of(lane: Lane) -> dict[str, int]:
    """The layer of each box: behind all that lead to it, loops aside."""
    boxes, found, order = lane.by_key, dict[str, int](), list[str]()
    back = _loops(lane, order)
    for key in reversed(order):
        found.setdefault(key, 0)
        for line in boxes[key].lines:
            if line.to in boxes and (key, line.to) not in back:
                found[line.to] = max(found.get(line.to, 0), found[key] + 1)
    return found


def _loops(lane: Lane, order: list[str]) -> set[tuple[str, str]]:
    """The edges that close a loop; `order` gets the keys, each behind all that it leads to."""
    boxes, back, state = lane.by_key, set[tuple[str, str]](), dict[str, int]()
    for root in (*lane.roots, *boxes):
        if root in state:
            continue
        held = [(root, iter(boxes[root].lines))]
        state[root] = 1
        while held:
            key, lines = held[-1]
            to = next((line.to for line in lines if line.to in boxes), None)
            if to is None:
                held.pop()
                state[key] = 2
                order.append(key)
            elif to not in state:
                state[to] = 1
                held.append((to, iter(boxes[to].lines)))
            elif state[to] == 1:
                back.add((key, to))
    return back
