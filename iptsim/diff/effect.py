"""Which packets fare otherwise: all of them, exactly.

Both sides are asked for every packet that a change can touch, in one universe of packet sets. What
differs is told in cubes, with an ordinary packet of each that the tracer has followed on both
sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.diff.comparison import Comparison, Part
from iptsim.diff.counterparts import asks_sender_otherwise
from iptsim.diff.difference import IN_PART, LEFT_OUT, UNTRACED, Change, Effect, Kind
from iptsim.diff.folding import folded, shown
from iptsim.diff.left_out import pieces_of, sets_unasked
from iptsim.diff.logging_rules import changes_nothing
from iptsim.diff.scope import Position, Scope
from iptsim.diff.sides import Changed, Side
from iptsim.diff.structure import Structure
from iptsim.errors import IptsimError, TimeUp
from iptsim.extensions.arming import armed_otherwise, idle_nat, tracks
from iptsim.host import NOBODY, Host
from iptsim.model import Dump, Note, Ruleset
from iptsim.packet import Packet
from iptsim.predicate import NEVER
from iptsim.stages import each
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.state_groups import states_of
from iptsim.tracer.premises import absent_from, missing_tables
from iptsim.tracer.rules.asked_alone import hook_of
from iptsim.tracer.rules.missing import untold_in
from iptsim.tracer.rules.untold_chains import completed

# Nothing is there that needs tracking; nothing that is told.
PREMISES = ((False, codes.CONNTRACK_ONLY_HERE), (None, codes.CONNTRACK_TAKEN_AS_ON))
MOST_NAMED = 12
"""Chains and rules that one side leaves out, up to which they are named."""
PREROUTING, FORWARD, OUTPUT = HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The effects; `notes` say where a side could not be followed."""

    effects: tuple[Effect, ...] = ()
    notes: tuple[Note, ...] = ()


def effect(found: Structure, host: Host = NOBODY, *, briefly: bool = False) -> Seen:
    """The effects of both families; without a structural change there is none.

    `briefly` see `diff`. But what a side does not hold may have changed unseen, and that is said.
    """
    changes = [change for change in found.changes if change.kind is not Kind.REFERENCES_CHANGED]
    families = sorted({change.family for change in (*changes, *found.uncompared)})
    seen = _in_time(
        replace(_asked(found, family, changes, host), briefly=briefly) for family in families
    )
    alike = {rules.family for rules in found.after.rulesets} - {*families}
    seen += [_unchanged(found, family, host) for family in sorted(alike)]
    return Seen(
        effects=tuple(effect for one in seen for effect in one.effects),
        notes=tuple(note for one in seen for note in one.notes),
    )


def _in_time(families: Iterable[_Asked]) -> list[Seen]:
    """What is seen of each family; once the time is over, no other one is begun."""
    seen: list[Seen] = []
    late = ""
    for asked in families:
        if late:
            seen.append(_untraced(asked, late))
            continue
        try:
            seen.append(_traced(asked))
        except TimeUp as up:
            late = up.message
            seen.append(_untraced(asked, late))
    return seen


def _traced(asked: _Asked) -> Seen:
    notes = tuple(asked.taken())
    try:
        effects = growing(asked.effects, *asked.filled)
    except IptsimError as error:
        return _untraced(asked, error.message)
    return Seen(effects=effects, notes=(*notes, *asked.premises()))


def _untraced(asked: _Asked, reason: str) -> Seen:
    facts = (("family", f"IPv{asked.sides[1].family}"), ("reason", reason))
    notes = (note for note in asked.taken() if note.code in LEFT_OUT)
    return Seen(notes=(*notes, Note(code=UNTRACED, facts=facts)))


def _unchanged(found: Structure, family: int, host: Host) -> Seen:
    taken = _asked(found, family, [], host).taken()
    return Seen(notes=tuple(note for note in taken if note.code in _OF_PARTS))


_OF_PARTS = frozenset({IN_PART, codes.SET_DIFFERS_UNASKED})
"""What is told where all that both sides show is the same."""


