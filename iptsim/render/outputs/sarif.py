"""Findings as SARIF 2.1.0, which code hosts and editors read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; its sections are
named below.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.lint_sentences import example, message, sentences_of, title
from iptsim.knowledge.idle_by_design import by_design
from iptsim.lint import MESHES, Finding, Kind, Report
from iptsim.model import Note
from iptsim.regex import regex
from iptsim.render.shared.value_json import note_json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Json = dict[str, object]
_OF_LINT = tuple(kind for kind in Kind if kind not in MESHES)
_STDIN = "-"
# 3.11.5: a brace begins a placeholder; 3.11.6: brackets may be a link. What a dump writes is none.
_BRACES = str.maketrans({"{": "{{", "}": "}}"})
_LINK = regex(r"\[([^\[\]]*)\](?=\()")


def sarif(
    report: Report, *, version: str, lang: str = "en", kinds: tuple[Kind, ...] = _OF_LINT
) -> Json:
    """The report as one run of that version of iptsim, whose findings are of those `kinds`."""
    rules = [_rule(kind, lang) for kind in kinds]
    driver = {"name": "iptsim", "version": version, "rules": rules}
    told = [_notification(note, lang) for note in report.notes]
    designed = by_design(report)
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": told}],
        "columnKind": "unicodeCodePoints",
        "language": lang,
        "results": [
            {**_result(finding, kinds, lang), **_suppressed(designed.get(finding), lang)}
            for finding in report.findings
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: Kind, lang: str) -> Json:
    name = "".join(word.capitalize() for word in kind.name.split("_"))
    return {
        "id": kind.value,
        "name": name,
        "shortDescription": _message(title(kind, lang)),
        "defaultConfiguration": {"level": kind.level.value},
    }


def _notification(note: Note, lang: str) -> Json:
    """What there is to tell of the reading: 3.58."""
    text = str(note_json(note, lang)["text"])
    found: Json = {"descriptor": {"id": note.code}, "level": "note", "message": _message(text)}
    return {**found, "locations": _locations(note.place)} if note.place else found


def _result(finding: Finding, kinds: tuple[Kind, ...], lang: str) -> Json:
    lines = [message(finding, lang), finding.at.text, *sentences_of(finding, lang)]
    text = "\n".join(filter(None, (*lines, example(finding, lang))))
    found: Json = {
        "ruleId": finding.kind.value,
        "ruleIndex": kinds.index(finding.kind),
        "level": finding.kind.level.value,
        "message": _message(text),
        "locations": _locations(finding.at.place),
    }
    related = [
        {"id": number, **location, "message": _message(other.at.text)}
        for number, other in enumerate(finding.others, 1)
        for location in _locations(other.at.place)
    ]
    return {**found, "relatedLocations": related} if related else found


def _suppressed(whose: str | None, lang: str) -> Json:
    """3.35: what is idle by design is no finding, but whoever wants to may see it."""
    if whose is None:
        return {}
    why = sentence("lint.suppressed", lang, whose=whose)
    return {"suppressions": [{"kind": "external", "justification": why}]}


def _message(text: str) -> Json:
    return {"text": _LINK.sub(r"\\[\1\\]", text.translate(_BRACES))}


def _locations(place: Place | None) -> list[Json]:
    if place is None:
        return []
    region = {"startLine": place.line}
    return [{"physicalLocation": {"artifactLocation": _artifact(place.file), "region": region}}]


def _artifact(file: str) -> Json:
    """3.4: a file by its URI. A path from here is one from the root of what a code host shows."""
    if file == _STDIN:
        return {"uri": "stdin", "description": {"text": "standard input"}}
    path = PurePosixPath(file)
    if path.is_absolute():
        return {"uri": f"file://{quote(str(path))}"}
    found: Json = {"uri": quote(str(path))}
    # 3.14.14: one that leads out of the root is not one from it.
    return found if ".." in path.parts else {**found, "uriBaseId": "%SRCROOT%"}
