"""What a walk of one rule set through a chain came to, for the other that has the same chain.

Two rule sets that are compared mostly have the same chains, and the same packets come to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from iptsim.actions import Fate
from iptsim.dataclass import dataclass, field, fields
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Table
from iptsim.nftables.nft_ruleset import NftTable
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.worlds_at_a_rule import Met
from iptsim.worlds.world import World

MOST_COMPARED = 20_000
"""Rules of a table up to which its chains are held to those of the other rule set."""
_BUT_THE_SET = tuple(one.name for one in fields(World) if one.name != "regions")

Place = tuple[str, str]
"""A table and a chain of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """How a world fared in a chain that changed nothing of it but which packets it has.

    All sets are diagrams: those that ended, those that came back, and those that met rules.
    """

    world: World
    ended: tuple[tuple[Any, Fate], ...]
    back: tuple[Any, ...]
    met: tuple[tuple[Met, Any], ...]


@dataclass(slots=True)
class Walks:
    """The walks of the rule set of a pair that was asked first, for the other.

    Rule sets are compared two by two: 0 and 1, 2 and 3.
    """

    libraries: Sequence[Library]
    _kept: dict[tuple[str, Place, Any], Walked] = field(default_factory=dict)
    _by: int = -1
    _same: dict[tuple[int, Place], bool] = field(default_factory=dict)
    _homes: dict[tuple[int, str], bool] = field(default_factory=dict)

    def begin(self, side: int) -> None:
        """A rule set is asked; what is kept is for its twin, once."""
        if self._by == -1 or self._by != side ^ 1:
            self._by = side
            self._kept.clear()

    def end(self, side: int) -> None:
        """A rule set was asked."""
        if side != self._by:
            self._by = -1
            self._kept.clear()

    def found(self, side: int, hook: str, place: Place, world: World, held: Any) -> Walked | None:
        """How the same packets fared in the same chain of the twin.

        What they met there has the twin's places, but the same numbers.
        """
        kept = self._kept.get((hook, place, held)) if side != self._by else None
        return kept if kept is not None and differ_in_sets(kept.world, world) else None

    def keep(self, side: int, hook: str, place: Place, held: Any, walked: Walked) -> None:
        """Remember how packets fared, for the twin."""
        if side == self._by:
            self._kept[hook, place, held] = walked

    def shares(self, side: int, place: Place) -> bool:
        """Whether the twin has the same chain, and the same ones wherever that leads."""
        first = side - side % 2
        if (first, place) not in self._same:
            pair = self.libraries[first : first + 2]
            home = self._same_home(first, place[0])
            self._same[first, place] = len(pair) == 2 and _alike(pair[0], pair[1], place, home=home)
        return self._same[first, place]

    def _same_home(self, first: int, name: str) -> bool:
        """Whether rules of the same words do the same in both tables of nftables of that name."""
        if (first, name) not in self._homes:
            pair = self.libraries[first : first + 2]
            tables = [library.ruleset.table(name) for library in pair]
            homes = [table.nft_table for table in tables if table is not None]
            self._homes[first, name] = _hold_the_same(homes)
        return self._homes[first, name]


def differ_in_sets(one: World, other: World) -> bool:
    """Whether two worlds differ in nothing but their sets, if in those."""
    pairs = ((getattr(one, name), getattr(other, name)) for name in _BUT_THE_SET)
    return all(first is second or first == second for first, second in pairs)


def _hold_the_same(homes: Sequence[NftTable | None]) -> bool:
    """Whether what the rules of two tables may name is the same, but for chains."""
    told = [home for home in homes if home is not None]
    held = [(home.sets, home.objects) for home in told]
    bases = {frozenset(c.hook and c.hook.type for c in home.chains) for home in told}
    return len(told) == 2 and len(bases) == 1 and held[0] == held[1]


def _alike(one: Library, other: Library, place: Place, *, home: bool) -> bool:
    """Whether two rule sets have the same chain, and the same ones wherever that leads.

    `home` is whether what rules of nftables name there is the same.
    """
    tables = [library.ruleset.table(place[0]) for library in (one, other)]
    first, second = tables
    if first is None or second is None or max(map(_size, (first, second))) > MOST_COMPARED:
        return False
    names = _reached(first, place[1])
    pairs = ((first.chain(name), second.chain(name)) for name in names)
    return all(_same(one, other, (first, second), pair, home=home) for pair in pairs)


def _same(
    one: Library,
    other: Library,
    tables: tuple[Table, Table],
    pair: tuple[Chain | None, ...],
    *,
    home: bool,
) -> bool:
    """Whether a chain of two rule sets has the same rules, made ready alike; or neither has it."""
    first, second = pair
    if first is None or second is None:
        return first is second
    plain = one.limited == other.limited == frozenset()
    texts = isinstance(first.rules, LateRules) and first.rules.same_text(second.rules)
    if plain and (texts or (home and first.rules == second.rules)):
        # Each is told whole by its text, and leads to what there is.
        return one.where(tables[0], first) == other.where(tables[1], second)
    return one.chain(tables[0], first) == other.chain(tables[1], second)


def _size(table: Table) -> int:
    return sum(len(chain.rules) for chain in table.chains)


def _reached(table: Table, name: str) -> Iterator[str]:
    """A chain, and all names that its rules may lead to."""
    waiting, been = [name], {name}
    while waiting:
        name = waiting.pop()
        yield name
        chain = table.chain(name)
        more = set() if chain is None else set(chain.aims) - been
        been |= more
        waiting += more
