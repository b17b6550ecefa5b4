"""Addresses that the host treats alike, whatever rules ask of them.

Between two tables an address is looked at by what kind it is, by whose it is and by its route.
Where none of these can change lies an interval; what one address of it showed holds for all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

from iptsim.address_types import BROADCASTS, MULTICAST
from iptsim.host import Host, loopback
from iptsim.values import IntSet, Network

_KINDS = {
    32: (
        MULTICAST[32],
        BROADCASTS,
        IntSet.between(*loopback(32)),
        IntSet.between(0xE0000000, 0xE00000FF),
        IntSet.single(0xE0000001),
    ),
    128: (
        MULTICAST[128],
        IntSet.between(0, 1),
        IntSet.single(0),
        IntSet.between(0xFE80 << 112, (0xFEC0 << 112) - 1),
        IntSet.single(0xFF02 << 112 | 1),
        *(
            IntSet.between(
                (0xFF00 | flags << 4 | scope) << 112, ((0xFF01 | flags << 4 | scope) << 112) - 1
            )
            for flags in range(16)
            for scope in range(16)
        ),
    ),
}
_SOLICITED = 0xFF02 << 112 | 1 << 32 | 0xFF << 24
_LOW = (1 << 64) - 1
_OF_LO = 1 << 57 | 0xFFFE << 24
"""The last 64 bits of an IPv6 address that is made of the MAC address of lo, zeros (`eui64`)."""


class AddressClasses:
    """The classes of the addresses of one width, by the host that meets them."""

    def __init__(self, host: Host, width: int) -> None:
        self._wide = width == 128
        ranges = chain(_of_kinds(width), _of_host(host, width))
        self._starts = sorted({end for low, high in ranges for end in (low, high + 1)})

    def __call__(self, address: int) -> int:
        """The class of an address."""
        found = bisect_right(self._starts, address)
        return -found if self._wide and address & _LOW == _OF_LO else found


def _of_kinds(width: int) -> Iterator[tuple[int, int]]:
    for kind in _KINDS[width]:
        yield from kind.ranges


def _of_host(host: Host, width: int) -> Iterator[tuple[int, int]]:
    for low, high, _entry in host.fib(width).segments:
        yield low, high
    for own in host.of(None, width):
        yield own.address, own.address
        yield from own.network.addresses.ranges
        last = own.network.addresses.ranges[-1][1]
        yield from ((one, one) for one in (last, own.broadcast) if one is not None)
        if width == 128:
            asked = _SOLICITED | own.address & 0xFFFFFF
            yield asked, asked
    for route in host.every_route(width):
        yield from _of_network(route.network)


def _of_network(network: Network) -> Iterator[tuple[int, int]]:
    yield from network.addresses.ranges
