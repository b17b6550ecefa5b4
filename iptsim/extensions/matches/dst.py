"""dst: the options of an IPv6 destination options header.

Sources: iptables-extensions(8), dst; extensions/libip6t_dst.c; net/ipv6/netfilter/ip6t_hbh.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.shared.header_options import header_options
from iptsim.predicate import Fact

EXTENSIONS = (header_options("dst", "dst", Fact(key="", code=codes.DESTINATION_OPTIONS)),)
