"""A placed picture as SVG: text escaped, colours as variables, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from iptsim.render.pictures.box_shapes import steps_text
from iptsim.render.pictures.measures import SMALL, room
from iptsim.render.pictures.placed import (
    Area,
    Drawing,
    Edge,
    PlacedBox,
    PlacedEnd,
    PlacedLane,
    PlacedLine,
    PlacedStop,
    Point,
    Text,
)
from iptsim.render.shared.terminal import printable

_ROUND = 6.0
_SIGNS = {"+": "added", "-": "removed", "~": "changed"}

LIGHT = """--ground:#ffffff;--lane:#f5f6f8;--box:#ffffff;--line:#c3c8d0;--head:#e9edf2;
--ink:#1b1f24;--dim:#59616b;--edge:#7d8590;--path:#0550ae;--lit:#ddebff;--on-path:#ffffff;--good:#0f6b4f;
--bad:#a8201a;--sent:#6a3a9c;--unsure:#7a5200;--added:#d7efe1;--removed:#fbdcd5;--changed:#fdf0c4"""
DARK = """--ground:#14171b;--lane:#1b1f25;--box:#22272e;--line:#444c56;--head:#2d333b;--ink:#e6e9ed;
--dim:#a3acb7;--edge:#8b949e;--path:#79b8ff;--lit:#173b66;--on-path:#0b1320;--good:#56d4a0;
--bad:#ff9189;--sent:#cfa8ff;--unsure:#e9b949;--added:#17402d;--removed:#54231d;--changed:#4a3c0c"""
RULES = """.ipt{background:var(--ground)}
.ipt text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;
fill:var(--ink);unicode-bidi:isolate;direction:ltr;white-space:pre}
.ipt .title{font-size:13px;font-weight:700}
.ipt .headline{font-size:15px;font-weight:700}
.ipt .hook{font-size:13px;font-weight:700;letter-spacing:.04em}
.ipt .note,.ipt .label,.ipt .step{font-size:11px}
.ipt .note,.ipt .number,.ipt .fold,.ipt .label{fill:var(--dim)}
.ipt .label.lit{fill:var(--path);font-weight:700}
.ipt .fold{font-style:italic}
.ipt .sign{font-weight:700}
.ipt .good{fill:var(--good)}.ipt .bad{fill:var(--bad)}.ipt .sent{fill:var(--sent)}
.ipt .unsure{fill:var(--unsure)}.ipt .does.good,.ipt .does.bad,.ipt .does.sent{font-weight:700}
.ipt .lane{fill:var(--lane)}
.ipt .frame{fill:none;stroke:var(--line)}.ipt .box{fill:var(--box)}.ipt .head{fill:var(--head)}
.ipt .frame.lit{stroke:var(--path);stroke-width:2}
.ipt .frame.again{stroke-dasharray:4 3}
.ipt .row{fill:none}.ipt .row.lit{fill:var(--lit)}
.ipt g.on .row{fill:var(--lit)}.ipt g.now .row{stroke:var(--path);stroke-width:2}
.ipt .row.added,.ipt .head.added{fill:var(--added)}
.ipt .row.removed,.ipt .head.removed{fill:var(--removed)}
.ipt .row.changed,.ipt .head.changed{fill:var(--changed)}
.ipt .removed-text{text-decoration:line-through}
.ipt .badge{fill:var(--path)}.ipt .step{fill:var(--on-path);font-weight:700}
.ipt .edge{fill:none;stroke:var(--edge);stroke-width:1.3}
.ipt .edge.goto{stroke-dasharray:5 4}
.ipt .edge.added{stroke:var(--good);stroke-width:2}
.ipt .edge.removed{stroke:var(--bad);stroke-width:2;stroke-dasharray:2 3}
.ipt .edge.lit{stroke:var(--path);stroke-width:2.6}
.ipt .tip{fill:var(--edge)}.ipt .tip.added{fill:var(--good)}.ipt .tip.removed{fill:var(--bad)}
.ipt .tip.lit{fill:var(--path)}
.ipt .end{fill:var(--box);stroke:var(--line)}
.ipt .end.good{stroke:var(--good)}.ipt .end.bad{stroke:var(--bad)}.ipt .end.sent{stroke:var(--sent)}
.ipt .end.lit{stroke-width:2.6}
.ipt .stop{fill:var(--box);stroke:var(--line)}.ipt text.stop{fill:var(--ink);stroke:none}
.ipt .stop.faint{stroke-dasharray:3 3}.ipt text.faint{fill:var(--dim)}
.ipt .stop.lit{stroke:var(--path);stroke-width:2.4;fill:var(--lit)}
.ipt .stop.place{fill:var(--head)}"""


