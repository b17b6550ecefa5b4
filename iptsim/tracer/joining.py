"""Joining worlds that differ only in facts about what a listing hides."""

from __future__ import annotations

from dataclasses import replace

from iptsim.model import Note
from iptsim.tracer.regions import Region, simplify
from iptsim.tracer.world import World

HIDDEN = "IPT0402"
SEPARATE = 64
"""How many worlds may stand at one rule before those with the same fields are joined anyway."""


MANY = 400
"""How many regions may stand at one rule before those that rely on most hidden facts are left."""


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
    return replace(world, regions=regions).note(Note(code="IPT0306"))


def hidden_facts(region: Region) -> frozenset[str]:
    """The facts of a region which say that a rule is limited to a hidden interface."""
    return frozenset(
        key for key, (fact, value) in region.facts.items() if fact.code == HIDDEN and value
    )


def only_hidden(world: World) -> bool:
    """Whether every packet of the world relies on a rule being limited to a hidden interface."""
    return all(hidden_facts(region) for region in world.regions)


def join_hidden(worlds: list[World]) -> list[World]:
    """Worlds that hold the same now, one of which exists only through hidden interfaces, as one.

    The steps told are those of the world as listed; so a rule that may not have matched, but would
    have changed nothing, does not double the ways. With more than `SEPARATE` worlds at one rule
    all that hold the same are joined.
    """
    if len(worlds) < 2 or not (len(worlds) > SEPARATE or any(map(only_hidden, worlds))):
        return worlds
    done: list[World] = []
    for world in sorted(worlds, key=only_hidden):
        for index, other in enumerate(done):
            if _same(world, other) and (only_hidden(world) or len(worlds) > SEPARATE):
                regions = simplify((*other.regions, *world.regions))
                joined = replace(other, regions=tuple(regions))
                done[index] = joined if only_hidden(world) else joined.note(Note(code="IPT0304"))
                break
        else:
            done.append(world)
    return done


def _same(left: World, right: World) -> bool:
    return (
        left.fields == right.fields
        and left.settled == right.settled
        and left.to_host == right.to_host
    )
