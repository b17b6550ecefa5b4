"""A trace of a packet that many ways are open to: its fates from one walk over all packets.

What only a trace tells (steps, rewrites) is asked of an example of each fate: of the packet as it
was asked, with a set that holds that one example. So nothing that was picked is told of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.host import loopback
from iptsim.model import Note
from iptsim.predicate import Fact, Interface
from iptsim.stages import each
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.sets.universe import ONE_FACT, Universe
from iptsim.symbolic.telling.chosen_packets import few_hidden, point
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import Cubes, possible
from iptsim.symbolic.telling.short_conditions import FULLY, SHORTLY, Teller, TooLongError
from iptsim.symbolic.traces.by_value import by_value
from iptsim.symbolic.traces.joined_outcomes import AS_ONE, when
from iptsim.symbolic.traces.steps_met import outcome_met
from iptsim.symbolic.walk.deciding_rules import Deciders, step_of
from iptsim.symbolic.walk.differences import Fate, Group, forgotten, groups, has_fate
from iptsim.symbolic.walk.engine import Engine, conditions_of, patterns_in
from iptsim.symbolic.walk.equal_worlds import Merging, Record
from iptsim.symbolic.walk.met_rules import Meetings
from iptsim.tracer import HERE, elsewhere
from iptsim.tracer.host.arrival import Question, begin
from iptsim.tracer.host.kernel_settings import may_route_localnet
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.outcomes import USUAL, USUAL_6, outcome_of
from iptsim.tracer.premises import premises
from iptsim.tracer.rules.kinds import interfaces_of
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.worlds_at_a_rule import EachWay, Keeping
from iptsim.values import InterfacePattern, IntSet
from iptsim.worlds.outcome import Outcome, Rewrite, Trace
from iptsim.worlds.world import Setting, World, altered

KeyOf = Callable[[Outcome], Hashable]
EACH = 5
"""Outcomes of one fate that are told with their condition, where not all are."""
SHORTENED = 100
"""Outcomes up to which the shortest conditions are looked for."""
FIRST = ("dst", "src", "proto", "dport", "sport", "in", "out")
"""The fields that are asked first. What no rule takes has few ports for each of many addresses,
but many addresses for each of many ports: told by address it is short."""
HIDES, LEFT_OUT = codes.LISTING_HIDES_INTERFACES, codes.HIDDEN_WAYS_LEFT_OUT


def all_ways(
    library: Library, question: Question, key_of: KeyOf, *, most: int | None = None
) -> Trace:
    """The trace of the question with one outcome for each key; `most` as with `trace_grouped`.

    Raises `CapacityError` where the packet sets are too large.
    """
    return growing(
        lambda manager: _trace(manager, library, question, key_of, most), library.ruleset
    )


def _trace(
    manager: Manager, library: Library, question: Question, key_of: KeyOf, most: int | None
) -> Trace:
    walk = _Walk(manager, library, question)
    told, untold = walk.outcomes(key_of, most)
    found = Trace(
        packet=question.packet,
        hook=question.hook,
        outcomes=tuple(told),
        untold=tuple(untold),
        assumed=tuple(
            dict.fromkeys(
                (
                    *(note for end in walk.ends for note in end.world.assumed),
                    *premises(library.ruleset, question.hook),
                )
            )
        ),
        notes=walk.notes,
    )
    if HERE not in found.assumed or not question.packet.tells("dst"):
        return found
    other = _Walk(manager, library, replace(question, keep_skipped=False), here=False)
    return replace(found, notes=(*found.notes, *elsewhere(found, other.each_verdict())))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Packets (a diagram) that fare alike by the decision of one record, and where they stand.

    `order` is whether the ordinary packet is none of them, whether all rely on a hidden interface,
    and the number of the record. `done` is what rules rewrote on the ways to that fate.
    """

    fate: Fate
    done: tuple[Rewrite, ...]
    record: Record | None
    held: Any
    order: tuple[bool, bool, int]