def style_sheet() -> str:
    """The style of pictures; dark where the reader's screen is, light on paper."""
    return (
        f":root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"
        f"@media print{{:root{{{LIGHT}}}}}{RULES}"
    ).replace("\n", "")


def svg(drawing: Drawing, *, alone: bool = True) -> str:
    """The picture; `alone` as a file of its own, else to stand in a page that has its style."""
    width, height = _n(drawing.width), _n(drawing.height)
    name = ' xmlns="http://www.w3.org/2000/svg"'
    parts = [
        f'<svg{name} class="ipt" role="img" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">{_named(drawing)}'
    ]
    if alone:
        parts.append(f"<style>{style_sheet()}</style>")
        parts.append(f'<rect width="{width}" height="{height}" style="fill:var(--ground)"/>')
    parts += map(_text, drawing.texts)
    parts += (_path([start, end], "edge") + _tip(start, end, "") for start, end in drawing.rail)
    parts += map(_stop, drawing.stops)
    parts += map(_lane, drawing.lanes)
    return "\n".join([*parts, "</svg>"])


def _named(drawing: Drawing) -> str:
    return f"<title>{escape(drawing.title)}</title>" if drawing.title else ""


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")


def _text(text: Text, more: str = "") -> str:
    kind = f"{text.kind} {more}".strip()
    tip = f"<title>{escape(printable(text.tip))}</title>" if text.tip else ""
    shown = escape(printable(text.text))
    return f'<text x="{_n(text.x)}" y="{_n(text.y)}" class="{kind}">{shown}{tip}</text>'


def _rect(area: Area, kind: str, radius: float = 0.0) -> str:
    place = f'x="{_n(area.x)}" y="{_n(area.y)}"'
    size = f'width="{_n(area.width)}" height="{_n(area.height)}"'
    corner = f' rx="{_n(radius)}"' if radius else ""
    return f'<rect {place} {size}{corner} class="{kind}"/>'


def _stop(stop: PlacedStop) -> str:
    marks = [stop.kind, "lit" if stop.lit else "", "" if stop.drawn else "faint"]
    kind = " ".join(["stop", *filter(None, marks)])
    return _rect(stop.area, kind, 13) + _text(stop.text, "" if stop.drawn else "faint")


def _lane(lane: PlacedLane) -> str:
    parts = [f'<g class="hook-lane">{_rect(lane.area, "lane", 8)}', *map(_text, lane.texts)]
    parts += map(_edge, sorted(lane.edges, key=lambda edge: edge.lit))
    parts += (_box(box, lane.hook) for box in lane.boxes)
    parts += map(_end, lane.ends)
    parts += (_text(edge.label) for edge in lane.edges if edge.label is not None)
    return "\n".join([*parts, "</g>"])


def _edge(edge: Edge) -> str:
    marks = [
        _SIGNS.get(edge.sign, ""), "goto" if edge.goto else "", "lit" if edge.lit else "",
    ]  # fmt: skip
    kind = " ".join(["edge", *filter(None, marks)])
    tip = _tip(edge.points[-2], edge.points[-1], " ".join(filter(None, (marks[0], marks[2]))))
    return _path(edge.points, kind) + tip


def _path(points: tuple[Point, ...] | list[Point], kind: str) -> str:
    """A line with round corners."""
    first, *rest = _straight(points)
    way = [f"M{_n(first[0])} {_n(first[1])}"]
    for at, point in enumerate(rest):
        following = rest[at + 1] if at + 1 < len(rest) else None
        before = rest[at - 1] if at else first
        if following is None:
            way.append(f"L{_n(point[0])} {_n(point[1])}")
        else:
            way.append(_corner(before, point, following))
    return f'<path d="{"".join(way)}" class="{kind}"/>'


