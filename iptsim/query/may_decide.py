"""The rules and policies that may decide a fate, as the text has them: no packet is asked."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.model import Chain, Ruleset, Table
from iptsim.worlds.expectation import Expectation

_TARGETS = {"QUEUE": ("QUEUE", "NFQUEUE")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MayDecide:
    """A rule by its number, or a policy: `rule` is None."""

    table: str
    chain: str
    rule: int | None


def may_decide(ruleset: Ruleset, wanted: Expectation) -> Iterator[MayDecide]:
    """Those whose target or policy is the fate's; where translations lead is not looked at."""
    names = frozenset(_TARGETS.get(wanted.kind, (wanted.kind,)))
    for table in ruleset.tables:
        for chain in table.chains:
            yield from _of(table, chain, names)


def _of(table: Table, chain: Chain, names: frozenset[str]) -> Iterator[MayDecide]:
    # Most chains of a large dump need not be made for this: `kinds` are few.
    if any(names.intersection(kind.aims) for kind in chain.kinds):
        for number, rule in chain.numbered():
            if names.intersection(rule.aims):
                yield MayDecide(table=table.name, chain=chain.name, rule=number)
    if chain.policy in names:
        yield MayDecide(table=table.name, chain=chain.name, rule=None)
