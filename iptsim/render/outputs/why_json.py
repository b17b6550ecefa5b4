"""The story of a trace as JSON, schema `iptsim.why/1`: sentences, and the trace they tell of."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.model import Note
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.shared.story import story
from iptsim.render.shared.trace_answer import TraceAnswer

SCHEMA = "iptsim.why/1"


def why_json(
    answer: TraceAnswer, *, identity: object = None, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """The sentences beside what `iptsim.trace/1` has."""
    notes = tuple(notes)
    traced = trace_json(answer.trace, lang=answer.style.lang, identity=identity, notes=notes)
    return {**traced, "schema": SCHEMA, "sentences": [*story(answer, notes)]}
