"""IPv6 destinations of one link, which a program names beside the address: fe80::5%eth0.

Source: include/net/ipv6.h, __ipv6_addr_needs_scope_id; net/ipv6/datagram.c, __ip6_datagram_connect.
"""

from __future__ import annotations

from functools import reduce

from iptsim.fib import DEAD_ENDS
from iptsim.tracer.host.routing import LINK_LOCAL
from iptsim.values import IntSet
from iptsim.worlds.world import Setting, World

_GROUPS = (
    IntSet.between((0xFF01 | flags << 4) << 112, ((0xFF03 | flags << 4) << 112) - 1)
    for flags in range(16)
)
OF_A_LINK = reduce(IntSet.__or__, _GROUPS, LINK_LOCAL)
"""Link-local addresses, and the groups of an interface (ff01::/16) and of a link (ff02::/16)."""


def links_to(value: int, world: World, setting: Setting) -> tuple[str, ...]:
    """The links that a program of this host may have named with such a destination; else none.

    None, too, where no route tells them.
    """
    sent = setting.width == 128 and world.text("in") == ""
    if not sent or value not in OF_A_LINK or not setting.host.tells_routes(128):
        return ()
    near = (r for r in setting.host.every_route(128) if value in r.network)
    alive = (r for r in near if r.kind not in DEAD_ENDS and r.kind not in ("local", "anycast"))
    return tuple(dict.fromkeys(way.interface for route in alive for way in route.ways))
