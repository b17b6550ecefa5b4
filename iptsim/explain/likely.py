"""Why one of the ways that a listing leaves open is the likely one, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.explain.catalogue import sentence
from iptsim.worlds.outcome import Trace


def likely_sentences(trace: Trace, names: Mapping[str, str], lang: str) -> Iterator[str]:
    """`Istio writes -o lo into nat ISTIO_OUTPUT 2 …`, for each rule of which that is known.

    `names` are the numbers of the rules, by how facts on hidden interfaces call them.
    """
    if len(trace.outcomes) == 1:
        return
    from iptsim.knowledge.likely_ways import limits  # noqa: PLC0415  # most dumps hide nothing

    for fact, out in limits(trace).items():
        yield sentence("know.limit", lang, rule=names.get(fact.detail, fact.detail), out=out)
