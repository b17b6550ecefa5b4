"""A query as JSON, schema `iptsim.query/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.explain.query_sentences import answered, explain_answer
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.query import Answer, Query
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.value_json import (
    asked_json,
    field_value,
    note_json,
    note_text,
    packet_json,
)
from iptsim.worlds.outcome import Step

SCHEMA = "iptsim.query/1"
Json = dict[str, object]


def query_json(found: Query, *, lang: str = "en", notes: Iterable[Note] = ()) -> Json:
    """The answer as data of JSON's types, with its sentences in `lang`; `notes` are the dump's."""
    return {
        "schema": SCHEMA,
        "fate": found.fate,
        "packet": asked_json(found.packet),
        "hooks": list(dict.fromkeys(one.hook for one in found.asked)),
        "assumed": list(dict.fromkeys(note_text(note, lang) for note in found.assumed)),
        "answers": [_answer(answer, lang) for answer in found.answers],
        "explanation": answered(found, lang),
        "notes": [note_json(note, lang) for note in dict.fromkeys((*notes, *found.notes))],
    }


def _answer(answer: Answer, lang: str) -> Json:
    family, example = answer.family, answer.example
    return {
        "family": family,
        "hook": answer.hook,
        "verdict": answer.verdict,
        "destination": answer.destination,
        "rewrites": [
            {"field": name, "to": field_value(name, value, family)}
            for name, value in answer.rewrites
        ],
        "certain": answer.certain,
        "where": [cube_json(cube) for cube in answer.where],
        "example": None if example is None else _example(example, answer),
        "facts": {fact.key: true for fact, true in answer.hangs_on},
        "decided_by": [] if answer.decided_by is None else [_step(answer.decided_by)],
        "explanation": explain_answer(answer, lang),
    }


def _example(example: Packet, answer: Answer) -> Json:
    """The packet with what its connection is asked for, as the sentences tell it."""
    return packet_json((*example.given().items(), *answer.connection), answer.family)


def _step(step: Step) -> Json:
    return {
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "line": step.place.line if step.place else None,
        "text": step.text,
    }
