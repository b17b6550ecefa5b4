"""Whether iptables-nft wrote a table, of which nft lists something else than it does.

Rules without extensions are native ones in every respect; those with some are put into words by
libxtables, now and then wrongly (`! --ctstate A,B` comes out as its opposite). Chains, hooks and
priorities tell, and that every rule counts.
Sources: iptables, iptables/nft.c (xtables_ipv4, nft_chain_builtin_add), libxt_*.c (`xlate`).
"""

from __future__ import annotations

from iptsim.model import BUILTIN_CHAINS
from iptsim.nftables.nft_ruleset import NftChain, NftTable
from iptsim.nftables.nft_statements import Counter, Xt

_FAMILIES = frozenset({"ip", "ip6", "arp", "bridge"})
_TYPES = {("nat", "PREROUTING"): "nat", ("mangle", "OUTPUT"): "route"}
_PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 150}
_BRIDGE = {"PREROUTING": -300, "OUTPUT": 100, "POSTROUTING": 300}
_NAT = {"PREROUTING": -100, "OUTPUT": -100, "INPUT": 100, "POSTROUTING": 100}
BY_WARNING, BY_EXTENSION, BY_CHAINS = "warning", "extension", "chains"


def sign_of(table: NftTable, *, managed: bool = False) -> str | None:
    """What shows that iptables-nft wrote the table: a warning of nft, an extension, its chains."""
    if managed:
        return BY_WARNING
    if table.family not in _FAMILIES:
        return None
    if any(isinstance(each, Xt) for c in table.chains for r in c.rules for each in r.statements):
        return BY_EXTENSION
    return BY_CHAINS if _is_xtables(table) else None


def _is_xtables(table: NftTable) -> bool:
    """Whether its base chains are those of the table of that name, and every rule counts."""
    hooked = [chain for chain in table.chains if chain.hook is not None]
    if not hooked or table.sets or table.objects or table.comment:
        return False
    if not all(_is_builtin(table.family, table.name, chain) for chain in hooked):
        return False
    return all(
        any(isinstance(each, Counter) for each in rule.statements)
        for chain in table.chains
        for rule in chain.rules
    )


def _is_builtin(family: str, table: str, chain: NftChain) -> bool:
    hook = chain.hook
    if hook is None or hook.hook != chain.name.lower():
        return False
    if family == "bridge":
        priority = -200 if table == "filter" else _BRIDGE.get(chain.name)
        return (hook.type, hook.priority) == ("filter", priority)
    if chain.name not in BUILTIN_CHAINS.get(table, ()):
        return False
    wanted = "nat" if table == "nat" else _TYPES.get((table, chain.name), "filter")
    priority = _NAT.get(chain.name) if table == "nat" else _PRIORITIES.get(table)
    return (hook.type, hook.priority) == (wanted, priority)
