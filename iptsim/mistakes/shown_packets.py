"""Packets that show a mistake, and what the tracer says of them."""

from __future__ import annotations

from typing import Any

from iptsim.dataclass import dataclass
from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import format_address, parse_address

TCP, UDP = 6, 17
SOMEBODY = 1000
"""A user who is not the proxy's."""
FAR = {4: "203.0.113.10", 6: "2001:db8::10"}
"""An address of somebody else (RFC 5737, RFC 3849)."""
PEER = {4: "192.0.2.1", 6: "2001:db8::1"}
PROXY_PORTS = frozenset({15001, 15006})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A packet, where it starts, and how it fares; `fate` is as `--fate` takes it."""

    packet: Packet
    hook: str
    outcome: Outcome

    @property
    def port(self) -> int | None:
        """The local port that a rule hands it to, by REDIRECT or TPROXY."""
        for rewrite in reversed(self.outcome.rewrites):
            if rewrite.field == "dport" and isinstance(rewrite.after, int):
                return rewrite.after
        return None

    @property
    def fate(self) -> str:
        """`REDIRECT:15001`, `DNAT:10.0.0.9:80`, `ACCEPT`, `DROP`."""
        step = self.outcome.decided_by
        to = {one.field: one.after for one in self.outcome.rewrites}
        if step is not None and step.target in ("REDIRECT", "TPROXY") and self.port is not None:
            return f"{step.target}:{self.port}"
        if "dst" in to:
            return f"DNAT:{to['dst']}" + (f":{to['dport']}" if "dport" in to else "")
        return self.outcome.verdict


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks one rule set; only firm answers count. Its packets come and go by `name`."""

    ruleset: Ruleset
    tracer: Tracer
    host: Host | None = None
    name: str = "eth0"
    own: str = ""

    @classmethod
    def of(cls, ruleset: Ruleset, host: Host | None = None) -> Asking:
        """Who asks that rule set, of a host of which something may be told."""
        told = () if host is None else host.addresses or ()
        mine = [one for one in told if one.interface != "lo" and one.network.width == ruleset.width]
        first = next((one for one in mine if one.interface == "eth0"), next(iter(mine), None))
        if first is None:
            return cls(ruleset, Tracer.of(ruleset), host)
        own = format_address(first.address, ruleset.width)
        return cls(ruleset, Tracer.of(ruleset), host, first.interface, own)

    def ask(self, packet: Packet, hook: str) -> Shown | None:
        """How a packet fares; None where that hangs on what the text does not tell."""
        if packet.family != self.ruleset.family:
            return None
        try:
            found = trace_grouped(self.tracer, packet, hook=hook, host=self.host).outcomes
        except UsageError:
            return None
        shown = [Shown(packet=packet, hook=hook, outcome=one) for one in found]
        fates = {(one.fate, one.outcome.destination) for one in shown}
        return shown[0] if shown and len(fates) == 1 else None

    def arrives(self, port: int, *, src: str = "", **more: Any) -> Shown | None:
        """A connection from outside to a port of this host, by its first interface."""
        packet = self.packet(dport=port, src=src or PEER[self.family], **more)
        if self.own and not packet.tells("dst"):
            packet = packet.with_(dst=parse_address(self.own)[0])
        return self.ask(packet, "PREROUTING")

    def leaves(self, port: int = 80, *, dst: str = "", **more: Any) -> Shown | None:
        """A connection of a program here to somebody else, by the first interface."""
        ids = {"uid": SOMEBODY, "gid": SOMEBODY, **more}
        return self.ask(self.packet(dport=port, dst=dst or FAR[self.family], **ids), "OUTPUT")

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.ruleset.family

    def packet(self, *, src: str = "", dst: str = "", **numbers: Any) -> Packet:
        """A TCP packet that opens a connection, unless `numbers` tell another protocol."""
        told: dict[str, Any] = {"proto": TCP, "sport": 40000, **numbers}
        for name, text in (("src", src), ("dst", dst)):
            if text:
                told[name] = parse_address(text)[0]
        told["in_" if not dst else "out"] = self.name
        return Packet(family=self.family).with_(**told)
