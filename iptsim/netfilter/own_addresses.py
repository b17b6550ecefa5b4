"""Which of its addresses the host takes: for REDIRECT, for MASQUERADE.

Every function returns the addresses that it may be: none where the kernel finds none (and drops
the packet), one where what is told decides, several where it does not. Precondition: the host's
addresses are told.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.host import Host, InterfaceAddress
from iptsim.values import Network, parse_network


def _unique(addresses: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(addresses))


def redirect4(host: Host, interface: str) -> tuple[int, ...]:
    """The first address of the incoming interface (nf_nat_redirect.c, nf_nat_redirect_ipv4)."""
    return _unique(a.address for a in host.of(interface, 32))[:1]


def redirect6(host: Host, interface: str, destination: int | None) -> tuple[int, ...]:
    """The first whose scope is the destination's (nf_nat_redirect.c, nf_nat_redirect_ipv6).

    A global destination takes any that is there, which is the widest: they are in that order.
    """
    usable = [a for a in host.of(interface, 128) if _ready(a) and not _mapped(a.address)]
    scopes = _SCOPES if destination is None else (_scope_bits(destination),)
    firsts = (_first(usable, scope) for scope in scopes)
    return _unique(address for address in firsts if address is not None)


def _first(usable: Iterable[InterfaceAddress], scope: int) -> int | None:
    fitting = (a.address for a in usable if not scope or scope & _scope_bits(a.address))
    return next(fitting, None)


def _ready(own: InterfaceAddress) -> bool:
    return not own.tentative or own.optimistic


def _mapped(address: int) -> bool:
    return address >> 32 == 0xFFFF


_LOOPBACK, _LINK_LOCAL, _SITE_LOCAL, _COMPATIBLE = 0x10, 0x20, 0x40, 0x80
_SCOPES = (0, _LOOPBACK, _LINK_LOCAL, _SITE_LOCAL, _COMPATIBLE)
_OF_GROUPS = {1: _LOOPBACK, 2: _LINK_LOCAL, 5: _SITE_LOCAL}


def _scope_bits(address: int) -> int:
    """`ipv6_addr_scope`: the bits of IPV6_ADDR_SCOPE_MASK (net/ipv6/addrconf_core.c)."""
    if address >> 120 == 0xFF:
        return _OF_GROUPS.get(address >> 112 & 0xF, 0)
    if address >> 118 == 0xFE80 >> 6:
        return _LINK_LOCAL
    if address >> 118 == 0xFEC0 >> 6:
        return _SITE_LOCAL
    if address >> 32 or not address:
        return 0
    return _LOOPBACK if address == 1 else _COMPATIBLE


def masquerade4(host: Host, interface: str, next_hop: int | None) -> tuple[int, ...]:
    """`inet_select_addr` with the universe as scope (net/ipv4/devinet.c).

    The primary address in whose network the next hop lies, else the interface's first; without
    any the first of another interface, which must not be of scope link.
    """
    own = [a for a in host.of(interface, 32) if _universal(a)]
    if own and next_hop is None:
        return _unique(a.address for a in own)
    if own:
        near = (a for a in own if next_hop in a.network)
        return (next(near, own[0]).address,)
    return _unique(a.address for a in host.of(None, 32) if _universal(a))[:1]


def _universal(own: InterfaceAddress) -> bool:
    return not own.secondary and own.scope in ("global", "0")


def masquerade6(host: Host, interface: str, destination: int | None) -> tuple[int, ...]:
    """`ipv6_dev_get_saddr`: RFC 6724, section 5 (net/ipv6/addrconf.c, ipv6_get_saddr_eval).

    A destination on the link or a group takes addresses of the interface only.
    """
    if destination is None:
        return _unique(a.address for a in host.of(None, 128) if _ready(a))
    near = destination >> 120 == 0xFF or _scope(destination) <= _LINK
    usable = [a for a in host.of(interface if near else None, 128) if _ready(a)]
    if not usable:
        return ()
    # Of equals the first, as `max` takes it. `use_tempaddr` says whether temporary ones are liked.
    return _unique(
        max(usable, key=lambda own: _score(own, interface, destination, liked=liked)).address
        for liked in (False, True)
    )


_LINK, _SITE, _GLOBAL = 2, 5, 14
_LABELS: tuple[tuple[Network, int], ...] = tuple(
    (parse_network(text), label)
    for text, label in (
        ("::1/128", 0), ("::/96", 3), ("::ffff:0:0/96", 4), ("2001:10::/28", 7),
        ("2001::/32", 6), ("2002::/16", 2), ("3ffe::/16", 12), ("fec0::/10", 11),
        ("fc00::/7", 5), ("::/0", 1),
    )
)  # fmt: skip
"""The kernel's policy table, the longest prefix first (net/ipv6/addrlabel.c)."""
_ORCHID = parse_network("2001:10::/28")


def _scope(address: int) -> int:
    """RFC 4007; the loopback address counts as of the link (ipv6_addr_src_scope)."""
    if address >> 120 == 0xFF:
        return address >> 112 & 0xF
    if address == 1 or address >> 118 == 0xFE80 >> 6:
        return _LINK
    return _SITE if address >> 118 == 0xFEC0 >> 6 else _GLOBAL


def _label(address: int) -> int:
    return next(label for network, label in _LABELS if address in network)


def _score(
    own: InterfaceAddress, interface: str, destination: int, *, liked: bool
) -> tuple[int, ...]:
    """The rules in order; of two addresses the kernel takes the one with the higher score."""
    source = own.address
    return (
        source == destination,
        _nearness(_scope(source), _scope(destination)),
        _preferred(own),
        own.interface == interface,
        _label(source) == _label(destination),
        own.temporary == liked,
        (source in _ORCHID) == (destination in _ORCHID),
        min(128 - (source ^ destination).bit_length(), own.network.mask.bit_count()),
        not own.optimistic,
    )


def _nearness(source: int, destination: int) -> int:
    """The smallest scope that is wide enough, else the widest (IPV6_SADDR_RULE_SCOPE)."""
    return -source if source >= destination else source - 128


def _preferred(own: InterfaceAddress) -> bool:
    """Deprecated and optimistic ones are avoided, but not special ones (ipv6_saddr_preferred)."""
    special = _mapped(own.address) or own.address >> 32 == 0
    return special or not (own.deprecated or own.optimistic)
