"""Matches whose answer no text tells (limit, statistic, quota …), as statements of nftables.

They hang on state that nft keeps in the same way, or on what the host alone knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from iptsim.extensions.values.packet_rates import Rate
from iptsim.model import Match as XtMatch
from iptsim.nftables.expressions import Ct, Fib, Meta, Number, Numgen, Range, Socket, Symbol
from iptsim.nftables.nft_statements import Limit, Match, Quota, Statement

_ALL = 1 << 31
_PER = {"sec": "second", "min": "minute", "hour": "hour", "day": "day"}
Told = tuple[Statement, ...] | None


def stateful(match: XtMatch) -> Told:
    """The statements; None where nft has none that does the same."""
    tell = _TELLS.get(match.name)
    return None if tell is None else tell(match)


def is_stateful(match: XtMatch) -> bool:
    """Whether a match is told here, and not by what it asks of a packet."""
    return match.name in _TELLS


def _limit(match: XtMatch) -> Told:
    rate = match.value("--limit", Rate)
    burst = match.value("--limit-burst", int)
    if rate is None:
        return None
    per = next((_PER[unit] for unit in _PER if rate.unit.startswith(unit)), None)
    return None if per is None else (Limit(rate=rate.count, per=per, burst=burst or 5),)


def _statistic(match: XtMatch) -> Told:
    """A probability is 31 bits of xtables; one part of few is said as such."""
    every = match.option("--every")
    if every is not None and isinstance(every.value, int):
        packet = match.value("--packet", int) or 0
        left = Numgen(mode="inc", modulus=every.value)
        return (_equal(left, packet, negate=every.negate),)
    asked = match.option("--probability")
    if asked is None or not isinstance(asked.value, int) or not 0 < asked.value < _ALL:
        return None
    parts = Fraction(asked.value, _ALL).limit_denominator(1000)
    if int(parts * _ALL + Fraction(1, 2)) != asked.value:
        parts = Fraction(asked.value, _ALL)
    left = Numgen(mode="random", modulus=parts.denominator)
    if parts.numerator == 1:
        return (_equal(left, 0, negate=asked.negate),)
    below = Number(value=parts.numerator)
    return (Match(left=left, operator=">=" if asked.negate else "<", right=below),)


def _equal(left: Numgen, value: int, *, negate: bool) -> Match:
    return Match(left=left, operator="!=" if negate else "==", right=Number(value=value))


def _quota(match: XtMatch) -> Told:
    asked = match.option("--quota")
    if asked is None or not isinstance(asked.value, int):
        return None
    return (Quota(bytes=asked.value, over=asked.negate),)


def _socket(match: XtMatch) -> Told:
    """Without --nowildcard a socket that listens on any address is none (xt_socket.c)."""
    if match.has("--restore-skmark"):
        return None
    transparent = [Match(left=Socket(key="transparent"), right=Number(value=1))]
    any_ = Range(low=Number(value=0), high=Number(value=1))
    found = transparent if match.has("--transparent") else []
    wild = Number(value=0) if not match.has("--nowildcard") else any_
    if not found or not match.has("--nowildcard"):
        found = [*found, Match(left=Socket(key="wildcard"), right=wild)]
    return tuple(found)


def _rpfilter(match: XtMatch) -> Told:
    if match.has("--accept-local"):
        return None
    flags = ["saddr"]
    flags += ["mark"] if match.has("--validmark") else []
    flags += [] if match.has("--loose") else ["iif"]
    lost = Number(value=0 if match.has("--invert") else 1)
    return (Match(left=Fib(flags=tuple(flags), result="check"), right=lost),)


def _helper(match: XtMatch) -> Told:
    asked = match.option("--helper")
    if asked is None or not isinstance(asked.value, str) or not asked.value:
        return None
    operator = "!=" if asked.negate else "=="
    return (Match(left=Ct(key="helper"), operator=operator, right=Symbol(name=asked.value)),)


def _cpu(match: XtMatch) -> Told:
    asked = match.option("--cpu")
    if asked is None or not isinstance(asked.value, int):
        return None
    operator = "!=" if asked.negate else "=="
    return (Match(left=Meta(key="cpu"), operator=operator, right=Number(value=asked.value)),)


_TELLS: Mapping[str, Callable[[XtMatch], Told]] = {
    "limit": _limit,
    "statistic": _statistic,
    "quota": _quota,
    "socket": _socket,
    "rpfilter": _rpfilter,
    "helper": _helper,
    "cpu": _cpu,
}
