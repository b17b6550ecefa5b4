"""Which of the ways that a listing leaves open is the likely one, by who wrote the rules."""

from __future__ import annotations

import re
from collections.abc import Collection

from iptsim import codes
from iptsim.predicate import Fact
from iptsim.regex import regex
from iptsim.worlds.outcome import Cube, Outcome, Trace

_DETAIL = regex(r"\S+ (?P<chain>\S+) «(?P<text>.*)»(?: \(no\. \d+\))?", re.DOTALL)


def likely_way(trace: Trace) -> Outcome | None:
    """The way of a packet by any interface but those to which who wrote the rules limits them.

    None where nothing is known of who wrote them, or it leaves more than one way open.
    """
    known = limits(trace).keys()
    ways = [
        outcome
        for outcome in trace.outcomes
        if any(cube.facts and _are_limits(cube, known) for cube in outcome.when)
    ]
    return ways[0] if known and len(ways) == 1 else None


def _are_limits(cube: Cube, known: Collection[Fact]) -> bool:
    """Whether the rules that are known to be limited are so, and no others."""
    hidden = all(fact.code == codes.HIDDEN_INTERFACE for fact, _true in cube.facts)
    limited = {fact for fact, true in cube.facts if true}
    return hidden and not cube.conditions and bool(limited) and limited <= {*known}


def limits(trace: Trace) -> dict[Fact, str]:
    """The rules that may be limited to a hidden interface and, it is known, are, with its name."""
    cubes = (cube for outcome in trace.outcomes for cube in outcome.when)
    facts = dict.fromkeys(
        f for cube in cubes for f, _true in cube.facts if f.code == codes.HIDDEN_INTERFACE
    )
    if not facts:
        return {}
    from iptsim.knowledge import limited_to  # noqa: PLC0415  # most dumps hide nothing

    details = ((fact, _DETAIL.fullmatch(fact.detail)) for fact in facts)
    outs = ((fact, limited_to(d["chain"], d["text"])) for fact, d in details if d)
    return {fact: out for fact, out in outs if out is not None}
