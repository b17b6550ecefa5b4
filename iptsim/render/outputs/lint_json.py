"""Findings as JSON, schema `iptsim.lint/1`."""

from __future__ import annotations

from iptsim.errors import Place
from iptsim.explain.lint_sentences import message, reason
from iptsim.knowledge.idle_by_design import by_design
from iptsim.lint import Finding, Kind, Other, Passage, Report
from iptsim.lint.causes import numbered
from iptsim.render.shared.value_json import note_json, packet_json

SCHEMA = "iptsim.lint/1"
Json = dict[str, object]
_SHADOWED = frozenset({Kind.SHADOWED, Kind.SHADOWED_OTHERWISE, Kind.DUPLICATE})


def lint_json(report: Report, *, lang: str = "en") -> Json:
    """The report as data of JSON's types, with its sentences in `lang`."""
    designed, groups = by_design(report), numbered(report.findings)
    return {
        "schema": SCHEMA,
        "findings": [
            {**_finding(finding, lang), "group": group, "by_design": designed.get(finding)}
            for finding, group in zip(report.findings, groups, strict=True)
        ],
        "spoofing": [_passage(one) for one in report.passages],
        "notes": [note_json(note, lang) for note in report.notes],
    }


def _passage(passage: Passage) -> Json:
    """Whether an interface keeps spoofed packets out; null where that hangs on something."""
    finding = passage.finding
    unsure = finding is not None and finding.kind is Kind.MAY_BE_SPOOFED
    return {
        "family": passage.family,
        "interface": passage.interface,
        "sources": passage.sources,
        "kept_out": None if unsure else finding is None,
    }


def _finding(finding: Finding, lang: str) -> Json:
    at, others = finding.at, [_other(other) for other in finding.others]
    shadowed = finding.kind in _SHADOWED
    return {
        "code": finding.kind.value,
        "level": finding.kind.level.value,
        "place": _place(at.place),
        "family": at.family,
        "table": at.table,
        "chain": at.chain,
        "rule": at.rule,
        "text": at.text,
        "message": message(finding, lang),
        "reason": reason(finding, lang).text,
        "shadowed_by": others if shadowed else [],
        "related": [] if shadowed else others,
        "example": _example(finding),
    }


def _example(finding: Finding) -> Json | None:
    packet = finding.example
    if packet is None:
        return None
    return {"hook": finding.hook, **packet_json(packet.given().items(), packet.family)}


def _other(other: Other) -> Json:
    at = other.at
    return {
        "table": at.table,
        "chain": at.chain,
        "rule": at.rule,
        "place": _place(at.place),
        "text": at.text,
        "action": other.deed,
        "otherwise": other.otherwise,
    }


def _place(place: Place | None) -> Json | None:
    return None if place is None else {"file": place.file, "line": place.line}
