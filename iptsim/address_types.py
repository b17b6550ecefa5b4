"""What kinds of addresses there are to a host, as sets: what addrtype asks, and routing too.

Sources: net/ipv4/fib_frontend.c (__inet_dev_addr_type), net/netfilter/xt_addrtype.c
(match_lookup_rt6), include/net/ip6_route.h (ipv6_anycast_destination).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.fib import DEAD_ENDS, Entry
from iptsim.host import Host
from iptsim.values import IntSet

MULTICAST = {
    32: IntSet.between(0xE0000000, 0xEFFFFFFF),
    128: IntSet.between(0xFF << 120, (1 << 128) - 1),
}
BROADCASTS = IntSet.of(((0, 0), (0xFFFFFFFF, 0xFFFFFFFF)))
"""0.0.0.0 and 255.255.255.255, of whatever host."""
NAMED4 = ("LOCAL", "BROADCAST", "MULTICAST", "ANYCAST")
"""The types besides UNICAST that an IPv4 address can have: addrtype never meets the others."""


def type4(host: Host, name: str, device: str | None = None) -> IntSet:
    """The IPv4 addresses of that type, by their route, of `device` alone if one is named.

    A dead end counts as UNICAST: its lookup is an error. Precondition: the host's addresses are
    told.
    """
    if name == "UNICAST":
        others = (type4(host, other, device) for other in NAMED4)
        return IntSet.width(32) - _union(others)
    if name not in NAMED4:
        return IntSet()
    kind, fixed = name.lower(), BROADCASTS | MULTICAST[32]
    fib = host.fib(32)
    routed = fib.of_kind(kind)
    if device is not None:
        routed = fib.where(lambda entry: entry[0].kind == kind and entry[0].interface == device)
    always = {"BROADCAST": BROADCASTS, "MULTICAST": MULTICAST[32]}.get(name, IntSet())
    return (routed - fixed) | always


def _union(sets: Iterator[IntSet]) -> IntSet:
    return IntSet.of(pair for held in sets for pair in held.ranges)


def type6(host: Host, name: str, device: str | None = None) -> IntSet | None:
    """The IPv6 addresses that are LOCAL, ANYCAST or UNREACHABLE; None where nobody tells.

    Those that are LOCAL to a `device` are its addresses, whatever the routes (ipv6_chk_addr).
    They are flags, so an address may be two of them. Precondition: the addresses are told.
    """
    if name == "LOCAL":
        return host.fib(128).of_kind("local") if device is None else host.own(128, device)
    # The lookup asks the rules of `ip rule`, too, as for a packet that no field of which tells.
    if device is not None or host.custom_rules(128):
        return None
    if name == "ANYCAST":
        return IntSet.of(_anycasts(host))
    return unroutable(host, 128) if host.tells_routes(128) else None


def _anycasts(host: Host) -> Iterator[tuple[int, int]]:
    """The first address of every network on a link, and what the kernel made anycast itself."""
    for low, high, entry in host.fib(128).segments:
        first = entry[0]
        if first.kind == "anycast" and first.made:
            yield low, high
        elif low == first.network.value and _on_link(entry) and first.kind not in DEAD_ENDS:
            yield low, low


def _on_link(entry: Entry) -> bool:
    route = entry[0]
    within = route.network.mask.bit_count() < 127
    return within and not any(way.gateway is not None for way in route.ways)


def unroutable(host: Host, width: int) -> IntSet:
    """The addresses with no route, or one that is a dead end. Precondition: the routes are told."""
    fib = host.fib(width)
    routed = IntSet.of((low, high) for low, high, _entry in fib.segments)
    return (IntSet.width(width) - routed) | fib.of_kind(*sorted(DEAD_ENDS))
