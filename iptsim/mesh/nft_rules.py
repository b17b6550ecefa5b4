"""The nftables rules that Istio writes itself for a sidecar (`nativeNftables`, from 1.27 on).

Source: tools/istio-nftables/pkg/capture/run.go. The tables are of family inet: those of both
families are in one script; without IPv6 the rules that name an IPv6 address are left out.
"""

from __future__ import annotations

from ipaddress import ip_address

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import ALL, CaptureSettings, Words
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.nft_lines import (
    DIVERT,
    DNS,
    DROP,
    IN_REDIRECT,
    INBOUND,
    MANGLE,
    NAT,
    OUTPUT,
    RAW,
    REDIRECT,
    TPROXY,
    NftLine,
    NftLines,
    add,
    insert,
    script,
)
from iptsim.mesh.ranges import hold_loopback, of_family

_TCP, _LO, _AGENT, _OUTBOUND_MARK = "meta l4proto tcp", "oifname lo", ":15053", "1338"


def nft_script(settings: CaptureSettings, version: Version) -> str:
    """The script that Istio's program hands to nft.

    A version before 1.27.4 or 1.28.1 may insert a rule where nft takes none: in mode TPROXY without
    inbound ports.
    """
    lines = _Native(settings=settings).rules()
    return script(
        lines,
        counters=version.has(Step.NFT_COUNTERS),
        late_inserts=version.has(Step.NFT_LATE_INSERTS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Native:
    settings: CaptureSettings

    @property
    def own(self) -> tuple[str, ...]:
        """The host's own addresses, by family: a match that they are the destination."""
        six = ("ip6 daddr {}::1/128",) if self.settings.ipv6 else ()
        return (f"ip daddr {{}}{self.settings.loopback}", *six)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        return tuple(each.format("!= ") for each in self.own)

    @property
    def passthrough(self) -> tuple[str, ...]:
        return ("ip saddr 127.0.0.6/32", *(("ip6 saddr ::6/128",) if self.settings.ipv6 else ()))

    @property
    def captures_dns(self) -> bool:
        told = self.settings
        return told.dns and (told.all_dns or bool(told.dns_servers))

    def rules(self) -> NftLines:
        yield from self.excluded_interfaces()
        told = self.settings
        for name in told.virtual_interfaces:
            yield insert(NAT, "prerouting", 0, f"iifname {name} counter return")
        if told.drops_invalid:
            yield add(MANGLE, "prerouting", f"{_TCP} ct state invalid counter jump {DROP}")
            yield add(MANGLE, DROP, "counter drop")
        yield add(NAT, INBOUND, f"{_TCP} tcp dport {told.tunnel_port} counter return")
        yield add(NAT, REDIRECT, f"{_TCP} counter redirect to :{told.proxy_port}")
        yield add(NAT, IN_REDIRECT, f"{_TCP} counter redirect to :{told.inbound_port}")
        if told.inbound_ports:
            yield from self.tproxied() if told.is_tproxy else self.inbound()
        yield from self.outbound()
        if told.is_tproxy:
            yield from self.marks()

    def excluded_interfaces(self) -> NftLines:
        for table in (NAT, MANGLE) if self.settings.is_tproxy else (NAT,):
            for name in self.settings.excluded_interfaces:
                yield add(table, "prerouting", f"iifname {name} counter return")
                yield add(table, "output", f"oifname {name} counter return")

    def inbound(self) -> NftLines:
        yield add(NAT, "prerouting", f"{_TCP} counter jump {INBOUND}")
        if self.settings.inbound_ports != ALL:
            for port in self.settings.inbound_ports:
                yield add(NAT, INBOUND, f"{_TCP} tcp dport {port} counter jump {IN_REDIRECT}")
            return
        yield from self.excluded_ports(NAT)
        yield add(NAT, INBOUND, f"{_TCP} counter jump {IN_REDIRECT}")

    def excluded_ports(self, table: str) -> NftLines:
        for port in self.settings.excluded_inbound_ports:
            yield add(table, INBOUND, f"{_TCP} tcp dport {port} counter return")

    def tproxied(self) -> NftLines:
        told = self.settings
        yield add(MANGLE, DIVERT, f"counter meta mark set {told.mark}")
        yield add(MANGLE, DIVERT, "counter accept")
        for match in self.elsewhere:
            family = match.split()[0]
            to = f"tproxy {family} to :{told.inbound_port} meta mark set {told.mark} counter accept"
            yield add(MANGLE, TPROXY, _TCP, match, to)
        yield add(MANGLE, "prerouting", f"{_TCP} counter jump {INBOUND}")
        known = "ct state related,established"
        if told.inbound_ports == ALL:
            yield from self.excluded_ports(MANGLE)
            yield add(MANGLE, INBOUND, f"{_TCP} {known} counter jump {DIVERT}")
            yield add(MANGLE, INBOUND, f"{_TCP} counter jump {TPROXY}")
            return
        for port in told.inbound_ports:
            yield add(MANGLE, INBOUND, f"{_TCP} {known} tcp dport {port} counter jump {DIVERT}")
            yield add(MANGLE, INBOUND, f"{_TCP} tcp dport {port} counter jump {TPROXY}")

    def outbound(self) -> NftLines:
        told = self.settings
        yield add(NAT, "output", f"counter jump {OUTPUT}")
        for port in told.excluded_outbound_ports:
            for protocol in ("tcp", "udp"):
                yield add(NAT, OUTPUT, f"{protocol} dport {port} counter return")
        for match in self.passthrough:
            yield add(NAT, OUTPUT, _LO, match, "counter return")
        for uid in told.uids:
            ports = f"{{ 53, {told.tunnel_port} }}" if self.captures_dns else told.tunnel_port
            yield from self.of_proxy("skuid", uid, ports)
        for gid in told.gids:
            yield from self.of_proxy("skgid", gid, told.tunnel_port)
        yield from self.owner_groups()
        if self.captures_dns:
            yield from self.dns()
        for match in self.own:
            yield add(NAT, OUTPUT, match.format(""), "counter return")
        yield from self.destinations()

    def of_proxy(self, kind: str, number: str, ports: str) -> NftLines:
        for match in self.elsewhere:
            words = f"{match} tcp dport != {ports} {kind} {number} counter jump {IN_REDIRECT}"
            yield add(NAT, OUTPUT, _LO, _TCP, words)
        if not hold_loopback(self.settings.ranges):
            dns = f"{_TCP} tcp dport != 53 " if self.captures_dns else ""
            yield add(NAT, OUTPUT, f"{_LO} {dns}{kind} != {number} counter return")
        yield add(NAT, OUTPUT, f"{kind} {number} counter return")

    def owner_groups(self) -> NftLines:
        told = self.settings
        if told.owner_groups == ALL:
            for group in told.excluded_owner_groups:
                yield add(NAT, OUTPUT, f"skgid {group} counter return")
            return
        none = " ".join(f"skgid != {group}" for group in told.owner_groups)
        yield add(NAT, OUTPUT, none, "counter return")

    def destinations(self) -> NftLines:
        told = self.settings
        for match in self.ranges(told.excluded_ranges):
            yield add(NAT, OUTPUT, match, "counter return")
        for port in told.outbound_ports:
            yield add(NAT, OUTPUT, f"tcp dport {port} counter jump {REDIRECT}")
        jump = f"counter jump {REDIRECT}"
        if told.ranges == ALL:
            yield add(NAT, OUTPUT, jump)
            for name in told.virtual_interfaces:
                yield insert(NAT, "prerouting", 0, f"iifname {name}", jump)
            return
        for match in self.ranges(told.ranges):
            for name in told.virtual_interfaces:
                yield insert(NAT, "prerouting", 0, f"iifname {name}", match, jump)
            yield add(NAT, OUTPUT, match, jump)

    def ranges(self, told: Words) -> Words:
        """The ranges as matches of the destination, those of IPv4 first."""
        if told == ALL:
            return ()
        four = tuple(f"ip daddr {each}" for each in of_family(told, 4))
        six = of_family(told, 6) if self.settings.ipv6 else ()
        return (*four, *(f"ip6 daddr {each}" for each in six))

    def servers(self, way: str) -> Words:
        """The servers whose queries are captured as matches; one that is any."""
        if self.settings.all_dns:
            return ("",)
        known = [(ip_address(text).version, text) for text in self.settings.dns_servers]
        four = [f"ip {way} {text}/32" for family, text in known if family == 4]
        six = [f"ip6 {way} {text}/128" for family, text in known if family == 6]
        return (*four, *(six if self.settings.ipv6 else ()))

    def dns(self) -> NftLines:
        every = self.settings.all_dns
        yield add(RAW, "output", f"counter jump {DNS}")
        yield add(NAT, OUTPUT, f"counter jump {DNS}")
        for protocol in ("tcp", "udp"):
            first = _TCP if every and protocol == "tcp" else ""
            for server in self.servers("daddr"):
                to = f"{protocol} dport 53 counter redirect to {_AGENT}"
                yield add(NAT, DNS, *filter(None, (first, server, to)))
        yield from self.zones()

    def zones(self) -> NftLines:
        """Tracked apart, for two connections may have the same addresses and ports."""
        told = self.settings
        owners = [
            *(("skuid", each) for each in told.uids),
            *(("skgid", each) for each in told.gids),
        ]
        for kind, number in owners:
            for port, zone in (("dport 53", 1), ("sport 15053", 2)):
                words = f"udp {port} meta {kind} {number} counter ct zone set {zone}"
                yield add(RAW, DNS, words)
        yield add(RAW, "prerouting", f"counter jump {INBOUND}")
        for out, back in zip(self.servers("daddr"), self.servers("saddr"), strict=True):
            yield add(RAW, DNS, *filter(None, ("udp dport 53", out, "counter ct zone set 2")))
            yield add(RAW, INBOUND, *filter(None, ("udp sport 53", back, "counter ct zone set 1")))

    def marks(self) -> NftLines:
        """What brings the answers of connections that kept their addresses back to the proxy."""
        mark = self.settings.mark
        yield add(MANGLE, "prerouting", f"{_TCP} mark {mark} counter ct mark set mark")
        yield add(MANGLE, "output", f"{_LO} {_TCP} mark {mark} counter return")
        for kind, numbers in (("skuid", self.settings.uids), ("skgid", self.settings.gids)):
            for number in numbers:
                for match in self.elsewhere:
                    words = f"{match} {kind} {number} counter meta mark set {_OUTBOUND_MARK}"
                    yield add(MANGLE, "output", _LO, _TCP, words)
        yield add(MANGLE, "output", f"{_TCP} ct mark {mark} counter meta mark set ct mark")
        yield from self.not_again(mark)

    def not_again(self, mark: str) -> NftLines:
        yield insert(MANGLE, INBOUND, 0, f"{_TCP} mark {mark} counter return")
        for match in self.passthrough:
            yield _first(1, f"{match} counter return")
        yield _first(2, f"mark != {_OUTBOUND_MARK} counter return")


def _first(at: int, words: str) -> NftLine:
    return insert(MANGLE, INBOUND, at, "iifname lo", _TCP, words)
