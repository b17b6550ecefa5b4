"""A file of packets: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import DumpError, Place, UsageError
from iptsim.extensions.values.hostnames import NO_NAMES, HostNames
from iptsim.questions import Question, read_packet


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuestion(Question):
    """A question that a line of a file asks."""

    place: Place
    line: str

    def at_fault(self, error: UsageError) -> DumpError:
        """The error of the whole line."""
        return _at_fault(self.line, self.place, error, {})


def read_packets(
    text: str | Iterable[str],
    file: str,
    family: int | None,
    shared: Mapping[str, Any],
    names: HostNames = NO_NAMES,
) -> Iterator[LineQuestion]:
    """The questions of the lines of a text, in order; blank lines ask nothing.

    A text that is still being written comes in pieces of whole lines; each line is read when its
    question is asked for. `shared` are the values of every packet whose line does not tell them.
    Raises `DumpError` with its place for a line that is not a packet, or that asks for one that
    cannot be.
    """
    return (line.question() for line in packet_lines(text, file, family, shared, names))


def packet_lines(
    text: str | Iterable[str],
    file: str,
    family: int | None,
    shared: Mapping[str, Any],
    names: HostNames = NO_NAMES,
) -> Iterator[PacketLine]:
    """As `read_packets`, where a line's question is made when somebody asks for it."""
    pieces = (text,) if isinstance(text, str) else text
    lines = (line for piece in pieces for line in piece.splitlines())
    for number, line in enumerate(lines, 1):
        if line.strip():
            place = Place(file=file, line=number)
            own = _object(line, place)
            yield PacketLine(line, place, own, {**shared, **own}, (family, names))


@dataclass(frozen=True, slots=True)
class PacketLine:
    """A line with the packet that it tells: `own` are the line's values, `given` all of them."""

    text: str
    place: Place
    own: Mapping[str, Any]
    given: Mapping[str, Any]
    _how: tuple[int | None, HostNames]

    def question(self) -> LineQuestion:
        """The question it asks; `DumpError` at the line for a packet that cannot be."""
        try:
            asked = read_packet(self.given, *self._how)
        except UsageError as error:
            raise _at_fault(self.text, self.place, error, self.own) from None
        return LineQuestion(
            packet=asked.packet, family=asked.family, hook=asked.hook, id=asked.id,
            place=self.place, line=self.text,
        )  # fmt: skip


def _object(line: str, place: Place) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        column = getattr(error, "colno", 1)
        at = Place(file=place.file, line=place.line, column=column)
        raise DumpError(
            "not JSON", place=at, text=line, expected='a packet, such as {"dport": 80}',
            code=codes.NOT_A_JSON_PACKET,
        ) from None  # fmt: skip
    if not isinstance(found, dict):
        raise DumpError(
            "not a packet", place=place, text=line, length=len(line),
            expected='an object, such as {"dport": 80}', code=codes.NOT_A_JSON_PACKET,
        )  # fmt: skip
    return found


def _at_fault(line: str, place: Place, error: UsageError, given: Mapping[str, Any]) -> DumpError:
    """The error at the key that it speaks of, where the line has it."""
    option = str(error.facts.get("option", ""))
    key = option.removeprefix("--").replace("-", "_")
    word = json.dumps(key, ensure_ascii=False)
    at = line.find(word) if key in given else -1
    return DumpError(
        error.message,
        place=Place(file=place.file, line=place.line, column=max(at, 0) + 1),
        text=line,
        length=len(word) if at >= 0 else len(line),
        code=error.code,
    )
