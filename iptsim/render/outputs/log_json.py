"""A trace log beside our traces as JSON, schema `iptsim.verify-log/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.explain.error_words import error_words
from iptsim.kernel.logs.log_beside import Lined, LogComparison, Unjudged
from iptsim.kernel.logs.log_rows import SAME, LogRow
from iptsim.model import Note
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.log_words import difference_words
from iptsim.render.shared.value_json import asked_json, note_json, note_text, packet_json

SCHEMA = "iptsim.verify-log/1"
_ANSWERS = {0: "agree", 1: "disagree", 2: "cannot judge"}


def log_json(found: Lined, *, lang: str = "en", notes: Iterable[Note] = ()) -> dict[str, object]:
    """The answer as data of JSON's types; `notes` are those on the dump's reading."""
    told = dict.fromkeys([*(n for each in found.compared for n in each.trace.notes), *notes])
    return {
        "schema": SCHEMA,
        "log": found.file,
        "answer": _ANSWERS[found.exit_code],
        "packets": [_packet(each, lang) for each in found.packets],
        "notes": [note_json(note, lang) for note in told],
    }


def _packet(each: LogComparison | Unjudged, lang: str) -> dict[str, object]:
    lines = list(each.logged.lines)
    if isinstance(each, Unjudged):
        reason = {"code": each.error.code, "text": error_words(each.error, lang)}
        return {"lines": lines, "answer": "cannot judge", "reason": reason}
    outcome = each.outcome
    return {
        "lines": lines,
        "packet": {"hook": each.trace.hook, **asked_json(each.trace.packet)},
        "answer": "agree" if each.agrees else "disagree",
        "difference": None if each.agrees else difference_words(each, lang),
        "state": each.state,
        "assumed": [note_text(note, lang) for note in each.trace.assumed],
        "ours": {
            "verdict": outcome.verdict,
            "destination": outcome.destination,
            "packet": packet_json(outcome.packet, each.ruleset.family),
            "outcomes": len(each.trace.outcomes),
        },
        "steps": [_row(row) for row in each.rows],
        "altered": _altered(each),
        "implied": [cube_json(cube) for cube in each.implied],
        "absent_tables": list(each.absent),
        "other_counts": [
            {"table": c.table, "chain": c.chain, "log": c.logged, "dump": c.dumped}
            for c in each.counts
        ],
    }


def _altered(each: LogComparison) -> dict[str, object] | None:
    other = each.altered
    if other is None:
        return None
    return {"field": other.field, "ours": other.ours, "log": other.logged}


def _row(row: LogRow) -> dict[str, object]:
    ours, seen = row.ours, row.seen
    step = ours or (seen.step if seen else None)
    assert step is not None
    return {
        "hook": row.hook,
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "same": row.kind == SAME,
        "kind": row.kind,
        "why": row.why,
        "ours": None
        if ours is None
        else {
            "action": ours.action,
            "target": ours.target,
            "line": ours.place.line if ours.place else None,
            "text": ours.text,
        },
        "log": None
        if seen is None
        else {
            "rule": seen.step.rule,
            "verdict": seen.step.verdict,
            "target": seen.step.target,
            "line": seen.told.line,
            "text": seen.told.text,
        },
    }
