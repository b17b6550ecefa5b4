"""Joining worlds that differ only in facts about what a listing hides."""

from __future__ import annotations

from iptsim import codes
from iptsim.model import Note
from iptsim.worlds.regions import PacketSet
from iptsim.worlds.world import World, altered

SEPARATE = 64
"""How many worlds may stand at one rule before those with the same fields are joined anyway."""


MANY = 400
"""How many regions may stand at one rule before those that rely on most hidden facts are left."""

_NONE = frozenset[str]()


def prune(worlds: list[World]) -> list[World]:
    """With many regions, only those that rely on the fewest rules being limited, and a note of it.

    What several rules hide at once multiplies; each alone does not.
    """
    for most in (1, 0):
        if sum(len(world.regions) for world in worlds) <= MANY:
            return worlds
        worlds = [kept for world in worlds if (kept := _pruned(world, most)).regions]
    return worlds


def _pruned(world: World, most: int) -> World:
    regions = tuple(r for r in world.regions if len(hidden_facts(r)) <= most)
    if len(regions) == len(world.regions):
        return world
    return altered(world, regions=regions).note(Note(code=codes.HIDDEN_WAYS_LEFT_OUT))


def hidden_facts(region: PacketSet) -> frozenset[str]:
    """The facts of a region which say that a rule is limited to a hidden interface."""
    facts = region.within().facts
    if not facts:
        return _NONE
    return frozenset(
        [
            key
            for key, (fact, value) in facts.items()
            if fact.code == codes.HIDDEN_INTERFACE and value
        ]
    )


def only_hidden(world: World) -> bool:
    """Whether every packet of the world relies on a rule being limited to a hidden interface."""
    return all(map(hidden_facts, world.regions))


def join_hidden(worlds: list[World]) -> list[World]:
    """Worlds that go on alike, one of which exists only through hidden interfaces, as one.

    The steps told are those of the world as listed; so a rule that may not have matched, but would
    have changed nothing, does not double the ways. With more than `SEPARATE` worlds at one rule
    all that go on alike are joined.
    """
    many = len(worlds) > SEPARATE
    if len(worlds) < 2 or not (many or any(map(only_hidden, worlds))):
        return worlds
    groups: dict[tuple[object, ...], list[World]] = {}
    for world in sorted(worlds, key=only_hidden):
        groups.setdefault(world.state, []).append(world)
    return [one for group in groups.values() for one in _as_one(group, many)]


def _as_one(worlds: list[World], many: bool) -> list[World]:
    """Worlds that go on alike, those as listed first; these stay apart where they are not `many`.

    Then what exists only through hidden interfaces goes with the first of them.
    """
    listed = sum(not only_hidden(world) for world in worlds)
    first, apart = worlds[0], worlds[1 : 1 if many else max(1, listed)]
    taken = worlds[1 + len(apart) :]
    if not taken:
        return worlds
    one, *more = (region for world in (first, *taken) for region in world.regions)
    regions = one.together(more)
    joined = altered(first, regions=tuple(regions)).with_told(*taken)
    return [
        joined.note(Note(code=codes.HIDDEN_WAYS_JOINED)) if 1 + len(apart) < listed else joined,
        *apart,
    ]
