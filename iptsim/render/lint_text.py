"""Findings for people, in the manner of a linter: place, code, sentence; then rule and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set

from iptsim.explain.catalogue import sentence
from iptsim.explain.lint import example, message, reason, title
from iptsim.lint import Finding, Kind, Level, Report
from iptsim.render.terminal import Style, printable, wrap
from iptsim.render.values import placed_note

_COLOURS = {Level.ERROR: "bad", Level.WARNING: "unsure", Level.NOTE: "dim"}
# A rule that many rules together shadow: the first of them tell enough.
_MOST_RULES = 5
# Findings from which on they are counted by kind, too.
_SCREENFUL = 10
# More notes of one kind than these drown the rest; the first of them tell what they are like.
_MOST_NOTES, _FIRST_NOTES = 20, 5


def lint_text(report: Report, style: Style, *, every: bool = False) -> str:
    """A paragraph for each finding, then how many there are.

    Of many notes of one kind only the first are told, unless `every` is asked for.
    """
    counts = Counter(finding.kind for finding in report.findings)
    folded = {kind for kind, count in counts.items() if _is_folded(kind, count) and not every}
    shown = _unfolded(report.findings, folded)
    paragraphs = [list(_finding(finding, style)) for finding in shown]
    if len(report.findings) > _SCREENFUL:
        paragraphs.append(
            [
                line
                for kind in _by_level(counts)
                for line in _kind(kind, counts[kind], kind in folded, style)
            ]
        )
    paragraphs.append([_summary(report, style)])
    notes = [placed_note(note, style) for note in report.notes]
    paragraphs += [wrap(printable(note), style.width) for note in notes]
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def _is_folded(kind: Kind, count: int) -> bool:
    return kind.level is Level.NOTE and count > _MOST_NOTES


def _unfolded(findings: Iterable[Finding], folded: Set[Kind]) -> Iterator[Finding]:
    """The findings without those of folded kinds beyond the first few."""
    seen: Counter[Kind] = Counter()
    for finding in findings:
        seen[finding.kind] += 1
        if finding.kind not in folded or seen[finding.kind] <= _FIRST_NOTES:
            yield finding


def _by_level(kinds: Iterable[Kind]) -> list[Kind]:
    """Errors first."""
    return sorted(kinds, key=lambda kind: (list(Level).index(kind.level), kind.value))


def _kind(kind: Kind, count: int, folded: bool, style: Style) -> Iterator[str]:
    """How many findings there are of a kind, and whether some are left out."""
    told = sentence("lint.folded", style.lang, first=_FIRST_NOTES) if folded else ""
    parts = (kind.value, f"{count:>5}", title(kind, style.lang), told)
    first, *more = wrap(" ".join(filter(None, parts)), style.width - 2)
    yield first.replace(kind.value, style.paint(kind.value, _COLOURS[kind.level]), 1)
    yield from (f"  {line}" for line in more)


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
