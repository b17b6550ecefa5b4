"""Findings as SARIF 2.1.0, which code hosts and editors read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from urllib.parse import quote

from iptsim.errors import Place
from iptsim.explain.lint import example, message, sentences_of, title
from iptsim.lint import Finding, Kind, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Json = dict[str, object]
_INDEX = {kind: index for index, kind in enumerate(Kind)}


def sarif(report: Report, *, version: str, lang: str = "en") -> Json:
    """The report as one run of that version of iptsim."""
    rules = [_rule(kind, lang) for kind in Kind]
    driver = {"name": "iptsim", "version": version, "rules": rules}
    results = [_result(finding, lang) for finding in report.findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: Kind, lang: str) -> Json:
    name = "".join(word.capitalize() for word in kind.name.split("_"))
    return {
        "id": kind.value,
        "name": name,
        "shortDescription": {"text": title(kind, lang)},
        "defaultConfiguration": {"level": kind.level.value},
    }


def _result(finding: Finding, lang: str) -> Json:
    lines = [message(finding, lang), finding.at.text, *sentences_of(finding, lang)]
    text = "\n".join(filter(None, (*lines, example(finding, lang))))
    found: Json = {
        "ruleId": finding.kind.value,
        "ruleIndex": _INDEX[finding.kind],
        "level": finding.kind.level.value,
        "message": {"text": text},
        "locations": _locations(finding.at.place),
    }
    related = [
        {"id": number, **location, "message": {"text": other.at.text}}
        for number, other in enumerate(finding.others, 1)
        for location in _locations(other.at.place)
    ]
    return {**found, "relatedLocations": related} if related else found


def _locations(place: Place | None) -> list[Json]:
    if place is None:
        return []
    region = {"startLine": place.line}
    return [
        {"physicalLocation": {"artifactLocation": {"uri": quote(place.file)}, "region": region}}
    ]
