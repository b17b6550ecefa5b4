"""The rules that bring a pod's DNS queries to Istio's agent, version by version.

Sources: tools/istio-iptables/pkg/cmd/run.go, pkg/capture/run.go: HandleDNSUDP, SetupDNSRedir,
addConntrackZoneDNSUDP, addDNSConntrackZones.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import CaptureSettings
from iptsim.mesh.istio_lines import NAT, RAW, Lines, append, of_owners
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.outbound_owners import left_alone

_AGENT, _ENVOY = "15053", "15013"
_QUERY, _ANSWER = "-p udp --dport 53", "-p udp --sport 53"


def dns_settings(settings: CaptureSettings, version: Version) -> Dns:
    """What becomes of DNS in that version."""
    is_on = settings.dns or (settings.dns_agent and version.has(Step.DNS_TRANSLATED))
    to_all = settings.all_dns and version.has(Step.DNS_ALL)
    if version.has(Step.DNS_CHAIN) and not to_all and not settings.dns_servers:
        is_on = False  # «no DNS servers provided. DNS capture disabled»
    return Dns(settings=settings, version=version, is_on=is_on, to_all=to_all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """DNS capture; `to_all` says whether queries to any server are captured."""

    settings: CaptureSettings
    version: Version
    is_on: bool
    to_all: bool

    def tcp_of_all(self) -> Lines:
        """1.8 turns TCP queries aside where all that is captured comes by."""
        if self.is_on and self.version.has(Step.DNS_TCP_OF_ALL):
            yield append(NAT, "ISTIO_REDIRECT", f"-p tcp --dport 53 {_redirected(_AGENT)}")

    def tcp_rules(self, family: int) -> Lines:
        """Queries by TCP; from 1.25 on those by UDP, too, in a chain that both have."""
        if not self.is_on or not self.version.has(Step.DNS_SERVERS):
            return
        if self.version.has(Step.DNS_CHAIN):
            yield from self._chain(family)
            return
        for server in self._servers(family):
            rule = f"-p tcp --dport 53{server('-d')} {_redirected(_AGENT)}"
            yield append(NAT, "ISTIO_OUTPUT", rule)

    def udp_rules(self, family: int) -> Lines:
        """Queries by UDP, up to 1.24."""
        if not self.is_on or self.version.has(Step.DNS_CHAIN):
            return
        if self.version.has(Step.DNS_OF_GROUP):
            yield from self._of_group()
        elif self.version.has(Step.DNS_TRANSLATED):
            yield from self._translated()
        elif self.version.has(Step.DNS_SERVERS):
            yield from self._redirects(family)

    def _of_group(self) -> Lines:
        for gid in self.settings.gids:
            if gid != "0":
                yield append(NAT, "OUTPUT", f"{_QUERY} -m owner --gid-owner {gid} -j RETURN")
        yield append(NAT, "OUTPUT", f"{_QUERY} {_redirected(_ENVOY)}")

    def _translated(self) -> Lines:
        agent = self.settings.dns_agent or self.version.has(Step.DNS_TCP_OF_ALL)
        port = _AGENT if agent else _ENVOY
        for owner in of_owners(self.settings.uids, self.settings.gids):
            yield append(NAT, "OUTPUT", f"{_QUERY} -m owner {owner} -j RETURN")
        yield append(NAT, "OUTPUT", f"{_QUERY} -j DNAT --to-destination 127.0.0.1:{port}")
        rule = f"-p udp --dport {port} -j SNAT --to-source 127.0.0.1"
        yield append(NAT, "POSTROUTING", rule)

    def _redirects(self, family: int) -> Lines:
        chain = "OUTPUT"
        if self.version.has(Step.DNS_IN_OUTPUT):
            chain = "ISTIO_OUTPUT"
            for table in (NAT, RAW):
                yield append(table, "OUTPUT", f"-p udp -j {chain}", traced="JumpOutbound")
        for owner in of_owners(self.settings.uids, self.settings.gids):
            yield append(NAT, chain, f"{_QUERY} -m owner {owner} -j RETURN")
        if self.version.has(Step.OWNER_GROUPS):
            for matches in left_alone(self.settings):
                yield append(NAT, chain, f"{_QUERY} {matches}-j RETURN")
        for server in self._servers(family):
            yield append(NAT, chain, f"{_QUERY}{server('-d')} {_redirected(_AGENT)}")
        asked = self.version.has(Step.DNS_ZONES_ASKED) and self.settings.dns_zones
        if asked or self.version.has(Step.DNS_ZONES):
            yield from self._zones(chain, "PREROUTING", family)

    def _zones(self, sent: str, come: str, family: int) -> Lines:
        """Tracked apart, for two connections may have the same addresses and ports."""
        for owner in of_owners(self.settings.uids, self.settings.gids):
            yield append(RAW, sent, f"{_QUERY} -m owner {owner} -j CT --zone 1")
            yield append(RAW, sent, f"-p udp --sport {_AGENT} -m owner {owner} -j CT --zone 2")
        way = "-s" if self.version.has(Step.DNS_SOURCE) else "-d"
        for server in self._servers(family):
            yield append(RAW, sent, f"{_QUERY}{server('-d')} -j CT --zone 2")
            yield append(RAW, come, f"{_ANSWER}{server(way)} -j CT --zone 1")

    def _chain(self, family: int) -> Lines:
        chain = "ISTIO_OUTPUT_DNS"
        servers = list(self._servers(family))
        yield append(RAW, "OUTPUT", f"-j {chain}")
        if servers:
            yield append(NAT, "ISTIO_OUTPUT", f"-j {chain}")
        for protocol in ("tcp", "udp"):
            for server in servers:
                rule = f"-p {protocol} --dport 53{server('-d')} {_redirected(_AGENT)}"
                yield append(NAT, chain, rule)
        if servers:
            yield append(RAW, "PREROUTING", "-j ISTIO_INBOUND")
        yield from self._zones(chain, "ISTIO_INBOUND", family)

    def _servers(self, family: int) -> Iterator[_Server]:
        """Each server whose queries are captured; one that is any."""
        if self.to_all:
            yield _Server(address="")
            return
        for text in self.settings.dns_servers:
            address = ip_address(text)
            if address.version == family:
                yield _Server(address=f"{address}/{address.max_prefixlen}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    address: str

    def __call__(self, way: str) -> str:
        return f" {way} {self.address}" if self.address else ""


def _redirected(port: str) -> str:
    return f"-j REDIRECT --to-ports {port}"
