"""Findings as annotations of GitHub Actions: one for each cause, at its first rule."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.explain.cause_sentences import cause_message, cause_reason, cause_rules
from iptsim.lint import Level, Report
from iptsim.lint.causes import Cause
from iptsim.render.shared.annotations import annotation
from iptsim.render.shared.shown_findings import findings_told

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def lint_github(report: Report, *, lang: str = "en", every: bool = False) -> str:
    """The causes, errors first; with `every` each finding by itself."""
    told = findings_told(report, every=every)
    found = sorted(told.first(), key=lambda cause: list(Level).index(cause.lead.kind.level))
    return "\n".join(_cause(cause, lang) for cause in found)


def _cause(cause: Cause, lang: str) -> str:
    kind, place = cause.lead.kind, cause.alike[0].at.place
    title = f"{kind.value} {cause_message(cause, lang)}"
    text = "\n".join(_lines(cause, lang))
    return annotation(_LEVELS[kind.level], text, title=title, place=place)


def _lines(cause: Cause, lang: str) -> Iterator[str]:
    yield from cause_rules(cause)
    reason = cause_reason(cause, lang)
    yield reason.text
    yield from (other.at.text for _words, other in reason.rules)
