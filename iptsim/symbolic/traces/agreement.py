"""Whether an outcome of a trace is that of a packet which was picked out of a set."""

from __future__ import annotations

from iptsim.predicate import Fact
from iptsim.symbolic.telling.ordinary_packets import Picked
from iptsim.worlds.outcome import Outcome


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
