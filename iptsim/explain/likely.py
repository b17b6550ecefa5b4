"""Which of the ways that a listing leaves open is the likely one, by who wrote the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iptsim import codes
from iptsim.explain.catalogue import sentence
from iptsim.knowledge import limited_to
from iptsim.regex import regex
from iptsim.worlds.outcome import Trace

_DETAIL = regex(r"\S+ (?P<chain>\S+) «(?P<text>.*)»(?: \(no\. \d+\))?", re.DOTALL)


def likely_sentences(trace: Trace, names: Mapping[str, str], lang: str) -> Iterator[str]:
    """`Istio writes -o lo into nat ISTIO_OUTPUT 2 …`, for each rule of which that is known.

    `names` are the numbers of the rules, by how facts on hidden interfaces call them.
    """
    cubes = (cube for outcome in trace.outcomes for cube in outcome.when)
    facts = dict.fromkeys(
        f for cube in cubes for f, _true in cube.facts if f.code == codes.HIDDEN_INTERFACE
    )
    for fact in facts:
        found = _DETAIL.fullmatch(fact.detail)
        out = limited_to(found["chain"], found["text"]) if found else None
        if out is not None:
            rule = names.get(fact.detail, fact.detail)
            yield sentence("know.limit", lang, rule=rule, out=out)
