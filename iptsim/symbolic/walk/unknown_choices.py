"""What nobody knows of a field, whichever of many rules that no text has may have changed it.

In the walk of one rule set a packet comes one way, whatever the facts are. So what each of many
such rules may have made of its mark may be one variable, as long as no condition asked for it.
"""

from __future__ import annotations

from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.worlds.domains import domain_of
from iptsim.worlds.fields import Fields
from iptsim.worlds.regions import PacketSet
from iptsim.worlds.terms import PERHAPS, Term, variables_of
from iptsim.worlds.variables import Chosen, Variable
from iptsim.worlds.world import Setting, World, altered


def as_one(
    worlds: list[World], setting: Setting, where: str, *, always: bool = False
) -> list[World]:
    """The worlds, in which what several rules may have changed is one variable for each field.

    `always` is whether what a single one may have changed is that variable, too.
    """
    found: dict[str, set[Variable]] = {}
    for world in worlds:
        for name, variable in _unknown(world).items():
            found.setdefault(name, set()).add(variable)
    several = [name for name, variables in found.items() if always or len(variables) > 1]
    for name in sorted(several):
        choice = Variable(field=name, origin=Chosen(by=f"{where}, not told,"))
        one = setting.domains.fresh(choice, domain_of(name, setting.family))
        worlds = [_renamed(world, name, one) for world in worlds]
    return worlds


def _unknown(world: World) -> dict[str, Variable]:
    """The fields that a rule may have changed, with what they may hold then."""
    now = Fields.of(world.fields).now
    changed = (name for name, text in world.gone.items() if text.startswith(PERHAPS))
    terms = ((name, now.get(name)) for name in changed)
    return {n: term for n, term in terms if isinstance(term, Variable) and _chosen(term, n)}


def _chosen(term: Variable, name: str) -> bool:
    return term.field == name and term.chosen


def _renamed(world: World, name: str, one: Variable) -> World:
    """With a field that holds `one` instead of what no condition asked for."""
    unknown = _unknown(world).get(name)
    if unknown in (None, one) or not isinstance(unknown, Variable):
        return world
    if any(_speaks_of(held, each) for held in world.regions for each in (unknown, one)):
        return world
    others = (term for n, term in Fields.of(world.fields).now.items() if n != name)
    if any(_hangs_on(term, unknown, one) for term in others):
        return world
    texts = {**world.gone, name: f"{PERHAPS}{name}"}
    return altered(world.holding(**{name: one}), gone=texts)


def _speaks_of(held: PacketSet, variable: Variable) -> bool:
    assert isinstance(held, Packets)
    block = held.universe.blocks.get(variable.name)
    if block is None:
        return False
    numbers = tuple(sorted(block.numbers, reverse=True))
    return bool(held.universe.manager.without(held.held, numbers) != held.held)


def _hangs_on(term: Term, *variables: Variable) -> bool:
    return not set(variables).isdisjoint(variables_of(term))
