"""What the writers of the rules that decided a packet's fate say of them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.rule_comments import comments_of
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.worlds.outcome import Step

_MOST = 3
"""Fates whose rules' comments are told: those that are shown first."""


def told_comments(answer: TraceAnswer) -> Iterator[str]:
    """The comments of the rules that decided the first fates, or sent the packet elsewhere."""
    return comments_of(_deciders(answer), answer.style.lang)


def _deciders(answer: TraceAnswer) -> Iterator[Step]:
    for fate in answer.fates[:_MOST]:
        outcome = fate.outcomes[0]
        yield from (step for step in outcome.steps if any(r.field == "dst" for r in step.rewrites))
        if outcome.decided_by is not None:
            yield outcome.decided_by
