"""Worlds that hold the same are one, however they came: what keeps many rules few sets.

Worlds in which a field has another value each (the addresses of a thousand DNATs) are one as well:
the field then holds a variable, and the set says which value goes with which packet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iptsim.actions import Fate
from iptsim.symbolic.packets import Packets
from iptsim.tracer.chains import Flow, Met
from iptsim.tracer.sets import domain_of
from iptsim.tracer.terms import Known, Mixed, Stepped, Term, Variable
from iptsim.tracer.world import Setting, World

Key = tuple[object, ...]
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

    `side` tells the variables of one rule set from those of another.
    """

    side: int = 0
    tells_steps: bool = False
    records: list[Record] = field(default_factory=list)
    _kept: list[object] = field(default_factory=list)
    _ids: dict[int, frozenset[tuple[str, Term]]] = field(default_factory=dict)

    def onward(self, worlds: list[World], flow: Flow) -> list[World]:  # noqa: ARG002  # a `Keeping`
        """Worlds with equal fields are one."""
        return worlds if len(worlds) < 2 else self._merged(worlds)

    def out(self, flow: Flow, setting: Setting, where: str) -> Flow:
        """What leaves a chain: by what it holds, and by value where the values are many."""
        passed = [world for world, fate in flow.ended if fate is Fate.ACCEPT]
        others = [(world, fate) for world, fate in flow.ended if fate is not Fate.ACCEPT]
        where = f"{where} of {self.side}"
        kept = self._few(self._merged(passed), setting, where)
        back = self._few(self._merged(flow.back), setting, where)
        return Flow(ended=[*((world, Fate.ACCEPT) for world in kept), *others], back=back)

    def met(self, met: Met, world: World) -> None:
        """Remember which packets met a rule, in the order in which packets come to rules."""
        held = packets(world).held
        last = self.records[-1] if self.records else None
        if last is not None and _same(last.met, met):
            self.records[-1] = replace(last, held=last.held | held)
        else:
            self.records.append(Record(met=met, held=held))

    def _merged(self, worlds: list[World]) -> list[World]:
        found: dict[Key, list[World]] = {}
        for world in worlds:
            found.setdefault(self._key(world), []).append(world)
        return [joined(group) for group in found.values()]

    def _key(self, world: World) -> Key:
        return (self._fields(world), *_state(world))

    def _fields(self, world: World) -> frozenset[tuple[str, Term]]:
        """The fields as something hashable; made once for each mapping, which nobody changes."""
        found = self._ids.get(id(world.fields))
        if found is None:
            self._kept.append(world.fields)
            found = self._ids[id(world.fields)] = frozenset(world.fields.items())
        return found

    def _few(self, worlds: list[World], setting: Setting, where: str) -> list[World]:
        """Worlds that differ in known values only are told by variables."""
        if len(worlds) <= FEW:
            return worlds
        found: dict[Key, list[World]] = {}
        for world in worlds:
            kinds = frozenset(
                (name, (name not in DECIDING and _is_value(term, name)) or term)
                for name, term in world.fields.items()
            )
            found.setdefault((kinds, *_state(world)), []).append(world)
        return [
            joined(by_variable(group, setting, where)) if len(group) > FEW else world
            for group in found.values()
            for world in (group if len(group) <= FEW else group[:1])
        ]


def _same(one: Met, other: Met) -> bool:
    """Whether it is the same rule in the same visit."""
    same = one.ready is other.ready and one.chain is other.chain
    return same and (one.hook, one.action) == (other.hook, other.action)


def _state(world: World) -> Key:
    """What, besides its fields, decides how a world goes on."""
    return (
        frozenset(world.gone),
        world.settled,
        world.to_host,
        world.refused,
        world.decided_tracking,
        world.template,
        frozenset(world.zones.items()),
        world.strayed,
    )


def _is_value(term: Term, name: str) -> bool:
    """A value that a rule gave, or a variable that stands for such values."""
    if isinstance(term, Known):
        return True
    return isinstance(term, Variable) and term.name.startswith((f"{name} set in ", f"{name} at "))


def joined(worlds: list[World]) -> World:
    """Worlds that hold the same as one; the union of their sets."""
    if len(worlds) == 1:
        return worlds[0]
    first = worlds[0]
    assumed = tuple(dict.fromkeys(note for world in worlds for note in world.assumed))
    notes = tuple(dict.fromkeys(note for world in worlds for note in world.notes))
    held, gone = union(worlds), _gone(worlds)
    return replace(first, regions=(held,), assumed=assumed, notes=notes, gone=gone)


def _gone(worlds: list[World]) -> Mapping[str, str]:
    """What was rewritten; to what, only where that is the same in all of them."""
    first = worlds[0].gone
    if all(world.gone == first for world in worlds):
        return first
    same = {name for name in first if all(w.gone.get(name) == first[name] for w in worlds)}
    return {name: text if name in same else f"{name} rewritten" for name, text in first.items()}


def packets(world: World) -> Packets:
    """The set of a world."""
    return union([world])


def union(worlds: Iterable[World]) -> Packets:
    """The union of the sets of worlds, of which there is at least one."""
    found = [region for world in worlds for region in world.regions]
    first = found[0]
    assert isinstance(first, Packets)
    diagrams = [region.held for region in found if isinstance(region, Packets)]
    while len(diagrams) > 1:
        # By pairs: unions of small sets first.
        pairs = zip(diagrams[::2], [*diagrams[1::2], first.universe.manager.false], strict=False)
        diagrams = [one | other for one, other in pairs]
    return replace(first, held=diagrams[0])


def by_variable(worlds: list[World], setting: Setting, where: str) -> list[World]:
    """The worlds with the values in which they differ held by variables of `where`."""
    first = worlds[0].fields
    differing = [
        name for name in first if any(world.fields[name] != first[name] for world in worlds)
    ]
    names = {name: _free(name, where, worlds) for name in differing}
    for name, variable in names.items():
        setting.fresh(variable, domain_of(name, setting.family))
    return [_told(world, names, setting) for world in worlds]


def _told(world: World, names: dict[str, str], setting: Setting) -> World:
    held = packets(world)
    universe, diagram = held.universe, held.held
    for name, variable in names.items():
        term = world.fields[name]
        if isinstance(term, Variable) and term.name == variable:
            continue
        block = universe.declare(variable, setting.domains[variable])
        # Nothing holds it any more: it was of values that were written over.
        diagram = universe.manager.without(diagram, block.numbers)
        diagram &= universe.equal(block, term, setting.domains)
        if isinstance(term, Variable) and term.name.startswith(f"{name} at "):
            diagram = universe.manager.without(diagram, universe.blocks[term.name].numbers)
    fields = {name: Variable(name=variable) for name, variable in names.items()}
    return replace(world, regions=(replace(held, held=diagram),)).holding(**fields)


def _free(name: str, where: str, worlds: list[World]) -> str:
    """A variable for a field's values that no other field speaks of."""
    number = 1
    while True:
        variable = f"{name} set in {where}" + (f" ({number})" if number > 1 else "")
        if not any(_taken(world, name, variable) for world in worlds):
            return variable
        number += 1


def _taken(world: World, name: str, variable: str) -> bool:
    """Whether another field holds the variable, or this one something made of it."""
    own = Variable(name=variable)
    return any(
        _speaks(term, variable)
        for other, term in world.fields.items()
        if (other, term) != (name, own)
    )


def _speaks(term: Term, variable: str) -> bool:
    match term:
        case Variable(name=name) | Stepped(name=name):
            return name == variable
        case Mixed(parts=parts):
            return any(name == variable for name, _mask in parts)
        case _:
            return False
