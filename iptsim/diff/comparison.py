"""The packets of one hook that fare otherwise, gathered state by state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.diff.deciding import Side
from iptsim.diff.examples import packet_of
from iptsim.diff.values import Effect, Way
from iptsim.packet import Packet
from iptsim.predicate import OneOf, Predicate
from iptsim.symbolic.comparing import Comparing, Differing, Fate
from iptsim.symbolic.cubes import cubes, possible
from iptsim.symbolic.engine import Engine
from iptsim.symbolic.ordinary import ordinary
from iptsim.symbolic.telling import Teller
from iptsim.tracer.outcome import Step
from iptsim.tracer.sets import domain_of
from iptsim.tracer.world import Setting

MOST_FOLLOWED = 8
"""Packets of one effect that are followed on both sides to learn which rules decide."""
_TRANSLATED = frozenset({"src", "dst", "sport", "dport"})


class Comparison:
    """Gathers where the fates of one hook differ."""

    def __init__(self, engine: Engine, sides: tuple[Side, Side], hook: str, family: int) -> None:
        self._engine, self._sides, self._hook, self._family = engine, sides, hook, family
        self._found: dict[tuple[Way, Way], Any] = {}
        self._typical: dict[tuple[Way, Way], Any] = {}
        self._settings: list[Setting] = []

    def compare(self, states: tuple[str, ...], within: Predicate) -> None:
        """Ask both sides for the packets in these states, which no rule tells apart."""
        packet = Packet(family=self._family, ctstate=states[0])
        fates = [self._engine.fates(side, packet, self._hook, within) for side in (0, 1)]
        self._settings += [one.setting for one in fates]
        universe = self._engine.universe
        universe.declare("ctstate", domain_of("ctstate", self._family))
        state = universe.of(OneOf(field="ctstate", names=frozenset(states)))
        comparing = Comparing(universe, *fates)
        for one in comparing.differing():
            held = one.held & state & self._room()
            if held != universe.manager.false and not _told_as_new(states, one):
                key = (_way(one.before, comparing), _way(one.after, comparing))
                self._found[key] = self._found.get(key, universe.manager.false) | held
                plain = comparing.really(one.after, comparing.really(one.before, held))
                self._typical[key] = self._typical.get(key, universe.manager.false) | plain

    def _room(self) -> Any:
        return possible(self._engine.universe, self._setting)

    @property
    def _setting(self) -> Setting:
        """The last setting, with the variables of all of them."""
        last = self._settings[-1]
        for other in self._settings[:-1]:
            last.domains |= {n: d for n, d in other.domains.items() if n not in last.domains}
        return last

    def effects(self) -> Iterator[Effect]:
        """What differed, put together."""
        for (before, after), held in self._found.items():
            yield self._effect(before, after, held, self._typical[before, after])

    def _effect(self, before: Way, after: Way, held: Any, typical: Any) -> Effect:
        """`typical` are the packets that nothing was rewritten to what it was already."""
        where = cubes(self._engine.universe, held, self._setting)
        names = {condition.field for cube in where for condition in cube.conditions}
        nothing = self._engine.universe.manager.false
        usual = typical if typical & self._room() != nothing else held
        picked = ordinary(self._engine.universe, usual & self._room(), self._family)
        deciders = self._deciders(held, names)
        return Effect(
            family=self._family,
            hook=self._hook,
            before=before.decided(deciders[0]),
            after=after.decided(deciders[1]),
            where=where,
            example=packet_of(picked, names, self._family, self._hook),
        )

    def _deciders(self, held: Any, names: Iterable[str]) -> list[tuple[Step, ...]]:
        """The rules that decide of a packet of each part of the set."""
        universe = self._engine.universe
        found: list[dict[tuple[str, str, int | None], Step]] = [{}, {}]
        for product in Teller(universe).products(held)[:MOST_FOLLOWED]:
            part = universe.product(product) & held & self._room()
            if part == universe.manager.false:
                continue
            picked = ordinary(universe, part, self._family)
            packet = packet_of(picked, names, self._family, self._hook)
            for side, steps in zip(self._sides, found, strict=True):
                outcome = side.follow(packet, self._hook, picked)
                for step in () if outcome is None else side.deciders(outcome):
                    steps.setdefault((step.table, step.chain, step.rule), step)
        return [tuple(steps.values()) for steps in found]


def _way(fate: Fate, comparing: Comparing) -> Way:
    rewrites = ((name, comparing.shown(name, term)) for name, term in fate.rewrites)
    return Way(verdict=fate.verdict, destination=fate.destination, rewrites=tuple(sorted(rewrites)))


def _told_as_new(states: tuple[str, ...], one: Differing) -> bool:
    """Whether the packets are RELATED ones that nat rewrites, told with those in state NEW.

    Nat meets only the packet that opens a connection, whichever of the two states it is in
    (nf_nat_core.c, nf_nat_inet_fn).
    """
    names = {name for fate in (one.before, one.after) for name, _term in fate.rewrites}
    return states == ("RELATED",) and bool(names & _TRANSLATED)
