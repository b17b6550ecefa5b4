"""The packets of one hook that fare otherwise, gathered state by state."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

from iptsim.dataclass import dataclass, replace
from iptsim.diff.deciders import Naming
from iptsim.diff.difference import Effect, Way
from iptsim.diff.effect_examples import packet_of
from iptsim.diff.folding import is_of_marks
from iptsim.diff.sides import Side
from iptsim.host import loopback
from iptsim.packet import FIELDS, Packet
from iptsim.predicate import OneOf, Predicate
from iptsim.symbolic.telling.chosen_packets import point
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import Cubes, deciding_fields, possible
from iptsim.symbolic.telling.short_conditions import FULLY, SHORTLY, TooLongError
from iptsim.symbolic.walk.differences import Comparing, Differing, Fate, all_forgotten
from iptsim.symbolic.walk.engine import Engine, Fates
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.symbolic.walk.met_rules import Trees, met_of, rule_of
from iptsim.tracer.outcomes import USUAL
from iptsim.values import IntSet
from iptsim.worlds.domains import domain_of
from iptsim.worlds.outcome import Cube, Step
from iptsim.worlds.terms import Term
from iptsim.worlds.variables import Variables
from iptsim.worlds.world import Setting

_TRANSLATED = frozenset({"src", "dst", "sport", "dport"})
RELATED = ("RELATED",)
_Met = tuple[Any, list[Record]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Packets (a diagram) that fare otherwise in one way, found `by` a comparison.

    `certain` and `compared` see `Effect`.
    """

    certain: bool
    compared: bool
    key: tuple[Way, Way]
    held: Any
    by: Comparison
    told: bool = True

    @cached_property
    def ways(self) -> tuple[Way, Way]:
        """Both fates, without what all of these packets held before."""
        return self.by.ways(self.key, self.held)

    @cached_property
    def idle(self) -> bool:
        """See `Effect`."""
        return is_of_marks(self.ways) or self.by.loops(self)


