"""The story of a trace as JSON, schema `iptsim.why/1`: sentences beside the trace they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iptsim.model import Note
from iptsim.render.shared.story import story
from iptsim.render.shared.trace_answer import TraceAnswer

SCHEMA = "iptsim.why/1"


def why_json(
    answer: TraceAnswer, traced: Mapping[str, object], *, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """The sentences beside what `traced`, of schema `iptsim.trace/1`, has."""
    return {**traced, "schema": SCHEMA, "sentences": [*story(answer, notes)]}
