"""Findings for people, in the manner of a linter: place, code, sentence; then rule and reason."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.lint_sentences import example, message, reason
from iptsim.lint import Finding, Kind, Report
from iptsim.render.shared.shown_findings import COLOURS, MOST_RULES, counted, shown, summed
from iptsim.render.shared.terminal import Style, printable, wrap
from iptsim.render.shared.value_json import placed_note


def lint_text(report: Report, style: Style, *, every: bool = False) -> str:
    """A paragraph for each finding, then how many there are.

    Of many notes of one kind only the first are told, unless `every` is asked for.
    """
    paragraphs = [list(_finding(finding, style)) for finding in shown(report, every=every)]
    numbers = counted(report, style.lang, every=every)
    paragraphs.append([line for row in numbers for line in _kind(*row, style)])
    paragraphs.append([summed(report, style.lang)])
    notes = [placed_note(note, style) for note in report.notes]
    paragraphs += [wrap(printable(note), style.width) for note in notes]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _kind(kind: Kind, count: int, about: str, left_out: str, style: Style) -> Iterator[str]:
    """How many findings there are of a kind, and whether some are left out."""
    parts = (kind.value, f"{count:>5}", about, left_out)
    first, *more = wrap(" ".join(filter(None, parts)), style.width - 2)
    yield first.replace(kind.value, style.paint(kind.value, COLOURS[kind.level]), 1)
    yield from (f"  {line}" for line in more)


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    place = style.place(finding.at.place)
    head = f"{place}: " if place else ""
    first, *more = wrap(
        printable(f"{head}{finding.kind.value} {message(finding, style.lang)}"), style.width
    )
    code = finding.kind.value
    yield first.replace(code, style.paint(code, COLOURS[finding.kind.level]), 1)
    yield from (f"  {line}" for line in more)
    if finding.at.text:
        yield f"    {printable(finding.at.text)}"
    yield from _reason(finding, style)


def _reason(finding: Finding, style: Style) -> Iterator[str]:
    told = reason(finding, style.lang)
    yield from wrap(printable(told.text), style.width, "  ")
    for words, other in told.rules[:MOST_RULES]:
        place = style.place(other.at.place)
        parts = [part for part in (place, words) if part]
        yield f"    {printable(': '.join((*parts, other.at.text)))}"
    if len(told.rules) > MOST_RULES:
        yield "    …"
    text = example(finding, style.lang)
    yield from wrap(printable(text), style.width, "  ")
