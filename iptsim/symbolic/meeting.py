"""Which rules some packets of a walk met, found without asking each rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from iptsim.model import Chain, Table
from iptsim.symbolic.merging import Record
from iptsim.tracer.compile import Library, Ready


@dataclass(slots=True, kw_only=True)
class Chosen(Library):
    """Of the rules only those that some packets meet: to these packets the others do nothing."""

    chosen: dict[tuple[str, str], tuple[Ready, ...]] = field(default_factory=dict)

    def chain(self, table: Table, chain: Chain) -> tuple[Ready, ...]:
        """The rules of the chain that are met."""
        return self.chosen.get((table.name, chain.name), ())


class Meetings:
    """The records of a walk as the leaves of a tree of unions, which is asked from its root."""

    def __init__(self, library: Library, records: Sequence[Record], nothing: Any) -> None:
        self._library, self._records, self._nothing = library, records, nothing
        self._levels = [[record.held for record in records]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = zip(below[::2], [*below[1::2], nothing], strict=False)
            self._levels.append([one | other for one, other in pairs])

    def records(self, held: Any) -> list[Record]:
        """The records of the rules that some of these packets met, in their order."""
        return list(self._below(len(self._levels) - 1, 0, held))

    def _below(self, level: int, index: int, held: Any) -> Iterator[Record]:
        row = self._levels[level]
        if index >= len(row):
            return
        inside = row[index] & held
        if inside == self._nothing:
            return
        if level == 0:
            yield self._records[index]
            return
        for number in (2 * index, 2 * index + 1):
            yield from self._below(level - 1, number, inside)

    def library(self, held: Any) -> Library:
        """The rules that some of these packets met, as a rule set of the same numbers."""
        met: dict[tuple[str, str], dict[int, Ready]] = {}
        for record in self.records(held):
            if record.met.ready is not None:
                rules = met.setdefault((record.met.table, record.met.chain.name), {})
                rules[record.met.ready.number] = record.met.ready
        return Chosen(
            ruleset=self._library.ruleset,
            host=self._library.host,
            chosen={key: tuple(rules[n] for n in sorted(rules)) for key, rules in met.items()},
        )
