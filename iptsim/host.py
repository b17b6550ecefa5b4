"""What is known of the host besides its rules: addresses, routes, and what else somebody told.

Values only; `iptsim.netfilter.host` reads them from the output of `ip -j`.
"""

from __future__ import annotations

from dataclasses import dataclass

from iptsim.values import IntSet, Network


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


def loopback(width: int) -> tuple[int, int]:
    """The first and the last loopback address: 127.0.0.0/8 or ::1."""
    return (127 << 24, (128 << 24) - 1) if width == 32 else (1, 1)


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


NOBODY = Host()
"""A host of which nothing is told."""
