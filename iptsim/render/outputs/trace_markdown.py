"""A trace as Markdown, to be pasted into an issue: the verdict, its way as a table, the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.dataclass import replace
from iptsim.explain.catalogue import sentence
from iptsim.explain.rule_comments import comments_of
from iptsim.model import Note
from iptsim.render.shared.fates import ToldFate
from iptsim.render.shared.headline import headline
from iptsim.render.shared.journey_rows import Entry, journeys, remarks, untold
from iptsim.render.shared.markdown import (
    code_cell,
    items,
    page,
    strong,
    table,
    unwrapped,
    words,
)
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import notes_text

_STEPS = ("number", "hook", "rule", "asks", "does", "line")
_FATES = ("way", "fate", "by", "when")


def trace_markdown(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """The answer; `notes` are those on the reading of the rules."""
    answer = replace(answer, style=unwrapped(answer.style))
    parts = [*_answer(answer, notes)]
    if any(outcome.follows for outcome in answer.trace.outcomes):
        from iptsim.render.shared.replies import sections  # noqa: PLC0415  # where one was asked

        for section in sections(answer):
            parts.append(strong(section.title))
            parts += _answer(section.answer, (), section.carried)
    return page(parts)


def _answer(answer: TraceAnswer, notes: Iterable[Note], carried: str = "") -> Iterator[str]:
    lang = answer.style.lang
    yield from (words(text) for text in notes_text(answer.leading, answer.style))
    yield _headline(headline(answer))
    if len(answer.told) > 1:
        yield table(_heads(_FATES, lang), map(_fate, answer.told))
    deciders = [fate.outcomes[0].decided_by for fate in answer.fates]
    yield from map(words, comments_of(filter(None, deciders), lang))
    for title, entries in journeys(answer):
        yield words(title)
        yield table(_heads(_STEPS, lang), map(_step, entries))
    yield words(untold(answer))
    yield words(carried)
    yield from (items(paragraph) for paragraph in remarks(answer, notes))


def _headline(text: str) -> str:
    """The mark and the verdict stand out; or the mark, where nothing is sure."""
    first, _, rest = text.partition("  ") if "  " in text else text.partition(" ")
    return f"{strong(first)} {words(rest)}"


def _heads(names: Iterable[str], lang: str) -> list[str]:
    return [sentence(f"markdown.{name}", lang) for name in names]


def _fate(told: ToldFate) -> tuple[str, ...]:
    return words(told.label), words(told.fate), words(told.decided), words(" ".join(told.when))


def _step(entry: Entry) -> tuple[str, ...]:
    hook, row = entry
    number, where, condition, did, place = row.cells
    return (
        words(number),
        words(hook),
        words(where),
        code_cell(condition),
        words(did),
        words(place),
    )
