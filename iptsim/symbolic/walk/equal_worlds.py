"""Worlds that hold the same are one, however they came: what keeps many rules few sets.

Worlds in which a field has another value each (the addresses of a thousand DNATs) are one as well:
the field then holds a variable, and the set says which value goes with which packet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iptsim.actions import Fate
from iptsim.dataclass import dataclass, field, replace
from iptsim.packet import FIELDS
from iptsim.predicate import ANY, Predicate
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.walk.earlier_walks import EarlierWalks, held_alike, unwatched
from iptsim.symbolic.walk.rules_ahead import AT_ONCE, LONG, Ahead, may_pass
from iptsim.symbolic.walk.shared_walks import Walked, Walks, differ_in_sets
from iptsim.tracer.rules.ready import Ready
from iptsim.tracer.rules.worlds_at_a_rule import Flow, Met, Walk, Way
from iptsim.worlds.domains import domain_of
from iptsim.worlds.fields import Fields
from iptsim.worlds.terms import PERHAPS, Known, Term, resolve, short, variables_of
from iptsim.worlds.variables import OneOfMany, Told, Variable
from iptsim.worlds.visits import most
from iptsim.worlds.world import Setting, World, altered

Key = tuple[object, ...]
TWINS = {"ctreplsrc": "dst", "ctreplsrcport": "dport", "ctrepldst": "src", "ctrepldstport": "sport"}
"""What the connection expects of an answer; after a translation that is what it gave the packet."""
DECIDING = frozenset(
    {
        "proto", "icmp_type", "icmp_code", "in", "out", "socket", "dst_type", "src_type",
        "pkttype", "ctstate", "ctdir", "ctstatus",
    }
)  # fmt: skip
"""Fields whose value decides a packet's way besides rules: a variable would not tell it."""
FEW = 4
"""Worlds of different values that may stay apart before they are told by a variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The packets (a diagram) that met a rule or a policy."""

    met: Met
    held: Any


