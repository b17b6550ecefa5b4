"""A file of packets: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
    text: str,
    file: str,
    family: int | None,
    shared: Mapping[str, Any],
    names: HostNames = NO_NAMES,
) -> Iterator[LineQuestion]:
    """The questions of the lines, in order; blank lines ask nothing.

    `shared` are the values of every packet whose line does not tell them. Raises `DumpError`
    with its place for a line that is not a packet, or that asks for one that cannot be.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _question(line, Place(file=file, line=number), family, shared, names)


def _question(
    line: str, place: Place, family: int | None, shared: Mapping[str, Any], names: HostNames
) -> LineQuestion:
    given = _object(line, place)
    try:
        asked = read_packet({**shared, **given}, family, names)
    except UsageError as error:
        raise _at_fault(line, place, error, given) from None
    return LineQuestion(
        packet=asked.packet, family=asked.family, hook=asked.hook, id=asked.id, place=place,
        line=line,
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
