"""The column of CSV that tells of which host, pod or node a record is.

Its title says so; without titles it is one whose names are alike (`web1`, `web2`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.signs.signs import may_hold
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.dialects.wrappers.records import fields_of
from iptsim.regex import regex

_TITLE = regex(
    r"(?:.*[._ ])?(?:pod|host|node|server|machine|instance|container)(?:[._ ]?name)?", re.IGNORECASE
)
_SIBLING = regex(r"\d+|(?<![A-Za-z])[A-Za-z]$")
_NAME = regex(r"[A-Za-z][\w.-]{0,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostColumn:
    """The column of this number (from 0) of records of so many."""

    at: int
    count: int

    def of(self, text: str) -> str:
        """The name in a record; '' for any other line."""
        fields = fields_of(text)
        if len(fields) != self.count:
            return ""
        start, end, _quoted = fields[self.at]
        return text[start:end].strip()


def may_be_records(sample: Sequence[str]) -> bool:
    """Whether lines of a dump stand in a field of a record."""
    return any(_holds(text) for text in sample)


def host_column(lines: Sequence[str]) -> HostColumn | None:
    """The column that tells two hosts or more in records with lines of a dump."""
    records = [text for text in lines if _holds(text)]
    counts = {len(fields_of(text)) for text in records}
    for count in counts:
        titles = next((each for text in lines if (each := _titles(text, count))), ())
        for at in range(count):
            column = HostColumn(at=at, count=count)
            names = {name for text in records if (name := column.of(text))}
            titled = at < len(titles) and _TITLE.fullmatch(titles[at]) is not None
            if len(names) > 1 and (titled or (not titles and _alike(names))):
                return column
    return None


def _holds(text: str) -> bool:
    """Whether a field in quotes is a line of a dump."""
    found = fields_of(text) if '"' in text else []
    parts = [text[start:end] for start, end, quoted in found if quoted]
    return len(found) > 1 and any(may_hold(part[behind_stamps(part) :]) for part in parts)


def _titles(text: str, count: int) -> tuple[str, ...]:
    """The titles of so many columns, if a line has them and one is a host's."""
    found = fields_of(text) if "," in text or ";" in text or "\t" in text else []
    told = tuple(text[start:end].strip() for start, end, _ in found)
    fits = len(told) == count and any(_TITLE.fullmatch(each) for each in told)
    return told if fits and not _holds(text) else ()


def _alike(names: set[str]) -> bool:
    shown = all(map(_NAME.fullmatch, names))
    return shown and len({_SIBLING.sub("#", name) for name in names}) == 1
