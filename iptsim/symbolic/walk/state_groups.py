"""Connection states in groups that no rule tells apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iptsim.actions import CopyBits
from iptsim.netfilter.hooks import translates
from iptsim.packet import CT_STATES
from iptsim.predicate import Fact, OneOf, Predicate, atoms
from iptsim.symbolic.walk.engine import Engine, branches_of, conditions_of
from iptsim.tracer.rules.kinds import each_kind
from iptsim.tracer.rules.ready import Library

EACH = [frozenset({state}) for state in CT_STATES]


def states_of(engine: Engine) -> list[tuple[str, ...]]:
    """Every state, in groups; looked for once, in the rules that the engine then has."""
    if engine.states is None:
        engine.states = _groups(engine.libraries)
    return engine.states


def _groups(libraries: Sequence[Library]) -> list[tuple[str, ...]]:
    """Nat asks NEW and RELATED packets only (nf_nat_core.c)."""
    nat = any(translates(library.ruleset) for library in libraries)
    tests: list[frozenset[str]] = [frozenset({"NEW"}), frozenset({"RELATED"})] if nat else []
    for library in libraries:
        tests += _named((*conditions_of(library), *branches_of(library)))
    if any(map(_copies, libraries)):
        tests += EACH
    groups: dict[tuple[bool, ...], list[str]] = {}
    for state in CT_STATES:
        groups.setdefault(tuple(state in test for test in tests), []).append(state)
    return [tuple(group) for group in groups.values()]


def _named(conditions: Iterable[Predicate]) -> set[frozenset[str]]:
    """The states that conditions name, and each alone where the connection itself is asked for."""
    found: set[frozenset[str]] = set()
    for atom in (atom for asks in conditions for atom in atoms(asks)):
        if isinstance(atom, OneOf) and atom.field == "ctstate":
            found.add(atom.names)
        elif not isinstance(atom, Fact) and atom.field.startswith(("ct", "connmark")):
            found |= set(EACH)
    return found


def _copies(library: Library) -> bool:
    """Whether a rule gives packets their connection's mark, which each state has another."""
    return any(
        isinstance(action, CopyBits) and action.source == "connmark"
        for ready in each_kind(library)
        for action in ready.actions
    )
