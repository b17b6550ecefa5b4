"""Packets that a capture of all interfaces shows twice: as they arrive, and as they leave again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from iptsim.replay.ip_headers import TCP, UDP, Seen
from iptsim.replay.seen_connections import Opened

MOST = 4_096
_WITHIN = 1.0
"""Seconds between a packet's arrival and its leaving again."""
_KEPT = 32


class Copies:
    """The packets that arrived last, by what forwarding and translation leave as it is."""

    def __init__(self) -> None:
        self._last: OrderedDict[Hashable, tuple[float, int, Opened | None, bool]] = OrderedDict()

    def keep(self, seen: Seen, now: float, opened: Opened | None, *, back: bool) -> None:
        """A packet that arrived, with its connection."""
        if len(self._last) >= MOST:
            self._last.popitem(last=False)
        self._last[_kept(seen)] = (now, seen.ttl, opened, back)

    def arrived(self, seen: Seen, now: float) -> tuple[Opened | None, bool] | None:
        """The connection of the packet that arrived before and leaves now; None for another one."""
        found = self._last.get(_kept(seen))
        if found is None or now - found[0] > _WITHIN or seen.ttl >= found[1]:
            return None
        return found[2:]


def _kept(seen: Seen) -> Hashable:
    """The identification, the length, and the transport header but for ports and checksum."""
    data, at = seen.data, seen.at
    skipped = {TCP: 4, UDP: 8}.get(seen.proto, 0)
    kept = (
        data[at + 4 : at + 14] if seen.proto == TCP else data[at + skipped : at + skipped + _KEPT]
    )
    if seen.icmp_type is not None:
        kept = data[at : at + 2] + data[at + 6 : at + 8 + _KEPT]
    return (seen.family, seen.proto, seen.ident, seen.length, kept)
