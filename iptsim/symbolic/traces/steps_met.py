"""How one packet of a walk over all fares, by the rules that the walk remembers it met.

For a packet of which a walk alone finds another fate: what a text leaves open is called by what was
met before, and by that the packets of many ways that became one are told apart less finely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.dataclass import replace
from iptsim.symbolic.walk.deciding_rules import step_of
from iptsim.symbolic.walk.differences import Fate
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.worlds.outcome import Outcome, Rewrite, Step

_ON = frozenset({"continue", "jump", "goto"})


def outcome_met(
    fate: Fate, decider: Record | None, met: Iterable[Record], done: Sequence[Rewrite]
) -> Outcome:
    """The packet's outcome, without its condition and what it holds besides its rewrites."""
    steps = tuple(_with_rewrites(map(step_of, filter(_is_told, met)), done))
    return Outcome(
        when=(),
        verdict=fate.verdict,
        destination=fate.destination,
        packet=(),
        rewrites=tuple(done),
        steps=steps,
        decided_by=None if decider is None else step_of(decider),
    )


def _is_told(record: Record) -> bool:
    """As in a trace: what stands in no text, and lets the packet go on, is no step."""
    ready = record.met.ready
    return ready is None or bool(ready.number) or record.met.action not in _ON


def _with_rewrites(steps: Iterable[Step], done: Sequence[Rewrite]) -> Iterator[Step]:
    """Each rewrite with the first step of the rule that did it."""
    left = list(done)
    for step in steps:
        own = [each for each in left if _did(step, each)]
        left = [each for each in left if each not in own]
        yield replace(step, rewrites=tuple(own)) if own else step


def _did(step: Step, rewrite: Rewrite) -> bool:
    here = (step.table, step.chain, step.rule or 0)
    return step.action != "policy" and here == (rewrite.table, rewrite.chain, rewrite.rule)
