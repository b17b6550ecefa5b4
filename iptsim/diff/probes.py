"""Which packets are traced through both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from iptsim.diff.examples import example
from iptsim.diff.scope import loosened, places, touched
from iptsim.diff.values import Change
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import CT_STATES, Packet
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    OneOf,
    Predicate,
    all_of,
    atoms,
    equals,
    negate,
)
from iptsim.tracer.regions import EVERYTHING, Domains, Region, split
from iptsim.tracer.start import Question, begin
from iptsim.tracer.terms import Environment, resolve
from iptsim.values import IntSet

HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")
# Rules that part the packets in question, up to which all of those are traced at once; the time
# grows with its third power.
_MOST_PARTINGS = 40
_MOST_REGIONS = 64
_MOST_POINTS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Packets to trace together from a hook, all in the connection state of `packet`.

    `within` limits them; what they show holds for every state of `states`.
    """

    hook: str
    packet: Packet
    states: frozenset[str]
    within: Predicate = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The probes; `exact` is whether they are all packets whose way a change can alter."""

    probes: tuple[Probe, ...]
    exact: bool


def plan(old: Ruleset, new: Ruleset, changes: list[Change]) -> Plan:
    """All packets that a change can touch, where they can be traced at once; else some of them."""
    found: list[Probe] = []
    exact = True
    for hook in HOOKS:
        within = touched(old, new, changes, hook)
        if within == NEVER:
            continue
        survey = _Survey(old, new, hook, within)
        few = survey.few()
        exact = exact and few
        found += survey.open() if few else islice(survey.points(), _MOST_POINTS)
    return Plan(probes=tuple(found), exact=exact)


class _Survey:
    """The packets of one hook that changes can touch."""

    def __init__(self, old: Ruleset, new: Ruleset, hook: str, within: Predicate) -> None:
        self.sides, self.hook, self.within = (old, new), hook, within
        self.family = new.family
        packet = Packet(family=self.family, ctstate="NEW")
        setting, world = begin(Question(packet=packet, hook=hook, host=Host()))
        self.domains: Domains = setting.domains
        self.fields: Environment = {**world.fields}
        self.asked = dict.fromkeys(p.asks for side in self.sides for p in places(side, hook))

    def few(self) -> bool:
        """Whether few rules part the packets in question."""
        regions = split(EVERYTHING, self._told(self.within), self.domains)[0]
        if len(regions) > _MOST_REGIONS:
            return False
        partings = sum(1 for _ in islice(self._partings(regions), _MOST_PARTINGS + 1))
        return partings <= _MOST_PARTINGS

    def _partings(self, regions: list[Region]) -> Iterator[Predicate]:
        for asks in self.asked:
            told = self._told(loosened(asks, frozenset()))
            if any(all(split(region, told, self.domains)) for region in regions):
                yield asks

    def _told(self, predicate: Predicate) -> Predicate:
        return resolve(loosened(predicate, frozenset({"ctstate"})), self.fields, {})

    def open(self) -> Iterator[Probe]:
        """All packets in question, for each group of connection states."""
        for states in self._states():
            packet = Packet(family=self.family, ctstate=states[0])
            yield Probe(hook=self.hook, packet=packet, states=frozenset(states), within=self.within)

    def _states(self) -> list[tuple[str, ...]]:
        """The states in groups that no rule tells apart.

        Nat asks NEW and RELATED packets only (nf_nat_core.c, nf_nat_inet_fn).
        """
        nat = any(side.table("nat") is not None for side in self.sides)
        tests = [{"NEW"}, {"RELATED"}] if nat else []
        tests += [set(names) for names in self._named_states()]
        groups: dict[tuple[bool, ...], list[str]] = {}
        for state in CT_STATES:
            groups.setdefault(tuple(state in test for test in tests), []).append(state)
        return [tuple(group) for group in groups.values()]

    def _named_states(self) -> set[frozenset[str]]:
        every = (atom for asks in self.asked for atom in atoms(asks))
        found = {a.names for a in every if isinstance(a, OneOf) and a.field == "ctstate"}
        # Other conditions on the connection (its first addresses, its direction) read the state.
        return found | self._tracked()

    def _tracked(self) -> set[frozenset[str]]:
        every = (atom for asks in self.asked for atom in atoms(asks))
        reads = any(not isinstance(a, Fact) and a.field.startswith("ct") for a in every)
        return {frozenset({state}) for state in CT_STATES} if reads else set()

    def points(self) -> Iterator[Probe]:
        """Single packets: one that each rule in question matches, and one that it does not.

        Of a packet only those fields are told that some rule asks for.
        """
        names = {a.field for asks in self.asked for a in atoms(asks) if not isinstance(a, Fact)}
        seen: set[Packet] = set()
        for region in self._picked():
            told = example(region, self.family, self.hook).given()
            given = {name: value for name, value in told.items() if name in names}
            packet = Packet(family=self.family).with_(
                **{("in_" if name == "in" else name): value for name, value in given.items()}
            )
            if packet not in seen:
                seen.add(packet)
                yield from self._point(packet)

    def _picked(self) -> Iterator[Region]:
        """First the packets that the changed rules name, then those of the rules that part them."""
        regions = split(EVERYTHING, self._told(self.within), self.domains)[0]
        for region in regions[:_MOST_POINTS]:
            yield from split(region, self._unnamed(), self.domains)[0][:1]
            yield region
        for asks in self.asked:
            told = self._told(loosened(asks, frozenset()))
            for part in (told, negate(told)):
                for region in regions[:_MOST_REGIONS]:
                    yield from split(region, part, self.domains)[0][:1]

    def _unnamed(self) -> Predicate:
        """TCP to a port that no rule names."""
        every = (atom for asks in self.asked for atom in atoms(asks))
        ports = [a.values.ranges for a in every if isinstance(a, InSet) and a.field == "dport"]
        rest = IntSet.width(16) - IntSet.of(pair for ranges in ports for pair in ranges)
        return all_of((equals("proto", 6), InSet(field="dport", values=rest)))

    def _point(self, packet: Packet) -> Iterator[Probe]:
        for states in self._states():
            told = packet.with_(ctstate=states[0])
            yield Probe(hook=self.hook, packet=told, states=frozenset(states))