class Comparison:
    """Gathers where the fates of one hook differ.

    `here` is whether packets that arrive are for this host, where nothing tells; `first` the number
    of the earlier rule set in the engine. `limit` has, where a side leaves out what the other has,
    the packets that fare otherwise whatever that is.
    """

    limit: Any = None

    def __init__(
        self,
        engine: Engine,
        sides: tuple[Side, Side],
        hook: str,
        family: int,
        *,
        here: bool = True,
        first: int = 0,
    ) -> None:
        self.engine, self.hook = engine, hook
        self._sides, self._family, self._here = sides, family, here
        self._first = first
        self._found: dict[tuple[Way, Way], Any] = {}
        self._kept: dict[tuple[Way, Way], tuple[Comparing, Differing]] = {}
        self._setting: Setting | None = None
        self._domains = Variables({})
        self._records: tuple[list[_Met], list[_Met]] = ([], [])
        self._decided: dict[Hashable, tuple[Step, ...]] = {}

    def filled(self) -> Comparison:
        """The same of both sides with what one leaves out and the other has: two places on."""
        return Comparison(
            self.engine, self._sides, self.hook, self._family, here=self._here, first=2
        )

    def compare(self, states: tuple[str, ...], within: Predicate) -> None:
        """Ask both sides for the packets in these states, which no rule tells apart."""
        packet, universe = Packet(family=self._family, ctstate=states[0]), self.engine.universe
        walk = {
            side: self.engine.fates(side, packet, self.hook, within, here=self._here)
            for side in sorted((self._first, self._first + 1), key=self._size, reverse=True)
        }
        fates = [walk[self._first], walk[self._first + 1]]
        for asked in fates:
            self._learn(asked.setting)
        only = self._names("ctstate", *states)
        comparing, differs = Comparing(universe, *fates), False
        for one in comparing.differing():
            key = (_way(one.before, comparing), _way(one.after, comparing))
            held = one.held & (only & self._room())
            if states == RELATED:
                held &= ~self._translated_as_new(key)
            if held != universe.manager.false and not _told_as_new(states, one):
                self._kept[key] = comparing, one
                self._add(self._found, key, held)
                differs = True
        if differs:
            self._remember(fates, only)

    def _remember(self, fates: Sequence[Fates], only: Any) -> None:
        """Which packets met which rules, in states in which some of them fare otherwise."""
        universe = self.engine.universe
        for asked, kept in zip(fates, self._records, strict=True):
            kept.append((only, [*all_forgotten(universe, asked.records)]))

    def _size(self, side: int) -> int:
        """The side of more rules is asked first: it makes most facts, each beside its like.

        Those that are made after all others stand far from what they belong to, and the sets of
        both sides grow hundredfold.
        """
        tables = self.engine.libraries[side].ruleset.tables
        return sum(len(chain.rules) for table in tables for chain in table.chains)

    def _translated_as_new(self, key: tuple[Way, Way]) -> Any:
        """What is translated and fares so in a state that was asked before, whichever it is."""
        universe = self.engine.universe
        if not any(name in _TRANSLATED for way in key for name, _held in way.rewrites):
            return universe.manager.false
        states = universe.declare("ctstate", domain_of("ctstate", self._family))
        return universe.manager.without(self.faring(key), states.numbers)

    def _add(self, to: dict[tuple[Way, Way], Any], key: tuple[Way, Way], held: Any) -> None:
        to[key] = to[key] | held if key in to else held

    def _names(self, field: str, *names: str) -> Any:
        universe = self.engine.universe
        universe.declare(field, domain_of(field, self._family))
        return universe.of(OneOf(field=field, names=frozenset(names)))

    @property
    def differing(self) -> Any:
        """All packets that fare otherwise."""
        held: Any = self.engine.universe.manager.false
        for one in self._found.values():
            held |= one
        return held

    def faring(self, key: tuple[Way, Way]) -> Any:
        """The packets that fare so before and after."""
        return self._found.get(key, self.engine.universe.manager.false)

    def leave_out(self, told: Iterable[Comparison]) -> None:
        """Without those told already; what is left is of packets for other hosts.

        Told is what differs at this hook, and what fares just so from a later one on.
        """
        others, nothing = self._names("dst_type", "UNICAST"), self.engine.universe.manager.false
        left: dict[tuple[Way, Way], Any] = {}
        for key, found in self._found.items():
            held = found & others
            for one in told:
                held &= ~(one.differing if one.hook == self.hook else one.faring(key))
            if held != nothing:
                left[key] = held
        self._found = left

    def _room(self) -> Any:
        return possible(self.engine.universe, self._last)

    def _learn(self, setting: Setting) -> None:
        self._domains = setting.domains | self._domains
        self._setting = replace(setting, domains=self._domains | setting.domains)

    @property
    def _last(self) -> Setting:
        """The last setting, with the variables of all of them. Precondition: one was asked."""
        assert self._setting is not None
        return self._setting

    def parts(self) -> list[Part]:
        """What differed, put together; what hangs on facts after what is certain."""
        parts = [
            Part(certain=certain, compared=compared, key=key, held=held, by=self)
            for key, whole in self._found.items()
            for certain, compared, held in self._certain(whole & self._room())
        ]
        return sorted(parts, key=lambda part: (not part.certain, not part.compared))

    def _certain(self, held: Any) -> Iterator[tuple[bool, bool, Any]]:
        """The packets that fare otherwise whatever the facts are, and those where facts decide.

        Then those that do so only by what one side leaves out, and the other has.
        """
        universe = self.engine.universe
        unknown = [n for b in universe.blocks.values() if b.name not in FIELDS for n in b.numbers]
        room, nothing = self._room(), universe.manager.false
        told = held if self.limit is None else held & self.limit
        sure = told & ~universe.manager.shared(room, ~held, unknown)
        parts = ((True, True, sure), (False, True, told & ~sure), (False, False, held & ~told))
        yield from (part for part in parts if part[2] != nothing)

    def told(self, part: Part, *, briefly: bool = False) -> Effect:
        """A part told; `briefly` only some of its packets, where there are too many to be read."""
        universe, (before, after) = self.engine.universe, part.ways
        where, partly = self._where(part.held, briefly=briefly)
        names = {condition.field for cube in where for condition in cube.conditions}
        if partly:
            names |= deciding_fields(universe, part.held, self._room())
        if not self._here:
            names |= {"in", "out"}
        picked = ordinary(universe, self._showing(part.key, part.held), self._family)
        deciders = self._deciders(part, names)
        return Effect(
            family=self._family,
            hook=self.hook,
            before=before.decided(deciders[0]),
            after=after.decided(deciders[1]),
            where=where,
            example=packet_of(picked, names, self._family, self._start),
            certain=part.certain,
            compared=part.compared,
            partly=partly,
            idle=part.idle,
            written=part.key,
        )

    def _where(self, held: Any, *, briefly: bool) -> tuple[tuple[Cube, ...], bool]:
        """The packets in cubes, and whether these are only some of them."""
        telling = Cubes(self.engine.universe, self._last, work=SHORTLY if briefly else FULLY)
        try:
            return telling.of(held), False
        except TooLongError:
            if not briefly:
                raise
        return telling.few(held), True

    def counted(self, part: Part) -> Effect:
        """A part of which only is told that it is there."""
        before, after = part.key
        return Effect(
            family=self._family,
            hook=self.hook,
            before=before,
            after=after,
            where=(),
            example=Packet(family=self._family),
            certain=part.certain,
            compared=part.compared,
            told=False,
            idle=part.idle,
            written=part.key,
        )

    def runs_out(self, part: Part) -> bool:
        """Whether an example of the part is a packet of which the TTL runs out on its way."""
        universe = self.engine.universe
        held, block = self._showing(part.key, part.held), universe.blocks.get("ttl")
        if block is None:
            return False
        with_it = universe.numbers(block, IntSet.single(int(USUAL["ttl"])))
        usual = universe.manager.shared(held, with_it, block.backwards)
        if held == usual or held & ~usual == universe.manager.false:
            return False  # an ordinary packet then has the usual one
        return ordinary(universe, held, self._family, facts=False)["ttl"] in (0, 1)

    def loops(self, part: Part) -> bool:
        """Whether the packets come from a loopback address, and come or leave by a wire.

        The kernel throws such a packet away (net/ipv4/route.c, ip_route_input_slow and
        __mkroute_output), unless route_localnet is on.
        """
        universe = self.engine.universe
        loop = IntSet.between(*loopback(32 if self._family == 4 else 128))
        blocks, nothing = universe.blocks, universe.manager.false
        if "src" not in blocks or part.held & ~universe.numbers(blocks["src"], loop) != nothing:
            return False
        if self.hook != "OUTPUT":
            return True
        stays = any(way.destination == "local" for way in part.key)
        inside = "dst" not in blocks or part.held & universe.numbers(blocks["dst"], loop)
        return not stays and inside == nothing

    def ways(self, key: tuple[Way, Way], held: Any) -> tuple[Way, Way]:
        """Both fates, without what all of these packets held before."""
        comparing, one = self._kept[key]
        before, after = (comparing.trimmed(fate, held) for fate in (one.before, one.after))
        return _way(before, comparing), _way(after, comparing)

    def _showing(self, key: tuple[Way, Way], held: Any) -> Any:
        """Packets that held something else than what they are rewritten to, in most fields."""
        comparing, one = self._kept[key]
        for fate in (one.before, one.after):
            for rewrite in fate.rewrites:
                shown = comparing.really(replace(fate, rewrites=(rewrite,)), held)
                held = shown if shown != self.engine.universe.manager.false else held
        return held

    @property
    def _start(self) -> str:
        """The hook by which an example is told: a packet for others has both interfaces."""
        return self.hook if self._here else "FORWARD"

    def _deciders(self, part: Part, names: Iterable[str]) -> list[tuple[Step, ...]]:
        """The rules that decide for some packets of the part, side by side."""
        found, told = [], frozenset(names)
        for way, (side, met, naming) in zip(part.key, self._namings, strict=True):
            followed = partial(self._followed, side, met, told, way)
            passed = way.destination is not None
            found.append(naming.named(part.held, followed, passed=passed))
        return found

    @cached_property
    def _namings(self) -> list[tuple[Side, Trees, Naming]]:
        """Who is asked for the deciders of each side; made once for all effects."""
        nothing = self.engine.universe.manager.false
        return [
            (side, Trees(parts, nothing), Naming(parts, side.changed, nothing))
            for side, parts in zip(self._sides, self._records, strict=True)
        ]

    def _followed(
        self, side: Side, met: Trees, names: frozenset[str], way: Way, part: Any
    ) -> tuple[Any, tuple[Step, ...]]:
        """An ordinary packet of a part, as a set, and the steps that decide for it.

        Packets that meet the same rules on their way to one fate have these in common, but for what
        a rewrite found.
        """
        universe = self.engine.universe
        picked = ordinary(universe, part, self._family)
        here = point(universe, picked)
        rules = tuple(met.meeting(here))
        key = (id(met), names, way, frozenset(map(rule_of, rules)))  # kept in `_namings`
        if key in self._decided:
            return here, self._decided[key]
        packet = packet_of(picked, names, self._family, self._start)
        outcome = side.follow(packet, self.hook, picked, partial(met_of, met=rules))
        steps = () if outcome is None else tuple(side.deciders(outcome))
        if outcome is not None and not outcome.rewrites:
            self._decided[key] = steps
        return here, steps


def _way(fate: Fate, comparing: Comparing) -> Way:
    rewrites = ((name, comparing.shown(name, term)) for name, term in fate.rewrites)
    return Way(verdict=fate.verdict, destination=fate.destination, rewrites=tuple(sorted(rewrites)))


def _told_as_new(states: tuple[str, ...], one: Differing) -> bool:
    """Whether they are RELATED packets that nat rewrites otherwise, told with those in state NEW.

    Nat meets only the packet that opens a connection, whichever of the two states it is in
    (nf_nat_core.c, nf_nat_inet_fn).
    """
    passing = None not in (one.before.destination, one.after.destination)
    return states == RELATED and passing and _translation(one.before) != _translation(one.after)


def _translation(fate: Fate) -> frozenset[tuple[str, Term]]:
    return frozenset((name, term) for name, term in fate.rewrites if name in _TRANSLATED)
