"""The hooks that a packet passes and the tables that are asked at each, in the kernel's order.

Source: `enum nf_ip_hook_priorities`, include/uapi/linux/netfilter_ipv4.h. Connection tracking
sits at -200, between raw (-300) and mangle (-150), at PREROUTING and OUTPUT.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from types import MappingProxyType

from iptsim.actions import Side
from iptsim.dataclass import dataclass
from iptsim.model import Chain, Ruleset, Table
from iptsim.packet import DEVICE_HOOKS

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
    return _NFT_INPUT if nft and hook == "INPUT" else TABLES_AT.get(hook, ())


TRACKING_AFTER = "raw"
"""Connection tracking looks at the packet after this table at PREROUTING and OUTPUT."""
TRACKING = -200
TRACKS_AT = frozenset({"PREROUTING", "OUTPUT"})
NAT = "nat"
PRIORITIES: Mapping[str, int] = MappingProxyType(
    {"raw": -300, "mangle": -150, "filter": 0, "security": 50}
)
# nf_nat_proto.c, nf_nat_ipv4_ops: all chains of type nat are asked there, whatever their priority.
NAT_AT: Mapping[str, int] = MappingProxyType(
    {"PREROUTING": -100, "OUTPUT": -100, "INPUT": 100, "POSTROUTING": 100}
)
SIDE_AT: Mapping[str, Side] = MappingProxyType(
    {
        "PREROUTING": Side.DESTINATION,
        "OUTPUT": Side.DESTINATION,
        "INPUT": Side.SOURCE,
        "POSTROUTING": Side.SOURCE,
    }
)
"""The half of the addresses that nat rewrites at a hook (nf_nat_core.c, HOOK2MANIP)."""
_NFT_SECURITY = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A chain to which packets come from a hook; `chain` is None where the table lacks it.

    `priority` of a chain of type nat tells its place among those alone. `routes` is whether what it
    changes at OUTPUT is routed again.
    """

    table: Table
    chain: Chain | None
    priority: int
    routes: bool = False

    @property
    def devices(self) -> tuple[str, ...] | None:
        """The devices of which packets come to it; None: of every one."""
        base = None if self.chain is None else self.chain.base
        at_device = base is not None and base.hook.upper() in DEVICE_HOOKS
        return base.devices if base is not None and at_device else None

    @property
    def name(self) -> str:
        """The table's and the chain's name."""
        return self.table.name if self.chain is None else f"{self.table.name} {self.chain.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What is asked at one priority of a hook: `kind` is chains, nat or tracking.

    Chains of one priority run in an order that a text may not tell; those of nat stand in the order
    of their priorities.
    """

    kind: str
    priority: int
    entries: tuple[Entry, ...] = ()


def stops(ruleset: Ruleset, hook: str, *, nft: bool) -> tuple[Stop, ...]:
    """What a packet meets at a hook, in the kernel's order; `nft` see `tables_at`."""
    plain = list(_of_iptables(ruleset, hook, nft=nft))
    for table in ruleset.tables:
        plain += _of_nft(table, hook)
    nat = [entry for entry in plain if _is_nat(entry)]
    found = [
        Stop(kind="chains", priority=priority, entries=tuple(same))
        for priority, same in groupby(
            sorted((e for e in plain if not _is_nat(e)), key=_priority), key=_priority
        )
    ]
    # Where one of them is, nat looks at each of its hooks, be there a chain or not: then it settles
    # that side of the connection (nf_nat_core.c, nf_nat_register_fn, nf_nat_inet_fn).
    if nat or (hook in NAT_AT and translates(ruleset)):
        entries = tuple(sorted(nat, key=_priority))
        found.append(Stop(kind=NAT, priority=NAT_AT[hook], entries=entries))
    if hook in TRACKS_AT:
        found.append(Stop(kind="tracking", priority=TRACKING))
    return tuple(sorted(found, key=lambda stop: (stop.priority, stop.kind != "chains")))


def _priority(entry: Entry) -> int:
    return entry.priority


def _is_nat(entry: Entry) -> bool:
    base = None if entry.chain is None else entry.chain.base
    return entry.table.name == NAT if base is None else base.type == NAT


def _of_iptables(ruleset: Ruleset, hook: str, *, nft: bool) -> Iterator[Entry]:
    for name in tables_at(hook, nft=nft):
        table = ruleset.table(name)
        if table is not None:
            late = name == "security" and nft and hook == "INPUT"
            priority = _NFT_SECURITY if late else PRIORITIES.get(name, NAT_AT.get(hook, 0))
            chain, routes = table.chain(hook), name == "mangle"
            yield Entry(table=table, chain=chain, priority=priority, routes=routes)


def _of_nft(table: Table, hook: str) -> Iterator[Entry]:
    if table.nft_table is None or "dormant" in table.nft_table.flags:
        return
    for chain in table.at(hook):
        if chain.base is not None:
            routes = chain.base.type == "route"
            yield Entry(table=table, chain=chain, priority=chain.base.priority, routes=routes)


def translates(ruleset: Ruleset) -> bool:
    """Whether a rule set has chains of nat at all."""
    return any(table.name == NAT or _has_nat(table) for table in ruleset.tables)


def _has_nat(table: Table) -> bool:
    return any(chain.base is not None and chain.base.type == NAT for chain in table.based)
