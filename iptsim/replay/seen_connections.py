"""What connection tracking would know of the packets that a capture showed so far.

Timeouts are the kernel's defaults (net/netfilter/nf_conntrack_proto_*.c).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.replay.ip_headers import ICMP, ICMP6, TCP, UDP, Seen, Tuple

MOST = 65_536
"""Connections that are kept; the one that was quiet for longest is forgotten for a new one."""
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_ESTABLISHED, _OPENING, _CLOSED, _ENDED = 432_000, 120, 10, 120
_UDP_ONE_WAY, _UDP_STREAM, _ICMP, _OTHER = 30, 120, 30, 600
_STREAM_AFTER = 2


@dataclass(slots=True, eq=False, kw_only=True)
class Opened:
    """A connection, or what is taken for one.

    `way` is the hook of its first packet, `given` what was asked of that. With `middle` the capture
    shows no packet that opened it, so that its state is not told; with `refused` the rules let none
    of its packets through, with `rejected` each was answered by REJECT. An
    `untracked` one is no connection to the kernel. `fared` keeps how later
    ones fared, by what tells them apart.
    """

    tuple_: Tuple
    way: Any
    given: dict[str, Any]
    began: float
    last: float
    middle: bool = False
    refused: bool = False
    rejected: bool = False
    untracked: bool = False
    translated: bool = False
    destinations: frozenset[str | None] = frozenset()
    replied: bool = False
    ending: int = 0
    told: list[Tuple] = field(default_factory=list)
    fared: dict[Any, Any] = field(default_factory=dict)

    def is_over(self, now: float) -> bool:
        """Whether tracking has forgotten it by then."""
        return now - self.last > self._patience()

    def _patience(self) -> float:
        proto = self.tuple_[1]
        if proto == TCP:
            if self.ending:
                return _CLOSED if self.ending & _RST else _ENDED
            return _ESTABLISHED if self.replied or self.middle else _OPENING
        if proto == UDP:
            stream = self.replied and self.last - self.began > _STREAM_AFTER
            return _UDP_STREAM if stream else _UDP_ONE_WAY
        return _ICMP if proto in (ICMP, ICMP6) else _OTHER

    def saw(self, seen: Seen, now: float, *, back: bool) -> None:
        """A packet of it, the other way with `back`."""
        self.last = max(self.last, now)
        self.replied |= back
        if seen.tcp_flags is not None:
            self.ending |= seen.tcp_flags & (_FIN | _RST)

    def opens_anew(self, seen: Seen) -> bool:
        """Whether a SYN after its end opens another one (nf_conntrack_proto_tcp.c, sNO → sSS)."""
        flags = seen.tcp_flags
        return (
            flags is not None
            and flags & (_SYN | _ACK) == _SYN
            and bool(self.ending or self.middle or self.refused)
        )


class Connections:
    """The connections of a capture by the tuples that their packets have, both ways."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_tuple: dict[Tuple, tuple[Opened, bool]] = {}
        self._quiet: OrderedDict[int, Opened] = OrderedDict()
        self.opened = 0
        self.forgotten = 0

    def find(self, tuple_: Tuple, now: float) -> tuple[Opened, bool] | None:
        """The connection of a tuple, and whether that is its answers'."""
        found = self._by_tuple.get(tuple_)
        if found is None:
            return None
        if found[0].is_over(now):
            self.drop(found[0])
            return None
        self._quiet.move_to_end(id(found[0]))
        return found

    def add(
        self, opened: Opened, tuples: Iterable[tuple[Tuple, bool]], *, is_one: bool = True
    ) -> None:
        """Keep a connection by those tuples; `True` is one of its answers."""
        if len(self._quiet) >= self._most:
            _number, oldest = self._quiet.popitem(last=False)
            self._take_off(oldest)
            self.forgotten += 1
        self.opened += is_one
        self._quiet[id(opened)] = opened
        for tuple_, back in tuples:
            self.tell(opened, tuple_, back=back)

    def tell(self, opened: Opened, tuple_: Tuple, *, back: bool) -> None:
        """Another tuple of it, unless another connection has it."""
        if tuple_ not in self._by_tuple:
            self._by_tuple[tuple_] = (opened, back)
            opened.told.append(tuple_)

    def drop(self, opened: Opened) -> None:
        """It is over."""
        self._quiet.pop(id(opened), None)
        self._take_off(opened)

    def _take_off(self, opened: Opened) -> None:
        for tuple_ in opened.told:
            del self._by_tuple[tuple_]
        opened.told.clear()
