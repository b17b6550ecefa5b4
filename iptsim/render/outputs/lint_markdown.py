"""Findings as Markdown: a list of causes, each with its rules and its reason."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.cause_sentences import cause_reason, cause_rest, cause_rules, marked_message
from iptsim.explain.lint_sentences import certified, example
from iptsim.lint import Report
from iptsim.lint.causes import Cause
from iptsim.render.shared.markdown import code, items, page, strong, unwrapped, words
from iptsim.render.shared.shown_findings import MOST_RULES, findings_told
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.value_json import placed_note


def lint_markdown(report: Report, style: Style, *, every: bool = False) -> str:
    """The causes, then how many there are; with `every` each finding by itself."""
    style, lang = unwrapped(style), style.lang
    told = findings_told(report, every=every)
    parts = ["\n".join(_cause(cause, style)) for cause in told.first()]
    counted = (f"{kind.value} {n} {what} {less}" for kind, n, what, less in told.counted(lang))
    parts += [items(counted), items(certified(report.passages, lang)), strong(told.summed(lang))]
    return page([*parts, items(placed_note(note, style) for note in report.notes)])


def _cause(cause: Cause, style: Style) -> Iterator[str]:
    place, lang = style.place(cause.alike[0].at.place), style.lang
    told = " ".join(filter(None, (place, marked_message(cause, lang))))
    yield f"- {strong(cause.lead.kind.value)} {words(told)}"
    yield from (f"  - {code(text)}" for text in cause_rules(cause))
    reason = cause_reason(cause, lang)
    yield from _inner(reason.text)
    for said, other in reason.rules[:MOST_RULES]:
        before = ", ".join(filter(None, (style.place(other.at.place), said)))
        yield f"  - {words(before)} {code(other.at.text)}"
    if len(reason.rules) > MOST_RULES:
        yield "  - …"
    for text in (example(cause.lead, lang), *cause_rest(cause, lang)):
        yield from _inner(text)


def _inner(text: str) -> Iterator[str]:
    if text:
        yield f"  - {words(text)}"
