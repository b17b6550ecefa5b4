"""DNPT: the destination's prefix becomes another one, without connection tracking.

Sources: iptables-extensions(8), DNPT; extensions/libip6t_DNPT.c;
net/ipv6/netfilter/ip6t_NPT.c.
"""

from __future__ import annotations

from iptsim.extensions.shared.npt import npt_extension

EXTENSIONS = (npt_extension("DNPT", "dst"),)
