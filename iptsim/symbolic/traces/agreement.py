"""Whether an outcome of a trace is that of a packet which was picked out of a set.

And the way of such a packet alone: of each fact it is known whether it is so.
"""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.dataclass import dataclass, field
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    And,
    Fact,
    Not,
    Or,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.symbolic.telling.ordinary_packets import Picked
from iptsim.worlds.domains import VariableSet
from iptsim.worlds.outcome import Outcome
from iptsim.worlds.regions import Region, split


def agrees(outcome: Outcome, picked: Picked) -> bool:
    """Whether the picked packet may lie in a part of the outcome, its facts being as picked."""
    assert outcome.connection is not None
    return any(
        all(picked[name] in held for name, held in region.sets.items() if name in picked)
        and all(_is_so(fact, value, picked) for fact, value in region.facts.values())
        for region in outcome.connection.regions
    )


def _is_so(fact: Fact, value: bool, picked: Picked) -> bool:
    return picked.get(f"fact {fact.key}", fact.usually) == value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Region):
    """A product of which each fact is so or not, as `picked` has it; others are as usual."""

    picked: Picked = field(default_factory=dict)

    def apart(
        self, predicate: Predicate, domains: Mapping[str, VariableSet]
    ) -> tuple[list[Region], list[Region]]:
        """See `PacketSet`."""
        return split(self, _settled(predicate, self.picked), domains)


def as_picked(region: Region, picked: Picked) -> Region:
    """The part of a product where facts are as picked."""
    return Settled(sets=region.sets, facts=region.facts, picked=picked)


def _settled(predicate: Predicate, picked: Picked) -> Predicate:
    match predicate:
        case Fact():
            return ALWAYS if _is_so(predicate, True, picked) else NEVER
        case And(parts=parts):
            return all_of(_settled(part, picked) for part in parts)
        case Or(parts=parts):
            return any_of(_settled(part, picked) for part in parts)
        case Not(part=part):
            return negate(_settled(part, picked))
        case _:
            return predicate
