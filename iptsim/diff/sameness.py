"""Whether two dumps say the same to the letter, as far as a model keeps letters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import zip_longest

from iptsim.dataclass import replace
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Dump, Rule


def same_text(before: Dump, after: Dump) -> bool:
    """Whether all that was read is the same: order, counters, comments, printed references."""
    pairs = zip_longest(_said(before), _said(after))
    return all(_same(one, other) for one, other in pairs)


def _said(dump: Dump) -> Iterator[Hashable | Chain]:
    for ruleset in dump.rulesets:
        yield ruleset.family
        for table in ruleset.tables:
            yield table.name
            if table.nft_table is not None:
                yield replace(table.nft_table, chains=())
            yield from table.chains


def _same(one: object, other: object) -> bool:
    if not (isinstance(one, Chain) and isinstance(other, Chain)):
        return one == other
    if _head(one) != _head(other):
        return False
    if isinstance(one.rules, LateRules) and one.rules.same_text(other.rules):
        return True
    return list(map(_rule, one.rules)) == list(map(_rule, other.rules))


def _head(chain: Chain) -> Hashable:
    hook = chain.base
    return chain.name, hook, chain.policy, chain.counters, chain.references, chain.declared


def _rule(rule: Rule) -> Hashable:
    return rule, rule.counters, rule.hides
