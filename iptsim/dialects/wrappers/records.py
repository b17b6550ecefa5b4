"""Records of CSV: lines of a dump in a field of their own, quotes doubled.

Source: RFC 4180.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import is_core, may_hold
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.regex import regex

_FIELD = regex(r'(?:"(?P<quoted>(?:[^"]|"")*+)"|(?P<bare>[^",;\t]*+))(?P<by>[,;\t]|\s*\Z)')
_DOUBLED = regex(r'""')
_MOST_FIELDS = 64

Fields = list[tuple[int, int, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Takes the field of this number (from 0) out of a record of so many."""

    at: int
    count: int

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The field; no line for the titles of the fields; None for a line that is no record."""
        fields = fields_of(line.text)
        if len(fields) != self.count:
            return None
        start, end, quoted = fields[self.at]
        field = line.upto(end).behind(start)
        return (_undoubled(field) if quoted else field,)


def find_records(lines: Sequence[Line]) -> Records | None:
    """The field that holds lines of a dump, in records of the same number of fields."""
    found: Counter[tuple[int, int]] = Counter()
    for line in lines:
        if line.text[:1].isspace() or is_core(line.text) or '"' not in line.text:
            continue
        fields = fields_of(line.text)
        for at, (start, end, quoted) in enumerate(fields if len(fields) > 1 else ()):
            text = line.text[start:end]
            if quoted and may_hold(text[behind_stamps(text) :]):
                found[at, len(fields)] += 1
    if not found:
        return None
    ((at, count), _times), *_ = found.most_common(1)
    return Records(at=at, count=count)


def fields_of(text: str) -> Fields:
    """Where the fields of a record begin and end, and which are in quotes; none for no record."""
    fields: Fields = []
    place, sign = 0, ""
    while (found := _FIELD.match(text, place)) is not None and len(fields) < _MOST_FIELDS:
        name = "quoted" if found["quoted"] is not None else "bare"
        fields.append((*found.span(name), name == "quoted"))
        by, place = found["by"], found.end()
        if not by.strip(" \r\n") and by != "\t":
            return fields
        if sign not in ("", by):
            return []
        sign = by
    return []


def _undoubled(line: Line) -> Line:
    """The field with one quote for two."""
    text = line.text.replace('""', '"')
    gaps = [found.start() - n for n, found in enumerate(_DOUBLED.finditer(line.text))]
    return replace(line, text=text, gaps=tuple(sorted([*line.gaps, *(each + 1 for each in gaps)])))
