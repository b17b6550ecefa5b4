"""The rules of a chain of a save as they stand in its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.quick.save_text import COUNTED
from iptsim.dialects.rule.plans import Reader
from iptsim.dialects.rule.words import Source
from iptsim.errors import Place
from iptsim.late_rules import LateRules
from iptsim.model import Rule
from iptsim.regex import regex
from iptsim.values import InterfacePattern

LED = regex(r" -[jg] ([^ \n]+)")
BOUND = regex(rf"{COUNTED}-A \S+ (?:(?:! )?-s \S+ )?-d ([0-9.]+)/32 ")
"""A rule that asks for one destination."""
ENTERED = regex(r" -i ([^ \n]+)")
LEFT = regex(r" -o ([^ \n]+)")
_BOUND_TO = regex(r" -[io] ([^ \n]+)")
_NEAR_LOOPBACK = regex(r" (?:-[sd]|--to-destination) (?:127\.|[0-9.]+/[1-7] )")


@dataclass(frozen=True, kw_only=True)
class SavedTable:
    """A table of a regular save: what its chains' rules have in common."""

    text: str
    file: str
    reader: Reader
    kinds: tuple[Rule, ...]
    start: int
    end: int

    @cached_property
    def asks_for_interfaces(self) -> bool:
        """Whether any rule asks for one to come in by."""
        return any(rule.header.in_ is not None for rule in self.kinds)

    @cached_property
    def near_loopback(self) -> bool:
        """See `LateRules`."""
        return _NEAR_LOOPBACK.search(self.text, self.start, self.end) is not None

    def callers(self, name: str) -> Iterator[str]:
        """The chains of which a rule leads to that one."""
        for option in ("-j", "-g"):
            word, at = f" {option} {name}", self.start
            while (at := self.text.find(word, at, self.end)) >= 0:
                line = self.text.rfind("\n", 0, at) + 1
                at += len(word)
                if self.text[at] in " \n":
                    yield self.text[self.text.index("-A ", line) + 3 : at].partition(" ")[0]

    def lines(self, start: int, end: int, number: int) -> Iterable[tuple[int, str]]:
        """So many whole lines, of which the first has that number."""
        return enumerate(self.text[start : end - 1].split("\n"), number)

    def rule(self, line: int, text: str) -> Rule:
        """The rule of a line."""
        found = self.reader.quick(text, Place(file=self.file, line=line))
        if found is not None:
            return found[1]
        own = Line(number=line, text=text, full=text)
        return self.reader.read(Source(file=self.file, lines=(own,), text=text)).rules[0]


class LateSaved(LateRules[Rule]):
    """The rules of one chain; `runs` see `Block`."""

    __slots__ = ("_runs", "_size", "_table")

    def __init__(self, table: SavedTable, runs: Sequence[int]) -> None:
        super().__init__()
        self._table, self._runs, self._size = table, tuple(runs), -1

    @property
    def kinds(self) -> tuple[Rule, ...]:  # noqa: D102  # told in `LateRules`
        return self._table.kinds

    @property
    def aims(self) -> Sequence[str]:  # noqa: D102  # told in `LateRules`
        return self._found(LED)

    def callers(self, name: str) -> frozenset[str]:  # noqa: D102  # told in `LateRules`
        return frozenset(self._table.callers(name))

    @property
    def incoming(self) -> Iterable[InterfacePattern]:  # noqa: D102  # told in `LateRules`
        names = dict.fromkeys(self._found(ENTERED)) if self._table.asks_for_interfaces else ()
        return [InterfacePattern(text=name) for name in names]

    @property
    def bound(self) -> Iterable[InterfacePattern]:  # noqa: D102  # told in `LateRules`
        return [InterfacePattern(text=name) for name in dict.fromkeys(self._found(_BOUND_TO))]

    @property
    def near_loopback(self) -> bool:  # noqa: D102  # told in `LateRules`
        return self._table.near_loopback

    def same_text(self, other: object) -> bool:  # noqa: D102  # told in `LateRules`
        if not isinstance(other, LateSaved):
            return False
        families = {one._table.reader.family for one in (self, other)}
        return len(families) == 1 and self._texts() == other._texts()

    def _texts(self) -> list[str]:
        runs = zip(self._runs[::3], self._runs[1::3], strict=True)
        return [self._table.text[start:end] for start, end in runs]

    def _found(self, what: re.Pattern[str]) -> list[str]:
        text, runs = self._table.text, self._runs
        if len(runs) == 3:
            return what.findall(text, runs[0], runs[1])
        parts = zip(runs[::3], runs[1::3], strict=True)
        return [name for start, end in parts for name in what.findall(text, start, end)]

    def __len__(self) -> int:
        if self._size < 0:
            parts = zip(self._runs[::3], self._runs[1::3], strict=True)
            self._size = sum(self._table.text.count("\n", *part) for part in parts)
        return self._size

    def _lines(self) -> list[tuple[int, str]]:
        runs = zip(*(self._runs[at::3] for at in range(3)), strict=True)
        return [line for run in runs for line in self._table.lines(*run)]

    def facing(self, destinations: Collection[str]) -> list[int]:  # noqa: D102  # told in `LateRules`
        return [
            place
            for place, (_number, text) in enumerate(self._lines())
            if (asked := BOUND.match(text)) is None or asked[1] in destinations
        ]

    def at(self, places: Iterable[int]) -> list[Rule]:  # noqa: D102  # told in `LateRules`
        lines = self._lines()
        return [self._table.rule(*lines[place]) for place in places]

    def _read(self) -> tuple[Rule, ...]:
        return tuple(self._table.rule(*line) for line in self._lines())
