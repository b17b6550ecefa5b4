"""A request's way through two pods as JSON, schema `iptsim.journey/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.explain.journey_sentences import cause_words, remedy_words, verdict_words
from iptsim.model import Note
from iptsim.render.shared.step_words import where_words
from iptsim.render.shared.value_json import asked_json, note_json, note_text
from iptsim.sidecars.hops import Answer, Cause, Ends, Hop
from iptsim.sidecars.verdicts import verdict_of
from iptsim.values import format_address
from iptsim.worlds.outcome import Outcome, Step

SCHEMA = "iptsim.journey/1"
Json = dict[str, object]


def request_json(answer: Answer, *, lang: str = "en", notes: Iterable[Note] = ()) -> Json:
    """The answer as data of JSON's types; `notes` are the dumps'.

    `through` of a side is null where its rules are not told.
    """
    verdict = verdict_of(answer)
    return {
        "schema": SCHEMA,
        "verdict": {
            "ending": answer.ending.value,
            "code": verdict.code.partition(".")[0],
            "good": verdict.is_good,
            "firm": verdict.is_known and not answer.is_open,
            "text": verdict_words(verdict, answer, lang),
        },
        "through": dict(zip(("client", "server"), answer.through, strict=True)),
        "hops": [_hop(hop, lang) for hop in answer.hops],
        "causes": [_cause(cause, lang) for cause in answer.causes],
        "assumed": [note_text(note, lang) for note in answer.assumed],
        "notes": [note_json(note, lang) for note in dict.fromkeys((*notes, *_notes(answer)))],
    }


def _notes(answer: Answer) -> list[Note]:
    return [note for hop in answer.hops if hop.trace for note in hop.trace.notes]


def _hop(hop: Hop, lang: str) -> Json:
    width = 32 if hop.packet.family == 4 else 128
    original = hop.original
    return {
        "hop": hop.number,
        "side": hop.side,
        "hook": hop.hook,
        "from": hop.sender.value,
        "to": hop.receiver.value,
        "port": hop.port,
        "packet": asked_json(hop.packet),
        "known": hop.trace is not None,
        "seen": None if hop.seen is None else _ends(hop.seen, width),
        "original_dst": None
        if original is None
        else {"dst": format_address(original[0], width), "dport": original[1]},
        "outcomes": [_outcome(o) for o in (hop.outcome, *hop.others) if o is not None],
        "cause": None if hop.cause is None else _cause(hop.cause, lang),
        "assumed": [] if hop.trace is None else [note_text(n, lang) for n in hop.trace.assumed],
    }


def _ends(ends: Ends, width: int) -> Json:
    return {
        "src": _address(ends.src, width),
        "sport": ends.sport,
        "dst": _address(ends.dst, width),
        "dport": ends.dport,
    }


def _address(address: int | str, width: int) -> str:
    return address if isinstance(address, str) else format_address(address, width)


def _outcome(outcome: Outcome) -> Json:
    return {
        "verdict": outcome.verdict,
        "destination": outcome.destination,
        "decided_by": None if outcome.decided_by is None else _step(outcome.decided_by),
        "steps": [_step(step) for step in outcome.steps],
    }


def _step(step: Step) -> Json:
    return {
        "hook": step.hook,
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "file": step.place.file if step.place else None,
        "line": step.place.line if step.place else None,
        "text": step.text,
        "action": step.action,
        "target": step.target,
    }


def _cause(cause: Cause, lang: str) -> Json:
    return {
        "code": cause.code.partition(".")[0],
        "text": cause_words(cause, lang),
        "remedy": remedy_words(cause, lang) or None,
        "facts": dict(cause.facts),
        "rule": None if cause.step is None else where_words(cause.step),
    }
