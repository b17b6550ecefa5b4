"""Packet rates as limit and hashlimit compute them: `10/sec`, `3/hour`.

Source: extensions/libxt_limit.c and libxt_hashlimit.c (parse_rate, print_rate). The kernel keeps
the ticks between two packets, a whole number, so 7000/sec is one tick, which is 10000/sec.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from iptsim.dataclass import dataclass

UNITS: Mapping[str, int] = MappingProxyType({"day": 86400, "hour": 3600, "min": 60, "sec": 1})
"""The units that iptables prints, longest first, to seconds."""

_SPELLED = {"second": "sec", "minute": "min", "hour": "hour", "day": "day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`count` packets for each `unit` (a key of `UNITS`)."""

    count: int
    unit: str

    @property
    def seconds(self) -> int:
        """The length of the unit."""
        return UNITS[self.unit]

    def ticks(self, scale: int) -> int:
        """The time between two packets, in ticks of which a second has `scale`."""
        return scale * self.seconds // self.count

    def __str__(self) -> str:
        return f"{self.count}/{self.unit}"


def read_rate(text: str, scale: int) -> Rate:
    """`10`, `10/s`, `10/second`; any beginning of a unit's name will do (strncasecmp).

    What stands between the number and the slash is not looked at (atoi): `10kb/min` is `10/min`.
    """
    found = re.fullmatch(r"\s*(\d+)(?:[^0-9/][^/]*)?(?:/([a-z]+))?", text.lower())
    if found is None:
        raise ValueError(f"{text!r} is not a rate")
    unit = (found[2] or "second").lower()
    names = [short for name, short in _SPELLED.items() if name.startswith(unit)]
    if not names or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a rate")
    rate = Rate(count=int(found[1]), unit=names[0])
    if rate.ticks(scale) == 0:
        raise ValueError(f"{text} is too fast")
    return rate


def printed(ticks: int, scale: int) -> Rate:
    """The rate that iptables prints for so many ticks between two packets (print_rate)."""
    chosen = "day"
    for unit, seconds in UNITS.items():
        whole = scale * seconds
        if ticks > whole or whole // ticks < whole % ticks:
            break
        chosen = unit
    return Rate(count=scale * UNITS[chosen] // ticks, unit=chosen)
