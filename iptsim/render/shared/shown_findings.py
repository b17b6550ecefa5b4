"""Findings for people: which are shown where there are many, and how they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.lint_sentences import title
from iptsim.knowledge.idle_by_design import POLICIES, by_design
from iptsim.lint import Finding, Kind, Level, Report
from iptsim.lint.causes import Cause, causes

COLOURS = {Level.ERROR: "bad", Level.WARNING: "unsure", Level.NOTE: "dim"}
MOST_RULES = 5
"""A rule that many rules together shadow: the first of them tell enough."""
# Findings from which on they are counted by kind, too.
_SCREENFUL = 10
# More notes of one kind than these drown the rest; the first of them tell what they are like.
_MOST_NOTES, _FIRST_NOTES = 20, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A report as people read it: findings of one cause together, but not what is idle by design.

    With `every` each finding is a cause of its own, and none is left out. `hidden` are those that
    are, with whose design it is.
    """

    causes: tuple[Cause, ...]
    hidden: Mapping[Finding, str]
    every: bool = False

    def first(self) -> Iterator[Cause]:
        """The causes; of many notes of one kind only the first."""
        folded = self.folded
        seen: Counter[Kind] = Counter()
        for cause in self.causes:
            kind = cause.lead.kind
            seen[kind] += 1
            if kind not in folded or seen[kind] <= _FIRST_NOTES:
                yield cause

    def counted(self, lang: str) -> Iterator[tuple[Kind, int, str, str]]:
        """Of many causes, how many there are of each kind, errors first.

        A kind, its number, what its findings are about, and what is left out of them.
        """
        if len(self.causes) <= _SCREENFUL:
            return
        counts, folded = self.counts, self.folded
        for kind in _by_level(counts):
            left_out = sentence("lint.folded", lang, first=_FIRST_NOTES) if kind in folded else ""
            yield kind, counts[kind], title(kind, lang), left_out

    def summed(self, lang: str) -> str:
        """How many causes there are of each level, and what is not shown."""
        told = (self._levels(lang), self._each(lang), self._hidden(lang))
        return sentence("lint.stop", lang).join(filter(None, told))

    @property
    def counts(self) -> Counter[Kind]:
        """The causes by the kind of their leading findings."""
        return Counter(cause.lead.kind for cause in self.causes)

    @property
    def folded(self) -> Set[Kind]:
        """Kinds of which there are so many that only the first are shown."""
        if self.every:
            return frozenset()
        counts = self.counts.items()
        return {kind for kind, n in counts if kind.level is Level.NOTE and n > _MOST_NOTES}

    def _levels(self, lang: str) -> str:
        count = len(self.causes)
        if not count:
            return sentence("lint.clean", lang)
        counts = Counter(cause.lead.kind.level for cause in self.causes)
        told = [_count(f"lint.{level}", counts[level], lang) for level in Level if counts[level]]
        levels = sentence("lint.comma", lang).join(told)
        form = "one" if count == 1 else "many"
        return sentence(f"lint.sum.{form}", lang, count=count, levels=levels)

    def _each(self, lang: str) -> str:
        each = sum(len(cause.findings) for cause in self.causes)
        return sentence("lint.sum.each", lang, count=each) if each > len(self.causes) else ""

    def _hidden(self, lang: str) -> str:
        if not self.hidden:
            return ""
        names = sorted(set(self.hidden.values()) - {POLICIES})
        if POLICIES in self.hidden.values():
            names.append(sentence("lint.policies", lang))
        whose = sentence("lint.comma", lang).join(names)
        return _count("lint.hidden", len(self.hidden), lang, whose=whose)


def findings_told(report: Report, *, every: bool = False) -> Told:
    """What is shown of a report."""
    if every:
        alone = tuple(Cause(alike=(finding,)) for finding in report.findings)
        return Told(causes=alone, hidden={}, every=True)
    hidden = by_design(report)
    shown = [finding for finding in report.findings if finding not in hidden]
    return Told(causes=causes(shown), hidden=hidden)


def _by_level(kinds: Iterable[Kind]) -> list[Kind]:
    """Errors first."""
    return sorted(kinds, key=lambda kind: (list(Level).index(kind.level), kind.value))


def _count(code: str, count: int, lang: str, **facts: str) -> str:
    form = "one" if count == 1 else "many"
    return sentence(f"{code}.{form}", lang, count=count, **facts)
