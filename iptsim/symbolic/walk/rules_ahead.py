"""Rules of a long chain that no packet of a walk meets, passed by some at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.predicate import Predicate
from iptsim.symbolic.sets.universe import Universe
from iptsim.tracer.rules.ready import Ready
from iptsim.worlds.variables import Variables
from iptsim.worlds.world import World

AT_ONCE = 64
"""Rules that are passed by together."""
LONG = 4 * AT_ONCE
"""Rules of a chain from which on it is worth it."""
TRIED = 8
"""Looks after which a chain is given up of which most rules are met."""


@dataclass(slots=True, kw_only=True)
class Ahead:
    """What rules that follow each other ask for together, by what the fields hold that they read.

    A walk that comes there again, in another state or from another hook, looks once for all.
    """

    _asked: dict[tuple[object, ...], tuple[Sequence[Ready], Any, Any]] = field(default_factory=dict)
    _tried: dict[int, list[int]] = field(default_factory=dict)

    def are_met(
        self,
        rules: Sequence[Ready],
        world: World,
        held: Any,
        asked: Callable[[Ready, World], Predicate],
        room: tuple[Universe, Variables],
    ) -> bool:
        """Whether one of the rules may mean packets of the world, or change what is known of it."""
        reads = dict.fromkeys(name for ready in rules for name in ready.reads)
        key = (id(rules[0]), len(rules), *[world.fields[name] for name in reads])
        if key not in self._asked:
            # The rules are kept, so that no other ones get their ids.
            self._asked[key] = (rules, *_together([asked(r, world) for r in rules], *room))
        _rules, meant, inside = self._asked[key]
        universe = room[0]
        return bool(held & meant != universe.manager.false or held & inside != held)

    def is_worth(self, first: Ready) -> bool:
        """Whether the rules of the chain that begins with this one are mostly not met."""
        looks, met = self._tried.get(id(first), (0, 0))
        return looks < TRIED or 2 * met < looks

    def looked(self, first: Ready, *, met: bool) -> None:
        """A look at rules of that chain was taken."""
        found = self._tried.setdefault(id(first), [0, 0])
        found[0] += 1
        found[1] += met


def may_pass(rules: Sequence[Ready], presumed: Collection[str]) -> bool:
    """Whether rules that mean no packet of a world leave it as it is.

    Not where they ask for what is only presumed, for that would be told; and facts hang on what
    was rewritten.
    """
    return all(not ready.opaque and ready.asks.isdisjoint(presumed) for ready in rules)


def _together(
    asked: Sequence[Predicate], universe: Universe, domains: Variables
) -> tuple[Any, Any]:
    """Where one of the conditions holds, and where all that they ask for can be."""
    meant, inside = universe.manager.false, universe.manager.true
    for one in asked:
        inside &= universe.room(one, domains)
        meant |= universe.of(one)
    return meant, inside
