"""Where the fates of two rule sets differ, exactly, and how.

A fate is a verdict, a destination and, for packets that pass, what every rewritten field holds in
the end. Packets for which all of that is the same do not differ, whatever rules rewrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.packet import FIELDS
from iptsim.predicate import Fact
from iptsim.stages import each
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.symbolic.walk.engine import Fates
from iptsim.symbolic.walk.equal_worlds import Record, union
from iptsim.tracer.journey import End
from iptsim.tracer.rules.target_actions import REPORTED
from iptsim.values import IntSet
from iptsim.worlds.outcome import Rewrite
from iptsim.worlds.terms import PERHAPS, Known, Term, crossed, is_choice, told, variables_of
from iptsim.worlds.variables import ARRIVING, Variable
from iptsim.worlds.world import Setting

SEVERAL = "several"
"""What a field is said to hold that rules gave many values."""
MOST_VALUES = 64
"""Values of a rewritten field that are told one by one; the rest of them together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How packets fare. `rewrites` are the fields that rules rewrote, and what they hold.

    `left` has what all fields that count hold where no rule rewrote them: forwarding takes a TTL
    down.
    """

    verdict: str
    destination: str | None
    rewrites: tuple[tuple[str, Term], ...] = ()
    left: tuple[tuple[str, Term], ...] = ()

    def holds(self, name: str) -> Term:
        """What a field holds in the end, in terms of the packet as it arrived."""
        return {**dict(self.left), **dict(self.rewrites)}.get(name, ARRIVING[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The packets (a diagram) of one fate, and what rules rewrote of them on any way to it."""

    fate: Fate
    held: Any
    done: tuple[Rewrite, ...] = ()

    def shown(self, setting: Setting) -> tuple[tuple[str, int | str], ...]:
        """The rewrites as JSON and people see them."""
        texts, rewrites = {r.field: r.after for r in self.done}, self.fate.rewrites
        return tuple((name, _shown(name, term, texts, setting)) for name, term in rewrites)

    def told(self, setting: Setting) -> tuple[Rewrite, ...]:
        """The rewrites, each by a rule that did it to some of the packets."""
        last = {rewrite.field: rewrite for rewrite in self.done}
        shown = ((name, after) for name, after in self.shown(setting) if name in last)
        return tuple(replace(last[name], after=after) for name, after in shown)


