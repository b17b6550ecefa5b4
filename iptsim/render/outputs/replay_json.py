"""A capture through the rules as lines of JSON, schema `iptsim.replay/1`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iptsim.explain.catalogue import sentence
from iptsim.model import Note
from iptsim.render.shared.replayed import Fared, Replayed, Totals, fate_name, matched
from iptsim.render.shared.value_json import note_json
from iptsim.worlds.outcome import Outcome, Step

SCHEMA = "iptsim.replay/1"
Json = dict[str, Any]


def replayed_json(one: Replayed, lang: str) -> Json:
    """A packet; one that was not asked has `not_read` in place of how it fared."""
    told: Json = {"schema": SCHEMA, "number": one.number, "time": round(one.time, 6)}
    if one.fared is None:
        return {**told, "not_read": one.why, "reason": sentence(f"replay.not.{one.why}", lang)}
    return {
        **told,
        "packet": dict(one.packet),
        "hook": one.hook,
        "connection": one.kind,
        **_fared(one.fared),
        "presumed": list(one.fared.presumed),
    }


def totals_json(
    totals: Totals, lang: str, presumed: Iterable[str], notes: Iterable[Note] = ()
) -> Json:
    """The last line."""
    told: Json = {
        "capture": totals.capture,
        "packets": totals.packets,
        "asked": totals.packets - sum(totals.not_read.values()),
        "not_read": totals.not_read,
        "fates": list(_fates(totals)),
        "rules": [_rule(step, count) for step, count in matched(totals)],
        "connection": totals.kinds,
        "connections": {
            "opened": totals.connections,
            "forgotten": totals.forgotten,
            "contradicted": totals.refused,
        },
        "assumed": list(presumed),
    }
    if totals.broken:
        told["broken"] = totals.broken
    return {"schema": SCHEMA, "totals": told, "notes": [note_json(note, lang) for note in notes]}


def _fates(totals: Totals) -> Iterable[Json]:
    """Packets by how they fared and who decided it, most of them first."""
    counts: dict[str, int] = {}
    known: dict[str, Json] = {}
    for fared, count in totals.fared.items():
        data = _fared(fared)
        key = repr(data)
        known[key] = data
        counts[key] = counts.get(key, 0) + count
    for key in sorted(counts, key=lambda one: -counts[one]):
        yield {"packets": counts[key], **known[key]}


def _fared(fared: Fared) -> Json:
    if fared.firm is not None:
        return _end(fared.firm)
    ends = {repr(data): data for data in map(_end, fared.outcomes)}
    return {
        "verdict": None, "fate": None, "destination": None, "decided_by": None,
        "unknown": fared.untold, "outcomes": list(ends.values()),
    }  # fmt: skip


def _end(outcome: Outcome) -> Json:
    return {
        "verdict": outcome.verdict,
        "fate": fate_name(outcome),
        "destination": outcome.destination,
        "decided_by": None if outcome.decided_by is None else _decider(outcome.decided_by),
    }


def _decider(step: Step) -> Mapping[str, object]:
    return {
        "hook": step.hook,
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "line": step.place.line if step.place else None,
        "text": step.text,
    }


def _rule(step: Step, count: int) -> Json:
    """A rule with the packets that matched it, a policy (`rule` null) with those that met it."""
    return {
        "table": step.table, "chain": step.chain, "rule": step.rule, "text": step.text,
        "packets": count,
    }  # fmt: skip
