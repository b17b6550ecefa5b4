"""IPv6 destinations of one link, which a program names beside the address: fe80::5%eth0.

Groups of a link may be named so too; what is sent to them without goes by the routes.
Source: include/net/ipv6.h, __ipv6_addr_needs_scope_id; net/ipv6/datagram.c, __ip6_datagram_connect.
"""

from __future__ import annotations

from iptsim.fib import DEAD_ENDS
from iptsim.worlds.world import Setting, World


def links_to(world: World, setting: Setting, value: int) -> tuple[str, ...]:
    """The links that a program of this host may have named with a link-local address; else none.

    None, too, where no route tells them.
    """
    if world.text("in") != "" or not setting.host.tells_routes(128):
        return ()
    near = (r for r in setting.host.every_route(128) if value in r.network)
    alive = (r for r in near if r.kind not in DEAD_ENDS and r.kind not in ("local", "anycast"))
    return tuple(dict.fromkeys(way.interface for route in alive for way in route.ways))
