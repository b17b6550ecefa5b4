"""Whether two dumps say the same to the letter, as far as a model keeps letters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from iptsim.model import Chain, Dump


def same_text(before: Dump, after: Dump) -> bool:
    """Whether all that was read is the same: order, counters, comments, printed references."""
    return list(_said(before)) == list(_said(after))


def _said(dump: Dump) -> Iterator[Hashable]:
    for ruleset in dump.rulesets:
        yield ruleset.family
        for table in ruleset.tables:
            yield table.name
            for chain in table.chains:
                yield from _chain(chain)


def _chain(chain: Chain) -> Iterator[Hashable]:
    yield chain.name, chain.policy, chain.counters, chain.references, chain.declared
    for rule in chain.rules:
        yield rule, rule.counters, rule.hides