class _Walk:
    """One walk over all packets of a question, and what it tells of them."""

    def __init__(
        self, manager: Manager, library: Library, question: Question, *, here: bool = True
    ) -> None:
        self._library, self._question, self._here = library, question, here
        self._universe = _universe(manager, library, question)
        self._nothing: Any = manager.false
        merging = Merging()
        setting, world = begin(replace(question, keep_skipped=False), here=here)
        for name in FIRST:
            self._universe.declare(name, setting.domains[name])
        self._few_hidden = few_hidden(self._universe, library)
        self.ends = self._go(setting, world, self._few_hidden, library, merging)
        room = self._few_hidden & ~_astray(self._universe, setting)
        self._setting = replace(setting, room=room)
        self._room: Any = possible(self._universe, self._setting)
        told = [replace(r, held=forgotten(self._universe, r.held)) for r in merging.records]
        self._meetings = Meetings(library, told, manager.false)
        self._decided = Deciders(told, manager.false)
        self._points: dict[tuple[str, int], Any] = {}
        self._places = {id(record): number for number, record in enumerate(told)}

    def _go(
        self, setting: Setting, world: World, held: Any, library: Library, keeping: Keeping
    ) -> tuple[End, ...]:
        region = Packets(universe=self._universe, held=held)
        journey = Journey(
            library=library, setting=setting, question=self._question, keeping=keeping
        )
        return tuple(journey.go(altered(world, regions=(region,))))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader should know of the answer."""
        hides = self._library.ruleset.hides_interfaces
        left_out = self._few_hidden != self._universe.manager.true or self._universe.numbered
        told = [note for end in self.ends for note in end.world.notes]
        own = [Note(code=code) for code, so in ((HIDES, hides), (LEFT_OUT, left_out)) if so]
        return tuple(dict.fromkeys([*own, *told, AS_ONE]))

    def outcomes(self, key_of: KeyOf, most: int | None) -> tuple[list[Outcome], list[Outcome]]:
        """One for each key, the ordinary packet's on the dump as it stands first.

        With more than `most`, that many with conditions, of each fate some, and the others without.
        """
        parts = _merged(sorted(self._parts(), key=lambda part: part.order))
        chosen = self._chosen(parts, most)
        work = FULLY if most is None else SHORTLY
        told = self._told([part for part in parts if id(part) in chosen], key_of, work)
        others = [part for part in parts if id(part) not in chosen]
        return told, [self._fate_only(part) for part in each(others, "ways")]

    def _chosen(self, parts: Sequence[_Part], most: int | None) -> set[int]:
        """Which parts are told with their condition: in turn one of each fate, of each a few."""
        if most is None or len(parts) <= most:
            return set(map(id, parts))
        seen: Counter[Fate] = Counter()
        turns: list[tuple[int, int, int]] = []
        for place, part in enumerate(parts):
            turns.append((seen[part.fate], place, id(part)))
            seen[part.fate] += 1
        return {one for turn, _place, one in sorted(turns)[:most] if turn < EACH}

    def _told(self, parts: Sequence[_Part], key_of: KeyOf, work: int) -> list[Outcome]:
        found: dict[Hashable, tuple[Outcome, Any]] = {}
        fates: set[Fate] = set()
        for part in each(parts, "ways"):
            outcome = self._example(part, whole=part.fate not in fates)
            fates.add(part.fate)
            if outcome is not None:
                key = key_of(outcome)
                first, held = found.get(key, (outcome, self._nothing))
                found[key] = (first, held | part.held)
        plainly = len(found) > SHORTENED
        return [
            replace(self._with_when(outcome, held, work, plainly=plainly), connection=None)
            for outcome, held in each(list(found.values()), "conditions")
        ]

    def _with_when(self, outcome: Outcome, held: Any, work: int, *, plainly: bool) -> Outcome:
        """The outcome with its condition; with some of it, where a reader wants no more."""
        universe, setting = self._universe, self._setting
        try:
            return replace(outcome, when=when(universe, held, setting, plainly=plainly, work=work))
        except TooLongError:
            if work >= FULLY:
                raise
            return replace(outcome, when=Cubes(universe, setting).some(held), partly=True)

    def _fate_only(self, part: _Part) -> Outcome:
        """How packets fare, and by which rule; what rules rewrote is asked of one of them."""
        found = self._example(part, whole=False) if part.fate.rewrites else None
        if found is not None:
            return replace(found, connection=None)
        return Outcome(
            when=(),
            verdict=part.fate.verdict,
            destination=part.fate.destination,
            packet=(),
            rewrites=(),
            steps=(),
            decided_by=None if part.record is None else step_of(part.record),
        )

    def _parts(self) -> Iterator[_Part]:
        usual, listed = self._usual, self._listed
        for group, record, held in self._sets():
            plain = held & listed
            place = len(self._places) if record is None else self._places[id(record)]
            if record is not None and record.met.ready is None:
                # A policy: it mostly decides of more packets than any rule.
                place = -1
            order = (plain & usual == self._nothing, plain == self._nothing, place)
            done = group.told(self._setting)
            yield _Part(fate=group.fate, done=done, record=record, held=held, order=order)

    def each_verdict(self) -> Iterator[Outcome]:
        """An outcome of each verdict."""
        seen: set[str] = set()
        for part in self._parts():
            found = None if part.fate.verdict in seen else self._example(part, whole=False)
            if found is not None:
                seen.add(part.fate.verdict)
                yield found

    def _sets(self) -> Iterator[tuple[Group, Record | None, Any]]:
        """The packets that fare alike and that one rule decides, those that can be."""
        for group in groups(self.ends):
            passed = group.fate.destination is not None
            for held in by_value(self._universe, group.fate, group.held & self._room):
                for record, part in self._decided.of(held, passed=passed):
                    if part != self._nothing:
                        yield group, record, part

    def _example(self, part: _Part, *, whole: bool) -> Outcome | None:
        """How one packet fares, told of the packet that was asked; `whole` with rules skipped.

        None where no route gives such a packet.
        """
        held = part.held if part.order[1] else part.held & self._listed
        here = self._point(held)
        keep = self._question.keep_skipped and whole
        setting, world = begin(replace(self._question, keep_skipped=keep), here=self._here)
        library = self._library if keep else self._meetings.library(here)
        ends = self._go(setting, world, here, library, EachWay())
        if not ends:
            return None
        for end in ends:
            if has_fate(end, part.fate):
                return outcome_of(end, setting)
        return outcome_met(part.fate, part.record, self._meetings.of(here), part.done)

    def _point(self, held: Any) -> Any:
        """One ordinary packet of the set; facts as usual where they can all be so."""
        universe = self._universe
        plain = held & self._as_usual
        held = held if plain == self._nothing else plain
        picked = ordinary(universe, held, self._setting.family, facts=False)
        here = held & point(universe, picked)
        if plain != self._nothing:
            return here
        chosen = Teller(universe).pick(here)
        facts = {name: bool(chosen[name]) for name in chosen if name in universe.facts}
        if ONE_FACT in chosen:
            facts |= {name: n == chosen[ONE_FACT] for name, n in universe.numbered.items()}
        told = (universe.blocks[name] for name in chosen)
        numbers = (n for block in told if block.of is None for n in block.numbers)
        others = universe.manager.without(self._as_usual, tuple(sorted(numbers, reverse=True)))
        return here & point(universe, facts) & others

    @property
    def _usual(self) -> Any:
        """The ordinary packet, as far as its fields are asked for."""
        own = USUAL_6 if self._setting.family == 6 else {}
        return self._as_usual & point(self._universe, {**USUAL, **own, **self._setting.usual})

    @property
    def _as_usual(self) -> Any:
        """The packets for which each fact is as it usually is."""
        return self._once("usual", lambda fact: fact.usually, lambda _fact: True)

    @property
    def _listed(self) -> Any:
        """The packets for which no rule is limited to an interface that its listing hides."""
        hides = codes.HIDDEN_INTERFACE
        return self._once("listed", lambda _fact: False, lambda fact: fact.code == hides)

    def _once(self, what: str, of: Callable[[Fact], bool], asked: Callable[[Fact], bool]) -> Any:
        """Where the facts that are asked for are so; made once until there are more of them."""
        facts = self._universe.facts
        key = (what, len(facts))
        if key not in self._points:
            told = {name: of(fact) for name, fact in facts.items() if asked(fact)}
            self._points[key] = point(self._universe, told)
        return self._points[key]


def _merged(parts: Iterable[_Part]) -> list[_Part]:
    """Parts of one fate that one rule decides, wherever it was met, as one."""
    found: dict[Hashable, _Part] = {}
    for part in parts:
        met = None if part.record is None else part.record.met
        rule = met and (met.table, met.chain.name, met.ready and met.ready.number)
        key = (part.fate, rule) if not part.fate.rewrites else id(part)
        first = found.setdefault(key, part)
        if first is not part:
            found[key] = replace(first, held=first.held | part.held)
    return list(found.values())


def _universe(manager: Manager, library: Library, question: Question) -> Universe:
    """A universe for the rules and what the packet is told to have."""
    names = {*patterns_in(conditions_of(library)), *interfaces_of(library)}
    names |= {name for name in (question.packet.in_, question.packet.out) if name}
    host = question.host.for_width(library.ruleset.width)
    return Engine(manager, (), host=host, interfaces=sorted(names)).universe


def _astray(universe: Universe, setting: Setting) -> Any:
    """What no route gives: a loopback address by another interface than lo."""
    nothing: Any = universe.manager.false
    if "out" not in universe.blocks or (setting.width == 32 and may_route_localnet(setting, "src")):
        return nothing
    loops = IntSet.between(*loopback(setting.width))
    by_lo = universe.of(Interface(field="out", pattern=InterfacePattern(text="lo")))
    found = nothing
    for name in ("src", "dst"):
        found |= universe.numbers(universe.blocks[name], loops)
    return found & ~by_lo
