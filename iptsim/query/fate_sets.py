"""The packets of one question that meet a fate, gathered as packet sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iptsim.dataclass import dataclass, field, replace
from iptsim.model import Note
from iptsim.packet import FIELDS, Packet
from iptsim.predicate import InSet, OneOf
from iptsim.questions import WITH_PORTS
from iptsim.symbolic.telling.set_cubes import possible
from iptsim.symbolic.traces.by_value import first_values
from iptsim.symbolic.walk.deciding_rules import Deciders, step_of
from iptsim.symbolic.walk.differences import (
    MOST_VALUES,
    SEVERAL,
    Group,
    all_forgotten,
    forgotten,
    groups,
)
from iptsim.symbolic.walk.engine import Engine, Fates
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.symbolic.walk.state_groups import states_of
from iptsim.values import IntSet, parse_address
from iptsim.worlds.domains import domain_of
from iptsim.worlds.expectation import Expectation
from iptsim.worlds.outcome import Step
from iptsim.worlds.terms import Known, Term
from iptsim.worlds.variables import ARRIVING, Variable
from iptsim.worlds.world import Setting

Rewrites = tuple[tuple[str, int | str], ...]
_PORTS = InSet(field="proto", values=IntSet.of((number, number) for number in WITH_PORTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Packets (a diagram) that meet the fate in one way, those that can be.

    `certain` is whether they do without a doubt.
    """

    verdict: str
    destination: str | None
    rewrites: Rewrites
    decided_by: Step | None
    held: Any
    certain: bool = True


