"""How all packets of a question fare on one side, as sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from iptsim.diff.probes import Probe
from iptsim.diff.values import Way
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import FIELDS, Kind
from iptsim.predicate import Bits, InSet, Interface
from iptsim.tracer import Tracer
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.outcome import Step
from iptsim.tracer.regions import EVERYTHING, Region, split, split_all
from iptsim.tracer.sets import InterfaceSet, NameSet, NumberSet, VariableSet
from iptsim.tracer.start import Question, begin
from iptsim.tracer.terms import Known, Variable, resolve
from iptsim.tracer.world import Setting, World
from iptsim.values import InterfacePattern, IntSet

Changed = frozenset[tuple[str, str, int | None]]
"""The rules that changed on a side: table, chain, number; None for the chain's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faring:
    """Packets of one side that fare alike; `nat` is whether nat rewrote something on their way.

    `fate` is what is compared. Unlike the texts of `way` it does not hang on the number of the
    rule that rewrote a field.
    """

    regions: tuple[Region, ...]
    way: Way
    fate: tuple[object, ...]
    nat: bool


class Side:
    """One side of a diff, ready to be asked."""

    def __init__(self, ruleset: Ruleset, changed: Changed) -> None:
        self.tracer = Tracer.of(ruleset)
        self.changed = changed

    def fares(self, probe: Probe) -> tuple[list[Faring], Setting]:
        """Every way that the packets take, over disjoint regions that cover them all."""
        question = Question(packet=probe.packet, hook=probe.hook, host=Host())
        setting, world = begin(question)
        within = resolve(probe.within, world.fields, {})
        regions = split(EVERYTHING, within, setting.domains)[0]
        if not regions:
            return [], setting
        journey = Journey(library=self.tracer.library, setting=setting, question=question)
        ends = journey.go(replace(world, regions=tuple(regions)))
        return [faring for end in ends for faring in self._farings(end, setting)], setting

    def _farings(self, end: End, setting: Setting) -> Iterator[Faring]:
        """An end, apart for packets that had already what a field was rewritten to."""
        kept: list[tuple[frozenset[str], list[Region]]] = [(frozenset(), [*end.world.regions])]
        for test in _rewritten_to(end):
            parts = []
            for same, regions in kept:
                yes, no = split_all(regions, test, setting.domains)
                parts += [(same | {test.field}, yes), (same, no)]
            kept = parts
        for same, regions in kept:
            if regions:
                yield self._faring(end, setting, same, tuple(regions))

    def _faring(
        self, end: End, setting: Setting, same: frozenset[str], regions: tuple[Region, ...]
    ) -> Faring:
        passed = end.destination is not None
        last = {r.field: setting.show(r.field, r.after) for r in end.world.rewrites}
        told = {name: value for name, value in last.items() if name not in same}
        way = Way(
            verdict=end.fate.value,
            destination=end.destination,
            rewrites=tuple(sorted(told.items())) if passed else (),
            decided_by=tuple(self._decider(end)),
        )
        nat = any(rewrite.table == "nat" for rewrite in end.world.rewrites)
        left = {(name, value) for name, value in _left(end.world) if name not in same}
        fate = (way.verdict, way.destination, frozenset(left) if passed else None)
        return Faring(regions=regions, way=way, fate=fate, nat=nat)

    def _decider(self, end: End) -> Iterator[Step]:
        """The last changed rule or policy that led to the fate; else the step that made it.

        A packet let through as it came, by what did not change, is decided by nobody in particular.
        """
        steps = end.world.steps
        rewriting = [number for number, step in enumerate(steps) if step.rewrites]
        rewrote = end.destination is not None and bool(rewriting)
        led = steps[: rewriting[-1] + 1] if rewrote else steps
        changed = [step for step in led if (step.table, step.chain, step.rule) in self.changed]
        here = [
            step for step in changed if (step.hook, step.table) == (led[-1].hook, led[-1].table)
        ]
        yield from (here or changed)[-1:] or (led[-1:] if rewrote or not end.destination else ())


def _rewritten_to(end: End) -> Iterator[InSet]:
    """For each field that was rewritten to a certain value: whether it had that value before.

    Addresses are left out: a packet to this host does not have another host's.
    """
    names = {rewrite.field: None for rewrite in end.world.rewrites}
    for name in names if end.destination is not None else ():
        if name in ("src", "dst"):
            continue
        term = end.world.fields[name]
        if isinstance(term, Known) and isinstance(term.value, int):
            yield InSet(field=name, values=IntSet.single(term.value))


def _left(world: World) -> Iterator[tuple[str, object]]:
    """What each rewritten field holds in the end: a value, or how it hangs on what came in.

    Of a choice of the kernel only its range is known; fields that are as they came are left out.
    """
    for name, shown in {rewrite.field: rewrite.after for rewrite in world.rewrites}.items():
        term = world.fields[name]
        if isinstance(term, Variable) and term.name != name:
            yield name, shown
        elif term != Variable(name=name):
            yield name, term


def meet(left: Region, right: Region) -> Region | None:
    """The packets in both regions, None when there are none."""
    sets = dict(left.sets)
    for name, held in right.sets.items():
        both = _meet(sets[name], held) if name in sets else held
        if both is None:
            return None
        sets[name] = both
    facts = dict(left.facts)
    for key, (fact, value) in right.facts.items():
        if facts.setdefault(key, (fact, value))[1] is not value:
            return None
    return Region(sets=sets, facts=facts)


def _meet(left: VariableSet, right: VariableSet) -> VariableSet | None:
    if isinstance(left, NumberSet) and isinstance(right, NumberSet):
        return _numbers(left, right)
    if isinstance(left, InterfaceSet) and isinstance(right, InterfaceSet):
        return _interfaces(left, right)
    assert isinstance(left, NameSet)
    assert isinstance(right, NameSet)
    names = left.names & right.names
    return NameSet(names=names, every=left.every) if names else None


def _numbers(left: NumberSet, right: NumberSet) -> NumberSet | None:
    held = left.narrowed(InSet(field="", values=right.ranges), True)
    if held is not None and right.fits.mask:
        held = held.narrowed(Bits(field="", test=right.fits), True)
    for hole in right.holes:
        held = held and held.narrowed(Bits(field="", test=hole), False)
    return held


def _interfaces(left: InterfaceSet, right: InterfaceSet) -> InterfaceSet | None:
    held: InterfaceSet | None = left
    if right.fits is not None:
        held = left.narrowed(Interface(field="", pattern=right.fits), True)
    for hole in right.holes:
        held = held and held.narrowed(Interface(field="", pattern=hole), False)
    return held


def single(name: str, value: int | str, family: int) -> VariableSet:
    """The set of one value of a field."""
    known = FIELDS[name]
    if isinstance(value, int):
        width = 32 if family == 4 and known.width == 128 else known.width
        return NumberSet(width=width, ranges=IntSet.single(value))
    if known.kind is Kind.INTERFACE:
        return InterfaceSet(fits=InterfacePattern(text=value))
    return NameSet(names=frozenset({value}), every=frozenset(known.names))
