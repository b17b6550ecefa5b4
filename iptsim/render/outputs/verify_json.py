"""Our trace and the kernel's as JSON, schema `iptsim.verify/1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iptsim.errors import IptsimError
from iptsim.explain.error_words import error_words
from iptsim.kernel.events.events import Journey, KernelStep
from iptsim.kernel.loading.rereading import Misread
from iptsim.kernel.side_by_side import Difference, Row, destination
from iptsim.kernel.verifying import Verified
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.value_json import (
    asked_json,
    field_value,
    note_json,
    note_text,
    packet_json,
)
from iptsim.worlds.outcome import Step

SCHEMA = "iptsim.verify/1"
_END = ("verdict", "destination")


def verify_json(
    found: Verified, *, lang: str = "en", identity: object = None, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """The answer as data of JSON's types; `identity` is the packet's `id`, `notes` the dump's."""
    told = found.comparison
    journey, software = told.journey, found.software
    told_notes = dict.fromkeys((*told.trace.notes, *notes, *found.notes))
    return {
        **_head(found.asked, identity),
        "answer": "agree" if told.agrees else "disagree",
        "assumed": [note_text(note, lang) for note in told.trace.assumed],
        "sent": {"hook": journey.hook, **asked_json(journey.packet)},
        "ours": {
            "verdict": told.outcome.verdict,
            "destination": told.outcome.destination,
            "packet": packet_json(told.outcome.packet, found.ruleset.family),
            "outcomes": len(told.trace.outcomes),
        },
        "kernel": _kernel(journey),
        "steps": [_row(row) for row in told.rows],
        "differences": [_difference(each, found.ruleset.family) for each in told.differences],
        "misread": [_misread(each) for each in told.misread],
        "problem": told.problem,
        "implied": [cube_json(cube) for cube in told.implied],
        "judge": {
            "backend": software.backend, "iptables": software.iptables, "linux": software.kernel,
            "made_up_addresses": found.made_up,
        },
        "notes": [note_json(note, lang) for note in told_notes],
    }  # fmt: skip


def unjudged_json(
    error: IptsimError, asked: Packet, *, lang: str = "en", identity: object = None
) -> dict[str, Any]:
    """The answer for a packet that cannot be judged, with why."""
    return {
        **_head(asked, identity),
        "answer": "cannot judge",
        "reason": {"code": error.code, "text": error_words(error, lang)},
    }


def _head(asked: Packet, identity: object) -> dict[str, object]:
    known = {} if identity is None else {"id": identity}
    return {"schema": SCHEMA, **known, "packet": asked_json(asked)}


def _kernel(journey: Journey) -> dict[str, object]:
    last = journey.sightings[-1].packet if journey.verdict == "ACCEPT" else None
    return {
        "verdict": journey.verdict,
        "destination": destination(journey),
        "packet": None if last is None else asked_json(last),
    }


def _row(row: Row) -> dict[str, object]:
    step = row.ours or row.kernel
    assert step is not None
    return {
        "hook": step.hook,
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "same": row.same,
        "ours": None if row.ours is None else _ours(row.ours),
        "kernel": None if row.kernel is None else _theirs(row.kernel),
    }


def _ours(step: Step) -> dict[str, object]:
    line = step.place.line if step.place else None
    return {"action": step.action, "target": step.target, "line": line, "text": step.text}


def _theirs(step: KernelStep) -> dict[str, object]:
    return {"verdict": step.verdict, "target": step.target}


def _misread(rule: Misread) -> dict[str, object]:
    return {
        "table": rule.table,
        "chain": rule.chain,
        "rule": rule.rule,
        "line": rule.place.line if rule.place else None,
        "ours": rule.ours,
        "kernel": rule.kernel,
    }


def _difference(difference: Difference, family: int) -> dict[str, object]:
    field = difference.field
    values = {"ours": difference.ours, "kernel": difference.kernel}
    return {
        "field": field,
        **{
            side: value if value is None or field in _END else field_value(field, value, family)
            for side, value in values.items()
        },
    }
