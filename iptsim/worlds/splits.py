"""Worlds parted by a condition on their fields."""

from __future__ import annotations

from iptsim.dataclass import dataclass, field
from iptsim.model import Note
from iptsim.predicate import (
    NEVER,
    And,
    Fact,
    Interface,
    Not,
    Or,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.values import InterfacePattern
from iptsim.worlds.regions import PacketSet, split_all
from iptsim.worlds.terms import Known, Term, crossed, is_choice, resolve
from iptsim.worlds.world import Setting, World, altered


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What routing made of worlds: those that go on, and those that it threw away, with a note."""

    going: list[World] = field(default_factory=list)
    lost: list[World] = field(default_factory=list)

    def lose(self, world: World | None, note: Note) -> None:
        """Throw a world away, if there is one."""
        if world is not None:
            self.lost.append(world.note(note))

    def add(self, other: Routed) -> None:
        """Take in what became of other worlds."""
        self.going.extend(other.going)
        self.lost.extend(other.lost)


def part(world: World, predicate: Predicate, setting: Setting) -> tuple[World | None, World | None]:
    """The packets of the world of which the predicate holds, and the others."""
    asked = resolve(predicate, world.fields, world.gone)
    yes, no = split_all(world.regions, asked, setting.domains)
    return _of(world, yes), _of(world, no)


def _of(world: World, regions: list[PacketSet]) -> World | None:
    return altered(world, regions=tuple(regions)) if regions else None


def astray(world: World, wrong: Predicate, setting: Setting) -> tuple[World | None, World | None]:
    """The packets that are of no use to routing, and the others.

    Addresses that nobody gave are taken to be such that routing lets the packet through, but in a
    walk over all packets: there each is told apart. So is an address that a rule chose. What was
    picked as an example of a set is taken so as well.
    """
    if setting.exact:
        return part(world, wrong, setting)
    asked = resolve(wrong, world.fields, world.gone)
    kept = [r for r in world.regions if r.within().apart(asked, setting.domains)[1]]
    lost = [r for r in world.regions if r not in kept]
    if any(is_choice(world.fields[name]) for name in ("src", "dst")):
        chosen = resolve(_of_choices(wrong, world), world.fields, world.gone)
        bad, kept = split_all(tuple(kept), chosen, setting.domains)
        lost += bad
    return _of(world, lost), _of(world, kept)


def _of_choices(predicate: Predicate, world: World) -> Predicate:
    """The condition for a packet that has nothing special in what nobody gave and no rule chose."""
    match predicate:
        case Not(part=inner):
            return negate(_of_choices(inner, world))
        case And(parts=parts):
            return all_of(_of_choices(each, world) for each in parts)
        case Or(parts=parts):
            return any_of(_of_choices(each, world) for each in parts)
        case Fact():
            return predicate
        case _:
            term = world.fields[predicate.field]
            return predicate if isinstance(term, Known) or is_choice(term) else NEVER


def unchanged(
    world: World, before: Term, now: Term, setting: Setting
) -> tuple[World | None, World | None]:
    """The packets of the world for which two terms hold the same, and the others."""
    if before == now:
        return world, None
    if is_choice(before) or is_choice(now) or crossed(before, now):
        # Two fields of which nobody knows hold the same by chance only.
        return None, world
    same: list[PacketSet] = []
    other: list[PacketSet] = []
    for region in world.regions:
        yes, no = region.alike(before, now, setting.domains)
        same += yes
        other += no
    return _of(world, same), _of(world, other)


def on(field_name: str, name: str) -> Predicate:
    """The interface in a field is that one."""
    return Interface(field=field_name, pattern=InterfacePattern(text=name))