def _asked(found: Structure, family: int, changes: list[Change], host: Host) -> _Asked:
    return _Asked(
        sides=_sides((found.before, found.after), family),
        filled=_sides(found.filled, family),
        changes=[change for change in changes if change.family == family],
        uncompared=[change for change in found.uncompared if change.family == family],
        host=host,
    )


def _sides(dumps: tuple[Dump, Dump], family: int) -> tuple[Ruleset, Ruleset]:
    old, new = (dump.family(family) or Ruleset(family=family) for dump in dumps)
    return completed(old), completed(new)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Two rule sets of one family, what changed between them, and the host that both are of.

    `filled` are both with what one of them leaves out and the other has, `uncompared` that.
    `briefly` see `diff`.
    """

    sides: tuple[Ruleset, Ruleset]
    filled: tuple[Ruleset, Ruleset]
    changes: list[Change]
    uncompared: list[Change]
    host: Host
    briefly: bool = False
    known: dict[Position, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)

    @property
    def touching(self) -> list[Change]:
        """All that may make a packet fare otherwise."""
        return [*self.changes, *self.uncompared]

    @property
    def only_tables(self) -> bool:
        """Whether nothing but whole tables is left out, which are told apart from the others."""
        whole = {change.table for change in self.uncompared if not change.chain}
        return all(change.table in whole for change in self.uncompared)

    @property
    def is_wide(self) -> bool:
        """Whether more is left out than rows of a chain: then anything may hang on that.

        So only what changed is asked for, with what one side leaves out as the other has it.
        """
        pairs = zip(self.sides, self.filled, strict=True)
        return any(change.rule is None for change in self.uncompared) or any(
            not chain.whole and (there := filled.by_name.get(chain.name)) and there.whole
            for side, full in pairs
            for table in side.tables
            if (filled := full.table(table.name)) is not None
            for chain in table.chains
        )

    def taken(self) -> Iterator[Note]:
        """What the comparison takes as given of what a side does not hold."""
        if self.sides[1].only is not None:
            yield Note(code=codes.EFFECT_AT_CHAIN, facts=(("chain", " ".join(self.sides[1].only)),))
        else:
            before, after = map(missing_tables, self.sides)
            absent = absent_from([name for name in before if name in after])
            yield from filter(None, (absent,))
            labels = dict.fromkeys(label for side in self.filled for label in untold_in(side))
            labels |= dict.fromkeys(name for side in self.sides for name in pieces_of(side))
            if labels:
                yield Note(code=IN_PART, facts=(("chains", ", ".join(labels)),))
            yield from sets_unasked(*self.sides)
        for code, labels in zip(LEFT_OUT, map(dict.fromkeys, self._left_out()), strict=True):
            if labels:
                yield Note(code=code, facts=(("chains", _few(list(labels))),))

    def _left_out(self) -> tuple[list[str], list[str]]:
        """What either side leaves out that the other has."""
        found: tuple[list[str], list[str]] = ([], [])
        tables = {change.table for change in self.uncompared if not change.chain}
        for change in self.uncompared:
            earlier = change.kind in (Kind.RULE_ADDED, Kind.CHAIN_ADDED, Kind.TABLE_ADDED)
            if not change.chain:
                found[0 if earlier else 1].append(change.table)
            elif change.rule is None and change.table not in tables:
                found[0 if earlier else 1].append(f"{change.table} {change.chain}")
        for labels, side, filled in zip(found, self.sides, self.filled, strict=True):
            known = set(untold_in(filled))
            labels.extend(label for label in untold_in(side) if label not in known)
        return found

    def premises(self) -> Iterator[Note]:
        """What is taken as given of tracking, where a change hangs on whether nat is asked."""
        concerned = any(change.table == "nat" for change in self.touching)
        if concerned or armed_otherwise(*self.sides):
            found = {tracks(side) for side in self.sides if idle_nat(side)}
            yield from (Note(code=code) for told, code in PREMISES if told in found)
        if asks_sender_otherwise(self.sides):
            yield Note(code=codes.SENT_BY_SOCKETS_ALONE)

    def effects(self, manager: Manager) -> tuple[Effect, ...]:
        """What differs, hook by hook."""
        if self.is_wide:
            narrow = replace(self, sides=self.filled, uncompared=[], known={}).effects(manager)
            sure = self.only_tables
            return tuple(replace(one, certain=one.certain and sure) for one in narrow)
        asked = (*self.sides, *self.filled) if self.uncompared else self.sides
        engine = Engine(manager, asked, host=self.host)
        old, new = self.sides
        sides = (
            Side(old, _changed(self.touching, old, after=False), self.host),
            Side(new, _changed(self.touching, new, after=True), self.host),
        )
        compared = [Comparison(engine, sides, hook, new.family) for hook in self._hooks()]
        for one in compared:
            self._compare(one)
        if FORWARD in self._hooks() and new.only is None:
            # Packets for others pass PREROUTING, too; those told already are not told again.
            others = Comparison(engine, sides, PREROUTING, new.family, here=False)
            told = [one for one in compared if one.hook != OUTPUT]
            self._compare(others, only=True)
            others.leave_out(told)
            compared.insert(1, others)
        return tuple(self._told([part for one in compared for part in one.parts()]))

    def _told(self, parts: list[Part]) -> Iterator[Effect]:
        """The effects in their order; `briefly` those that a reader is shown."""
        hooks = ", ".join(dict.fromkeys(part.by.hook for part in parts))
        if not self.briefly:
            told = [part.by.told(part) for part in each(parts, "changes", hooks)]
            yield from sorted(told, key=_last)
            return
        parts = sorted(parts, key=_part_last)
        groups = folded(parts, lambda part: part.key)
        read = {id(group[0]) for group in shown(groups)}
        for part in each(parts, "changes", hooks):
            yield part.by.told(part, briefly=True) if id(part) in read else part.by.counted(part)

    def _compare(self, comparison: Comparison, *, only: bool = False) -> None:
        self._ask(comparison, self.sides, self.touching, only=only)
        if self.uncompared:
            filled = comparison.filled()
            self._ask(filled, self.filled, self.changes, only=only)
            comparison.limit = filled.differing

    def _ask(
        self,
        comparison: Comparison,
        sides: tuple[Ruleset, Ruleset],
        changes: list[Change],
        *,
        only: bool,
    ) -> None:
        known = self.known if sides is self.sides else {}
        scope = Scope(sides=sides, hook=comparison.hook, only=only, known=known)
        within = scope.touched(changes)
        if within != NEVER and changes:
            for states in states_of(comparison.engine):
                comparison.compare(states, within)

    def _hooks(self) -> tuple[str, ...]:
        """Where packets start. With its addresses told routing knows which are to be forwarded."""
        if any(side.only is not None for side in self.sides):
            packet = Packet(family=self.sides[1].family)
            asked = (hook_of(side, packet, None, told=False) for side in self.sides)
            return (next((hook for hook in asked if hook is not None), FORWARD),)
        width = 32 if self.sides[1].family == 4 else 128
        return (PREROUTING, OUTPUT) if self.host.tells_addresses(width) else HOOKS


def _last(effect: Effect) -> tuple[bool, bool, bool]:
    """What hangs on what the dumps do not tell comes last, before it what only runs out of TTL."""
    return not effect.certain, not effect.compared, effect.example.ttl in (0, 1)


def _part_last(part: Part) -> tuple[bool, bool, bool]:
    return not part.certain, not part.compared, part.by.runs_out(part)


def _few(labels: list[str]) -> str:
    more = (f"… {len(labels) - MOST_NAMED}",) if len(labels) > MOST_NAMED else ()
    return ", ".join((*labels[:MOST_NAMED], *more))


def _changed(changes: Iterable[Change], ruleset: Ruleset, *, after: bool) -> Changed:
    """What changed on a side and may decide: a rule that only writes a line of the log does not."""
    found: set[tuple[str, str, int | None]] = set()
    for change in changes:
        at = change.after if after else change.before
        table = ruleset.table(change.table)
        if at is not None:
            if table is not None and changes_nothing(at.rule, table, change.chain, ruleset.family):
                continue
            found.add((change.table, change.chain, at.number))
        elif change.kind is Kind.POLICY_CHANGED:
            found.add((change.table, change.chain, None))
    return frozenset(found)
