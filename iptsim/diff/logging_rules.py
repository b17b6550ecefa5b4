"""Rules that do nothing to packets, whether they match or not: they log, or count."""

from __future__ import annotations

from iptsim.actions import Continue
from iptsim.extensions.lowering import actions
from iptsim.extensions.spec import Context
from iptsim.model import Rule, Table
from iptsim.native_tables import NativeRule
from iptsim.nftables.nft_statements import Counter, Last, Limit, Log, Match, Quota

_OWN = (Match, Log, Counter, Last, Limit, Quota)
"""Statements of nftables that keep what they know to their own rule."""
_SHARED = frozenset({"recent", "hashlimit", "set"})
"""Matches that remember, under a name by which other rules ask."""


def changes_nothing(rule: Rule, table: Table, chain: str, family: int) -> bool:
    """Whether no packet fares otherwise without the rule."""
    if rule.unread is not None:
        return False
    if isinstance(rule, NativeRule):
        return all(isinstance(one, _OWN) for one in rule.rule.statements)
    if rule.target is not None and rule.target.raw:
        return False
    if any(match.name in _SHARED or match.raw for match in rule.matches):
        return False
    where = Context(family=family, table=table.name, chain=chain)
    return set(actions(rule, where, table)) == {Continue()}
