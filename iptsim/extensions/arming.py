"""What rules make the kernel do before any of them is asked: track connections, gather fragments.

The kernel tracks connections of a family while a rule of it needs that, wherever the rule stands
(net/netfilter/nf_conntrack_proto.c, nf_ct_netns_get, which the extensions call when a rule is
loaded). Tracking puts fragments together first, and two extensions ask for that alone
(nf_defrag_ipv4_enable, nf_defrag_ipv6_enable).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Extension
from iptsim.model import BUILTIN_CHAINS, Chain, Match, Ruleset, Table, Target

_ENDS = frozenset({"ACCEPT", "DROP", "QUEUE", "RETURN"})
# A kernel before 2.6.36 has no INPUT in nat.
_NOT_ALWAYS = frozenset({("nat", "INPUT")})


def tracks(ruleset: Ruleset) -> bool | None:
    """Whether rules make the kernel track connections; None where what is missing may do so."""
    if any(_tracks(used, extension) for used, extension in _used(ruleset)):
        return True
    if any(map(_native_tracks, ruleset.tables)):
        return True
    return None if _unknown(ruleset) else False


def gathers(ruleset: Ruleset) -> bool:
    """Whether rules certainly make the kernel put fragments together as they arrive."""
    asked = (extension is not None and extension.gathers for _used, extension in _used(ruleset))
    return tracks(ruleset) is True or any(asked)


def asks_sockets(ruleset: Ruleset) -> bool:
    """Whether a rule asks which socket of the host a packet has, or gives it one."""
    asked = (extension is not None and extension.gathers for _used, extension in _used(ruleset))
    return any(asked) or any(map(_native_asks_sockets, ruleset.tables))


def idle_nat(ruleset: Ruleset) -> bool:
    """Whether a nat chain says something that no packet asks unless something else tracks."""
    return tracks(ruleset) is not True and _has_nat(ruleset)


def says(chain: Chain) -> bool:
    """Whether the chain has a rule, or a policy that lets nothing pass."""
    return bool(chain.rules) or chain.policy == "DROP"


def armed_otherwise(before: Ruleset, after: Ruleset) -> bool:
    """Whether one of two rule sets makes the kernel do what the other does not, and asks about it.

    Then rules fare otherwise that are the same in both.
    """
    sides = (before, after)
    tracked = len({tracks(side) is False for side in sides}) > 1
    whole = len({gathers(side) for side in sides}) > 1
    return (tracked and any(map(_has_nat, sides))) or (whole and any(map(_asks_fragments, sides)))


def _has_nat(ruleset: Ruleset) -> bool:
    return any(map(says, (chain for table in ruleset.tables for chain in _nat_chains(table))))


def _nat_chains(table: Table) -> tuple[Chain, ...]:
    if table.nft_table is None:
        return table.chains if table.name == "nat" else ()
    return tuple(c for c in table.based if c.base is not None and c.base.type == "nat")


def _native_tracks(table: Table) -> bool:
    if table.nft_table is None:
        return False
    from iptsim.extensions.nft_arming import (  # noqa: PLC0415  # if asked
        holds_tracking,
        needs_tracking,
    )

    return holds_tracking(table.nft_table) or any(
        needs_tracking(rule.nft, table.nft_table)
        for c in table.chains
        for rule in c.rules
        if rule.nft
    )


def _native_asks_sockets(table: Table) -> bool:
    if table.nft_table is None:
        return False
    from iptsim.extensions.nft_arming import asks_sockets as asks  # noqa: PLC0415  # if asked

    return any(asks(rule.nft) for c in table.chains for rule in c.rules if rule.nft)


def _native_may_track(table: Table) -> bool:
    if table.nft_table is None:
        return False
    from iptsim.extensions.nft_arming import may_track  # noqa: PLC0415  # if asked

    return may_track(table.nft_table)


def _asks_fragments(ruleset: Ruleset) -> bool:
    asked = (rule.header.fragment for rule in ruleset.kinds)
    return "frag" in ruleset.match_names or any(each is not None for each in asked)


def _tracks(used: Match | Target, extension: Extension | None) -> bool:
    if extension is None or extension.tracks is None:
        return False
    return not any(used.has(name) for name in extension.tracks)


def _used(ruleset: Ruleset) -> Iterator[tuple[Match | Target, Extension | None]]:
    for table, rule in ((each, rule) for each in ruleset.tables for rule in each.kinds):
        for match in rule.matches:
            yield match, matches().get(match.name)
        target = rule.target
        if target is not None and target.name not in _ENDS and table.chain(target.name) is None:
            yield target, targets().get(target.name)


def _unknown(ruleset: Ruleset) -> bool:
    """Whether something is missing: what a name means, or a part of a table."""
    strange = any(
        # IPVS tracks connections once somebody gives it a service (ip_vs_nfct.c).
        extension is None or used.raw or extension.name == "ipvs"
        for used, extension in _used(ruleset)
    )
    unread = any(rule.unread is not None for rule in ruleset.kinds)
    unread = unread or any(map(_native_may_track, ruleset.tables))
    whole = all(map(_whole, (table for table in ruleset.tables if table.nft_table is None)))
    return strange or unread or bool(ruleset.beside) or not whole


def _whole(table: Table) -> bool:
    if not all(chain.whole for chain in table.chains) or any(r.unread for r in table.kinds):
        return False
    if table.fresh:
        return True  # what the text makes is all that there is
    chains = (table.chain(n) for n in BUILTIN_CHAINS.get(table.name, ()) if _always(table, n))
    told = all(chain is not None and chain.declared for chain in chains)
    return told and all(chain.whole for chain in table.chains)


def _always(table: Table, name: str) -> bool:
    return (table.name, name) not in _NOT_ALWAYS