def _shown(name: str, term: Term, texts: dict[str, int | str], setting: Setting) -> int | str:
    if isinstance(term, Known):
        return setting.show(name, term.value)
    several = any(variable.one_of_many for variable in variables_of(term))
    return SEVERAL if several else texts.get(name, SEVERAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """Packets of which the fate changed in one way."""

    before: Fate
    after: Fate
    held: Any


class Comparing:
    """Compares the fates of one question in two rule sets of a universe."""

    def __init__(self, universe: Universe, before: Fates, after: Fates) -> None:
        self._universe = universe
        self._manager: Any = universe.manager
        self._sides = (before, after)
        self._domains = {**before.setting.domains, **after.setting.domains}
        self._shown = dict(_texts((*before.ends, *after.ends)))
        self._width = {4: 32, 6: 128}[before.setting.family]

    def shown(self, name: str, term: Term) -> int | str:
        """What a rewritten field holds, as JSON and people see it."""
        texts = {} if (name, term) not in self._shown else {name: self._shown[name, term]}
        return _shown(name, term, texts, self._sides[1].setting)

    def differing(self) -> Iterator[Differing]:
        """Every way in which fates differ; the sets do not overlap."""
        left, right = (groups(side.ends) for side in self._sides)
        for one in each(left, "comparing"):
            for other in right:
                both = one.held & other.held
                if both != self._manager.false:
                    yield from self._pair(one.fate, other.fate, both)

    def _pair(self, one: Fate, other: Fate, both: Any) -> Iterator[Differing]:
        if (one.verdict, one.destination) == (other.verdict, other.destination):
            both = self._otherwise(one, other, both)
        if both == self._manager.false:
            return
        for before, part in self._values(one, both):
            for after, piece in self._values(other, part):
                held = forgotten(self._universe, piece)
                yield Differing(before=before, after=after, held=held)

    def _otherwise(self, one: Fate, other: Fate, both: Any) -> Any:
        """Where, of `both`, some field holds another value in the end.

        Bit by bit within `both`: that two free numbers differ is no small diagram.
        """
        differs = self._manager.false
        for name in dict.fromkeys(name for name, _term in (*one.rewrites, *other.rewrites)):
            first, second = one.holds(name), other.holds(name)
            if first == second or self._same_choice(first, second):
                continue
            if is_choice(first) or is_choice(second):
                return both
            differs |= (
                both & self._apart(first, second)
                if crossed(first, second)
                else (self._bitwise(name, first, second, both))
            )
        return differs

    def _bitwise(self, name: str, first: Term, second: Term, both: Any) -> Any:
        differs = self._manager.false
        for bit, twin in zip(self._bits(name, first), self._bits(name, second), strict=True):
            differs |= both & (bit ^ twin)
        return differs

    def _apart(self, first: Term, second: Term) -> Any:
        """That two fields of which nobody knows hold the same is no set of values: a fact."""
        text = " is not ".join(sorted((told(first), told(second))))
        return self._universe.fact(Fact(key=text, code=codes.CHOSEN_VALUE, detail=text))

    def _bits(self, name: str, term: Term) -> list[Any]:
        width = self._width if name in ("src", "dst") else FIELDS[name].width
        return self._universe.bits(term, width, self._domains)

    def _same_choice(self, first: Term, second: Term) -> bool:
        """Whether both are choices of the kernel from the same range."""
        if not (isinstance(first, Variable) and isinstance(second, Variable)):
            return False
        both = is_choice(first) and is_choice(second)
        return both and self._domains[first.name] == self._domains[second.name]

    def _values(self, fate: Fate, held: Any) -> Iterator[tuple[Fate, Any]]:
        """The fate with values instead of the variables that hold many, and the packets of each."""
        found = [(fate, held)]
        for name, term in fate.rewrites:
            if isinstance(term, Variable) and term.one_of_many:
                found = [pair for one, part in found for pair in self._each(one, part, name, term)]
        yield from found

    def _each(self, fate: Fate, held: Any, name: str, term: Variable) -> Iterator[tuple[Fate, Any]]:
        block = self._universe.blocks[term.name]
        teller = Teller(self._universe)
        for _ in range(MOST_VALUES):
            if held == self._manager.false:
                return
            value = teller.pick(self._universe.alone(held, block)).get(term.name, 0)
            there = self._universe.numbers(block, IntSet.single(value))
            yield _with(fate, name, Known(value=value)), held & there
            held &= ~there
        if held != self._manager.false:
            yield fate, held

    def trimmed(self, fate: Fate, held: Any) -> Fate:
        """Without what no packet of the set was rewritten to, for all of them held it before."""
        kept = (
            (name, term)
            for name, term in fate.rewrites
            if self.really(replace(fate, rewrites=((name, term),)), held) != self._manager.false
        )
        return replace(fate, rewrites=tuple(kept))

    def really(self, fate: Fate, held: Any) -> Any:
        """The packets that did not hold before what a fate says that they were rewritten to."""
        for name, term in fate.rewrites:
            if name != "ttl" and isinstance(term, Known) and isinstance(term.value, int):
                block = self._universe.declare(name, self._domains[name])
                held &= ~self._universe.numbers(block, IntSet.single(term.value))
        return held


def forgotten(universe: Universe, held: Any) -> Any:
    """The packets, without the variables that only say what rules gave them."""
    return _without(universe, held, _told_only(universe))


def all_forgotten(universe: Universe, records: Iterable[Record]) -> Iterator[Record]:
    """The records, of which each forgets as much."""
    extra = _told_only(universe)
    if not extra:
        yield from records
        return
    for record in records:
        yield replace(record, held=_without(universe, record.held, extra))


def _told_only(universe: Universe) -> tuple[int, ...]:
    blocks = (universe.blocks[name] for name in universe.variables)
    found = (
        number
        for block in blocks
        if block.of is not None and block.of.one_of_many
        for number in block.numbers
    )
    return tuple(sorted(found, reverse=True))


def _without(universe: Universe, held: Any, extra: tuple[int, ...]) -> Any:
    return universe.manager.without(held, extra) if extra else held


def _with(fate: Fate, name: str, term: Term) -> Fate:
    rewrites = tuple((other, term if other == name else held) for other, held in fate.rewrites)
    return replace(fate, rewrites=rewrites)


def _texts(ends: Iterable[End]) -> Iterator[tuple[tuple[str, Term], int | str]]:
    """How a field's last rewrite tells what it holds; of several texts always the same one."""
    found: dict[tuple[str, Term], set[int | str]] = {}
    for end in ends:
        last = {rewrite.field: rewrite.after for rewrite in end.world.rewrites}
        for name, after in last.items():
            found.setdefault((name, end.world.fields[name]), set()).add(after)
    for key, texts in found.items():
        yield key, min(texts, key=str)


def groups(
    ends: Iterable[End], wanted: Callable[[str, str | None], bool] = lambda _verdict, _to: True
) -> list[Group]:
    """The ends by fate, those with a wanted verdict and destination."""
    found: dict[Fate, list[End]] = {}
    for end in ends:
        if wanted(end.fate.value, end.destination):
            found.setdefault(fate_of(end), []).append(end)
    return [
        Group(
            fate=fate,
            held=union([end.world for end in same]).held,
            done=tuple(rewrite for end in same for rewrite in end.world.rewrites),
        )
        for fate, same in found.items()
    ]


def has_fate(end: End, fate: Fate) -> bool:
    """Whether an end of one of a fate's ways may be that of the fate, by what rules rewrote."""
    own = fate_of(end)
    if (own.verdict, own.destination) != (fate.verdict, fate.destination):
        return False
    mine, all_ways = dict(own.rewrites), dict(fate.rewrites)
    perhaps = all_ways.keys() - mine.keys()
    known = ((name, term) for name, term in all_ways.items() if isinstance(term, Known))
    return (
        mine.keys() <= all_ways.keys()
        and perhaps <= end.world.gone.keys()
        and all(mine.get(name, term) == term for name, term in known)
    )


def fate_of(end: End) -> Fate:
    """What counts of an end."""
    if end.destination is None:
        return Fate(verdict=end.fate.value, destination=None)
    gone, fields = end.world.gone, end.world.fields
    perhaps = {name for name, text in gone.items() if text.startswith(PERHAPS)}
    names = [name for name in FIELDS if name in REPORTED and name not in perhaps]
    return Fate(
        verdict=end.fate.value,
        destination=end.destination,
        rewrites=tuple((name, fields[name]) for name in names if name in gone),
        left=tuple((name, fields[name]) for name in names if name not in gone),
    )
