"""The hooks that a packet passes and the tables that are asked at each, in the kernel's order.

Source: `enum nf_ip_hook_priorities`, include/uapi/linux/netfilter_ipv4.h. Connection tracking
sits at -200, between raw (-300) and mangle (-150), at PREROUTING and OUTPUT.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TABLES_AT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "PREROUTING": ("raw", "mangle", "nat"),
        # nat (100) comes last at INPUT and POSTROUTING: it rewrites the source there.
        "INPUT": ("mangle", "filter", "security", "nat"),
        "FORWARD": ("mangle", "filter", "security"),
        # nat is at -100 here, before filter: it rewrites the destination.
        "OUTPUT": ("raw", "mangle", "nat", "filter", "security"),
        "POSTROUTING": ("mangle", "nat"),
    }
)
# iptables/nft.c, xtables_ipv4: the security chains of nf_tables have priority 150, not 50.
_NFT_INPUT = ("mangle", "filter", "nat", "security")


def tables_at(hook: str, *, nft: bool) -> tuple[str, ...]:
    """The tables asked at a hook; `nft`: of chains in nf_tables, not of the older kernel's own."""
    return _NFT_INPUT if nft and hook == "INPUT" else TABLES_AT[hook]


TRACKING_AFTER = "raw"
"""Connection tracking looks at the packet after this table at PREROUTING and OUTPUT."""
