"""A diff as JSON, schema `iptsim.diff/1`."""

from __future__ import annotations

from iptsim.diff.difference import Change, Difference, Effect, Kind, RuleAt, Way
from iptsim.diff.texts import rule_text
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.diff_sentences import (
    UNCOMPARED,
    conclusion,
    explain_change,
    explain_uncompared,
    note_words,
)
from iptsim.explain.effect_sentences import explain_effect
from iptsim.render.shared.cube_json import cube_json
from iptsim.render.shared.value_json import field_value, note_json, packet_json
from iptsim.worlds.outcome import Step

SCHEMA = "iptsim.diff/1"
Json = dict[str, object]


def diff_json(difference: Difference, *, lang: str = "en") -> Json:
    """The difference as data of JSON's types, with its sentences in `lang`."""
    return {
        "schema": SCHEMA,
        "same_text": difference.same_text,
        "same_effect": difference.same_effect,
        "structure": [_change(difference, change, lang) for change in difference.changes],
        "effect": [_effect(effect, lang) for effect in difference.effects],
        "exact": difference.exact,
        "notes": [
            *({"code": code, "text": text} for code, text in conclusion(difference, lang)),
            *({"code": code, "text": text} for code, text in note_words(difference, lang)),
            *(_uncompared(change, lang) for change in difference.uncompared),
            *(note_json(note, lang) for note in difference.reading_notes),
        ],
    }


def _change(difference: Difference, change: Change, lang: str) -> Json:
    found: Json = {
        "change": change.kind.value,
        "family": change.family,
        "table": change.table,
        "chain": change.chain or None,
        "rule": change.rule,
        "text": change.text,
        "code": change.kind.code,
        "explanation": explain_change(difference, change, lang),
        "place": _place(change.place),
    }
    both = {"families": [4, 6]} if change.both else {}
    return {**found, **both, **_earlier(change)}


def _uncompared(change: Change, lang: str) -> Json:
    told = explain_uncompared(change, lang)
    text = sentence(f"{UNCOMPARED}.rule", lang, rule=change.text, told=told)
    at = change.after or change.before
    place = None if at is None else _place(at.rule.place)
    return {"code": UNCOMPARED, "text": text, **({} if place is None else {"place": place})}


def _earlier(change: Change) -> Json:
    """What it was before, where the change is of one thing into another."""
    if change.kind is Kind.REFERENCES_CHANGED:
        return {"from": int(change.was), "to": int(change.now)}
    if change.kind is Kind.POLICY_CHANGED:
        return {"from": change.was, "to": change.now}
    if change.before is None or change.after is None:
        return {}
    return {"before": _rule(change, change.before)}


def _rule(change: Change, at: RuleAt) -> Json:
    text = rule_text(change.chain, at.rule, change.family)
    return {"rule": at.number, "text": text, "place": _place(at.rule.place)}


def _place(place: Place | None) -> Json | None:
    return None if place is None else {"file": place.file, "line": place.line}


def _effect(effect: Effect, lang: str) -> Json:
    return {
        "family": effect.family,
        "hook": effect.hook,
        "before": _way(effect.before, effect.family),
        "after": _way(effect.after, effect.family),
        "where": [cube_json(cube) for cube in effect.where],
        "example": packet_json(effect.example.given().items(), effect.family),
        "decided_by": {
            "before": [_step(step) for step in effect.before.decided_by],
            "after": [_step(step) for step in effect.after.decided_by],
        },
        "certain": effect.certain,
        "explanation": explain_effect(effect, lang),
    }


def _way(way: Way, family: int) -> Json:
    return {
        "verdict": way.verdict,
        "destination": way.destination,
        "rewrites": [
            {"field": field, "to": field_value(field, value, family)}
            for field, value in way.rewrites
        ],
    }


def _step(step: Step) -> Json:
    return {
        "table": step.table,
        "chain": step.chain,
        "rule": step.rule,
        "line": step.place.line if step.place else None,
        "text": step.text,
    }
