"""The rules of a chain of a listing as they stand in its text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from iptsim.dataclass import dataclass
from iptsim.dialects.listing.rows import RowReader
from iptsim.dialects.parts import Line
from iptsim.dialects.quick.listing_text import Listed
from iptsim.dialects.quick.row_kinds import ROW
from iptsim.late_rules import LateRules
from iptsim.model import Rule
from iptsim.values import InterfacePattern

_KIND = "verbose"
_TARGET, _ENTRY, _DESTINATION = 0, 3, 6


@dataclass(frozen=True, kw_only=True)
class ListedTable:
    """A table of a regular listing: what its chains' rules have in common."""

    text: str
    reader: RowReader
    kinds: tuple[Rule, ...]
    chains: Mapping[str, Listed]

    @cached_property
    def asks_for_interfaces(self) -> bool:
        """Whether any rule asks for one to come in by."""
        return any(rule.header.in_ is not None for rule in self.kinds)

    @cached_property
    def _starts(self) -> list[int]:
        return [chain.start for chain in self.chains.values()]

    @cached_property
    def _names(self) -> list[str]:
        return [*self.chains]

    def callers(self, name: str) -> Iterator[str]:
        """The chains of which a rule leads to that one."""
        word, at = f" {name} ", 0
        while (at := self.text.find(word, at)) >= 0:
            row = ROW.match(self.text, self.text.rfind("\n", 0, at) + 1)
            if row is not None and row[1] == name:
                yield self._names[bisect_right(self._starts, at) - 1]
            at += len(word)

    def lines(self, chain: Listed) -> list[Line]:
        """The rows of a chain."""
        rows = self.text[chain.start : chain.end - 1].split("\n")
        return [Line(number=at, text=text, full=text) for at, text in enumerate(rows, chain.first)]

    def rule(self, line: Line) -> Rule:
        """The rule of a row."""
        return self.reader.read(line, _KIND)


class LateListed(LateRules[Rule]):
    """The rules of one chain."""

    __slots__ = ("_chain", "_size", "_table")

    def __init__(self, table: ListedTable, chain: Listed) -> None:
        super().__init__()
        self._table, self._chain = table, chain
        self._size = table.text.count("\n", chain.start, chain.end)

    @property
    def kinds(self) -> tuple[Rule, ...]:  # noqa: D102  # told in `LateRules`
        return self._table.kinds

    @property
    def aims(self) -> Sequence[str]:  # noqa: D102  # told in `LateRules`
        return [name for name in self._column(_TARGET) if name]

    def callers(self, name: str) -> frozenset[str]:  # noqa: D102  # told in `LateRules`
        return frozenset(self._table.callers(name))

    @property
    def incoming(self) -> Iterable[InterfacePattern]:  # noqa: D102  # told in `LateRules`
        names = dict.fromkeys(self._column(_ENTRY)) if self._table.asks_for_interfaces else ()
        return [InterfacePattern(text=name.removeprefix("!")) for name in names if name != "*"]

    def _column(self, number: int) -> list[str]:
        rows = ROW.findall(self._table.text, self._chain.start, self._chain.end)
        return [row[number] for row in rows]

    def __len__(self) -> int:
        return self._size

    def facing(self, destinations: Collection[str]) -> list[int]:  # noqa: D102  # told in `LateRules`
        column = enumerate(self._column(_DESTINATION))
        return [at for at, word in column if word in destinations or word[:1] == "!" or "/" in word]

    def at(self, places: Iterable[int]) -> list[Rule]:  # noqa: D102  # told in `LateRules`
        lines = self._table.lines(self._chain)
        return [self._table.rule(lines[place]) for place in places]

    def _read(self) -> tuple[Rule, ...]:
        return tuple(map(self._table.rule, self._table.lines(self._chain)))
