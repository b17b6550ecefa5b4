"""Which packets fare otherwise: all of them, exactly.

Both sides are asked for every packet that a change can touch, in one universe of packet sets. What
differs is told in cubes, with an ordinary packet of each that the tracer has followed on both
sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iptsim.diff.comparison import Comparison
from iptsim.diff.deciding import Changed, Side
from iptsim.diff.scope import touched
from iptsim.diff.states import states_of
from iptsim.diff.values import UNTRACED, Change, Effect, Kind
from iptsim.errors import IptsimError
from iptsim.model import Dump, Note, Ruleset
from iptsim.predicate import NEVER
from iptsim.symbolic.diagrams import Manager, growing
from iptsim.symbolic.engine import Engine

HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The effects; `notes` say where a side could not be followed."""

    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()


def effect(before: Dump, after: Dump, changes: Iterable[Change]) -> Seen:
    """The effects of both families; without a structural change there is none."""
    listed = [change for change in changes if change.kind is not Kind.REFERENCES_CHANGED]
    families = sorted({change.family for change in listed})
    seen = [_family(before, after, family, listed) for family in families]
    return Seen(
        effects=tuple(effect for one in seen for effect in one.effects),
        notes=tuple(note for one in seen for note in one.notes),
    )


def _family(before: Dump, after: Dump, family: int, changes: list[Change]) -> Seen:
    own = [change for change in changes if change.family == family]
    old = before.family(family) or Ruleset(family=family)
    new = after.family(family) or Ruleset(family=family)
    try:
        return Seen(effects=growing(lambda manager: _effects(manager, old, new, own)))
    except IptsimError as error:
        note = Note(code=UNTRACED, facts=(("family", f"IPv{family}"), ("reason", error.message)))
        return Seen(notes=(note,))


def _effects(
    manager: Manager, old: Ruleset, new: Ruleset, changes: list[Change]
) -> tuple[Effect, ...]:
    engine = Engine(manager, (old, new))
    sides = (
        Side(old, _changed(changes, after=False)),
        Side(new, _changed(changes, after=True)),
    )
    found: list[Effect] = []
    for hook in HOOKS:
        within = touched(old, new, changes, hook)
        if within != NEVER:
            comparison = Comparison(engine, sides, hook, new.family)
            for states in states_of((old, new), hook):
                comparison.compare(states, within)
            found += comparison.effects()
    return tuple(found)


def _changed(changes: Iterable[Change], *, after: bool) -> Changed:
    found: set[tuple[str, str, int | None]] = set()
    for change in changes:
        at = change.after if after else change.before
        if at is not None:
            found.add((change.table, change.chain, at.number))
        elif change.kind is Kind.POLICY_CHANGED:
            found.add((change.table, change.chain, None))
    return frozenset(found)
