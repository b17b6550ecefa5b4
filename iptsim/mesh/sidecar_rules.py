"""The rules that Istio's Go program writes for a sidecar, from 1.5 on.

Sources: tools/istio-iptables/pkg/cmd/run.go (1.5 to 1.11), pkg/capture/run.go (from 1.12). Up to
1.11 IPv6 has rules of its own, from 1.12 on both families have the same.
"""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import ALL, CaptureSettings, Words
from iptsim.mesh.dns_rules import Dns, dns_settings
from iptsim.mesh.istio_lines import MANGLE, NAT, Lines, append, insert, of_owners
from iptsim.mesh.istio_versions import Spans, Step, Version
from iptsim.mesh.outbound_owners import OwnerRules
from iptsim.mesh.ranges import of_family

_OUTBOUND_MARK = "1338"


def sidecar_rules(settings: CaptureSettings, version: Version, family: int) -> Lines:
    """What the program makes for that family: nothing of IPv6 for a pod without it."""
    if family == 6 and not settings.ipv6:
        return
    yield from _Sidecar(
        settings=settings, version=version, family=family, dns=dns_settings(settings, version)
    ).rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sidecar:
    settings: CaptureSettings
    version: Version
    family: int
    dns: Dns

    def has(self, step: Spans) -> bool:
        return self.version.has(step)

    @property
    def is_whole(self) -> bool:
        """Whether this family has all that IPv4 has."""
        return self.family == 4 or self.has(Step.BOTH_FAMILIES)

    @property
    def is_tproxy(self) -> bool:
        return self.settings.is_tproxy and self.is_whole

    @property
    def own(self) -> str:
        """The host's own addresses, which are never captured."""
        if self.family == 6:
            return "::1/128"
        return self.settings.loopback if self.has(Step.LOOPBACK_TOLD) else "127.0.0.1/32"

    @property
    def passthrough(self) -> str:
        """What the proxy sends from where it does not know the service."""
        return "127.0.0.6/32" if self.family == 4 else "::6/128"

    def rules(self) -> Lines:
        yield from self.excluded_interfaces()
        if self.has(Step.VIRTUAL_FIRST):
            yield from self.returned_interfaces()
        yield from self.dropped()
        yield from self.redirects()
        if self.settings.inbound_ports:
            yield from self.inbound()
        yield from self.outbound()
        if self.is_whole:
            yield from self.dns.udp_rules(self.family)
        if self.is_tproxy:
            yield from self.marks()

    def excluded_interfaces(self) -> Lines:
        names = self.settings.excluded_interfaces if self.has(Step.EXCLUDED_INTERFACES) else ()
        tables = (NAT, MANGLE) if self.settings.is_tproxy else (NAT,)
        for table in tables:
            for name in names:
                for chain, way in (("PREROUTING", "-i"), ("OUTPUT", "-o")):
                    rule = f"{way} {name} -j RETURN"
                    yield append(table, chain, rule, traced="ExcludeInterfaceCommand")

    def returned_interfaces(self) -> Lines:
        for name in self.settings.virtual_interfaces:
            rule = f"-i {name} -j RETURN"
            yield insert(NAT, "PREROUTING", 1, rule, traced="KubevirtCommand")

    def dropped(self) -> Lines:
        if not (self.settings.drops_invalid and self.has(Step.DROP_INVALID)):
            return
        into = "ISTIO_DROP" if self.has(Step.DROP_CHAIN) else "DROP"
        yield append(MANGLE, "PREROUTING", f"-m conntrack --ctstate INVALID -j {into}")
        if into == "ISTIO_DROP":
            yield append(MANGLE, into, "-j DROP")

    def redirects(self) -> Lines:
        told = self.settings
        if self.has(Step.TUNNEL):
            yield append(NAT, "ISTIO_INBOUND", f"-p tcp --dport {told.tunnel_port} -j RETURN")
        if self.family == 4:
            yield from self.dns.tcp_of_all()
        yield append(NAT, "ISTIO_REDIRECT", f"-p tcp -j REDIRECT --to-ports {told.proxy_port}")
        always = self.has(Step.ALWAYS_INBOUND_PORT) or told.inbound_ports == ALL
        inbound = told.inbound_port if always else told.proxy_port
        rule = f"-p tcp -j REDIRECT --to-ports {inbound}"
        yield append(NAT, "ISTIO_IN_REDIRECT", rule, traced="InboundCapture")

    def inbound(self) -> Lines:
        if self.is_tproxy:
            yield from self.diverted()
        table = MANGLE if self.is_tproxy else NAT
        yield append(table, "PREROUTING", "-p tcp -j ISTIO_INBOUND", traced="JumpInbound")
        if self.settings.inbound_ports != ALL:
            for port in self.settings.inbound_ports:
                yield from self.captured(f"-p tcp --dport {port}", traced="IncludeInboundPort")
            return
        ssh = ("22",) if self.has(Step.SSH) else ()
        for port in (*ssh, *self.settings.excluded_inbound_ports):
            rule = f"-p tcp --dport {port} -j RETURN"
            yield append(table, "ISTIO_INBOUND", rule, traced="ExcludeInboundPort")
        yield from self.captured("-p tcp")

    def captured(self, packets: str, *, traced: str = "") -> Lines:
        if not self.is_tproxy:
            rule = f"{packets} -j ISTIO_IN_REDIRECT"
            yield append(NAT, "ISTIO_INBOUND", rule, traced=traced)
            return
        known = "-m conntrack --ctstate RELATED,ESTABLISHED"
        twice = "--dport" in packets and not self.has(Step.ESTABLISHED)  # as the program has it
        match = known if self.has(Step.ESTABLISHED) else "-m socket"
        for _ in range(2 if twice else 1):
            rule = f"{packets} {match} -j ISTIO_DIVERT"
            yield append(MANGLE, "ISTIO_INBOUND", rule, traced=traced)
        yield append(MANGLE, "ISTIO_INBOUND", f"{packets} -j ISTIO_TPROXY", traced=traced)

    def diverted(self) -> Lines:
        told = self.settings
        port = told.inbound_port if self.has(Step.TPROXY_TO_INBOUND) else told.proxy_port
        yield append(MANGLE, "ISTIO_DIVERT", f"-j MARK --set-mark {told.mark}")
        yield append(MANGLE, "ISTIO_DIVERT", "-j ACCEPT")
        to = f"-j TPROXY --tproxy-mark {told.mark}/0xffffffff --on-port {port}"
        yield append(MANGLE, "ISTIO_TPROXY", f"! -d {self.own} -p tcp {to}")

    def outbound(self) -> Lines:
        protocol = "-p tcp " if self.has(Step.TCP_OUTPUT) else ""
        yield append(NAT, "OUTPUT", f"{protocol}-j ISTIO_OUTPUT", traced="JumpOutbound")
        for port in self.settings.excluded_outbound_ports:
            for each in ("tcp", "udp") if self.has(Step.UDP_EXCLUDED) else ("tcp",):
                yield append(NAT, "ISTIO_OUTPUT", f"-p {each} --dport {port} -j RETURN")
        yield append(NAT, "ISTIO_OUTPUT", f"-o lo -s {self.passthrough} -j RETURN")
        by_server = self.dns.is_on and self.is_whole and self.has(Step.DNS_SERVERS)
        yield from OwnerRules(
            settings=self.settings,
            version=self.version,
            own=self.own,
            captures_dns=by_server,
            is_whole=self.is_whole,
        ).rules()
        if self.is_whole:
            yield from self.dns.tcp_rules(self.family)
        yield append(NAT, "ISTIO_OUTPUT", f"-d {self.own} -j RETURN")
        yield from self.destinations()

    def destinations(self) -> Lines:
        told = self.settings
        for cidr in of_family(told.excluded_ranges, self.family):
            yield append(NAT, "ISTIO_OUTPUT", f"-d {cidr} -j RETURN")
        if not self.has(Step.VIRTUAL_FIRST) and self.family == 4:
            yield from self.returned_interfaces()
        fours, sixes = Step.INCLUDED_OUTBOUND_PORTS, Step.INCLUDED_OUTBOUND_PORTS_6
        ports = told.outbound_ports if self.has(fours if self.family == 4 else sixes) else ()
        for port in ports:
            yield append(NAT, "ISTIO_OUTPUT", f"-p tcp --dport {port} -j ISTIO_REDIRECT")
        if told.ranges == ALL:
            yield from self.all_destinations()
        else:
            yield from self.included(of_family(told.ranges, self.family))

    def all_destinations(self) -> Lines:
        yield append(NAT, "ISTIO_OUTPUT", "-j ISTIO_REDIRECT")
        if not self.is_whole:
            yield from self.returned_interfaces()
            return
        for name in self.settings.virtual_interfaces:
            rule = f"-i {name} -j ISTIO_REDIRECT"
            yield insert(NAT, "PREROUTING", 1, rule, traced="KubevirtCommand")

    def included(self, ranges: Words) -> Lines:
        for cidr in ranges:
            for name in self.settings.virtual_interfaces:
                rule = f"-i {name} -d {cidr} -j ISTIO_REDIRECT"
                yield insert(NAT, "PREROUTING", 1, rule, traced="KubevirtCommand")
            yield append(NAT, "ISTIO_OUTPUT", f"-d {cidr} -j ISTIO_REDIRECT")
        if ranges and self.has(Step.RETURN_BEHIND_RANGES):
            yield append(NAT, "ISTIO_OUTPUT", "-j RETURN")

    def marks(self) -> Lines:
        """What brings the answers of connections that kept their addresses back to the proxy."""
        mark = self.settings.mark
        if self.has(Step.MARKED_LOOPBACK):
            rule = "-p tcp -s 127.0.0.1/32 ! -d 127.0.0.1/32"
            yield append(MANGLE, "OUTPUT", f"{rule} -j MARK --set-mark {mark}")
        if not self.has(Step.SAVED_MARKS):
            return
        yield append(MANGLE, "PREROUTING", f"-p tcp -m mark --mark {mark} -j CONNMARK --save-mark")
        if self.has(Step.OUTBOUND_MARK):
            yield append(MANGLE, "OUTPUT", f"-p tcp -o lo -m mark --mark {mark} -j RETURN")
            for owner in of_owners(self.settings.uids, self.settings.gids):
                rule = f"! -d {self.own} -p tcp -o lo -m owner {owner}"
                yield append(MANGLE, "OUTPUT", f"{rule} -j MARK --set-mark {_OUTBOUND_MARK}")
        rule = f"-p tcp -m connmark --mark {mark} -j CONNMARK --restore-mark"
        yield append(MANGLE, "OUTPUT", rule)
        yield from self.not_again(mark)

    def not_again(self, mark: str) -> Lines:
        chain = "ISTIO_INBOUND"
        yield insert(MANGLE, chain, 1, f"-p tcp -m mark --mark {mark} -j RETURN")
        if self.has(Step.OUTBOUND_MARK):
            yield insert(MANGLE, chain, 2, f"-p tcp -s {self.passthrough} -i lo -j RETURN")
            rule = f"-p tcp -i lo -m mark ! --mark {_OUTBOUND_MARK} -j RETURN"
            yield insert(MANGLE, chain, 3, rule)
