"""Packets without what they have of their own: all that is read of a line once for many lines."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any

from iptsim.dataclass import dataclass
from iptsim.many.moulds import SLOTS
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.regex import regex
from iptsim.values import parse_address

MOST_FRAMES = 4096
MOST_ADDRESSES = 16_384
"""Texts of addresses that are kept."""
_ADDRESS = regex(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*")
ADDRESSES = ("src", "dst")
_MOST = {
    "sport": (0, 0xFFFF),
    "dport": (0, 0xFFFF),
    # Whatever the transport, its header is within.
    "length": (120, 0xFFFF),
    "tos": (0, 0xFF),
    "mark": (0, 0xFFFFFFFF),
    "uid": (0, 0xFFFFFFFF),
    "gid": (0, 0xFFFFFFFF),
}
Told = dict[str, int]
"""The fields of `SLOTS` that a packet tells."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A packet but for its fields of `SLOTS`, and what is asked of it; equal ones are one."""

    packet: Packet
    family: int | None
    hook: str | None
    names: tuple[str, ...]


def told_by(question: Question) -> Told:
    """What a question's packet tells of `SLOTS`."""
    packet = question.packet
    held = ((name, getattr(packet, name, None)) for name in SLOTS)
    return {name: value for name, value in held if value is not None}


class Frames:
    """The frames of the packets that were asked so far."""

    def __init__(self) -> None:
        self._frames: dict[Hashable, Frame] = {}
        self._by_line: dict[Hashable, Frame] = {}

    def of(self, question: Question, told: Told, family: int) -> Frame:
        """The frame of a question, which is asked of rules of that family."""
        stripped = question.packet.with_(**dict.fromkeys(told)).with_(family=family)
        key = (stripped, question.family, question.hook, tuple(told))
        return _kept(self._frames, key, lambda: Frame(*key))

    def of_line(self, given: Mapping[str, Any]) -> tuple[Frame, Told] | None:
        """The frame of a line like one that was read before, and what it tells of `SLOTS`."""
        found = _parted(given)
        if found is None:
            return None
        frame = self._by_line.get(found[0])
        return None if frame is None else (frame, found[1])

    def read(self, given: Mapping[str, Any], frame: Frame, told: Told) -> None:
        """What a line was read as, so that lines like it need not be read again."""
        found = _parted(given)
        if found is not None and found[1] == told:
            _kept(self._by_line, found[0], lambda: frame)


def _kept(kept: dict[Hashable, Frame], key: Hashable, make: Callable[[], Frame]) -> Frame:
    found = kept.get(key)
    if found is None:
        if len(kept) >= MOST_FRAMES:
            kept.clear()
        found = kept[key] = make()
    return found


def _parted(given: Mapping[str, Any]) -> tuple[Hashable, Told] | None:
    """What lines have in common that differ in `SLOTS` alone; None where that is to be read."""
    if "payload" in given:
        return None  # it says how long the packet is
    told: Told = {}
    others: list[Hashable] = []
    for name, value in given.items():
        if name == "id":
            continue
        kind = type(value)
        bounds = _MOST.get(name)
        if bounds is not None and kind is int and bounds[0] <= value <= bounds[1]:
            told[name] = value
            others.append(name)
            continue
        address = _address(value) if kind is str and name in ADDRESSES else None
        if address is not None:
            told[name] = address[0]
            others += (name, address[1])
        elif isinstance(value, str | int):
            others.append((name, kind, value))
        else:
            return None
    return tuple(others), {name: told[name] for name in SLOTS if name in told}


@lru_cache(maxsize=MOST_ADDRESSES)
def _address(text: str) -> tuple[int, int] | None:
    """The number and the width of what can only be read as an address."""
    if not _ADDRESS.fullmatch(text):
        return None
    try:
        return parse_address(text)
    except ValueError:
        return None
