"""Times that a record of a log tells on lines of their own: JSON with one pair on each line.

Cloud consoles and searches print so, mostly newest first (Google's Logs Explorer, Elasticsearch).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_PAIR = regex(
    r"^\s*\"@?(?:ts|time|timestamp|eventTime|epoch|date)\"\s*:\s*[\"\d].{0,80}$",
    re.MULTILINE,
)
_OPENS = regex(r"[{\[]\s*\Z")
_CLOSES = regex(r"\s*[}\]]")
_MOST = 1 << 18
"""Lines of records that are looked at; the times of a longer text are not known."""


class RecordTimes:
    """Of which object each line is, and the time that it tells."""

    def __init__(self) -> None:
        self._open: list[int] = [0]
        self._count = 0
        self._objects: dict[int, int] = {}
        self._times: dict[int, str] = {}

    def feed(self, chunk: str, first: int) -> None:
        """The next lines of the text, the first of which has that number."""
        if len(self._objects) >= _MOST or not (self._objects or _PAIR.search(chunk)):
            return
        for number, text in enumerate(chunk.split("\n"), first):
            self._line(text, number)

    def _line(self, text: str, number: int) -> None:
        if _CLOSES.match(text) and len(self._open) > 1:
            self._open.pop()
        self._objects[number] = self._open[-1]
        if self._open[-1] and _PAIR.match(text):
            self._times.setdefault(self._open[-1], text.strip())
        if _OPENS.search(text):
            self._count += 1
            self._open.append(self._count)

    def told(self, lines: Iterable[Line]) -> tuple[Line, ...]:
        """The lines with the times of their records."""
        if not self._times or len(self._objects) >= _MOST:
            return tuple(lines)
        return tuple(replace(line, stamp=self._of(line.number)) for line in lines)

    def _of(self, number: int) -> str:
        return self._times.get(self._objects.get(number, 0), "")
