"""A whole picture placed: its title, the rail of hooks, and one hook below the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.render.pictures.drawn import Lane, Picture, Stop
from iptsim.render.pictures.layered import placed_lane
from iptsim.render.pictures.measures import BIG, SMALL, room
from iptsim.render.pictures.placed import (
    Area,
    Drawing,
    PlacedLane,
    PlacedStop,
    Point,
    Text,
)
from iptsim.render.pictures.stacks import WIDTH, stacked_lane
from iptsim.render.shared.terminal import printable, wrap

_EDGE = 16.0
_STOP_HEIGHT, _STOP_GAP = 26.0, 26.0
_BETWEEN = 14.0
_LEAST = 640.0


def wide(picture: Picture, *, titled: bool = True) -> Drawing:
    """For a screen: what comes after stands further right."""
    return _sheet(_titled(picture, titled), placed_lane, columns=96, least=_LEAST)


def wide_all(pictures: Sequence[Picture]) -> Drawing:
    """Several below each other as one."""
    drawings: list[Drawing] = []
    for picture in pictures:
        y = drawings[-1].height if drawings else 0.0
        drawings.append(_sheet(picture, placed_lane, columns=96, least=_LEAST, y=y))
    return replace(
        drawings[-1],
        title=drawings[0].title,
        width=max(drawing.width for drawing in drawings),
        texts=tuple(text for drawing in drawings for text in drawing.texts),
        stops=tuple(stop for drawing in drawings for stop in drawing.stops),
        rail=tuple(part for drawing in drawings for part in drawing.rail),
        lanes=tuple(lane for drawing in drawings for lane in drawing.lanes),
    )


def narrow(picture: Picture, *, titled: bool = True) -> Drawing:
    """For a telephone: what comes after stands further down."""
    return _sheet(_titled(picture, titled), stacked_lane, columns=38, least=WIDTH)


def _titled(picture: Picture, titled: bool) -> Picture:
    """Without its title, where the page has it already."""
    return picture if titled else replace(picture, title="")


def _sheet(
    picture: Picture,
    place: Callable[[Lane, float, float], PlacedLane],
    *,
    columns: int,
    least: float,
    y: float = 0.0,
) -> Drawing:
    slim = least == WIDTH
    left = 0.0 if slim else _EDGE
    texts = [*_titles(picture, left or 8.0, y, columns)]
    y = texts[-1].y + 16 if texts else y + 4
    stops: list[PlacedStop] = []
    rail: list[tuple[Point, Point]] = []
    for row in () if slim else picture.rails:
        _rail(row, left, y, stops, rail)
        y += _STOP_HEIGHT + 12
    lanes: list[PlacedLane] = []
    for lane in picture.lanes:
        lanes.append(place(lane, left, y))
        y = lanes[-1].area.bottom + _BETWEEN
    rights = [least - left, *(lane.area.right for lane in lanes), *(s.area.right for s in stops)]
    rights += [text.x + text.width for text in texts]
    return Drawing(
        title=printable(picture.title),
        width=max(rights) + left,
        height=y,
        texts=tuple(texts),
        stops=tuple(stops),
        rail=tuple(rail),
        lanes=tuple(_alike(lanes)),
    )


def _alike(lanes: Sequence[PlacedLane]) -> Iterator[PlacedLane]:
    """Each as wide as the widest."""
    widest = max((lane.area.width for lane in lanes), default=0.0)
    for lane in lanes:
        yield replace(lane, area=replace(lane.area, width=widest))


def _titles(picture: Picture, x: float, y: float, columns: int) -> Iterator[Text]:
    y += 26 if picture.title else 16
    kind = f"headline {picture.verdict}".strip()
    for line in wrap(printable(picture.title), columns)[:4]:
        yield Text(x=x, y=y, text=line, kind=kind, width=room(line, BIG * 1.2))
        y += 22
    for text in picture.subtitle:
        for line in wrap(printable(text), columns + 10)[:4]:
            yield Text(x=x, y=y, text=line, kind="note", width=room(line, SMALL))
            y += 17


def _rail(
    row: Sequence[Stop],
    x: float,
    y: float,
    stops: list[PlacedStop],
    rail: list[tuple[Point, Point]],
) -> None:
    middle = y + _STOP_HEIGHT / 2
    for stop in row:
        width = room(stop.title) + 20
        text = Text(x=x + 10, y=y + 17, text=stop.title, kind="stop", width=width - 20)
        area = Area(x=x, y=y, width=width, height=_STOP_HEIGHT)
        stops.append(
            PlacedStop(area=area, text=text, kind=stop.kind, lit=stop.lit, drawn=stop.drawn)
        )
        if stop is not row[-1]:
            rail.append(((x + width, middle), (x + width + _STOP_GAP, middle)))
        x += width + _STOP_GAP
