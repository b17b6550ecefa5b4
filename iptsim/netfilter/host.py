"""What is known of the host besides its rules: its addresses and routes (`ip -j addr|route`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from iptsim.errors import UsageError
from iptsim.values import IntSet, Network, parse_address, parse_network


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAddress:
    """An address of an interface, with its network; the first of an interface is its primary."""

    interface: str
    address: int
    network: Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route to `network` by `interface` (None: unreachable or blackhole)."""

    network: Network
    interface: str | None
    metric: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Addresses and routes; None where nobody told them."""

    addresses: tuple[InterfaceAddress, ...] | None = None
    routes: tuple[Route, ...] | None = None

    def local(self, width: int) -> IntSet | None:
        """The host's own addresses of `width` bits, loopback included; None when not told."""
        if self.addresses is None:
            return None
        own = [(a.address, a.address) for a in self.addresses if a.network.width == width]
        return IntSet.of((*own, loopback(width)))

    def primary(self, interface: str, width: int) -> int | None:
        """The first address of an interface, None when not told."""
        own = (a for a in self.addresses or () if a.network.width == width)
        return next((a.address for a in own if a.interface == interface), None)

    def route(self, address: int, width: int) -> Route | None:
        """The route to an address: longest prefix, then lowest metric; None when there is none."""
        fitting = [
            r for r in self.routes or () if r.network.width == width and address in r.network
        ]
        best = sorted(fitting, key=lambda r: (-r.network.mask.bit_count(), r.metric))
        return best[0] if best else None


def loopback(width: int) -> tuple[int, int]:
    """The first and the last loopback address: 127.0.0.0/8 or ::1."""
    return (127 << 24, (128 << 24) - 1) if width == 32 else (1, 1)


def read_host(addr_json: str | None = None, route_json: str | None = None) -> Host:
    """A host from the texts of `ip -j addr` and `ip -j route`; `UsageError` for anything else."""
    addresses = routes = None
    try:
        if addr_json is not None:
            addresses = tuple(_addresses(_entries(addr_json, "addr")))
        if route_json is not None:
            routes = tuple(_routes(_entries(route_json, "route")))
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"not what `ip -j` prints: {error}", code="IPT0140") from None
    return Host(addresses=addresses, routes=routes)


def _entries(text: str, what: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise UsageError(f"not the output of `ip -j {what}`: {error}", code="IPT0140") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"not the output of `ip -j {what}`: not a list", code="IPT0140")
    return entries


def _addresses(entries: Iterable[dict[str, Any]]) -> Iterator[InterfaceAddress]:
    for entry in entries:
        for info in entry.get("addr_info", ()):
            if "local" not in info:
                continue
            text, length = str(info["local"]), info.get("prefixlen", "")
            yield InterfaceAddress(
                interface=str(entry.get("ifname", "")),
                address=parse_address(text)[0],
                network=parse_network(f"{text}/{length}" if length != "" else text),
            )


def _routes(entries: Iterable[dict[str, Any]]) -> Iterator[Route]:
    for entry in entries:
        text = str(entry.get("dst", "default"))
        if text == "default":
            text = "::/0" if ":" in str(entry.get("gateway", "")) else "0.0.0.0/0"
        dead = entry.get("type") in ("unreachable", "blackhole", "prohibit")
        interface = None if dead else str(entry.get("dev", "")) or None
        yield Route(
            network=parse_network(text), interface=interface, metric=int(entry.get("metric", 0))
        )
