"""What the counters show as JSON, schema `iptsim.counters/1`.

A count is a number; one that a listing rounded is `[low, high]`.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.diff.texts import rule_text
from iptsim.met_counts import MetChain, MetRule, Span
from iptsim.model import Note
from iptsim.render.shared.value_json import note_json

SCHEMA = "iptsim.counters/1"


def counters_json(
    chains: Iterable[MetChain], lang: str, *, notes: Iterable[Note] = ()
) -> dict[str, object]:
    """Each chain with how many packets came to it, and its rules with their counts."""
    return {
        "schema": SCHEMA,
        "chains": [_chain(met) for met in chains],
        "notes": [note_json(note, lang) for note in notes],
    }


def _chain(met: MetChain) -> dict[str, object]:
    return {
        "family": met.family,
        "table": met.table.name,
        "chain": met.chain.name,
        "came": _count(met.came),
        "policy": met.chain.policy,
        "policy_packets": _count(met.policy),
        "policy_grown": _count(met.policy_grown),
        "rules": [_rule(met, each) for each in met.rules],
    }


def _rule(met: MetChain, each: MetRule) -> dict[str, object]:
    return {
        "rule": each.number,
        "line": each.rule.place.line if each.rule.place else None,
        "text": rule_text(met.chain.name, each.rule, met.family),
        "packets": _count(each.packets),
        "bytes": _count(each.bytes),
        "grown": _count(each.grown),
    }


def _count(span: Span | None) -> int | list[int] | None:
    if span is None:
        return None
    return span.low if span.is_exact else [span.low, span.high]
