"""TTL: set, raise or lower the time to live.

Sources: iptables-extensions(8), TTL; extensions/libipt_TTL.c; net/netfilter/xt_HL.c.
"""

from __future__ import annotations

from iptsim.extensions.shared.hop_counts import hops_extension

EXTENSIONS = (hops_extension("TTL", "ttl", family=4),)