@dataclass(slots=True)
class Meeting:
    """Gathers the packets of one rule set that meet a fate, hook by hook.

    `setting` is what the variables mean that were asked so far; `assumed` and `notes` are of the
    hook that was asked last.
    """

    engine: Engine
    packet: Packet
    wanted: Expectation
    setting: Setting | None = None
    assumed: dict[Note, None] = field(default_factory=dict)
    notes: dict[Note, None] = field(default_factory=dict)

    def parts(self, hook: str) -> list[Part]:
        """The packets that start at a hook and meet the fate; the parts do not overlap."""
        self.setting, self.assumed, self.notes = None, {}, {}
        found: dict[tuple[object, ...], Part] = {}
        for states in self._states():
            packet = self.packet.with_(ctstate=states[0])
            fates = self.engine.fates(0, packet, hook)
            self._learn(fates)
            for part in self._of(fates, self._in(states)):
                key = _key(part)
                held = part.held | found[key].held if key in found else part.held
                found[key] = replace(part, held=held)
        return list(self._told_apart(list(found.values())))

    def room(self) -> Any:
        """What packets can be. Precondition: something was asked."""
        assert self.setting is not None
        return possible(self.engine.universe, self.setting)

    def _states(self) -> list[tuple[str, ...]]:
        told = self.packet.ctstate
        return states_of(self.engine) if told is None else [(told,)]

    def _in(self, states: tuple[str, ...]) -> Any:
        universe = self.engine.universe
        if self.packet.ctstate is not None:
            return universe.manager.true
        universe.declare("ctstate", domain_of("ctstate", self.packet.family))
        return universe.of(OneOf(field="ctstate", names=frozenset(states)))

    def _learn(self, fates: Fates) -> None:
        before, self.setting = self.setting, fates.setting
        if before is not None:
            domains = before.domains | fates.setting.domains
            self.setting = replace(fates.setting, domains=domains)
        for end in fates.ends:
            self.assumed |= dict.fromkeys(end.world.assumed)
            if self.wanted.ended_by(end.fate.value, end.destination):
                self.notes |= dict.fromkeys(end.world.notes)

    def _of(self, fates: Fates, states: Any) -> Iterator[Part]:
        universe = self.engine.universe
        decided = self._deciders(fates)
        for group in groups(fates.ends, self.wanted.ended_by):
            fate = group.fate
            held = group.held & states & self._as_wanted(group, fates.setting)
            passed = fate.destination is not None or self.wanted.translates
            shown = dict(group.shown(fates.setting))
            asked, only = forgotten(universe, held), self.engine.libraries[0].ruleset.only
            if fate.verdict == "RETURN" and only is not None:
                parts = decided.returned(asked, only[1])
            else:
                parts = decided.of(asked, passed=passed)
            for record, part in parts:
                if record is None and self.wanted.translates:
                    continue
                for rewrites, piece in self._valued(group, held & part, shown, fates.setting):
                    yield Part(
                        verdict=fate.verdict,
                        destination=fate.destination,
                        rewrites=rewrites,
                        decided_by=None if record is None else step_of(record),
                        held=forgotten(universe, piece),
                    )

    def _deciders(self, fates: Fates) -> Deciders:
        """Of a translation the rule that made it, whatever rules did to the packet after it."""
        universe = self.engine.universe
        asked = (r for r in fates.records if not self.wanted.translates or self._translates(r))
        return Deciders(list(all_forgotten(universe, asked)), universe.manager.false)

    def _translates(self, record: Record) -> bool:
        return _target(record) == self.wanted.kind

    def _as_wanted(self, group: Group, setting: Setting) -> Any:
        """Where the fields hold in the end what the fate says."""
        universe = self.engine.universe
        held: Any = universe.manager.true
        for name, told in self.wanted.values.items():
            value = told if isinstance(told, int) else parse_address(told)[0]
            width = FIELDS[name].width if isinstance(told, int) else setting.width
            bits = universe.bits(self._term(name, group), width, setting.domains)
            for place, bit in enumerate(reversed(bits)):
                held &= bit if value >> place & 1 else ~bit
            if isinstance(told, int) and self.packet.proto is None:
                universe.declare("proto", setting.domains["proto"])
                held &= universe.of(_PORTS)
        return held

    def _term(self, name: str, group: Group) -> Term:
        given = self.packet.given().get(name)
        own = ARRIVING[name] if given is None else Known(value=given)
        return dict(group.fate.rewrites).get(name, own)

    def _valued(
        self, group: Group, held: Any, shown: Mapping[str, int | str], setting: Setting
    ) -> Iterator[tuple[Rewrites, Any]]:
        """The packets by the values that rules gave them, where these are many."""
        found: list[tuple[Rewrites, Any]] = [((), held)]
        for name, term in group.fate.rewrites:
            found = [
                ((*told, (name, value)), piece)
                for told, part in found
                for value, piece in self._values(name, term, part, shown[name], setting)
            ]
        yield from found

    def _values(
        self, name: str, term: Term, held: Any, shown: int | str, setting: Setting
    ) -> Iterator[tuple[int | str, Any]]:
        universe = self.engine.universe
        nothing = universe.manager.false
        if isinstance(term, Variable) and term.one_of_many:
            block = universe.blocks[term.name]
            told = first_values(universe, block, held, MOST_VALUES)
            for value in told:
                there = universe.numbers(block, IntSet.single(value))
                yield setting.show(name, value), held & there
            held &= ~universe.numbers(block, IntSet.of((value, value) for value in told))
            shown = SEVERAL
        if held != nothing:
            yield shown, held

    def _sure(self, parts: list[Part], room: Any) -> Any:
        """The packets that meet the fate whatever nobody told turns out to be."""
        universe = self.engine.universe
        manager = universe.manager
        unknown = [n for b in universe.blocks.values() if b.name not in FIELDS for n in b.numbers]
        if not unknown:
            return manager.true
        return ~manager.without(room & ~_union([part.held for part in parts]), unknown)

    def _told_apart(self, parts: list[Part]) -> Iterator[Part]:
        """What is certain, and what hangs on facts; without what no packet can be."""
        universe = self.engine.universe
        manager = universe.manager
        if not parts:
            return
        room = self.room()
        sure = self._sure(parts, room)
        for part in parts:
            for certain, held in ((True, part.held & sure), (False, part.held & ~sure)):
                inside = held & room
                if inside != manager.false:
                    yield replace(part, held=inside, certain=certain)


def _union(sets: list[Any]) -> Any:
    """By pairs: unions of small sets first. Precondition: there is one."""
    while len(sets) > 1:
        odd = sets[-1:] if len(sets) % 2 else []
        pairs = zip(sets[::2], sets[1::2], strict=False)
        sets = [*(one | other for one, other in pairs), *odd]
    return sets[0]


def _target(record: Record) -> str:
    return "" if record.met.ready is None else record.met.target


def _key(part: Part) -> tuple[object, ...]:
    step = part.decided_by
    where = None if step is None else (step.table, step.chain, step.rule)
    return (part.verdict, part.destination, part.rewrites, where)
