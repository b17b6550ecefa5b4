"""The pod at one end of a request: its rules, and how they fare with its packets."""

from __future__ import annotations

from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass, field
from iptsim.host import Host, InterfaceAddress
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.sidecars.landings import LO
from iptsim.tracer import Outcome, Trace, Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import Network

LINK = "eth0"
_LOOPBACK = {32: (127 << 24 | 1, 0xFF << 24), 128: (1, (1 << 128) - 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One pod: `name` is client or server, `dump` its rules (None: nobody told them).

    `address` is the pod's; it has no other besides loopback's.
    """

    name: str
    dump: Dump | None
    address: int
    width: int
    _tracers: dict[int, Tracer] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ruleset(self) -> Ruleset:
        """Its rules of the request's family; a precondition is that they are told."""
        assert self.dump is not None
        if not any(each.tables for each in self.dump.rulesets):
            return self.dump.rulesets[0]
        return ruleset_of(self.dump, 4 if self.width == 32 else 6)

    @property
    def tracer(self) -> Tracer:
        """What traces packets through its rules."""
        if 0 not in self._tracers:
            self._tracers[0] = Tracer.of(self.ruleset)
        return self._tracers[0]

    @property
    def is_ambient(self) -> bool:
        """Whether its rules lead to ztunnel, not to a sidecar."""
        return self._has("ISTIO_PRERT")

    @property
    def is_tproxy(self) -> bool:
        """Whether its sidecar gets packets as they are (mode TPROXY)."""
        return self._has("ISTIO_TPROXY")

    @property
    def is_meshed(self) -> bool:
        """Whether it has rules of Istio at all."""
        return self.is_ambient or self._has("ISTIO_OUTPUT") or self._has("ISTIO_INBOUND")

    def _has(self, name: str) -> bool:
        return any(table.chain(name) is not None for table in self.ruleset.tables)

    def ask(self, packet: Packet, hook: str) -> Trace:
        """The packet's way through its rules."""
        return trace_grouped(self.tracer, packet, hook=hook, host=self.host)

    def answer(self, outcome: Outcome, told: Packet) -> Trace | None:
        """The answer's way; None where none comes."""
        return self.tracer.follow(outcome, "reply", told=told)

    @property
    def host(self) -> Host:
        """The addresses of the pod, one on each of its interfaces."""
        loop, mask = _LOOPBACK[self.width]
        return Host(
            addresses=(
                _address(LO, loop, mask, self.width, scope="host"),
                _address(LINK, self.address, (1 << self.width) - 1, self.width),
            )
        )

    def link_to(self, address: int) -> str:
        """The interface by which an address is reached."""
        loop, mask = _LOOPBACK[self.width]
        own = address == self.address or address & mask == loop & mask
        return LO if own else LINK


def _address(
    interface: str, address: int, mask: int, width: int, *, scope: str = "global"
) -> InterfaceAddress:
    network = Network(value=address & mask, mask=mask, width=width)
    return InterfaceAddress(interface=interface, address=address, network=network, scope=scope)
