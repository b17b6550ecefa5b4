"""A trace for people: the verdict first, the journey from top to bottom, what was assumed last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from iptsim.model import Note, Ruleset
from iptsim.render.shared.columns import Layout, layout, lines_of
from iptsim.render.shared.crowd import fates_left
from iptsim.render.shared.fates import is_crowd
from iptsim.render.shared.headline import headline
from iptsim.render.shared.journey_rows import Entry, journeys, remarks, untold
from iptsim.render.shared.led_here import chains_asked
from iptsim.render.shared.replies import sections
from iptsim.render.shared.summary import summary, told_fates
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.worlds.outcome import Trace


def trace_text(trace: Trace, ruleset: Ruleset, style: Style, *, notes: Iterable[Note] = ()) -> str:
    """The answer in words; `ruleset` is the one that was traced, `notes` those on its reading.

    With `Outcome.skipped` filled, the rules that did not match are shown where they were asked.
    """
    lines = [*_answer(trace, trace, ruleset, notes, style)]
    for section in sections(trace, ruleset, style):
        lines += ["", *wrap(section.title, style.width)]
        lines += _answer(section.trace, section.untold, ruleset, (), style, section.carried)
    return "\n".join(lines)


def _answer(
    trace: Trace,
    untold_of: Trace,
    ruleset: Ruleset,
    notes: Iterable[Note],
    style: Style,
    carried: str = "",
) -> Iterator[str]:
    """The lines of one packet; `untold_of` is its trace with the remarks that nobody read yet."""
    ways = journeys(trace, ruleset, style)
    shape = layout([row for _, entries in ways for _, row in entries], style.width)
    yield from headline(trace, style).split("\n")
    told = told_fates(trace, ruleset, style)
    if len(told) > 1:
        yield from ("", *summary(told, style))
        if left := fates_left(trace, style.lang) if is_crowd(trace) else "":
            yield from wrap(left, style.width, "  ")
        for text in chains_asked(trace, ruleset, style):
            yield from wrap(text, style.width, "  ")
    for title, entries in ways:
        body = [*wrap(title, style.width, "  "), *_journey(entries, shape, style)]
        # A packet that no table is asked for has no steps.
        yield from ("", *body) if any(body) else ()
    if more := untold(trace, ruleset, style):
        yield from ("", *wrap(more, style.width, "  "))
    if carried:
        yield from ("", *wrap(carried, style.width, "  "))
    for paragraph in remarks(untold_of, ruleset, notes, style):
        yield ""
        for text in paragraph:
            yield from wrap(printable(text), style.width, "  ")


def _journey(entries: Sequence[Entry], shape: Layout, style: Style) -> Iterator[str]:
    by_hook: Callable[[Entry], str] = lambda entry: entry[0]  # noqa: E731  # a name for the key
    for hook, group in groupby(entries, by_hook):
        yield f"  {hook}"
        for _, row in group:
            yield from lines_of(row, shape, style)
