"""Which fields of a packet the rules ask for: packets that differ in no other fare alike."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.actions import Action, questions_of, ways_of
from iptsim.dataclass import dataclass
from iptsim.packet import FIELDS
from iptsim.predicate import ANY, Atom, Fact, Predicate, atoms
from iptsim.tracer.rules.ready import Library

_KEEPING = frozenset({"SET", "CT", "CONNMARK", "CONNSECMARK", "NOTRACK", "HMARK"})
_TRANSLATING = frozenset(
    {"DNAT", "SNAT", "REDIRECT", "MASQUERADE", "NETMAP", "TPROXY", "SNPT", "DNPT", "CLUSTERIP"}
)
_PAYLOAD = frozenset({"string", "u32", "bpf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the rules of a family ask.

    `payload` is whether some look at what a packet carries. With `keeps` what one packet does may
    show in how another fares; `translates` is whether a connection may have a translation.
    """

    fields: frozenset[str]
    payload: bool
    keeps: bool
    translates: bool
    gathers: bool


def asked_by(library: Library) -> Asked:
    """What those rules ask of packets, each as the library's host has it."""
    ruleset = library.ruleset
    targets = {rule.target.name for rule in ruleset.kinds if rule.target}
    payload = not _PAYLOAD.isdisjoint(ruleset.match_names)
    return Asked(
        fields=frozenset(FIELDS) if payload else frozenset(_fields(library)),
        payload=payload,
        keeps=not _KEEPING.isdisjoint(targets),
        translates=not _TRANSLATING.isdisjoint(targets),
        gathers=library.gathers,
    )


def _fields(library: Library) -> Iterator[str]:
    for table in library.ruleset.tables:
        for chain in table.chains:
            for ready in library.chain(table, chain):
                yield from _of_condition(ready.condition)
                yield from _of_actions(ready.actions)


def _of_condition(condition: Predicate) -> Iterator[str]:
    for atom in atoms(condition):
        yield from _of_atom(atom)


def _of_atom(atom: Atom) -> Iterator[str]:
    if isinstance(atom, Fact):
        yield from FIELDS if ANY in atom.reads else atom.reads
    else:
        yield atom.field


def _of_actions(actions: tuple[Action, ...]) -> Iterator[str]:
    for action in actions:
        for when in questions_of(action):
            yield from _of_condition(when)
        for way in ways_of(action):
            yield from _of_actions(way)
