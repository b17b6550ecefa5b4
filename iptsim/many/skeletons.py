"""What happens between the tables, as plain traces of packets showed it.

A node is a point on the way where packets are that told the same signature so far: at the next
table's walk, or at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence

from iptsim.dataclass import dataclass, field, replace
from iptsim.many.moulds import SLOTS, Mould, Place
from iptsim.many.quick_conditions import Value
from iptsim.many.watched import Account, Begun, Walked
from iptsim.many.ways import NotPlainError, Way
from iptsim.model import Table
from iptsim.tracer.journey import End
from iptsim.worlds.regions import Region
from iptsim.worlds.terms import Known, value_of
from iptsim.worlds.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A way as it comes to a table: what way it was, and what its fields hold now.

    `constant` they hold for all packets that come here, `taken` they have from a field of a way.
    """

    parent: int
    constant: Mapping[str, Value]
    taken: tuple[tuple[str, Place], ...]

    def way(self, ways: Sequence[Way]) -> Way:
        """The way of another packet that came here."""
        held = dict(self.constant)
        for name, (number, field_) in self.taken:
            held[name] = ways[number].held[field_]
        before = ways[self.parent]
        own = [n for n, (number, f) in self.taken if n == f and n in ways[number].own]
        return Way(
            held=held, gone=before.gone, facts=before.facts, steps=before.steps,
            rewrites=before.rewrites, noted=before.noted, own=frozenset(own), vague=before.vague,
        )  # fmt: skip

    def differing(self, other: Recipe, same: Mapping[int, int]) -> frozenset[str] | None:
        """See `Stage.differing`."""
        if same.get(self.parent, self.parent) != other.parent:
            return None
        mine: dict[str, object] = {n: (same.get(w, w), f) for n, (w, f) in self.taken}
        mine, theirs = {**mine, **self.constant}, {**dict(other.taken), **other.constant}
        return frozenset(
            name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The walk of a table that comes next, and the ways that come to it."""

    table: Table
    hook: str
    presumed: frozenset[str]
    recipes: tuple[Recipe, ...]
    again: int | None = None
    """The number of an earlier stage of the way that is the same but for the fields `differs`."""
    differs: frozenset[str] = frozenset()

    def like(self, number: int, differs: frozenset[str]) -> Stage:
        """The stage as that earlier one again."""
        return replace(self, again=number, differs=differs)

    def differing(self, other: Stage, same: Mapping[int, int]) -> frozenset[str] | None:
        """The fields that another stage's ways hold otherwise; None where it is no such stage.

        `same` has ways that are as those of another number.
        """
        alike = (self.table is other.table, self.hook == other.hook)
        if not all(alike) or self.presumed != other.presumed:
            return None
        if len(self.recipes) != len(other.recipes):
            return None
        pairs = zip(self.recipes, other.recipes, strict=True)
        found = [one.differing(two, same) for one, two in pairs]
        told = [names for names in found if names is not None]
        return frozenset().union(*told) if len(told) == len(found) else None


@dataclass(slots=True, eq=False)
class Leaf:
    """The end: the mould of the answer, and how far it is trusted.

    `values` are those of the packet that it was made of; `trusted` the numbers of those which
    another packet had otherwise, whose plain answer it told right.
    """

    mould: Mould
    values: Sequence[Hashable]
    trusted: set[int] = field(default_factory=set)

    def doubtful(self, values: Sequence[Hashable]) -> set[int]:
        """The numbers of values by which it has not been proved yet."""
        if len(self.trusted) == len(values):
            return set()
        pairs = enumerate(zip(self.values, values, strict=True))
        return {number for number, (one, other) in pairs if one != other} - self.trusted


@dataclass(slots=True, eq=False)
class Node:
    """See the module. `plain` is whether only the plain trace answers packets that come here."""

    stage: Stage | None = None
    leaf: Leaf | None = None
    plain: bool = False
    children: dict[Hashable, Node] = field(default_factory=dict)


Key = tuple[int, int]


def _key(world: World) -> Key:
    """What tells a world between tables from others of one trace."""
    if len(world.regions) != 1 or not isinstance(world.regions[0], Region):
        raise NotPlainError
    return (id(world.steps), id(world.regions[0]))


@dataclass(slots=True, eq=False)
class Lineage:
    """Which way each world of a plain trace is, and where the values of its fields come from."""

    account: Account
    width: int
    given: Collection[str]
    """The fields that the packet told."""
    places: dict[int, Place] = field(default_factory=dict)
    _ways: dict[Key, int | None] = field(default_factory=dict)

    def begin(self, begun: Begun) -> None:
        """A packet sets out."""
        (world,) = begun.worlds
        self._ways[_key(world)] = 0
        self._place(world, 0, self.given)

    def stage(self, walked: Walked) -> Stage:
        """The walk as a stage; `NotPlainError` where its worlds cannot be told apart."""
        recipes = tuple(self._recipe(world) for world in walked.came)
        if len({recipe.parent for recipe in recipes}) < len(recipes):
            raise NotPlainError
        return Stage(
            table=walked.table, hook=walked.hook, presumed=walked.presumed, recipes=recipes
        )

    def leave(self, walked: Walked, first: int) -> None:
        """What left a walk are the ways from number `first` on."""
        seen: set[Key] = set()
        for number, (world, _fate) in enumerate(walked.left, first):
            key = _key(world)
            self._ways[key] = None if key in seen else number
            seen.add(key)
            self._place(world, number, SLOTS)

    def ends(self) -> dict[int, tuple[int, End] | None]:
        """The ways that the ends of the first journey took, by the identity of their steps."""
        found: dict[int, tuple[int, End] | None] = {}
        for end in self.account.ends[0]:
            steps = id(end.world.steps)
            found[steps] = None if steps in found else (self.way_of(end.world), end)
        return found

    def way_of(self, world: World) -> int:
        """The number of the way that a world is."""
        number = self._ways.get(_key(world))
        if number is None:
            raise NotPlainError
        return number

    def _place(self, world: World, number: int, names: Collection[str]) -> None:
        for name in names:
            term = world.fields[name]
            if isinstance(term, Known):
                self.places.setdefault(id(term), (number, name))

    def _recipe(self, world: World) -> Recipe:
        constant: dict[str, Value] = {}
        taken: list[tuple[str, Place]] = []
        for name, term in world.fields.items():
            value, place = value_of(term), self.places.get(id(term))
            if place is not None:
                taken.append((name, place))
            elif value is not None:
                constant[name] = value
        return Recipe(parent=self.way_of(world), constant=constant, taken=tuple(taken))
