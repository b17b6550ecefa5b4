"""A trace as JSON, schema `iptsim.trace/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.model import Note
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.value_json import (
    asked_json,
    field_value,
    note_json,
    note_text,
    packet_json,
)
from iptsim.worlds.outcome import Outcome, Rewrite, Step, Trace

SCHEMA = "iptsim.trace/1"


def trace_json(
    trace: Trace, *, lang: str = "en", identity: object = None, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """The answer as data of JSON's types; `identity` is the packet's `id`, `notes` the dump's.

    Without an identity there is no `id`.
    """
    known = {} if identity is None else {"id": identity}
    return {
        "schema": SCHEMA,
        **known,
        "packet": asked_json(trace.packet),
        "assumed": [note_text(note, lang) for note in trace.assumed],
        "outcomes": [_outcome(outcome, trace.packet.family, lang) for outcome in trace.outcomes],
        "notes": [note_json(note, lang) for note in dict.fromkeys((*notes, *trace.notes))],
    }


def _outcome(outcome: Outcome, family: int, lang: str) -> dict[str, object]:
    return {
        "when": [cube_json(cube) for cube in outcome.when],
        "verdict": None if outcome.verdict == "RETURN" else outcome.verdict,
        **({"returns": True} if outcome.verdict == "RETURN" else {}),
        "destination": outcome.destination,
        "packet": packet_json(outcome.packet, family),
        "rewrites": [rewrite_json(rewrite, family) for rewrite in outcome.rewrites],
        "steps": [step_json(step) for step in outcome.steps],
        **{kind: found and _following(found, lang) for kind, found in outcome.follows},
    }


def _following(trace: Trace, lang: str) -> dict[str, object]:
    """A packet that follows, as an answer of its own but for what belongs to the whole."""
    return {
        "packet": asked_json(trace.packet),
        "hook": trace.hook,
        "assumed": [note_text(note, lang) for note in trace.assumed],
        "outcomes": [_outcome(outcome, trace.packet.family, lang) for outcome in trace.outcomes],
        "notes": [note_json(note, lang) for note in trace.notes],
    }


def rewrite_json(rewrite: Rewrite, family: int) -> dict[str, object]:
    """A rewrite as an outcome has it."""
    before = rewrite.before
    return {
        "field": rewrite.field,
        "from": None if before is None else field_value(rewrite.field, before, family),
        "to": field_value(rewrite.field, rewrite.after, family),
        "table": rewrite.table,
        "chain": rewrite.chain,
        "rule": rewrite.rule,
    }


def step_json(step: Step) -> dict[str, object]:
    """A step as an outcome has it."""
    return {
        "hook": step.hook,
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "line": step.place.line if step.place else None,
        "text": step.text,
        "action": step.action,
        "target": step.target,
        **({"broke": True} if step.broke else {}),
    }
