"""Facts on what a text does not tell, as few as say it."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.extensions.untold import CODES
from iptsim.predicate import Fact

Holding = tuple[Fact, bool]


def telling(facts: Sequence[Holding]) -> tuple[Holding, ...]:
    """Without those that another implies: what accepts a packet neither drops nor translates it."""
    done = {fact.detail for fact, true in facts if true and fact.code in CODES}
    return tuple(
        (fact, true)
        for fact, true in facts
        if true or fact.code not in CODES or fact.detail not in done
    )
