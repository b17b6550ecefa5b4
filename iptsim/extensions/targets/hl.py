"""HL: set, raise or lower the hop limit.

Sources: iptables-extensions(8), HL; extensions/libip6t_HL.c; net/netfilter/xt_HL.c.
"""

from __future__ import annotations

from iptsim.extensions.shared.hop_counts import hops_extension

EXTENSIONS = (hops_extension("HL", "hl", family=6),)
