"""Where everything of a picture stands: boxes, rows and edges with coordinates in pixels.

x grows to the right, y downwards; texts stand on their base line.
"""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.render.pictures.drawn import Box, End, Line

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text at its place; `kind` is the class that says how it looks."""

    x: float
    y: float
    text: str
    kind: str
    width: float
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def overlaps(self, other: Area) -> bool:
        """Whether both share a point within them."""
        beside = self.right <= other.x or other.right <= self.x
        return not (beside or self.bottom <= other.y or other.bottom <= self.y)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is within it, or on its edge."""
        return self.x <= x <= self.right and self.y <= y <= self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """A row of a box with its cells; `steps` is where the numbers of the packet's steps stand."""

    line: Line
    area: Area
    texts: tuple[Text, ...]
    steps: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBox:
    """A chain's box: its head and its rows."""

    box: Box
    area: Area
    texts: tuple[Text, ...]
    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedEnd:
    """Where packets end; `lit` is whether the packet does."""

    end: End
    area: Area
    texts: tuple[Text, ...]
    lit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from a row to a box or an end, as a line through points; `label` stands at its end.

    `source` and `to` are the keys of the boxes; of an end `to` is ''.
    """

    points: tuple[Point, ...]
    source: str
    to: str
    lit: bool = False
    sign: str = ""
    goto: bool = False
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStop:
    """A place on the rail."""

    area: Area
    text: Text
    kind: str
    lit: bool
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLane:
    """A hook: its title above its boxes, ends and edges."""

    hook: str
    area: Area
    texts: tuple[Text, ...]
    boxes: tuple[PlacedBox, ...]
    ends: tuple[PlacedEnd, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture whose every part has its place."""

    title: str
    width: float
    height: float
    texts: tuple[Text, ...]
    stops: tuple[PlacedStop, ...]
    rail: tuple[tuple[Point, Point], ...]
    lanes: tuple[PlacedLane, ...]
