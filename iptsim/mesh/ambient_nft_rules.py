"""The nftables rules that istio-cni writes itself into a pod of the ambient mesh, from 1.28 on.

Source: cni/pkg/nftables/nftables.go and its golden files, 1.28.0 to 1.31.0-rc.0. The tables are of
family inet: rules that name an IPv6 address are there where IPv6 is (always in 1.28.0).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.mesh.capture_settings import AmbientSettings
from iptsim.mesh.istio_versions import Step, Version
from iptsim.mesh.nft_script_lines import (
    AMBIENT_MANGLE,
    AMBIENT_NAT,
    AMBIENT_RAW,
    COME,
    OUTPUT,
    NftLines,
    add,
    script,
)

_TCP, _FOREIGN, _ZTUNNEL = "meta l4proto tcp", "mark and 0xfff != 0x539", "0x539"


def ambient_nft_script(settings: AmbientSettings, version: Version) -> str:
    """The script that istio-cni hands to nft in the pod's network."""
    return script(_Ambient(settings=settings, version=version).rules(), with_led_to=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ambient:
    settings: AmbientSettings
    version: Version

    @property
    def families(self) -> tuple[tuple[str, str, str], ...]:
        """The word of each family, the probe's address, and the pod's own."""
        told = self.settings
        four = ("ip", told.probe, "127.0.0.1/32")
        both = told.ipv6 or self.version.has(Step.AMBIENT_NFT_BOTH)
        return (four, ("ip6", told.probe_6, "::1/128")) if both else (four,)

    def rules(self) -> NftLines:
        yield from self.jumps()
        for name in self.settings.virtual_interfaces:
            yield add(AMBIENT_NAT, COME, f"iifname {name} {_TCP} counter redirect to :15001")
            yield add(AMBIENT_NAT, COME, f"iifname {name} {_TCP} counter return")
        yield from self.marks()
        if not self.settings.ingress:
            yield from self.probes(COME, "saddr")
        yield from self.probes(OUTPUT, "daddr")
        if not self.settings.ingress:
            yield from self.inbound()
        if self.settings.dns:
            yield from self.dns()
        yield from self.outbound()

    def jumps(self) -> NftLines:
        yield add(AMBIENT_NAT, "output", f"jump {OUTPUT}")
        yield add(AMBIENT_NAT, "prerouting", f"jump {COME}")
        tables = (AMBIENT_MANGLE, AMBIENT_RAW) if self.settings.dns else (AMBIENT_MANGLE,)
        for table in tables:
            yield add(table, "prerouting", f"jump {COME}")
            yield add(table, "output", f"jump {OUTPUT}")

    def marks(self) -> NftLines:
        if not self.settings.ingress or self.version.has(Step.AMBIENT_INGRESS_SAVES):
            saved = "counter ct mark set ct mark & 0xfffff000 |  0x111"
            yield add(AMBIENT_MANGLE, COME, f"meta mark & 0xfff == {_ZTUNNEL} {saved}")
        restored = "ct mark and 0xfff == 0x111 counter meta mark set ct mark"
        yield add(AMBIENT_MANGLE, OUTPUT, restored)

    def probes(self, chain: str, side: str) -> NftLines:
        for word, probe, _ in self.families:
            yield add(AMBIENT_NAT, chain, f"{_TCP} {word} {side} {probe} counter accept")

    def inbound(self) -> NftLines:
        for own in self.elsewhere():
            # In the rule of IPv4 Istio has two blanks.
            mask = _FOREIGN if own.startswith("ip6") else _FOREIGN.replace(" !=", "  !=")
            yield add(
                AMBIENT_NAT, COME, f"{own} tcp dport != 15008 {mask} counter redirect to :15006"
            )

    def dns(self) -> NftLines:
        to = "counter redirect to :15053"
        yield add(AMBIENT_NAT, OUTPUT, f"oifname != lo {_FOREIGN} udp dport 53 {to}")
        for own in self.elsewhere():
            yield add(AMBIENT_NAT, OUTPUT, f"{own} tcp dport 53 {_FOREIGN} {to}")
        zone = "counter ct zone set 1"
        yield add(AMBIENT_RAW, OUTPUT, f"udp dport 53 meta mark and 0xfff == {_ZTUNNEL} {zone}")
        yield add(AMBIENT_RAW, COME, f"udp sport 53 meta {_FOREIGN} {zone}")

    def outbound(self) -> NftLines:
        yield add(AMBIENT_NAT, OUTPUT, f"{_TCP} mark and 0xfff == 0x111 counter accept")
        for own in self.elsewhere():
            yield add(AMBIENT_NAT, OUTPUT, f"oifname lo {own} counter accept")
        for own in self.elsewhere():
            yield add(AMBIENT_NAT, OUTPUT, f"{_TCP} {own} {_FOREIGN} counter redirect to :15001")

    def elsewhere(self) -> Iterator[str]:
        return (f"{word} daddr != {own}" for word, _, own in self.families)
