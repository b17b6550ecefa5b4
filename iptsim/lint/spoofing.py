"""Whether a firewall lets packets in by an interface whose source cannot come by it.

Packets that open a connection, from PREROUTING on, to this host or through it. After the spoofing
protection of FFFUU (Diekmann et al., Certifying Spoofing-Protection of Firewalls, 2015), with all
tables and what is told of the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.dataclass import dataclass, replace
from iptsim.host import Host, Sources
from iptsim.lint.finding import At, Finding, Kind, Other, Passage
from iptsim.lint.finding_places import fields_alone, packet_of, usual_part
from iptsim.model import Ruleset
from iptsim.packet import FIELDS, Packet
from iptsim.predicate import InSet, Interface, Predicate, all_of, negate
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import deciding_fields, possible
from iptsim.symbolic.walk.deciding_rules import Deciders, step_of
from iptsim.symbolic.walk.differences import all_forgotten, forgotten, groups
from iptsim.symbolic.walk.engine import Engine, Fates
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.tracer.host.link_sources import sources_text
from iptsim.values import InterfacePattern
from iptsim.worlds.outcome import Step

HOOK = "PREROUTING"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Let:
    """Spoofed packets (a diagram) that a rule, a policy or routing alone lets in.

    `told` is whether their destination is worth telling: one that is not just this host.
    """

    step: Step | None
    asks: frozenset[str]
    held: Any
    certain: bool
    told: bool


def passages(ruleset: Ruleset, host: Host) -> tuple[Passage, ...]:
    """Of each interface of the family whether it keeps out what cannot come by it."""
    told = [one for one in host.sources if one.width == ruleset.width]

    def work(manager: Manager) -> tuple[Passage, ...]:
        names = [one.interface for one in told]
        engine = Engine(manager, (ruleset,), host=replace(host, sources=()), interfaces=names)
        return tuple(_Passing(engine, ruleset, one).passage() for one in told)

    return growing(work, ruleset) if told else ()


class _Passing:
    def __init__(self, engine: Engine, ruleset: Ruleset, told: Sources) -> None:
        self._engine, self._ruleset, self._told = engine, ruleset, told

    def passage(self) -> Passage:
        """What lets spoofed packets in, the first rule of the walk first."""
        found = [one for here in (True, False) for one in self._lets(here)]
        sure = [one for one in found if one.certain]
        letting = sure or found
        finding = self._finding(letting, certain=bool(sure)) if letting else None
        sources = sources_text(self._told)
        family = self._ruleset.family
        return Passage(
            family=family, interface=self._told.interface, sources=sources, finding=finding
        )

    def _lets(self, here: bool) -> Iterator[_Let]:
        fates = self._engine.fates(0, self._packet(), HOOK, self._spoofed(), here=here)
        universe, nothing = self._engine.universe, self._engine.universe.manager.false
        held: Any = nothing
        for group in groups(fates.ends):
            if group.fate.verdict == "ACCEPT":
                held |= group.held
        room = possible(universe, fates.setting)
        held = forgotten(universe, held & room)
        if held == nothing:
            return
        sure = self._sure(held, fates)
        for certain, part in ((True, held & sure), (False, held & ~sure)):
            for one in self._by_rule(part, fates, certain=certain):
                told = not here or "dst" in deciding_fields(universe, one.held, room)
                yield replace(one, told=told)

    def _by_rule(self, held: Any, fates: Fates, *, certain: bool) -> Iterator[_Let]:
        universe, nothing = self._engine.universe, self._engine.universe.manager.false
        if held == nothing:
            return
        records = list(all_forgotten(universe, fates.records))
        parts = Deciders(records, nothing).of(held, passed=True)
        order = {id(record): number for number, record in enumerate(records)}
        found = [(record, part) for record, part in parts if part != nothing]
        found.sort(key=lambda pair: order.get(id(pair[0]), len(order)))
        for record, part in _rules_once(found):
            ready = None if record is None else record.met.ready
            yield _Let(
                step=None if record is None else step_of(record),
                asks=frozenset(() if ready is None else ready.asks),
                held=part,
                certain=certain,
                told=False,
            )

    def _sure(self, held: Any, fates: Fates) -> Any:
        """The packets that are let in whatever nobody told turns out to be."""
        universe = self._engine.universe
        unknown = [n for b in universe.blocks.values() if b.name not in FIELDS for n in b.numbers]
        room = self._asked(fates)
        if not unknown:
            return universe.manager.true
        return ~universe.manager.without(room & ~held, unknown)

    def _asked(self, fates: Fates) -> Any:
        universe = self._engine.universe
        return possible(universe, fates.setting) & universe.of(self._spoofed())

    def _packet(self) -> Packet:
        name = self._told.interface
        came = None if InterfacePattern(text=name).wildcard else name
        return Packet(family=self._ruleset.family, in_=came, ctstate="NEW")

    def _spoofed(self) -> Predicate:
        pattern = InterfacePattern(text=self._told.interface)
        others = negate(InSet(field="src", values=self._told.addresses))
        if not pattern.wildcard:
            return others
        return all_of((Interface(field="in", pattern=pattern), others))

    def _finding(self, letting: list[_Let], *, certain: bool) -> Finding:
        first, *more = letting
        at = self._at(first.step)
        others = dict.fromkeys(Other(at=self._at(o.step), deed=_deed(o.step)) for o in more)
        to = (("to", "address"),) if first.told else ()
        told = (("interface", self._told.interface), ("sources", sources_text(self._told)), *to)
        return Finding(
            kind=Kind.SPOOFED if certain else Kind.MAY_BE_SPOOFED,
            at=at,
            others=tuple(other for other in others if other.at != at),
            facts=told,
            example=self._example(first),
            hook=HOOK,
        )

    def _at(self, step: Step | None) -> At:
        family = self._ruleset.family
        if step is None:
            return At(family=family, table="", chain="")
        return At(
            family=family, table=step.table, chain=step.chain, rule=step.rule, place=step.place,
            text=step.text,
        )  # fmt: skip

    def _example(self, let: _Let) -> Packet:
        universe = self._engine.universe
        fields = fields_alone(universe)
        facts = [n for name in universe.facts for n in universe.blocks[name].numbers]
        held = universe.manager.without(let.held, facts) if facts else let.held
        picked = ordinary(fields, usual_part(fields, held), self._ruleset.family)
        came = self._packet().in_ or picked["in"]
        asks = {*let.asks, "in"} - {"out"}
        return packet_of({**picked, "in": came, "ctstate": "NEW"}, asks, self._ruleset.family)


def _rules_once(found: Iterable[tuple[Record | None, Any]]) -> Iterator[tuple[Record | None, Any]]:
    """What one rule lets in is one, whichever worlds were asked apart there."""
    rules: dict[object, tuple[Record | None, Any]] = {}
    for record, part in found:
        step = None if record is None else step_of(record)
        rule = None if step is None else (step.table, step.chain, step.rule)
        first, held = rules.get(rule, (record, part))
        rules[rule] = (first, held | part)
    yield from rules.values()


def _deed(step: Step | None) -> str:
    return "accept" if step is None else step.action