@dataclass(slots=True)
class Merging:
    """A `Keeping` that keeps no more worlds than what they hold differs.

    `side` tells the variables of one rule set from those of another; `walks` has what they share.
    """

    side: int = 0
    tells_steps: bool = False
    records: list[Record] = field(default_factory=list)
    walks: Walks | None = None
    rules_ahead: Ahead | None = None
    earlier: EarlierWalks | None = None
    _inside: bool = False
    _within: bool = False
    _made: set[Variable] = field(default_factory=set)

    def asked(self, ready: Ready, world: World) -> Predicate:
        """A condition is the same for the same fields, in other worlds and in walks to come."""
        fields, known = world.fields, packets(world).universe.asked
        told = frozenset(world.gone.items()) if ready.opaque else None
        key = (id(ready), told, *[fields[name] for name in ready.reads])
        found = known.get(key)
        if found is None:
            # The rule is kept, so that no other one gets its id.
            asked = resolve(ready.condition, fields, world.gone)
            found = known[key] = (ready, asked)
        return found[1]

    def onward(self, worlds: list[World], flow: Flow) -> list[World]:  # noqa: ARG002  # a `Keeping`
        """Worlds with equal fields are one."""
        if worlds:
            packets(worlds[0]).universe.manager.tidy()
        return self._merged(worlds)

    def out(self, flow: Flow, setting: Setting, where: str) -> Flow:
        """What leaves a chain: by what it holds, and by value where the values are many."""
        passed = [world for world, fate in flow.ended if fate is Fate.ACCEPT]
        others = [(world, fate) for world, fate in flow.ended if fate is not Fate.ACCEPT]
        passed, back = (self._unknown(some, setting, where) for some in (passed, flow.back))
        where = f"{where} of {self.side}"
        kept = self._few(self._merged(passed), setting, where)
        back = self._few(self._merged(back), setting, where)
        return Flow(ended=[*((world, Fate.ACCEPT) for world in kept), *others], back=back)

    def ahead(
        self, rules: Sequence[Ready], place: int, worlds: list[World], setting: Setting
    ) -> int:
        """See `Keeping`; some rules at once, in a long chain."""
        known = self.rules_ahead
        if known is None or place % AT_ONCE or len(rules) < LONG or len(worlds) > FEW:
            return place
        these = rules[place : place + AT_ONCE]
        if not known.is_worth(rules[0]) or not may_pass(these, setting.presumed):
            return place
        room = (packets(worlds[0]).universe, setting.domains)
        met = any(known.are_met(these, w, packets(w).held, self.asked, room) for w in worlds)
        known.looked(rules[0], met=met)
        return place if met else place + len(these)

    def through(self, way: Way, worlds: list[World], walk: Walk) -> Flow:
        """As packets of an earlier walk went through, or the same of the other rule set."""
        if self.earlier is None or self._within or not worlds:
            return self._as_the_twin(way, worlds, walk)
        self._within = True
        flows = [self._once(self.earlier, way, world, walk) for world in worlds]
        self._within = False
        if len(flows) == 1:
            return flows[0]
        ended = [pair for flow in flows for pair in flow.ended]
        whole = Flow(ended=ended, back=[world for flow in flows for world in flow.back])
        return self.out(whole, way.setting, f"{way.table} {way.hook}")

    def _once(self, earlier: EarlierWalks, way: Way, world: World, walk: Walk) -> Flow:
        """What comes of a world; it is sent only where no earlier one went the same way."""
        world = altered(world, regions=(packets(world),))
        found = earlier.found(way, world)
        if found is not None:
            for record in found[1]:
                self._add(record.met, record.held)
            return found[0]
        before, self.records, self._made = self.records, [], set()
        begun = earlier.begin(world, way.setting)
        flow = walk([begun.watched()])
        own, self.records = self.records, before
        earlier.keep(way, begun, flow, own, self._made)
        for record in own:
            self._add(record.met, record.held)
        return unwatched(flow)

    def _as_the_twin(self, way: Way, worlds: list[World], walk: Walk) -> Flow:
        """As the same packets went through the same chain of the other rule set, if they did."""
        walks, place = self.walks, (way.table, way.chain)
        alone = len(worlds) == 1 and not self._inside
        if walks is None or not alone or not walks.shares(self.side, place):
            return walk(worlds)
        (world,) = worlds
        held = packets(world).held
        walked = walks.found(self.side, way.hook, place, world, held)
        if walked is not None:
            for met, there in walked.met:
                self._add(met, there)
            return _flow(world, walked)
        flow, walked = self._watched(way, world, walk)
        if walked is not None:
            walks.keep(self.side, way.hook, place, held, walked)
        return flow

    def _watched(self, way: Way, world: World, walk: Walk) -> tuple[Flow, Walked | None]:
        """What a walk comes to, and how others can do without it; None where they can't."""
        before, self.records, self._inside = self.records, [], True
        known = len(way.setting.domains)
        flow = walk([world])
        own, self.records, self._inside = self.records, before, False
        for record in own:
            self._add(record.met, record.held)
        worlds = [*flow.back, *(one for one, _fate in flow.ended)]
        if len(way.setting.domains) > known or not all(differ_in_sets(world, w) for w in worlds):
            return flow, None
        walked = Walked(
            world=world,
            ended=tuple((packets(one).held, fate) for one, fate in flow.ended),
            back=tuple(packets(one).held for one in flow.back),
            met=tuple((record.met, record.held) for record in own),
        )
        return flow, walked

    def met(self, met: Met, world: World) -> None:
        """Remember which packets met a rule, in the order in which packets come to rules."""
        self._add(met, packets(world).held)

    def _add(self, met: Met, held: Any) -> None:
        last = self.records[-1] if self.records else None
        if last is not None and _same(last.met, met):
            self.records[-1] = replace(last, held=last.held | held)
        else:
            self.records.append(Record(met=met, held=held))

    def _unknown(self, worlds: list[World], setting: Setting, where: str) -> list[World]:
        two = self.earlier is None
        if (not two and len(worlds) <= FEW) or not any(w.gone for w in worlds):
            return worlds
        from iptsim.symbolic.walk.unknown_choices import as_one  # noqa: PLC0415  # of parts only

        return as_one(worlds, setting, where, always=two)

    def _merged(self, worlds: list[World]) -> list[World]:
        if len(worlds) < 2:
            return worlds
        found: dict[Key, list[World]] = {}
        for world in worlds:
            found.setdefault(_key(world), []).append(world)
        return [joined(group) for group in found.values()]

    def _few(self, worlds: list[World], setting: Setting, where: str) -> list[World]:
        """Worlds that differ in known values only are told by variables."""
        if len(worlds) <= FEW:
            return worlds
        found: dict[Key, list[World]] = {}
        for world in worlds:
            found.setdefault(_kinds(world), []).append(world)
        return [
            self._as_one(group, setting, where) if len(group) > FEW else world
            for group in found.values()
            for world in (group if len(group) <= FEW else group[:1])
        ]

    def _as_one(self, group: list[World], setting: Setting, where: str) -> World:
        one = joined(by_variable(group, setting, where))
        held = Fields.of(one.fields).now.values()
        self._made |= {v for v in held if isinstance(v, Variable) and v.one_of_many}
        return one