def _straight(points: tuple[Point, ...] | list[Point]) -> list[Point]:
    """Without points that are no corners."""
    kept = [points[0]]
    for point in points[1:]:
        if point != kept[-1]:
            kept.append(point)
    found = [kept[0]]
    for at in range(1, len(kept)):
        last = at == len(kept) - 1
        (x0, y0), (x1, y1) = found[-1], kept[at]
        x2, y2 = kept[-1] if last else kept[at + 1]
        if last or (x1 - x0) * (y2 - y1) != (x2 - x1) * (y1 - y0):
            found.append(kept[at])
    return found if len(found) > 1 else [kept[0], kept[-1]]


def _corner(before: Point, at: Point, following: Point) -> str:
    start, end = _near(at, before), _near(at, following)
    turn = f"Q{_n(at[0])} {_n(at[1])} {_n(end[0])} {_n(end[1])}"
    return f"L{_n(start[0])} {_n(start[1])}{turn}"


def _near(corner: Point, other: Point) -> Point:
    """A point on the way from a corner to another one."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    size = max(abs(dx), abs(dy)) or 1.0
    step = min(_ROUND, size / 2)
    return corner[0] + dx / size * step, corner[1] + dy / size * step


def _tip(before: Point, end: Point, kind: str) -> str:
    """The head of an arrow."""
    (x, y), down = end, end[1] - before[1]
    if end[0] == before[0] and down:
        shape = f"M{_n(x)} {_n(y)}l-4 -7h8z"
    else:
        shape = f"M{_n(x)} {_n(y)}l-8 -4v8z"
    return f'<path d="{shape}" class="{f"tip {kind}".strip()}"/>'


def _box(placed: PlacedBox, hook: str) -> str:
    box, area = placed.box, placed.area
    sign = _SIGNS.get(box.sign, "")
    head = Area(x=area.x, y=area.y, width=area.width, height=_head_height(placed))
    marks = ("lit" if box.is_lit else "", "again" if box.again else "", sign)
    parts = [
        "<g>",
        _rect(area, "box", 5),
        _rect(head, f"head {sign}".strip(), 5),
        *(_line(line, f"{hook} {box.key}") for line in placed.lines),
        _rect(area, " ".join(["frame", *filter(None, marks)]), 5),
        *map(_text, placed.texts),
    ]
    return "\n".join([*parts, "</g>"])


def _head_height(placed: PlacedBox) -> float:
    return placed.lines[0].area.y - placed.area.y if placed.lines else placed.area.height


def _line(placed: PlacedLine, where: str) -> str:
    line = placed.line
    sign = _SIGNS.get(line.sign, "")
    marks = [sign, "lit" if line.lit and not sign else ""]
    parts = [_rect(placed.area, " ".join(["row", *filter(None, marks)])), *_steps(placed)]
    struck = "removed-text" if line.sign == "-" else ""
    parts += (_text(text, struck if text.kind != "sign" else "") for text in placed.texts)
    tip = f"<title>{escape(printable(line.tip))}</title>" if line.tip else ""
    name = f' data-row="{escape(printable(f"{where} {line.number}"))}"' if not line.folded else ""
    return f"<g{name}>{tip}{''.join(parts)}</g>"


def _steps(placed: PlacedLine) -> Iterator[str]:
    """The numbers of the packet's steps, in a disc."""
    if placed.steps is None:
        return
    area, text = placed.steps, steps_text(placed.line)
    x = area.x + (area.width - room(text, SMALL)) / 2
    yield _rect(area, "badge", 8)
    yield f'<text x="{_n(x)}" y="{_n(area.y + 12)}" class="step">{escape(text)}</text>'


def _end(placed: PlacedEnd) -> str:
    kind = f"end {placed.end.kind}{' lit' if placed.lit else ''}"
    return _rect(placed.area, kind, 12) + "".join(map(_text, placed.texts))
