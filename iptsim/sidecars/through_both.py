"""A request's way: from the client's application through both pods, until it ends.

What rules decide is traced; what a proxy does in between is no rule, and is presumed.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.sidecars.asked_request import Request
from iptsim.sidecars.called_by_name import dropped, past_client, past_server
from iptsim.sidecars.hops import CLIENT, SERVER, Answer, Cause, Ending, Hop, Party
from iptsim.sidecars.landings import (
    DNS,
    INBOUND,
    LO,
    OUTBOUND,
    STATUS,
    TUNNEL,
    Landing,
    ends_of,
    landing,
    original_of,
    way_of,
)
from iptsim.sidecars.passing_on import Passing
from iptsim.sidecars.pod_sides import LINK, Side
from iptsim.tracer import Outcome

FIRST_PORT = 40000
"""The port that the client's application calls from; each further connection has the next."""
_PROBE = {4: 0xA9FE077F, 6: 0xFD16_9254_7127_1337_FFFF_FFFF_FFFF_FFFF}
"""From where probes come in ambient mode (istio-cni, HOST_PROBE_SNAT_IP)."""


@dataclass(slots=True, kw_only=True)
class Way:
    """Takes one request through two pods; each step tells how the rest ends."""

    request: Request
    client: Side
    server: Side
    hops: list[Hop] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    through: dict[str, bool | None] = field(default_factory=dict)

    def answer(self) -> Answer:
        """The whole way."""
        request = self.request
        self.notes += request.presumed
        ending = self._probed() if request.probe else self._called()
        sides = (self.through.get(CLIENT), self.through.get(SERVER))
        return Answer(
            ending=ending,
            hops=tuple(self.hops),
            through=sides,
            proxies=(self._proxy(self.client), self._proxy(self.server)),
            assumed=tuple(dict.fromkeys(self.notes)),
            itself=request.itself,
            probe=request.probe,
        )

    # The client's pod.

    def _called(self) -> Ending:
        """The application calls."""
        request, side = self.request, self.client
        out = side.link_to(request.dst)
        packet = request.packet(
            src=request.client if out == LINK or request.dst == request.client else request.dst,
            sport=FIRST_PORT, dst=request.dst, dport=request.dport, uid=request.uid,
            gid=request.gid, out=out,
        )  # fmt: skip
        self._note(codes.USERS_PRESUMED, uid=request.uid, gid=request.gid)
        if side.dump is None:
            return self._untold_client(packet)
        found = self._ask(side, packet, "OUTPUT", Party.APPLICATION)
        if found.is_lost:
            return self._lost(found)
        if found.port is None:
            return self._past_client(found)
        return self._handed_out(found)

    def _untold_client(self, packet: Packet) -> Ending:
        self.through[CLIENT] = None
        self._untold(self.client, packet, "OUTPUT", Party.APPLICATION, Party.OTHER)
        return self._across(Party.OTHER, tunnel=False)

    def _handed_out(self, found: Landing) -> Ending:
        """A rule handed the application's connection to a local port."""
        if found.port == DNS:
            self._end_hop(Party.DNS, Cause(code=codes.DNS_CAPTURED, step=found.step))
            return self._asked_on(found)
        if found.port != OUTBOUND:
            return self._elsewhere(found)
        self.through[CLIENT] = True
        self._end_hop(self._proxy(self.client))
        return self._from_proxy()

    def _past_client(self, found: Landing) -> Ending:
        self.through[CLIENT] = False
        cause = past_client(self.client, found, self.request)
        if found.is_here:
            self._end_hop(Party.APPLICATION, cause)
            self.through[SERVER] = False
            return Ending.APPLICATION
        self._end_hop(Party.NETWORK, cause)
        if self.request.dst != self.request.server:
            self._note(f"{codes.NETWORK_PRESUMED}.service", to=self._to())
        return self._across(Party.APPLICATION, tunnel=False)

    def _from_proxy(self) -> Ending:
        """The client's proxy connects on to the pod that answers."""
        request, side = self.request, self.client
        ambient = side.is_ambient
        tunnel = ambient and self.server.dump is not None and self.server.is_ambient
        packet = self._passing(side).onward(self._sport(), side.link_to(request.server), tunnel)
        kind = "ztunnel" if ambient else "envoy"
        self._note(f"{codes.PROXYS_DEEDS}.{kind}", to=self._to(TUNNEL if tunnel else None))
        if tunnel:
            self._note(codes.TUNNEL_PRESUMED)
        found = self._ask(side, packet, "OUTPUT", self._proxy(side))
        if found.is_lost:
            return self._lost(found)
        if found.port == OUTBOUND and packet.out != LO:
            return self._loop(found, codes.OUTBOUND_LOOP)
        if self._passing(side).misled(found) is not None:
            return self._loop(found, codes.INBOUND_AT_OUTBOUND)
        return self._left(found, tunnel=tunnel)

    def _left(self, found: Landing, *, tunnel: bool) -> Ending:
        """Out to the network, or within the pod to its own inbound side."""
        if not found.is_here:
            self._end_hop(Party.NETWORK)
            return self._across(self._proxy(self.client), tunnel=tunnel)
        cause = Cause(code=codes.CALLS_ITSELF, step=found.step)
        if found.port in (INBOUND, OUTBOUND):  # old versions have one listener for both
            self._end_hop(self._proxy(self.server), cause)
            return self._to_application(self._proxy(self.server), landed=found)
        if found.port is not None:
            return self._elsewhere(found)
        if tunnel:
            self._end_hop(self._proxy(self.server), Cause(code=codes.BY_TUNNEL))
            return self._to_application(self._proxy(self.server))
        self.through[SERVER] = False
        form = f"{codes.CALLS_ITSELF}.past"
        self._end_hop(Party.APPLICATION, Cause(code=form, step=found.step))
        return Ending.APPLICATION

    def _asked_on(self, found: Landing) -> Ending:
        """The agent's DNS proxy asks the server that was meant, for names that it does not know."""
        request = self.request
        packet = self._passing(self.client).asking(self._sport(), self.client.link_to(request.dst))
        self.through[CLIENT] = True
        self._note(f"{codes.PROXYS_DEEDS}.dns", to=request.text(request.dst))
        found = self._ask(self.client, packet, "OUTPUT", Party.DNS)
        if found.is_lost:
            return self._lost(found)
        if found.port is not None:
            return self._loop(found, f"{codes.OUTBOUND_LOOP}.dns")
        self._end_hop(Party.NETWORK)
        return Ending.NETWORK

    # The server's pod.

    def _across(self, sender: Party, *, tunnel: bool) -> Ending:
        """Through the network to the server's pod."""
        request = self.request
        self._note(codes.NETWORK_PRESUMED)
        src, sport = self._source()
        packet = request.packet(
            src=src, sport=sport, dst=request.server,
            dport=TUNNEL if tunnel else request.port, in_=LINK,
        )  # fmt: skip
        return self._arrived(packet, Party.NETWORK if sender is not Party.KUBELET else sender)

    def _source(self) -> tuple[int, int | None]:
        """The source of what left the client's pod; that of the pod where nobody knows."""
        left = self.hops[-1].seen
        if self.request.itself:
            self._note(
                f"{codes.NETWORK_PRESUMED}.hairpin", address=self.request.text(self.request.node)
            )
            return self.request.node, self._sport()
        if left is None:
            return self.request.client, self._sport()
        src = left.src if isinstance(left.src, int) else self.request.client
        return src, left.sport if isinstance(left.sport, int) else None

    def _probed(self) -> Ending:
        """The kubelet asks."""
        request, side = self.request, self.server
        ambient = side.dump is not None and side.is_ambient
        src = _PROBE[request.family] if ambient else request.node
        form = "ambient" if ambient else "node"
        self._note(f"{codes.POD_ADDRESS_PRESUMED}.{form}", address=request.text(src))
        packet = request.packet(
            src=src, sport=FIRST_PORT, dst=request.server, dport=request.dport, in_=LINK
        )
        return self._arrived(packet, Party.KUBELET)

    def _arrived(self, packet: Packet, sender: Party) -> Ending:
        side = self.server
        if side.dump is None:
            self.through[SERVER] = None
            self._untold(side, packet, "PREROUTING", sender, Party.OTHER)
            return Ending.UNKNOWN
        found = self._ask(side, packet, "PREROUTING", sender)
        if found.is_lost or not found.is_here:
            return self._lost(found)
        if found.port in (INBOUND, OUTBOUND):
            return self._handed_in(found)
        return self._past_server(found) if found.port is None else self._elsewhere(found)

    def _handed_in(self, found: Landing) -> Ending:
        self.through[SERVER] = True
        proxy, cause = self._proxy(self.server), None
        if self.request.probe:
            cause = Cause(code=codes.PROBE_CAPTURED, step=found.step)
        elif found.port == OUTBOUND:
            cause = self._passing(self.server).misled(found)
        elif found.is_tproxy:
            cause = Cause(code=codes.SOURCE_KEPT, step=found.step)
        self._end_hop(proxy, cause)
        return self._to_application(proxy, landed=found)

    def _past_server(self, found: Landing) -> Ending:
        port = self.hops[-1].packet.dport or 0
        cause = past_server(self.server, found, port)
        if port == TUNNEL and self.server.is_ambient:
            self.through[SERVER] = True
            self._end_hop(Party.ZTUNNEL, Cause(code=codes.BY_TUNNEL, step=found.step))
            return self._to_application(Party.ZTUNNEL)
        if cause.code == codes.PROXYS_OWN_PORT:
            return self._proxy_answers(cause, port)
        self.through[SERVER] = False
        self._end_hop(Party.APPLICATION, cause)
        return Ending.APPLICATION

    def _proxy_answers(self, cause: Cause, port: int) -> Ending:
        """A program of the sidecar answers; to a probe the agent does when the application has."""
        self._end_hop(Party.AGENT if port == STATUS else Party.ENVOY, cause)
        if self.request.probe and port == STATUS and self.request.port != port:
            return self._to_application(Party.AGENT)
        return Ending.PROXY

    def _to_application(self, sender: Party, *, landed: Landing | None = None) -> Ending:
        """The server's proxy connects to its own application."""
        side, request = self.server, self.request
        self.through[SERVER] = True
        arrived = self.hops[-1].packet
        packet, note = self._passing(side).inward(arrived, self._sport(), landed)
        if sender is Party.AGENT:
            note = replace(note, code=f"{codes.PROXYS_DEEDS}.agent")
        self.notes.append(note)
        found = self._ask(side, packet, "OUTPUT", sender)
        if found.is_lost:
            return self._lost(found)
        if found.port is not None:
            misled = landed is not None and self._passing(side).misled(landed) is not None
            return self._loop(found, codes.INBOUND_LOOP + (".misled" if misled else ""))
        told = request.packet(uid=request.app[0], gid=request.app[1])
        answer = side.answer(found.outcome, told)
        if answer is not None and all(o.verdict != "ACCEPT" for o in answer.outcomes):
            return self._unanswered(answer.outcomes[0])
        self._end_hop(Party.APPLICATION)
        return Ending.APPLICATION

    def _unanswered(self, outcome: Outcome) -> Ending:
        cause = dropped(Landing(outcome=outcome, port=None, step=outcome.decided_by))
        told = Cause(code=codes.ANSWER_DROPPED, facts=cause.facts, step=cause.step)
        self._end_hop(Party.APPLICATION, told)
        return Ending.LOST

    # Hops.

    def _ask(self, side: Side, packet: Packet, hook: str, sender: Party) -> Landing:
        trace = side.ask(packet, hook)
        outcome = way_of(trace, packet)
        found = landing(outcome)
        hop = Hop(
            number=len(self.hops) + 1, side=side.name, hook=hook, sender=sender,
            receiver=Party.NOBODY, packet=packet, port=found.port, trace=trace, outcome=outcome,
            ruleset=side.ruleset,
            seen=None if found.is_lost else ends_of(outcome),
            original=original_of(outcome) if found.port is not None else None,
        )  # fmt: skip
        self.hops.append(hop)
        return found

    def _untold(
        self, side: Side, packet: Packet, hook: str, sender: Party, receiver: Party
    ) -> None:
        self.hops.append(
            Hop(
                number=len(self.hops) + 1, side=side.name, hook=hook, sender=sender,
                receiver=receiver, packet=packet,
            )
        )  # fmt: skip

    def _end_hop(self, receiver: Party, cause: Cause | None = None) -> None:
        self.hops[-1] = replace(self.hops[-1], receiver=receiver, cause=cause)

    def _lost(self, found: Landing) -> Ending:
        self._end_hop(Party.NOBODY, dropped(found))
        return Ending.LOST

    def _loop(self, found: Landing, code: str) -> Ending:
        facts = (("port", str(found.port)), ("uid", str(self.hops[-1].packet.uid)))
        party = self.hops[-1].sender
        self._end_hop(party, Cause(code=code, facts=facts, step=found.step))
        return Ending.LOOP

    def _elsewhere(self, found: Landing) -> Ending:
        facts = (("port", str(found.port)),)
        cause = Cause(code=codes.TO_OTHER_PORT, facts=facts, step=found.step)
        self._end_hop(Party.OTHER, cause)
        return Ending.UNKNOWN

    def _sport(self) -> int:
        return FIRST_PORT + len(self.hops)

    def _passing(self, side: Side) -> Passing:
        return Passing(request=self.request, side=side)

    def _proxy(self, side: Side) -> Party:
        ambient = side.dump is not None and side.is_ambient
        return Party.ZTUNNEL if ambient else Party.ENVOY

    def _to(self, port: int | None = None) -> str:
        request = self.request
        return f"{request.text(request.server)}:{port or request.port}"

    def _note(self, code: str, **facts: object) -> None:
        told = tuple((name, str(fact)) for name, fact in facts.items())
        self.notes.append(Note(code=code, facts=told))
