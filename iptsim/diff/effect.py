"""Which packets fare otherwise: all of them, exactly.

Both sides are asked for every packet that a change can touch, in one universe of packet sets. What
differs is told in cubes, with an ordinary packet of each that the tracer has followed on both
sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iptsim.diff.comparison import Comparison
from iptsim.diff.deciding import Changed, Side
from iptsim.diff.scope import Position, Scope
from iptsim.diff.values import IN_PART, UNTRACED, Change, Effect, Kind
from iptsim.errors import IptsimError
from iptsim.extensions.arming import armed_otherwise, idle_nat, tracks
from iptsim.host import NOBODY, Host
from iptsim.model import TABLES, Dump, Note, Ruleset
from iptsim.packet import Packet
from iptsim.predicate import NEVER
from iptsim.symbolic.diagrams import Manager, growing
from iptsim.symbolic.engine import Engine
from iptsim.symbolic.states import states_of
from iptsim.tracer.completing import completed
from iptsim.tracer.missing import untold_in
from iptsim.tracer.only import hook_of
from iptsim.tracer.premises import ABSENT_TABLES, missing_tables

# Nothing is there that needs tracking; nothing that is told.
PREMISES = ((False, "IPT0375"), (None, "IPT0376"))
PREROUTING, FORWARD, OUTPUT = HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The effects; `notes` say where a side could not be followed."""

    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()


def effect(before: Dump, after: Dump, changes: Iterable[Change], host: Host = NOBODY) -> Seen:
    """The effects of both families; without a structural change there is none.

    But what a side does not hold may have changed unseen, and that is said.
    """
    listed = [change for change in changes if change.kind is not Kind.REFERENCES_CHANGED]
    families = sorted({change.family for change in listed})
    seen = [_family((before, after), family, listed, host) for family in families]
    alike = {rules.family for rules in after.rulesets} - {*families}
    seen += [_unchanged((before, after), family) for family in sorted(alike)]
    return Seen(
        effects=tuple(effect for one in seen for effect in one.effects),
        notes=tuple(note for one in seen for note in one.notes),
    )


def _family(dumps: tuple[Dump, Dump], family: int, changes: list[Change], host: Host) -> Seen:
    own = [change for change in changes if change.family == family]
    old, new = (dump.family(family) or Ruleset(family=family) for dump in dumps)
    asked = _Asked(sides=(completed(old), completed(new)), changes=own, host=host)
    notes = tuple(_taken(asked.sides))
    try:
        effects = growing(asked.effects)
        return Seen(effects=effects, notes=(*notes, *asked.premises()))
    except IptsimError as error:
        note = Note(code=UNTRACED, facts=(("family", f"IPv{family}"), ("reason", error.message)))
        return Seen(notes=(note,))


def _unchanged(dumps: tuple[Dump, Dump], family: int) -> Seen:
    old, new = (completed(dump.family(family) or Ruleset(family=family)) for dump in dumps)
    return Seen(notes=tuple(note for note in _taken((old, new)) if note.code == IN_PART))


def _taken(sides: tuple[Ruleset, Ruleset]) -> Iterator[Note]:
    """What the comparison takes as given of what a side does not hold."""
    if sides[1].only is not None:
        yield Note(code="IPT0382", facts=(("chain", " ".join(sides[1].only)),))
        return
    lacking = [frozenset(missing_tables(side)) for side in sides]
    if both := [name for name in TABLES if name in lacking[0] & lacking[1]]:
        yield Note(code=ABSENT_TABLES, facts=(("tables", ", ".join(both)),))
    labels = dict.fromkeys(label for side in sides for label in untold_in(side))
    if labels:
        yield Note(code=IN_PART, facts=(("chains", ", ".join(labels)),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Two rule sets of one family, what changed between them, and the host that both are of."""

    sides: tuple[Ruleset, Ruleset]
    changes: list[Change]
    host: Host
    known: dict[Position, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)

    def premises(self) -> Iterator[Note]:
        """What is taken as given of tracking, where a change hangs on whether nat is asked."""
        concerned = any(change.table == "nat" for change in self.changes)
        if concerned or armed_otherwise(*self.sides):
            found = {tracks(side) for side in self.sides if idle_nat(side)}
            yield from (Note(code=code) for told, code in PREMISES if told in found)

    def effects(self, manager: Manager) -> tuple[Effect, ...]:
        """What differs, hook by hook."""
        engine = Engine(manager, self.sides, host=self.host)
        old, new = self.sides
        sides = (
            Side(old, _changed(self.changes, after=False), self.host),
            Side(new, _changed(self.changes, after=True), self.host),
        )
        compared = [Comparison(engine, sides, hook, new.family) for hook in self._hooks()]
        for each in compared:
            self._compare(each)
        if FORWARD in self._hooks() and new.only is None:
            # Packets for others pass PREROUTING, too; those told already are not told again.
            others = Comparison(engine, sides, PREROUTING, new.family, here=False)
            told = [each for each in compared if each.hook != OUTPUT]
            self._compare(others, only=True)
            others.leave_out(told)
            compared.insert(1, others)
        found = (effect for each in compared for effect in each.effects())
        return tuple(sorted(found, key=_last))

    def _compare(self, comparison: Comparison, *, only: bool = False) -> None:
        scope = Scope(sides=self.sides, hook=comparison.hook, only=only, known=self.known)
        within = scope.touched(self.changes)
        if within != NEVER:
            for states in states_of(comparison.engine):
                comparison.compare(states, within)

    def _hooks(self) -> tuple[str, ...]:
        """Where packets start. With its addresses told routing knows which are to be forwarded."""
        if any(side.only is not None for side in self.sides):
            asked = (hook_of(side, Packet(family=side.family), None) for side in self.sides)
            return (next(hook for hook in asked if hook is not None),)
        width = 32 if self.sides[1].family == 4 else 128
        return (PREROUTING, OUTPUT) if self.host.tells_addresses(width) else HOOKS


def _last(effect: Effect) -> tuple[bool, bool]:
    """What hangs on what the dumps do not tell comes last, before it what only runs out of TTL."""
    return not effect.certain, effect.example.ttl in (0, 1)


def _changed(changes: Iterable[Change], *, after: bool) -> Changed:
    found: set[tuple[str, str, int | None]] = set()
    for change in changes:
        at = change.after if after else change.before
        if at is not None:
            found.add((change.table, change.chain, at.number))
        elif change.kind is Kind.POLICY_CHANGED:
            found.add((change.table, change.chain, None))
    return frozenset(found)
