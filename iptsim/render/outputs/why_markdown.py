"""The story of a trace as Markdown: a paragraph for each sentence, the answer first."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.model import Note
from iptsim.render.shared.markdown import page, strong, unwrapped, words
from iptsim.render.shared.story import story
from iptsim.render.shared.trace_answer import TraceAnswer


def why_markdown(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """The sentences; `notes` are those on the reading of the rules."""
    first, *more = story(replace(answer, style=unwrapped(answer.style)), notes)
    return page([strong(first), *map(words, more)])
