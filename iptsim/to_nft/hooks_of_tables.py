"""Where the kernel's own tables of iptables hook, in nft's words."""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.model import Chain
from iptsim.nftables.nft_ruleset import NftHook

_PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}
_NAT = {
    "PREROUTING": (-100, "dstnat"), "OUTPUT": (-100, ""), "INPUT": (100, ""),
    "POSTROUTING": (100, "srcnat"),
}  # fmt: skip


def hook_of(table: str, chain: Chain) -> NftHook:
    """The hook of a built-in chain (include/uapi/linux/netfilter_ipv4.h, NF_IP_PRI_…)."""
    policy = (chain.policy or "ACCEPT").lower()
    told = NftHook(type="filter", hook=chain.name.lower(), priority=0, policy=policy)
    if table == "nat":
        priority, text = _NAT[chain.name]
        return replace(told, type="nat", priority=priority, priority_text=text)
    kind = "route" if (table, chain.name) == ("mangle", "OUTPUT") else "filter"
    priority = _PRIORITIES[table]
    return replace(told, type=kind, priority=priority, priority_text=table)
