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
TRACKING_AFTER = "raw"
"""Connection tracking looks at the packet after this table at PREROUTING and OUTPUT."""
