"""Statements that count or limit, of rules, of sets' elements and as objects of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError, unquoted
from iptsim.dialects.nft.literals import NoValueError, milliseconds
from iptsim.nftables.nft_statements import (
    ConnectionLimit,
    Counter,
    Last,
    Limit,
    Quota,
    Statement,
)

_UNITS = {
    "bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20, "gbytes": 1 << 30,
}  # fmt: skip
_PERIODS = frozenset({"second", "minute", "hour", "day", "week"})


def timespan(words: Cursor) -> int:
    """A time in milliseconds."""
    try:
        return milliseconds(unquoted(words.take()))
    except NoValueError:
        raise StrangeWordsError from None


def counter(words: Cursor) -> Counter:
    """Behind `counter`: its counts, if they are told."""
    packets = words.number() if words.accept("packets") else None
    return Counter(packets=packets, bytes=words.number() if words.accept("bytes") else None)


def limit(words: Cursor) -> Limit:
    """Behind `limit`: `rate over 10/second burst 5 packets`."""
    words.expect("rate")
    over = words.accept("over")
    words.accept("until")
    rate, unit, per = _rate(words)
    burst = None
    if words.accept("burst"):
        burst = words.number()
        if (size := _UNITS.get(words.peek())) is not None:
            words.take()
            burst *= size
        else:
            words.expect("packets")
    return Limit(rate=rate, per=per, burst=burst, over=over, unit=unit)


def _rate(words: Cursor) -> tuple[int, str, str]:
    """`3/minute`, `10 mbytes/second`, each perhaps with blanks around the stroke."""
    pieces = "".join(_rate_words(words)).split("/")
    count = pieces[0].rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = pieces[0][len(count) :]
    if len(pieces) != 2 or not count.isdigit() or len(count) > 20 or pieces[1] not in _PERIODS:
        raise StrangeWordsError
    if unit and unit not in _UNITS:
        raise StrangeWordsError
    return int(count) * _UNITS.get(unit, 1), "bytes" if unit else "packets", pieces[1]


def _rate_words(words: Cursor) -> list[str]:
    found = [words.take()]
    while "/" not in found[-1][:-1] and len(found) < 4:
        found.append(words.take())
    return found


def quota(words: Cursor) -> Quota:
    """Behind `quota`: `over 25 mbytes used 10 kbytes`."""
    over = words.accept("over")
    words.accept("until")
    size = _size(words)
    return Quota(bytes=size, over=over, used=_size(words) if words.accept("used") else 0)


def _size(words: Cursor) -> int:
    count = words.number()
    unit = _UNITS.get(words.take())
    if unit is None:
        raise StrangeWordsError
    return count * unit


def last(words: Cursor) -> Last:
    """Behind `last`: `used 1s200ms`, `used never`."""
    if not words.accept("used") or words.accept("never"):
        return Last()
    return Last(used=timespan(words))


def connection_limit(words: Cursor) -> ConnectionLimit:
    """Behind `ct count`: `over 20`."""
    over = words.accept("over")
    return ConnectionLimit(count=words.number(), over=over)


READERS: Mapping[str, Callable[[Cursor], Statement]] = {
    "counter": counter,
    "limit": limit,
    "quota": quota,
    "last": last,
}
"""What reads the rest of a statement that begins with that word."""


def statement(words: Cursor) -> Statement | None:
    """A stateful statement that is no reference to an object; None where none begins."""
    if words.accept("ct", "count"):
        return connection_limit(words)
    read = READERS.get(words.peek())
    if read is None:
        return None
    words.take()
    return read(words)


def told(words: Cursor) -> dict[str, Any]:
    """What stands behind the key of an element, by the names of its fields."""
    found: dict[str, Any] = {}
    statements: list[Statement] = []
    while True:
        if words.accept("timeout"):
            found["timeout"] = timespan(words)
        elif words.accept("expires"):
            found["expires"] = timespan(words)
        elif words.accept("comment"):
            found["comment"] = words.name()
        elif (each := statement(words)) is not None:
            statements.append(each)
        else:
            return {**found, "statements": tuple(statements)} if statements else found
