"""Findings for people: which are shown where there are many, and how they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set

from iptsim.explain.catalogue import sentence
from iptsim.explain.lint_sentences import title
from iptsim.lint import Finding, Kind, Level, Report

COLOURS = {Level.ERROR: "bad", Level.WARNING: "unsure", Level.NOTE: "dim"}
MOST_RULES = 5
"""A rule that many rules together shadow: the first of them tell enough."""
# Findings from which on they are counted by kind, too.
_SCREENFUL = 10
# More notes of one kind than these drown the rest; the first of them tell what they are like.
_MOST_NOTES, _FIRST_NOTES = 20, 5


def shown(report: Report, *, every: bool = False) -> Iterator[Finding]:
    """The findings; of many notes of one kind only the first, unless `every` is asked for."""
    folded = _folded(report, every=every)
    seen: Counter[Kind] = Counter()
    for finding in report.findings:
        seen[finding.kind] += 1
        if finding.kind not in folded or seen[finding.kind] <= _FIRST_NOTES:
            yield finding


def counted(
    report: Report, lang: str, *, every: bool = False
) -> Iterator[tuple[Kind, int, str, str]]:
    """Of many findings, how many there are of each kind, errors first.

    A kind, its number, what its findings are about, and what is left out of them.
    """
    if len(report.findings) <= _SCREENFUL:
        return
    counts, folded = _counts(report), _folded(report, every=every)
    for kind in _by_level(counts):
        left_out = sentence("lint.folded", lang, first=_FIRST_NOTES) if kind in folded else ""
        yield kind, counts[kind], title(kind, lang), left_out


def summed(report: Report, lang: str) -> str:
    """How many findings there are of each level."""
    if not report.findings:
        return sentence("lint.clean", lang)
    counts = Counter(finding.kind.level for finding in report.findings)
    told = [_count(f"lint.{level}", counts[level], lang) for level in Level if counts[level]]
    levels = sentence("lint.comma", lang).join(told)
    count = len(report.findings)
    form = "one" if count == 1 else "many"
    return sentence(f"lint.sum.{form}", lang, count=count, levels=levels)


def _counts(report: Report) -> Counter[Kind]:
    return Counter(finding.kind for finding in report.findings)


def _folded(report: Report, *, every: bool) -> Set[Kind]:
    if every:
        return frozenset()
    return {
        kind
        for kind, count in _counts(report).items()
        if kind.level is Level.NOTE and count > _MOST_NOTES
    }


def _by_level(kinds: Iterable[Kind]) -> list[Kind]:
    """Errors first."""
    return sorted(kinds, key=lambda kind: (list(Level).index(kind.level), kind.value))


def _count(code: str, count: int, lang: str) -> str:
    return sentence(f"{code}.{'one' if count == 1 else 'many'}", lang, count=count)