def _flow(world: World, walked: Walked) -> Flow:
    """What comes of a world, as of one that went the same way."""
    own = packets(world)

    def of(held: Any) -> World:
        return altered(world, regions=(replace(own, held=held),))

    ended = [(of(held), fate) for held, fate in walked.ended]
    return Flow(ended=ended, back=[of(held) for held in walked.back])


def _same(one: Met, other: Met) -> bool:
    """Whether it is the same rule in the same visit."""
    if (one.hook, one.action, one.table) != (other.hook, other.action, other.table):
        return False
    places = [None if met.ready is None else met.ready.at for met in (one, other)]
    return one.chain.name == other.chain.name and places[0] == places[1]


def _key(world: World) -> Key:
    """Equal for worlds that hold the same, of whose rewrites `_gone` says what they were."""
    return (frozenset(world.gone), *world.state_but("gone"))


def _kinds(world: World) -> Key:
    """Equal for worlds that differ in known values only."""
    fields, twins = Fields.of(world.fields), _twins(world)
    now = ((name, term) for name, term in fields.now.items() if name not in twins)
    kinds = ((name, _kind(name, term)) for name, term in now)
    first = fields.first
    other = ((n, kind) for n, kind in kinds if not (kind is True and _kind(n, first[n]) is True))
    rest = world.state_but("fields", "gone")
    return (id(first), twins, frozenset(other), frozenset(world.gone), *rest)


def _kind(name: str, term: Term) -> Term | bool:
    """True for a value that a variable may tell; else the content itself."""
    return (name not in DECIDING and _is_value(term, name)) or term


def _twins(world: World) -> tuple[str, ...]:
    """The fields that hold what their twins hold."""
    fields = world.fields
    return tuple(name for name, twin in TWINS.items() if fields[name] == fields[twin])


def _is_value(term: Term, name: str) -> bool:
    """A value that a rule gave, or a variable that stands for such values."""
    if isinstance(term, Known):
        return True
    if not isinstance(term, Variable) or term.field != name:
        return False
    return isinstance(term.origin, OneOfMany | Told)


def joined(worlds: list[World]) -> World:
    """Worlds that hold the same as one; the union of their sets."""
    if len(worlds) == 1:
        return worlds[0]
    first = worlds[0]
    held_alike(worlds)
    held, gone = union(worlds), _gone(worlds)
    return altered(first, regions=(held,), gone=gone).with_told(*worlds[1:])


