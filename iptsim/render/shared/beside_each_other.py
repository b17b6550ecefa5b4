"""Two texts beside each other, on a terminal that is wide enough for both."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from iptsim.regex import regex
from iptsim.render.shared.terminal import columns_of

_GAP = " │ "
_LEAST = 72
"""The columns that a text needs to be read beside another one."""
_PAINT = regex("\x1b\\[[0-9;]*m")


def room_beside(width: int) -> int:
    """The columns of each of two texts; 0 where both do not fit."""
    half = (width - len(_GAP)) // 2
    return half if half >= _LEAST else 0


def in_two_columns(left: Sequence[str], right: Sequence[str], room: int) -> list[str]:
    """Rows of both, the left one `room` columns wide; their colours take none."""
    rows = zip_longest(left, right, fillvalue="")
    return [f"{_padded(one, room)}{_GAP}{other}".rstrip() for one, other in rows]


def _padded(text: str, room: int) -> str:
    return text + " " * (room - columns_of(_PAINT.sub("", text)))
