"""The rules of a dump in words as JSON, schema `iptsim.explain/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.model import Note
from iptsim.render.shared.explained import ExplainedChain, ExplainedRule
from iptsim.render.shared.value_json import note_json
from iptsim.render.shared.written_by import Written, systems_json

SCHEMA = "iptsim.explain/1"


def explain_json(
    chains: Iterable[ExplainedChain], lang: str, *, written: Written, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """Each chain with its sentences and those of its rules."""
    return {
        "schema": SCHEMA,
        "systems": systems_json(written, lang),
        "chains": [_chain(chain) for chain in chains],
        "notes": [note_json(note, lang) for note in notes],
    }


def _chain(chain: ExplainedChain) -> dict[str, object]:
    return {
        "family": chain.family,
        "table": chain.table,
        "chain": chain.name,
        "policy": chain.policy,
        "system": chain.system,
        "line": chain.place.line if chain.place else None,
        "explanation": " ".join(chain.said),
        "rules": [_rule(rule) for rule in chain.rules],
    }


def _rule(rule: ExplainedRule) -> dict[str, object]:
    return {
        "rule": rule.number,
        "line": rule.place.line if rule.place else None,
        "text": rule.text,
        "explanation": rule.said,
        "use": rule.use or None,
        "comment": rule.comment or None,
    }
