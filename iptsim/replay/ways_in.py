"""By which way packets come: what the link tells, whose addresses they have, what the user says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.host import Host
from iptsim.render.shared.replayed import Fared
from iptsim.replay.asking import Asking
from iptsim.replay.ip_headers import Seen
from iptsim.replay.links import Framed
from iptsim.replay.seen_connections import Opened

ARRIVES, SENT = "PREROUTING", "OUTPUT"


@dataclass(slots=True, eq=False, kw_only=True)
class Ways:
    """Where packets come in and go out.

    `in_` and `out` are the interfaces that the user named; `links` names interfaces by number.
    `guessed` counts first packets of which nothing told the direction, `tagged` those of a VLAN,
    `sent` those that this host sent.
    """

    host: Host
    in_: str | None = None
    out: str | None = None
    links: Mapping[int, str] = field(default_factory=dict)
    guessed: int = 0
    tagged: int = 0
    sent: int = 0

    def of_first(self, seen: Seen, framed: Framed) -> dict[str, Any]:
        """The hook and the interfaces of a packet that belongs to no connection yet."""
        if framed.looped or self._loops(seen, framed):
            self.sent += 1
            return {"hook": SENT, "out": "lo"}
        name = self.links.get(framed.index)
        if self._is_sent(seen, framed):
            self.sent += 1
            return {**_named("out", name or self.out), "hook": SENT}
        self.tagged += framed.tagged
        came = name or (None if framed.tagged else self.in_)
        goes = self.out if self.in_ and self.out else None
        return {**_named("in", came), **_named("out", goes), "hook": ARRIVES}

    def tells(self, seen: Seen) -> bool:
        """Whether the host's addresses are told, which say whose a packet is."""
        return self.host.tells_addresses(32 if seen.family == 4 else 128)

    def _ours(self, address: int, family: int) -> bool:
        own = self.host.local(32 if family == 4 else 128)
        return own is not None and address in own

    def _loops(self, seen: Seen, framed: Framed) -> bool:
        ours = self._ours(seen.src, seen.family) and self._ours(seen.dst, seen.family)
        return framed.leaves is None and ours

    def _is_sent(self, seen: Seen, framed: Framed) -> bool:
        if self.tells(seen):
            return framed.leaves is not False and self._ours(seen.src, seen.family)
        if framed.leaves is not None:
            return framed.leaves
        if self.in_ is None and self.out is None:
            self.guessed += 1
        return self.out is not None and self.in_ is None

    def names(self, framed: Framed, hook: str) -> dict[str, Any]:
        """The interface of a packet, for who reads of it."""
        if framed.looped:
            return {"out": "lo"}
        name = self.links.get(framed.index)
        if hook == SENT:
            return _named("out", name or self.out)
        return _named("in", name or (None if framed.tagged else self.in_))

    @staticmethod
    def hook_of_later(opened: Opened, *, back: bool) -> str:
        """Where a packet of a known connection comes to."""
        if opened.given.get("out") == "lo":
            return SENT
        if not back:
            return opened.way or ARRIVES
        return ARRIVES if opened.way == SENT or "forward" in opened.destinations else SENT

    def of_later(self, _seen: Seen, opened: Opened, *, back: bool) -> dict[str, Any]:
        """The hook and the interfaces of a packet of a known connection, as its first had them."""
        first: dict[str, Any] = {
            name: opened.given[name] for name in ("in", "out") if name in opened.given
        }
        hook = self.hook_of_later(opened, back=back)
        if not back or first.get("out") == "lo":
            return {**first, "hook": hook}
        other = {"in": first.get("out"), "out": first.get("in")}
        if hook == SENT or "forward" not in opened.destinations:
            del other["in" if hook == SENT else "out"]
        told: dict[str, Any] = {name: value for name, value in other.items() if value}
        return {**told, "hook": hook}

    def can_be_asked(self, opened: Opened, *, back: bool) -> bool:
        """Whether a packet of it can be asked by what it shows, without its connection.

        Not where the way back hangs on what routing made of the first.
        """
        if not back:
            return True
        ends = opened.destinations
        return ends in (frozenset({"local"}), frozenset({"out"})) and not (
            opened.way == SENT and ends == {"local"}
        )

    @staticmethod
    def known_to_be_ours(fared: Fared, opened: Opened, asking: Asking) -> Fared:
        """An answer to what this host sent is for it: that is not taken as given."""
        return asking.known_ours(fared) if opened.way == SENT else fared


def _named(key: str, name: str | None) -> dict[str, Any]:
    return {key: name} if name else {}
