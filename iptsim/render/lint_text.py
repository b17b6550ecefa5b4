"""Findings for people, in the manner of a linter: place, code, sentence; then rule and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from iptsim.explain.catalogue import sentence
from iptsim.explain.lint import example, message, reason
from iptsim.lint import Finding, Level, Report
from iptsim.render.terminal import Style, printable, wrap
from iptsim.render.values import placed_note

_COLOURS = {Level.ERROR: "bad", Level.WARNING: "unsure", Level.NOTE: "dim"}
# A rule that many rules together shadow: the first of them tell enough.
_MOST_RULES = 5


def lint_text(report: Report, style: Style) -> str:
    """A paragraph for each finding, then how many there are."""
    paragraphs = [list(_finding(finding, style)) for finding in report.findings]
    paragraphs.append([_summary(report, style)])
    notes = [placed_note(note, style) for note in report.notes]
    paragraphs += [wrap(printable(note), style.width) for note in notes]
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    place = style.place(finding.at.place)
    head = f"{place}: " if place else ""
    first, *more = wrap(
        printable(f"{head}{finding.kind.value} {message(finding, style.lang)}"), style.width
    )
    code = finding.kind.value
    yield first.replace(code, style.paint(code, _COLOURS[finding.kind.level]), 1)
    yield from (f"  {line}" for line in more)
    if finding.at.text:
        yield f"    {printable(finding.at.text)}"
    yield from _reason(finding, style)


def _reason(finding: Finding, style: Style) -> Iterator[str]:
    told = reason(finding, style.lang)
    yield from wrap(printable(told.text), style.width, "  ")
    for words, other in told.rules[:_MOST_RULES]:
        place = style.place(other.at.place)
        parts = [part for part in (place, words) if part]
        yield f"    {printable(': '.join((*parts, other.at.text)))}"
    if len(told.rules) > _MOST_RULES:
        yield "    …"
    text = example(finding, style.lang)
    yield from wrap(printable(text), style.width, "  ")


def _summary(report: Report, style: Style) -> str:
    if not report.findings:
        return sentence("lint.clean", style.lang)
    counts = Counter(finding.kind.level for finding in report.findings)
    told = [_count(f"lint.{level}", counts[level], style.lang) for level in Level if counts[level]]
    levels = sentence("lint.comma", style.lang).join(told)
    form = "one" if len(report.findings) == 1 else "many"
    count = len(report.findings)
    return sentence(f"lint.sum.{form}", style.lang, count=count, levels=levels)


def _count(code: str, count: int, lang: str) -> str:
    return sentence(f"{code}.{'one' if count == 1 else 'many'}", lang, count=count)
