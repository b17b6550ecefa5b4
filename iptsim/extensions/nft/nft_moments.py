"""`meta time`, `meta day`, `meta hour`: when the packet comes (net/netfilter/nft_meta.c).

The kernel counts in UTC, days aside, for which it may have been told a zone; nft writes and reads
its numbers in the zone of who calls it. A text tells neither, so what is asked is decided where
somebody told the time, and any zone gives the same answer.
"""

from __future__ import annotations

from calendar import timegm
from datetime import UTC, datetime

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.nftables.expressions import Expression, Number, Range, Symbol
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate
from iptsim.regex import regex
from iptsim.values import IntSet

_DAY = 86400
_ZONES = range(-15 * 60, 15 * 60 + 1)  # settimeofday(2): up to 15 hours on either side of UTC
_CLOCK = regex(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_DATE = regex(r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What `meta KEY` holds: seconds since 1970, the day from Sunday on, or seconds of the day."""

    key: str
    now: int | None
    width: int = 32
    needs: Predicate = ALWAYS
    reads: tuple[str, ...] = ()

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        answers = set() if self.now is None else {held in values for held in self._held(self.now)}
        if len(answers) == 1:
            return ALWAYS if True in answers else NEVER
        return self.fact(self._told(values))

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        return self.fact(f"in {mask:#x}")

    def fact(self, text: str) -> Fact:
        """Whether it is as the text says: nobody knows."""
        told = f"meta {self.key} {text}"
        return Fact(key=told, code=codes.TIME, detail=told)

    def _held(self, now: int) -> set[int]:
        stamps = (now + 60 * zone for zone in _ZONES)
        if self.key == "time":
            return set(stamps)
        if self.key == "hour":
            return {stamp % _DAY for stamp in stamps}
        return {(stamp // _DAY + 4) % 7 for stamp in stamps}

    def _told(self, values: IntSet) -> str:
        ends = (dict.fromkeys(map(self._written, each)) for each in values.ranges[:8])
        return ",".join("-".join(each) for each in ends)

    def _written(self, number: int) -> str:
        if self.key == "hour":
            return f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
        if self.key == "day" or number >= 1 << 32:
            return str(number)
        return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def in_seconds(value: Expression) -> Expression:
    """A date or a time of day as a number, also at the ends of a range; else the value itself.

    A range that ends before it begins stays as it is: nft turns it around in the caller's zone.
    """
    if isinstance(value, Range):
        low, high = in_seconds(value.low), in_seconds(value.high)
        told = isinstance(low, Number) and isinstance(high, Number) and low.value <= high.value
        return Range(low=low, high=high) if told else value
    if not isinstance(value, Symbol):
        return value
    number = _clock(value.name) if _CLOCK.fullmatch(value.name) else _date(value.name)
    return value if number is None else Number(value=number)


def _clock(text: str) -> int | None:
    found = _CLOCK.fullmatch(text)
    assert found is not None
    hour, minute, second = (int(part or 0) for part in found.groups())
    return hour * 3600 + minute * 60 + second if hour < 24 and max(minute, second) < 60 else None


def _date(text: str) -> int | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    parts = [int(part or 0) for part in found.groups()]
    try:
        return timegm(datetime(*parts, tzinfo=UTC).timetuple())  # type: ignore[misc,arg-type]  # six
    except ValueError:
        return None
