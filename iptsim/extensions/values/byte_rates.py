"""Rates and bursts of bytes as hashlimit keeps and prints them: `512kb/s`, `1mb`.

Source: extensions/libxt_hashlimit.c (parse_bytes, parse_burst, bytes_to_cost, print_bytes).
"""

from __future__ import annotations

import re

from iptsim.dataclass import dataclass

_TOP = (1 << 32) - 1
_SHIFT = 4  # XT_HASHLIMIT_BYTE_SHIFT: the kernel counts in units of 16 bytes
_UNITS = (("m", 1 << 20), ("k", 1 << 10), ("", 1))


def _cost(size: int) -> int:
    # bytes_to_cost has the units in 32 bits, and loses what is above.
    return _TOP // ((size >> _SHIFT & _TOP) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRate:
    """`size` bytes a second, as the kernel rounds them."""

    size: int

    @classmethod
    def of(cls, size: int) -> ByteRate:
        """Any number of bytes; `ValueError` for more than the kernel can count."""
        cost = _cost(size)
        if cost == 0:
            raise ValueError("the rate is too high")
        return cls(size=(_TOP // cost - 1) << _SHIFT)

    def __str__(self) -> str:
        for unit, factor in _UNITS:
            whole = self.size & ~(factor - 1)
            if factor == 1 or (self.size >= factor and _cost(whole) == _cost(self.size)):
                return f"{self.size // factor}{unit}b/s"
        raise AssertionError("a byte is the last unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """So many packets, or bytes where the rate is of bytes."""

    amount: int
    bytes: bool = False

    def __str__(self) -> str:
        if not self.bytes:
            return str(self.amount)
        unit, factor = next((u, f) for u, f in _UNITS if self.amount >= f or f == 1)
        return f"{self.amount // factor}{unit}b"


def is_byte_rate(text: str) -> bool:
    """Whether iptables reads a rate as one of bytes: `10kb/s`, `10kb/second`, but not `10kb/min`.

    It looks for `b/s` alone (parse_bytes).
    """
    return "b/s" in text


def read_byte_rate(text: str) -> ByteRate:
    """`1000b/s`, `512kb/s`, `10mb/second`; `ValueError` for anything else.

    As in iptables any letter before `b/s` but k and m counts for none.
    """
    found = re.match(r"\s*(\d+)[^/]*b/s", text)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a rate of bytes")
    return ByteRate.of(int(found[1]) * dict(_UNITS)[_unit(text)])


def _unit(text: str) -> str:
    before = text[text.index("b/s") - 1]
    return before if before in "km" else ""


def read_burst(text: str) -> Burst:
    """`5`, `5000b`, `400kb`, `1mb`."""
    found = re.fullmatch(r"(\d+)(?:([km]?)b)?", text)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a burst")
    unit: str | None = found[2]
    return Burst(amount=int(found[1]) * dict(_UNITS)[unit or ""], bytes=unit is not None)


def burst_of(asked: Burst, rate: ByteRate) -> Burst:
    """The burst as the kernel keeps it: whole seconds' worth of the rate."""
    seconds = max(1, -(-asked.amount // max(1, rate.size)))
    return Burst(amount=seconds * max(1, rate.size), bytes=True)
