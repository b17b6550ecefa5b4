"""Logs printed newest first (`journalctl -r`, Kibana, CloudWatch): commands by their times.

Where times are equal, or missing for some lines of a log that does not run forwards, nothing tells
the order, and the chains that hang on it are unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby, pairwise

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.save.table_so_far import TableState, obscure
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.regex import regex

_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:[.,]\d+)?)"
_STAMP = regex(
    rf"(?<!\d)(?:(?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]+"
    rf"|(?P<name>[A-Z][a-z]{{2}}) {{1,2}}(?P<date>\d{{1,2}})(?:,? (?P<after>\d{{4}}))?(?: @)? "
    rf"|(?P<one>\d{{1,2}})(?P<by>[./])(?P<two>\d{{1,2}})(?P=by)(?P<late>\d{{4}}|\d\d),? "
    rf"|[IWEF](?P<klog>\d{{4}}) |(?<=\[)|^){_CLOCK}"
    r"(?:\s?(?P<half>[AP])M\b|\s?(?:Z|(?P<sign>[+-])(?P<away>\d\d):?(?P<off>\d\d)(?!\d)))?"
)
# Seconds since 1970, or thousandths and finer, as zap, Elasticsearch and journald write them.
_EPOCH = regex(
    r"[\"'](?:ts|@?timestamp|time|epoch|__REALTIME_TIMESTAMP)[\"']\s*:\s*\"?"
    r"(?P<seconds>\d{10})(?P<finer>\d{3,9})?(?P<fraction>\.\d+)?(?![\d-])"
)
# When a collector got the record, which tells nothing of when it was written.
_RECEIVED = regex(r"\"(?:receive|ingest|observed)\w*\"\s*:\s*\"[^\"]*\"")
_RULE = regex(r"-[AI] \S")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86400
_YEAR = 372 * _DAY
"""Of months of 31 days: times are compared alone."""
_NEAR = 256
"""A stamp stands no further from the line's beginning, or from what it stamps."""
_MOVING = frozenset("AIDRFE")
"""Commands whose order decides what a chain holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Lines in the order in which they were run; `turned`: that of the text is another.

    `tied` are groups of line numbers of which nothing tells the order.
    """

    lines: tuple[Line, ...]
    turned: bool = False
    tied: tuple[frozenset[int], ...] = ()


def by_time(lines: Sequence[Line]) -> Order:
    """The commands of a log in the order of their times, where it does not run forwards."""
    if not any(line.shift for line in lines):
        return Order(lines=tuple(lines))
    told = [_time(line) for line in lines]
    times = [time for time in told if time is not None]
    kinds = {kind for kind, _seconds in times}
    if len(times) < 2 or len(kinds) > 1 or not _runs_back([each[1] for each in times], *kinds):
        return Order(lines=tuple(lines))
    if len(times) < len(lines):
        return Order(lines=tuple(lines), tied=(frozenset(line.number for line in lines),))
    ordered = sorted(zip(told, _blamed(lines), strict=True), key=_seconds)
    groups = (list(group) for _when, group in groupby(ordered, key=_seconds))
    numbers = (frozenset(line.number for _t, line in group) for group in groups)
    tied = tuple(each for each in numbers if len(each) > 1)
    return Order(lines=tuple(line for _t, line in ordered), turned=True, tied=tied)


def save_by_time(section: Section) -> tuple[Section, list[Note]]:
    """The lines of a save that a log printed newest first, in the order of their times.

    What a rule does of which nothing tells the place is unknown.
    """
    order = by_time(section.lines)
    if not order.turned and not order.tied:
        return section, []
    unsure = frozenset(number for group in order.tied for number in group)
    lines = tuple(
        replace(line, cut=True) if line.number in unsure and _RULE.match(line.text) else line
        for line in order.lines
    )
    chains = sorted({line.text.split()[1] for line in lines if line.cut and " " in line.text})
    place = Place(file=section.file, line=section.lines[0].number)
    return replace(section, lines=lines), timed_notes(order, chains, place)


def in_one_run(told: Sequence[tuple[Section, str | None]]) -> list[tuple[Section, str | None]]:
    """The sections of a text; those that a log newest first parted are one again.

    In it a chain's policy stands below its rules, as one that begins another dump does.
    """
    found: list[tuple[Section, str | None]] = []
    for section, chain in told:
        above = found[-1][0] if found else None
        if above is not None and section.lines[0].shift and _goes_on(above, section):
            found[-1] = (replace(above, lines=(*above.lines, *section.lines)), found[-1][1])
        else:
            found.append((section, chain))
    return found


