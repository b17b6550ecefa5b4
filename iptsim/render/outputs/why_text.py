"""The story of a trace for people: a sentence a line, the answer first."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.model import Note
from iptsim.render.shared.story import story
from iptsim.render.shared.terminal import printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer


def why_text(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """The sentences; `notes` are those on the reading of the rules."""
    told = (wrap(printable(text), answer.style.width) for text in story(answer, notes))
    return "\n".join(line for lines in told for line in lines)
