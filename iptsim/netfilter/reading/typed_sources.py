"""Which sources come by which interface, as somebody types it: `eth0=10.0.0.0/8,192.0.2.1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.errors import wrong
from iptsim.host import Sources
from iptsim.question_sets import read_addresses
from iptsim.values import IntSet

_LONGEST = 15  # IFNAMSIZ without the closing zero (include/uapi/linux/if.h)


def read_sources(texts: Iterable[str]) -> tuple[Sources, ...]:
    """What comes by each interface; told twice for one of them it is the union.

    A set is read as `--src` takes it: prefixes, ranges, `!` before it for all others. Raises
    `UsageError` for anything else.
    """
    found: dict[tuple[str, int], IntSet] = {}
    for text in texts:
        interface, _, told = text.partition("=")
        if not 0 < len(interface) <= _LONGEST or any(c.isspace() or c in "/:" for c in interface):
            message = f"{text!r} is not an interface with its sources, such as eth0=10.0.0.0/8"
            raise wrong("--in", codes.NOT_AN_INTERFACE, message)
        width = 128 if ":" in told else 32
        key = (interface, width)
        found[key] = found.get(key, IntSet()) | read_addresses("in", told, width)
    return tuple(
        Sources(interface=interface, width=width, addresses=addresses)
        for (interface, width), addresses in found.items()
    )
