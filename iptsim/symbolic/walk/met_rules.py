"""Which rules some packets of a walk met, found without asking each rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.model import Chain, Table
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.tracer.rules.ready import Library, Ready


@dataclass(slots=True, kw_only=True)
class Chosen(Library):
    """Of the rules only those that some packets meet: to these packets the others do nothing."""

    chosen: dict[tuple[str, str], tuple[Ready, ...]] = field(default_factory=dict)

    def chain(self, table: Table, chain: Chain) -> tuple[Ready, ...]:
        """The rules of the chain that are met."""
        return self.chosen.get((table.name, chain.name), ())


LOW = 6
"""Levels of a low tree: its unions are of few records each, so they are small."""
RARELY = 2
"""Questions that are asked of the records one by one: a tree costs as much as several of them."""


class Tree:
    """Records as the leaves of a tree of unions, which is asked from its root.

    With `levels` it has no more than so many, and is asked from all that is at the top: that costs
    less to make, and more to ask of large sets.
    """

    def __init__(self, records: Sequence[Record], nothing: Any, levels: int = 64) -> None:
        self._records, self._nothing = records, nothing
        self._levels = [[record.held for record in records]]
        self._most, self._asked = levels, 0

    def _grow(self) -> None:
        """Make its unions, where they are not made."""
        while len(self._levels[-1]) > 1 and len(self._levels) < self._most:
            below = self._levels[-1]
            pairs = zip(below[::2], [*below[1::2], self._nothing], strict=False)
            self._levels.append([one | other for one, other in pairs])

    def meeting(self, held: Any) -> Iterator[Record]:
        """The records that have some of these packets, in their order."""
        return (record for record, _part in self.parts(held))

    def within(self, held: Any) -> Iterator[Any]:
        """What each of those records has of these packets, in their order."""
        return (part for _record, part in self.parts(held))

    def last(self, held: Any) -> tuple[list[tuple[Record, Any]], Any]:
        """The packets by the last record that has them, the last records first; and the others."""
        self._grow()
        found: list[tuple[Record, Any]] = []
        top = len(self._levels) - 1
        for index in reversed(range(len(self._levels[top]))):
            if held == self._nothing:
                break
            found += self._below([(top, index, held)], shared=False)
            held &= ~self._at(top, index)
        return found, held

    def parts(self, held: Any) -> Iterator[tuple[Record, Any]]:
        """The records that have some of these packets, each with what it has of them."""
        self._asked += 1
        if self._asked > RARELY:
            self._grow()
        top = len(self._levels) - 1
        waiting = [(top, index, held) for index in reversed(range(len(self._levels[top])))]
        return self._below(waiting, shared=True)

    def _below(
        self, waiting: list[tuple[int, int, Any]], *, shared: bool
    ) -> Iterator[tuple[Record, Any]]:
        """What the records below some places of the tree have of the packets that ask there."""
        while waiting:
            level, index, held = waiting.pop()
            inside = held & self._at(level, index)
            if inside == self._nothing:
                continue
            if level == 0:
                yield self._records[index], inside
                continue
            first, second = 2 * index, 2 * index + 1
            if shared:
                waiting += [(level - 1, second, inside), (level - 1, first, inside)]
            else:
                rest = inside & ~self._at(level - 1, second)
                waiting += [(level - 1, first, rest), (level - 1, second, inside)]

    def _at(self, level: int, index: int) -> Any:
        row = self._levels[level]
        return row[index] if index < len(row) else self._nothing


Parts = Sequence[tuple[Any, Sequence[Record]]]
"""Records of several walks, each walk's with the packets (a diagram) that it is about."""


class Trees:
    """Low trees of the records of several walks, none of them cut to what its walk is about."""

    def __init__(self, parts: Parts, nothing: Any) -> None:
        self._nothing = nothing
        self._trees = [(only, Tree(records, nothing, LOW)) for only, records in parts]

    def meeting(self, held: Any) -> Iterator[Record]:
        """The records that have some of these packets; their sets may have others as well."""
        return (record for tree, inside in self._inside(held) for record in tree.meeting(inside))

    def within(self, held: Any) -> Iterator[Any]:
        """What each of those records has of these packets."""
        return (part for tree, inside in self._inside(held) for part in tree.within(inside))

    def parts(self, held: Any) -> Iterator[tuple[Record, Any]]:
        """Those records, each with what it has of these packets."""
        return (pair for tree, inside in self._inside(held) for pair in tree.parts(inside))

    def _inside(self, held: Any) -> Iterator[tuple[Tree, Any]]:
        parts = ((tree, held & only) for only, tree in self._trees)
        return ((tree, inside) for tree, inside in parts if inside != self._nothing)


def rule_of(record: Record) -> tuple[str, str, str, int | None]:
    """Which rule or policy was met, and at which hook."""
    met = record.met
    return met.hook, met.table, met.chain.name, None if met.ready is None else met.ready.at


def met_of(library: Library, met: Iterable[Record]) -> Library:
    """The rules of a library that were met, in a walk of the same rule set.

    Precondition: it has all rules of its chains.
    """
    places: dict[tuple[str, str], set[int]] = {}
    for record in met:
        if record.met.ready is not None:
            key = (record.met.table, record.met.chain.name)
            places.setdefault(key, set()).add(record.met.ready.at)
    chosen = {}
    for (name, called), numbers in places.items():
        table = library.ruleset.table(name)
        if table is not None and (chain := table.chain(called)) is not None:
            rules = library.chain(table, chain)
            chosen[name, called] = tuple(rules[at - 1] for at in sorted(numbers))
    return _chosen(library, chosen)


class Meetings:
    """Which rules packets of a walk met, and a rule set of those."""

    def __init__(self, library: Library, records: Sequence[Record], nothing: Any) -> None:
        self._library, self._tree = library, Tree(records, nothing)

    def of(self, held: Any) -> Iterator[Record]:
        """What some of these packets met, in their order."""
        return self._tree.meeting(held)

    def library(self, held: Any) -> Library:
        """The rules that some of these packets met, as a rule set of the same numbers."""
        met: dict[tuple[str, str], dict[int, Ready]] = {}
        for record in self._tree.meeting(held):
            if record.met.ready is not None:
                rules = met.setdefault((record.met.table, record.met.chain.name), {})
                rules[record.met.ready.at] = record.met.ready
        chosen = {key: tuple(rules[n] for n in sorted(rules)) for key, rules in met.items()}
        return _chosen(self._library, chosen)


def _chosen(library: Library, chosen: dict[tuple[str, str], tuple[Ready, ...]]) -> Chosen:
    """Some rules of a library; what the kernel does because of all of them is asked once."""
    return Chosen(ruleset=library.ruleset, host=library.host, arms=library.arms, chosen=chosen)
