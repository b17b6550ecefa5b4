"""The rules of a chain of a save as they stand in its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.quick.parted_lines import Parting, uncounted
from iptsim.dialects.quick.save_text import COUNTED
from iptsim.dialects.rule.plans import Reader
from iptsim.dialects.rule.words import Source
from iptsim.errors import Place
from iptsim.late_rules import LateRules, Parted
from iptsim.model import Rule
from iptsim.regex import regex
from iptsim.values import InterfacePattern

LED = regex(r" -[jg] ([^ \n]+)")
BOUND = regex(rf"{COUNTED}-A \S+ (?:(?:! )?-s \S+ )?-d ([0-9.]+)/32 ")
"""A rule that asks for one destination."""
CALL = regex(r"-A (\S+) (?:[^\n]* )?-[jg] ([^ \n]+)")
"""A rule's chain and its target."""
_FEW_FOUND = 64
"""Rules with one target that are looked for one by one."""
FEW, FEW_ONE = 8, 5
"""Chains whose callers are looked for one by one, all or one of them; of more all are found."""
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

    @cached_property
    def parting(self) -> Parting:
        """Parts the lines of its chains."""
        return Parting()

    @cached_property
    def _asked(self) -> set[str]:
        return set()

    @cached_property
    def _asked_one(self) -> set[str]:
        return set()

    @cached_property
    def _callers(self) -> Mapping[str, set[str] | str]:
        """The callers of each name; of most there is one."""
        found: dict[str, set[str] | str] = {}
        for caller, name in CALL.findall(self.text, self.start, self.end):
            known = found.setdefault(name, caller)
            if isinstance(known, set):
                known.add(caller)
            elif known != caller:
                found[name] = {known, caller}
        return found

    def callers(self, name: str) -> frozenset[str]:
        """The chains of which a rule leads to that one."""
        if len(self._asked) <= FEW:
            self._asked.add(name)
            few = [*islice(self._searched(name), _FEW_FOUND)]
            if len(few) < _FEW_FOUND:
                return frozenset(few)
        found = self._callers.get(name, ())
        return frozenset((found,) if isinstance(found, str) else found)

    def some_callers(self, name: str) -> Collection[str]:
        """One of them, or all."""
        if len(self._asked_one) > FEW_ONE or len(self._asked) > FEW:
            return self.callers(name)
        self._asked_one.add(name)
        return [*islice(self._searched(name), 1)]

    def _searched(self, name: str) -> Iterator[str]:
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

    __slots__ = ("_by_destination", "_kept", "_runs", "_size", "_table")

    def __init__(self, table: SavedTable, runs: Sequence[int]) -> None:
        super().__init__()
        self._table, self._runs, self._size = table, tuple(runs), -1
        self._kept: list[tuple[int, str]] = []
        self._by_destination: tuple[Mapping[str, list[int]], list[int]] | None = None

    @property
    def kinds(self) -> tuple[Rule, ...]:  # noqa: D102  # told in `LateRules`
        return self._table.kinds

    @property
    def aims(self) -> Sequence[str]:  # noqa: D102  # told in `LateRules`
        return self._found(LED)

    def callers(self, name: str) -> frozenset[str]:  # noqa: D102  # told in `LateRules`
        return self._table.callers(name)

    def some_callers(self, name: str) -> Collection[str]:  # noqa: D102  # told in `LateRules`
        return self._table.some_callers(name)

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
        return [self._table.text[start:end] for start, end, _number in self._each_run()]

    def _found(self, what: re.Pattern[str]) -> list[str]:
        text, runs = self._table.text, self._runs
        if len(runs) == 3:
            return what.findall(text, runs[0], runs[1])
        each = self._each_run()
        return [name for start, end, _n in each for name in what.findall(text, start, end)]

    def __len__(self) -> int:
        if self._size < 0:
            text = self._table.text
            self._size = sum([text.count("\n", start, end) for start, end, _n in self._each_run()])
        return self._size

    def _lines(self) -> list[tuple[int, str]]:
        return [line for run in self._each_run() for line in self._table.lines(*run)]

    def facing(self, destinations: Collection[str]) -> list[int]:  # noqa: D102  # told in `LateRules`
        by_destination, others = self._sorted()
        own = [place for one in destinations for place in by_destination.get(one, ())]
        return sorted([*own, *others])

    def _sorted(self) -> tuple[Mapping[str, list[int]], list[int]]:
        """The places of rules that ask for one destination, by that, and of all others."""
        if self._by_destination is None:
            self._kept = self._lines()
            found: dict[str, list[int]] = {}
            for place, (_number, text) in enumerate(self._kept):
                asked = BOUND.match(text)
                found.setdefault("" if asked is None else asked[1], []).append(place)
            self._by_destination = found, found.pop("", [])
        return self._by_destination

    def texts(self, places: Iterable[int]) -> list[tuple[int, str]]:
        """The lines of the rules at these places, each with its number."""
        lines = self._kept or self._lines()
        return [lines[place] for place in places]

    def parted(self, places: Iterable[int] | None) -> Parted | None:  # noqa: D102  # told in `LateRules`
        return self._table.parting.parted(*self.standing(places))

    def standing(self, places: Iterable[int] | None) -> tuple[str, Sequence[int]]:  # noqa: D102  # told in `LateRules`
        text, numbers = self._whole() if places is None else self._some(places)
        return (uncounted(text) if text[:1] == "[" else text), numbers

    def led_in(self, text: str) -> Sequence[str]:  # noqa: D102  # told in `LateRules`
        return LED.findall(text)

    def _each_run(self) -> Iterator[tuple[int, int, int]]:
        runs = iter(self._runs)
        return zip(runs, runs, runs, strict=True)

    def _whole(self) -> tuple[str, Sequence[int]]:
        """The text of all rules, and the numbers of its lines."""
        if len(self._runs) == 3:
            start, end, number = self._runs
            text = self._table.text[start:end]
            return text, range(number, number + text.count("\n"))
        runs, text, numbers = self._runs, self._table.text, list[int]()
        texts = [text[start:end] for start, end in zip(runs[::3], runs[1::3], strict=True)]
        for own, number in zip(texts, runs[2::3], strict=True):
            numbers += range(number, number + own.count("\n"))
        return "".join(texts), numbers

    def _some(self, places: Iterable[int]) -> tuple[str, list[int]]:
        lines = self.texts(places)
        return "".join([f"{line}\n" for _at, line in lines]), [at for at, _line in lines]

    def at(self, places: Iterable[int]) -> list[Rule]:  # noqa: D102  # told in `LateRules`
        return [self._table.rule(*line) for line in self.texts(places)]

    def _read(self) -> tuple[Rule, ...]:
        return tuple(self._table.rule(*line) for line in self._lines())
