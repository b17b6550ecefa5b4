"""How tables, chains and rules of nftables are called in the kernel's trace events."""

from __future__ import annotations

import json
from collections.abc import Collection

from iptsim.kernel.events.events import WATCH_TABLE, Native
from iptsim.kernel.events.netlink import Netfilter
from iptsim.kernel.host.namespaces import Namespace

_FAMILIES = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}  # NFPROTO_…
_IPTABLES = frozenset({"raw", "mangle", "nat", "filter", "security"})
Numbers = dict[tuple[str, str, int], int]


def native_names(
    host: Namespace, netfilter: Netfilter, restored: Collection[str]
) -> tuple[Numbers, Native]:
    """The numbers of all rules, and the names of tables and hooks.

    `restored` are the tables that iptables-restore made: those are called as iptables calls them.
    """
    listed = json.loads(host.run("nft", "-j", "list", "chains"))["nftables"]
    chains = [one["chain"] for one in listed if "chain" in one]
    labels = {
        (_FAMILIES[one["family"]], one["table"]): f"{one['family']} {one['table']}"
        for one in chains
        if not (one["table"] in {*restored} & _IPTABLES and one["family"] in ("ip", "ip6"))
        and one["table"] != WATCH_TABLE
    }
    hooks = {
        (f"{one['family']} {one['table']}", one["name"]): one["hook"].upper()
        for one in chains
        if "hook" in one
    }
    return _numbers(netfilter, labels), Native(labels=labels, hooks=hooks)


def _numbers(netfilter: Netfilter, labels: dict[tuple[int, str], str]) -> Numbers:
    found: Numbers = {}
    for family in _FAMILIES.values():
        for (table, chain, handle), number in netfilter.numbers_of(family).items():
            found[labels.get((family, table), table), chain, handle] = number
    return found


def without_watch(text: str) -> str:
    """A listing without the judge's own tables."""
    for family in ("inet", "netdev"):
        before, mine, rest = text.partition(f"table {family} {WATCH_TABLE} {{\n")
        if mine:
            _own, _end, after = rest.partition("\n}\n")
            text = before + after
    return text