def _gone(worlds: list[World]) -> Mapping[str, str]:
    """What was rewritten, and to what: to one of several things, where they differ in that.

    A field's set of values tells that; what is no field has only its text.
    """
    first = worlds[0].gone
    if all(world.gone == first for world in worlds):
        return first
    texts = {name: sorted({world.gone[name] for world in worlds}) for name in first}
    return {
        name: each[0] if len(each) == 1 else _several(name, each) for name, each in texts.items()
    }


def _several(name: str, texts: list[str]) -> str:
    """Several rewrites of a field as one; what only may have been one stays that."""
    if name == ANY:
        return most(texts)
    if name in FIELDS and not all(text.startswith(PERHAPS) for text in texts):
        return f"{name} rewritten"
    return short(" or ".join(texts))


def packets(world: World) -> Packets:
    """The set of a world."""
    (region, *more) = world.regions
    return union([world]) if more or not isinstance(region, Packets) else region


def union(worlds: Iterable[World]) -> Packets:
    """The union of the sets of worlds, of which there is at least one."""
    found = (region for world in worlds for region in world.regions)
    first, *others = (region for region in found if isinstance(region, Packets))
    return first.together(others)[0]


def by_variable(worlds: list[World], setting: Setting, where: str) -> list[World]:
    """The worlds with the values in which they differ held by variables of `where`.

    Precondition: they differ in known values only, and the same fields hold what their twins hold.
    """
    twins = _twins(worlds[0])
    differing = [name for name in _differing(worlds) if name not in twins]
    names = {name: _free(name, where, worlds, twins) for name in differing}
    for name, variable in names.items():
        setting.domains.fresh(variable, domain_of(name, setting.family))
    same = {name: names[TWINS[name]] for name in twins if TWINS[name] in names}
    return [_told(world, names, same, setting) for world in worlds]


def _differing(worlds: list[World]) -> list[str]:
    """The fields in which worlds of one walk differ."""
    first = worlds[0].fields
    found = dict.fromkeys(name for world in worlds for name in Fields.of(world.fields).now)
    differing = (n for n in found if any(w.fields[n] != first[n] for w in worlds))
    return sorted(differing, key=list(first).index)


def _told(
    world: World, names: dict[str, Variable], same: dict[str, Variable], setting: Setting
) -> World:
    """The world with fields' values told by variables (`names`); the twins have the `same`."""
    held = packets(world)
    universe, diagram = held.universe, held.held
    for name, variable in names.items():
        term = world.fields[name]
        if term == variable:
            continue
        block = universe.block(variable, setting.domains[variable.name])
        # Nothing holds it any more: it was of values that were written over.
        diagram = universe.manager.without(diagram, block.numbers)
        chosen = _choice(term, name)
        if chosen is not None and chosen not in universe.blocks:
            continue  # no condition asked for it, so it may be either
        diagram = universe.equal(block, term, setting.domains, diagram)
        if chosen is not None:
            diagram = universe.manager.without(diagram, universe.blocks[chosen].numbers)
    told = altered(world, regions=(replace(held, held=diagram),))
    return told.holding(**{**names, **same})


def _choice(term: Term, name: str) -> str | None:
    """The variable that a single rule made, where the field holds such a one."""
    if not isinstance(term, Variable) or term.field != name:
        return None
    return term.name if isinstance(term.origin, Told) else None


def _free(name: str, where: str, worlds: list[World], twins: tuple[str, ...]) -> Variable:
    """A variable for a field's values that no other field speaks of but for its twin."""
    fields = {item for world in worlds for item in Fields.of(world.fields).now.items()}
    first = Fields.of(worlds[0].fields)
    fields |= {(name, first.unseen(name)) for name in first}
    own = {name, *(twin for twin in twins if TWINS[twin] == name)}
    variable = Variable(field=name, origin=OneOfMany(where=where))
    while any(_taken(term, variable, other in own) for other, term in fields):
        variable = replace(variable, number=variable.number + 1)
    return variable


def _taken(term: Term, variable: Variable, own: bool) -> bool:
    """Whether a field other than its own holds the variable, or any something made of it."""
    return variable in variables_of(term) and not (own and isinstance(term, Variable))
