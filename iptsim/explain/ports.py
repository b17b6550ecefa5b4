"""What the ports mean to which a trace was redirected, where their system is recognised."""

from __future__ import annotations

from iptsim.explain.catalogue import sentence
from iptsim.knowledge import port, recognised
from iptsim.model import Ruleset
from iptsim.tracer.outcome import Trace


def port_sentences(trace: Trace, ruleset: Ruleset, lang: str) -> tuple[str, ...]:
    """A sentence for each well-known port that a rule put in place of the one asked for."""
    systems = recognised(ruleset)
    numbers = (
        rewrite.after
        for outcome in trace.outcomes
        for rewrite in outcome.rewrites
        if rewrite.field == "dport" and isinstance(rewrite.after, int)
    )
    found = (port(number, systems) for number in dict.fromkeys(numbers))
    return tuple(sentence(known.key, lang) for known in found if known is not None)
