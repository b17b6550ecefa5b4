"""The chain graph as JSON, schema `iptsim.graph/1`."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.chain_graph import ChainGraph, ChainNode, Leap
from iptsim.model import Note
from iptsim.render.shared.value_json import note_json

SCHEMA = "iptsim.graph/1"


def graph_json(
    graphs: Iterable[ChainGraph], *, lang: str = "en", notes: Iterable[Note] = ()
) -> dict[str, object]:
    """Chains, jumps and findings of every family as data of JSON's types."""
    every = tuple(graphs)
    return {
        "schema": SCHEMA,
        "chains": [_chain(g.family, chain) for g in every for chain in g.chains],
        "jumps": [_jump(g.family, leap) for g in every for leap in g.leaps],
        "findings": [note_json(note, lang) for g in every for note in g.findings],
        "notes": [note_json(note, lang) for note in notes],
    }


def _chain(family: int, chain: ChainNode) -> dict[str, object]:
    return {
        "family": family,
        "table": chain.table,
        "chain": chain.name,
        "policy": chain.policy,
        "rules": chain.rules,
        "present": chain.present,
        "line": chain.place.line if chain.place else None,
    }


def _jump(family: int, leap: Leap) -> dict[str, object]:
    """`keys` stands where a verdict map leads: its elements."""
    keys = {"keys": list(leap.keys)} if leap.keys else {}
    return {
        "family": family,
        "table": leap.table,
        "from": leap.chain,
        "rule": leap.rule,
        "to": leap.to,
        "goto": leap.goto,
        "line": leap.place.line if leap.place else None,
        **keys,
    }
