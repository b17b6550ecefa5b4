"""hbh: the options of an IPv6 hop-by-hop header.

Sources: iptables-extensions(8), hbh; extensions/libip6t_hbh.c; net/ipv6/netfilter/ip6t_hbh.c.
"""

from __future__ import annotations

from iptsim import codes
from iptsim.extensions.shared.header_options import header_options
from iptsim.predicate import Fact

EXTENSIONS = (header_options("hbh", "hop", Fact(key="", code=codes.HOP_BY_HOP_OPTIONS)),)