def _goes_on(above: Section, below: Section) -> bool:
    """Whether a section is the older part of one above it: a log runs back all through both."""
    if above.form != "save" or below.form != "save":
        return False
    lines = (*above.lines, *below.lines)
    if any(line.text.startswith(("*", "COMMIT", ":")) for line in lines):
        return False
    told = [_time(line) for line in lines]
    times = [time for time in told if time is not None]
    if len(times) < len(lines) or len({kind for kind, _seconds in times}) > 1:
        return False
    return all(later < earlier for (_, earlier), (_, later) in pairwise(times))


def _blamed(lines: Sequence[Line]) -> Iterator[Line]:
    """Newest first an error stands above its command, and was taken for that of the one before."""
    failed = ""
    for line in lines:
        yield replace(line, failed=failed)
        failed = line.failed


def _seconds(pair: tuple[tuple[str, Fraction] | None, Line]) -> Fraction:
    return pair[0][1] if pair[0] is not None else Fraction(0)


def _runs_back(times: Sequence[Fraction], kind: str) -> bool:
    """Whether a time is earlier than the one above it; a new year or a new day begins again."""
    round_ = {"year": 0, "month": _YEAR, "clock": _DAY}[kind]
    steps = [later - earlier for earlier, later in pairwise(times)]
    return any(step < 0 and not (round_ and step < -round_ / 2) for step in steps)


def _time(line: Line) -> tuple[str, Fraction] | None:
    """The kind of a line's stamp and its time in seconds; None where it has none."""
    start = max(line.shift, 0)
    end = start + len(line.text)
    behind = line.full[end:] if line.full[start:end] == line.text else ""
    pieces = (line.full[: min(start, _NEAR)], behind[:_NEAR], line.stamp)
    around = [_RECEIVED.sub("", piece) for piece in pieces]
    found = next((f for text in around if (f := _STAMP.search(text)) is not None), None)
    if found is None:
        return next((each for text in around if (each := _epoch(text)) is not None), None)
    hour = int(found["hour"]) % 12 + 12 * (found["half"] == "P") if found["half"] else found["hour"]
    clock = int(hour) * 3600 + int(found["minute"]) * 60
    seconds = clock + Fraction(found["second"].replace(",", "."))  # of nanoseconds, too
    if found["sign"]:
        away = int(found["away"]) * 3600 + int(found["off"]) * 60
        seconds -= away if found["sign"] == "+" else -away
    kind, days = _days(found)
    return kind, days * _DAY + seconds


def _epoch(text: str) -> tuple[str, Fraction] | None:
    found = _EPOCH.search(text)
    if found is None:
        return None
    finer, fraction = found["finer"], found["fraction"]
    return "year", int(found["seconds"]) + Fraction(f"0.{finer}" if finer else fraction or 0)


def _days(found: re.Match[str]) -> tuple[str, int]:
    if found["year"]:
        return "year", _ordinal(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["late"]:
        one, two = int(found["one"]), int(found["two"])
        # A day stands first before a point, and before a stroke where it can be no month.
        day, month = (one, two) if found["by"] == "." or one > 12 else (two, one)
        return "year", _ordinal(int(found["late"]), month, day)
    if found["klog"]:
        return "month", _ordinal(0, int(found["klog"][:2]), int(found["klog"][2:]))
    if found["name"] in _MONTHS:
        year = int(found["after"] or 0)
        month = _MONTHS.index(found["name"]) + 1
        return ("year" if year else "month"), _ordinal(year, month, int(found["date"]))
    return "clock", 0


def _ordinal(year: int, month: int, day: int) -> int:
    return (year * 12 + month) * 31 + day


def unordered(states: Iterable[TableState], tied: Sequence[frozenset[int]]) -> list[str]:
    """Makes chains unknown whose commands nothing puts in order; their names."""
    return sorted({name for state in states for group in tied for name in _obscured(state, group)})


def _obscured(state: TableState, group: frozenset[int]) -> Iterator[str]:
    own = [read for read, place in state.done if place.line in group and read.letter in _MOVING]
    named = Counter(read.operands[0] for read in own if read.operands)
    all_of_them = any(not read.operands for read in own)
    for name, count in named.items():
        if (count > 1 or all_of_them) and name in state.chains:
            obscure(state.chains[name], "", state.chains[name].place or state.place)
            state.chains[name].whole = False
            yield name


def timed_notes(order: Order, doubtful: Sequence[str], place: Place) -> list[Note]:
    """That the order of the text is not the one in which commands were run, or nobody knows it."""
    notes = [Note(code=codes.LOG_BACKWARDS, place=place)] if order.turned else []
    facts = (("chains", ", ".join(doubtful)),)
    return notes + (
        [Note(code=codes.LOG_ORDER_UNKNOWN, place=place, facts=facts)] if doubtful else []
    )
