"""A trace for people: the verdict first, the journey from top to bottom, what was assumed last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from iptsim.model import Note
from iptsim.render.shared.columns import Layout, Row, layout, lines_of
from iptsim.render.shared.headline import hang, headline
from iptsim.render.shared.journey_rows import Entry, journeys, remarks, untold
from iptsim.render.shared.summary import summary
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.trace_answer import TraceAnswer, comments
from iptsim.render.shared.value_json import placed_note

Ways = list[tuple[str, list[Entry]]]
"""The rows of each way under its title."""


def trace_text(answer: TraceAnswer, *, notes: Iterable[Note] = ()) -> str:
    """The answer in words; `notes` are those on the reading of the rules.

    With `Outcome.skipped` filled, the rules that did not match are shown where they were asked.
    """
    lines = [*_answer(answer, notes)]
    if not any(outcome.follows for outcome in answer.trace.outcomes):
        return "\n".join(lines)
    from iptsim.render.shared.replies import sections  # noqa: PLC0415  # where one was asked for

    for section in sections(answer):
        lines += ["", *wrap(section.title, answer.style.width)]
        lines += _answer(section.answer, (), section.carried)
    return "\n".join(lines)


def _answer(answer: TraceAnswer, notes: Iterable[Note], carried: str = "") -> Iterator[str]:
    """The lines of one packet."""
    style = answer.style
    ways, shape = _laid_out(journeys(answer), style)
    yield from _leading(answer)
    yield from headline(answer).split("\n")
    if len(answer.told) > 1:
        yield from ("", *summary(answer.told, style))
        for text in _of_many_fates(answer):
            yield from wrap(text, style.width, "  ")
    for text in comments(answer):
        yield from wrap(printable(text), style.width, "  ")
    yield from _steps(ways, shape, style)
    if more := untold(answer):
        yield from ("", *wrap(more, style.width, "  "))
    if carried:
        yield from ("", *wrap(carried, style.width, "  "))
    for paragraph in remarks(answer, notes):
        yield ""
        for text in paragraph:
            yield from wrap(printable(text), style.width, "  ")


def _leading(answer: TraceAnswer) -> Iterator[str]:
    """What speaks against the question, which makes nothing of the answer sure."""
    for note in answer.leading:
        text = printable(placed_note(note, answer.style))
        yield from hang("?", text, "unsure", answer.style)


def steps_text(answer: TraceAnswer) -> list[str]:
    """The verdict and the steps that led to it, and nothing else."""
    ways, shape = _laid_out(journeys(answer), answer.style)
    return [*headline(answer).split("\n"), *_steps(ways, shape, answer.style)]


def _steps(ways: Ways, shape: Layout, style: Style) -> Iterator[str]:
    for title, entries in ways:
        body = [*wrap(title, style.width, "  "), *_journey(entries, shape, style)]
        # A packet that no table is asked for has no steps.
        yield from ("", *body) if any(body) else ()


def _laid_out(ways: Ways, style: Style) -> tuple[Ways, Layout]:
    """On a terminal steps are a tree, where its branches leave the columns beside one another."""
    plain = layout([row for _, entries in ways for _, row in entries], style.width)
    if not style.terminal or plain.stacked:
        return ways, plain
    from iptsim.render.shared.nesting import nested  # noqa: PLC0415  # most answers go elsewhere

    tree = [(title, _by_hook(entries, nested)) for title, entries in ways]
    shape = layout([row for _, entries in tree for _, row in entries], style.width)
    return (ways, plain) if shape.stacked else (tree, shape)


def _by_hook(
    entries: Sequence[Entry], nested: Callable[[Sequence[Row]], Sequence[Row]]
) -> list[Entry]:
    groups = groupby(entries, lambda entry: entry[0])
    return [(hook, row) for hook, group in groups for row in nested([row for _, row in group])]


def _of_many_fates(answer: TraceAnswer) -> Iterator[str]:
    from iptsim.render.shared.led_here import chains_asked  # noqa: PLC0415  # most have one

    if answer.is_crowd:
        from iptsim.render.shared.crowd import fates_left  # noqa: PLC0415  # few are

        yield fates_left(answer.fates, answer.style.lang)
    yield from chains_asked(answer)


def _journey(entries: Sequence[Entry], shape: Layout, style: Style) -> Iterator[str]:
    by_hook: Callable[[Entry], str] = lambda entry: entry[0]  # noqa: E731  # a name for the key
    for hook, group in groupby(entries, by_hook):
        yield f"  {hook}"
        for _, row in group:
            yield from lines_of(row, shape, style)
