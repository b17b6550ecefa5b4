"""What a proxy does with a connection it was handed: no rule says so, it is known of its versions.

Sources: istio/istio, pilot/pkg/networking/core (InboundPassthroughCluster: bind 127.0.0.6; from
1.10 on inbound clusters go to the pod's address, before to 127.0.0.1), original_src listener
filter with mark 1337 in mode TPROXY; istio/ztunnel, src/proxy (SO_MARK 1337, source kept).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.knowledge.recognition import recognised, version
from iptsim.mistakes.proxied import is_new
from iptsim.mistakes.rule_lines import Lines
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.sidecars.asked_request import Request
from iptsim.sidecars.hops import Cause
from iptsim.sidecars.landings import LO, OUTBOUND, TUNNEL, Landing
from iptsim.sidecars.pod_sides import Side

MARK = 1337
_ROOT, _USER = 0, 1337
_PASSTHROUGH = {4: 127 << 24 | 6, 6: 6}
_LOOPBACK = {4: 127 << 24 | 1, 6: 1}
_POD_SINCE = "1.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """The proxy of one pod."""

    request: Request
    side: Side

    def onward(self, sport: int, out: str, tunnel: bool) -> Packet:
        """From the client's proxy to the pod that answers."""
        request = self.request
        packet = request.packet(
            src=request.client, sport=sport, dst=request.server,
            dport=TUNNEL if tunnel else request.port, out=out,
        )  # fmt: skip
        return self._own(packet)

    def asking(self, sport: int, out: str) -> Packet:
        """From the agent's DNS proxy to the server that the application asked."""
        request = self.request
        packet = request.packet(
            src=request.client, sport=sport, dst=request.dst, dport=request.dport, out=out
        )
        return self._own(packet)

    def inward(self, arrived: Packet, sport: int, landed: Landing | None) -> tuple[Packet, Note]:
        """From the server's proxy to its application, and what is presumed of that."""
        request = self.request
        src, dst, kind = self._addresses(arrived, landed)
        packet = self._own(
            request.packet(src=src, sport=sport, dst=dst, dport=request.port, out=LO)
        )
        if kind == "tproxy":
            packet = packet.with_(mark=MARK)  # of the listener filter original_src
        facts = (("source", request.text(src)), ("to", f"{request.text(dst)}:{request.port}"))
        return packet, Note(code=f"{codes.PROXYS_DEEDS}.{kind}", facts=facts)

    def _addresses(self, arrived: Packet, landed: Landing | None) -> tuple[int, int, str]:
        """Source and destination towards the application, and which kind of proxy does so."""
        request, told = self.request, self.request.app_address
        dst, source = request.server if told is None else told, arrived.src or request.client
        if self.side.is_ambient:
            return source, dst, "kept"
        if landed is not None and landed.is_tproxy:
            return source, dst, "tproxy"
        if landed is not None and self.misled(landed) is not None:
            return request.server, dst, "misled"
        loop = _LOOPBACK[request.family]
        if told == loop or (told is None and self._speaks_to_loopback):
            return loop, loop, "loopback"
        return _PASSTHROUGH[request.family], dst, "passthrough"

    @property
    def _speaks_to_loopback(self) -> bool:
        """Whether the rules are of versions before 1.10."""
        found = next((one for one in recognised(self.side.ruleset) if one.name == "istio"), None)
        return (
            found is not None
            and bool(found.until)
            and not found.mixed
            and version(found.until) < version(_POD_SINCE)
        )

    def misled(self, landed: Landing) -> Cause | None:
        """Inbound connections at the outbound listener of a version that has one for each."""
        if landed.port != OUTBOUND or not is_new(Lines.of(self.side.ruleset)):
            return None
        return Cause(code=codes.INBOUND_AT_OUTBOUND, step=landed.step)

    @property
    def uid(self) -> int:
        """The proxy's user: root in ambient mode and in mode TPROXY, which needs its rights.

        Source: the injection template, runAsUser of istio-proxy; ztunnel's DaemonSet.
        """
        told = self.request.proxy[0]
        if told is not None:
            return told
        return _ROOT if self.side.is_ambient or self.side.is_tproxy else _USER

    def _own(self, packet: Packet) -> Packet:
        """A packet that the proxy sends."""
        mark = MARK if self.side.is_ambient else 0
        return packet.with_(uid=self.uid, gid=self.request.proxy[1], mark=mark)
