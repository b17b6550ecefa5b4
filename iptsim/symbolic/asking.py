"""What becomes of every packet that a question leaves open: fates, and who decides each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from iptsim.packet import Packet
from iptsim.predicate import OneOf, Predicate
from iptsim.symbolic.comparing import Fate, forgotten, groups
from iptsim.symbolic.cubes import cubes, possible
from iptsim.symbolic.deciding import Deciders, step_of
from iptsim.symbolic.engine import Engine, Fates
from iptsim.symbolic.merging import Record
from iptsim.symbolic.ordinary import Picked, ordinary
from iptsim.symbolic.states import states_of
from iptsim.tracer.outcome import Cube, Step
from iptsim.tracer.sets import domain_of
from iptsim.tracer.world import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Packets (a diagram) of one fate that one rule or policy decides.

    `decided_by` is None where routing threw the packets away. `rewrites` are as people and JSON see
    them; `settings` and `fate` are what the engine knows of them.
    """

    hook: str
    verdict: str
    destination: str | None
    rewrites: tuple[tuple[str, int | str], ...]
    decided_by: Step | None
    fate: Fate
    held: Any


_Key = tuple[object, ...]


class Asking:
    """Asks one rule set of an engine for all packets of a question, in every connection state."""

    def __init__(self, engine: Engine, packet: Packet, *, which: int = 0) -> None:
        self.engine, self._packet, self._which = engine, packet, which
        self.setting: Setting | None = None
        self.records: list[Record] = []

    def answers(self, hook: str, within: Predicate | None = None) -> list[Answer]:
        """The answers of packets that start at a hook; their sets do not overlap."""
        found: dict[_Key, Answer] = {}
        for states in self._states():
            packet = self._packet.with_(ctstate=states[0])
            fates = self.engine.fates(self._which, packet, hook, within)
            self._learn(fates)
            for answer in self._answers(fates, hook, self._in(states)):
                key = _key(answer)
                held = answer.held | found[key].held if key in found else answer.held
                found[key] = replace(answer, held=held)
        return list(found.values())

    def _states(self) -> list[tuple[str, ...]]:
        told = self._packet.ctstate
        return states_of(self.engine) if told is None else [(told,)]

    def _in(self, states: tuple[str, ...]) -> Any:
        universe = self.engine.universe
        if self._packet.ctstate is not None:
            return universe.manager.true
        universe.declare("ctstate", domain_of("ctstate", self._packet.family))
        return universe.of(OneOf(field="ctstate", names=frozenset(states)))

    def _learn(self, fates: Fates) -> None:
        self.records += fates.records
        if self.setting is not None:
            fates.setting.domains = {**self.setting.domains, **fates.setting.domains}
        self.setting = fates.setting

    def _answers(self, fates: Fates, hook: str, states: Any) -> Iterable[Answer]:
        universe = self.engine.universe
        records = [replace(r, held=forgotten(universe, r.held)) for r in fates.records]
        decided = Deciders(records, universe.manager.false)
        for group in groups(fates.ends):
            passed = group.fate.destination is not None
            held = forgotten(universe, group.held) & states
            for record, part in decided.of(held, passed=passed):
                yield Answer(
                    hook=hook,
                    verdict=group.fate.verdict,
                    destination=group.fate.destination,
                    rewrites=group.shown(fates.setting),
                    decided_by=None if record is None else step_of(record),
                    fate=group.fate,
                    held=part,
                )

    def where(self, held: Any) -> tuple[Cube, ...]:
        """A set in short conditions. Precondition: something was asked."""
        assert self.setting is not None
        return cubes(self.engine.universe, held, self.setting)

    def some(self, held: Any) -> bool:
        """Whether any packet that can be lies in the set."""
        assert self.setting is not None
        universe = self.engine.universe
        room: Any = held & possible(universe, self.setting)
        return bool(room != universe.manager.false)

    def example(self, held: Any) -> Picked:
        """An ordinary packet of the set, given fields aside. Precondition: there is `some`."""
        assert self.setting is not None
        universe = self.engine.universe
        room: Any = held & possible(universe, self.setting)
        return {**ordinary(universe, room, self._packet.family), **self._packet.given()}


def _key(answer: Answer) -> _Key:
    step = answer.decided_by
    where = None if step is None else (step.table, step.chain, step.rule)
    return (answer.verdict, answer.destination, answer.rewrites, where)
