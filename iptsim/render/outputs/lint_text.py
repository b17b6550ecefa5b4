"""Findings for people, in the manner of a linter: place, code, sentence; then rule and reason."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.cause_sentences import cause_reason, cause_rest, cause_rules, marked_message
from iptsim.explain.lint_sentences import certified, example
from iptsim.lint import Kind, Report
from iptsim.lint.causes import Cause
from iptsim.render.shared.shown_findings import COLOURS, MOST_RULES, findings_told
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.value_json import placed_note


def lint_text(report: Report, style: Style, *, every: bool = False) -> str:
    """A paragraph for each cause, then how many there are.

    What is idle by design is counted only, and of many notes of one kind only the first are told,
    unless `every` is asked for: then each finding has its paragraph.
    """
    told = findings_told(report, every=every)
    paragraphs = [list(_cause(cause, style)) for cause in told.first()]
    numbers = told.counted(style.lang)
    paragraphs.append([line for row in numbers for line in _kind(*row, style)])
    certain = certified(report.passages, style.lang)
    paragraphs.append([line for text in certain for line in wrap(printable(text), style.width)])
    paragraphs.append(wrap(told.summed(style.lang), style.width))
    notes = [placed_note(note, style) for note in report.notes]
    paragraphs += [wrap(printable(note), style.width) for note in notes]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _kind(kind: Kind, count: int, about: str, left_out: str, style: Style) -> Iterator[str]:
    """How many findings there are of a kind, and whether some are left out."""
    parts = (kind.value, f"{count:>5}", about, left_out)
    first, *more = wrap(" ".join(filter(None, parts)), style.width - 2)
    yield first.replace(kind.value, style.paint(kind.value, COLOURS[kind.level]), 1)
    yield from (f"  {line}" for line in more)


def _cause(cause: Cause, style: Style) -> Iterator[str]:
    lead = cause.lead
    place, code = style.place(cause.alike[0].at.place), lead.kind.value
    head = f"{place}: " if place else ""
    said = marked_message(cause, style.lang)
    first, *more = wrap(printable(f"{head}{code} {said}"), style.width)
    yield first.replace(code, style.paint(code, COLOURS[lead.kind.level]), 1)
    yield from (f"  {line}" for line in more)
    yield from (f"    {printable(text)}" for text in cause_rules(cause))
    yield from _reason(cause, style)


def _reason(cause: Cause, style: Style) -> Iterator[str]:
    told = cause_reason(cause, style.lang)
    yield from wrap(printable(told.text), style.width, "  ")
    for words, other in told.rules[:MOST_RULES]:
        place = style.place(other.at.place)
        parts = [part for part in (place, words) if part]
        yield f"    {printable(': '.join((*parts, other.at.text)))}"
    if len(told.rules) > MOST_RULES:
        yield "    …"
    for text in (example(cause.lead, style.lang), *cause_rest(cause, style.lang)):
        yield from wrap(printable(text), style.width, "  ")
