"""All rules that decide for some packets of a set, found class by class.

Packets are of one class where they met the same rules of those that can count: the changed ones,
those that rewrote, and the one that ended their way. One packet of each class is followed, until
all are found that may decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from iptsim.dataclass import dataclass, replace
from iptsim.diff.sides import Changed
from iptsim.symbolic.walk.deciding_rules import step_of
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.symbolic.walk.met_rules import LOW, Parts, Tree, Trees
from iptsim.worlds.outcome import Step

MOST_FOLLOWED = 64
"""Classes of one effect of which a packet is followed on each side."""
_ENDINGS = frozenset({"drop", "reject"})

StepKey = tuple[str, str, int | None, str]


def key_of(step: Step) -> StepKey:
    """What makes two steps the same rule, policy or place that is not told."""
    return step.table, step.chain, step.rule, step.untold


class Naming:
    """Finds who decides on one side of a comparison.

    Precondition: the records' sets hold no variables but those of packets and facts.
    """

    def __init__(self, parts: Parts, changed: Changed, nothing: Any) -> None:
        self._nothing = nothing
        self._ended = Trees([(only, [*filter(_ends, some)]) for only, some in parts], nothing)
        counting = [(only, [r for r in some if _counts(r, changed)]) for only, some in parts]
        self._counting = Trees(counting, nothing)
        self._changed = Trees(
            [(only, [r for r in some if _is_changed(r, changed)]) for only, some in counting],
            nothing,
        )
        own = ((r, only) for only, some in counting for r in some if _is_changed(r, changed))
        sure = [replace(r, held=r.held & only) for r, only in own if _ends(r)]
        self._sure = Tree(sure, nothing, LOW)

    def named(
        self, held: Any, follow: Callable[[Any], tuple[Any, Iterable[Step]]], *, passed: bool
    ) -> tuple[Step, ...]:
        """The steps that decide for packets of the set; `passed` is whether they are let through.

        `follow` takes a set to one packet of it, as a set, and to the steps that decide for that.
        """
        found: dict[StepKey, Step] = {}
        for step in chain.from_iterable(self._steps(held, follow, found, passed=passed)):
            found.setdefault(key_of(step), step)
        steps = list(found.values())
        return (*steps[:1], *sorted(steps[1:], key=_place))

    def _steps(
        self,
        held: Any,
        follow: Callable[[Any], tuple[Any, Iterable[Step]]],
        found: Collection[StepKey],
        *,
        passed: bool,
    ) -> Iterator[Iterable[Step]]:
        """Steps that decide; `found` has by then all those before."""
        for record in self._sure.meeting(held):
            # A changed rule that ends a packet's way is the last that led to it.
            if record.held & held != self._nothing:
                yield (step_of(record),)
                held &= ~record.held
        ended = self._telling(self._ended, held)
        counting = _Unions(self._telling(self._counting, held), self._nothing)
        able, known = self._able(held, passed=passed), -1
        for _ in range(MOST_FOLLOWED):
            if held == self._nothing:
                return
            before = len(found)
            packet, steps = follow(held)
            yield steps
            held &= ~(self._alike(packet, held, ended, counting) | packet)
            if len(found) == before != known:
                held, known = able.open(held, found), before

    def _able(self, held: Any, *, passed: bool) -> _Able:
        """Who may decide: what changed, and of packets that are lost the end of their way."""
        changed = [*self._changed.parts(held)]
        told = reduce(or_, (p for r, p in changed if passed or _is_plain(r)), self._nothing)
        ends = [] if passed else [(r, p & ~told) for r, p in self._ended.parts(held)]
        return _Able(
            pairs=[(key_of(step_of(record)), part) for record, part in (*changed, *ends)],
            told=reduce(or_, (part for _record, part in ends), told),
            nothing=self._nothing,
        )

    def _telling(self, met: Trees, held: Any) -> list[Any]:
        """Of the records' sets, within that one, those that tell its packets apart, each once."""
        return [one for one in dict.fromkeys(met.within(held)) if one != held]

    def _alike(self, packet: Any, held: Any, ended: Iterable[Any], counting: _Unions) -> Any:
        """The packets of the set that met what this one met."""
        for one in ended:
            if packet & one != self._nothing:
                held &= one
        met = []
        for place, one in enumerate(counting.sets):
            if packet & one != self._nothing:
                held &= one
                met.append(place)
        # Those that it did not meet come last: few packets are left then.
        for one in counting.but(met):
            held &= ~one
        return held


@dataclass(frozen=True, slots=True, kw_only=True)
class _Able:
    """Steps that may decide for packets of a set, each with the packets that it may decide for.

    Of the packets `told` nobody else may (`Side.deciders`).
    """

    pairs: Sequence[tuple[StepKey, Any]]
    told: Any
    nothing: Any

    def open(self, held: Any, found: Collection[StepKey]) -> Any:
        """The packets of a set for which somebody may decide who is not found."""
        others = [part for key, part in self.pairs if key not in found]
        return held & (~self.told | reduce(or_, others, self.nothing))


class _Unions:
    """Sets, and unions of neighbours among them: by pairs, by fours and so on."""

    def __init__(self, sets: Sequence[Any], nothing: Any) -> None:
        self.sets = sets
        self._levels = [sets]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], [*below[1::2], nothing], strict=False)
            self._levels.append([one | other for one, other in pairs])

    def but(self, places: Sequence[int]) -> Iterator[Any]:
        """Few unions that together are all sets but those at some places."""
        waiting = [(len(self._levels) - 1, 0, places)] if self.sets else []
        while waiting:
            level, index, left_out = waiting.pop()
            here = [place for place in left_out if place >> level == index]
            if not here:
                yield self._levels[level][index]
            elif level:
                halves = (2 * index, 2 * index + 1)
                there = (half for half in halves if half < len(self._levels[level - 1]))
                waiting += [(level - 1, half, here) for half in there]


def _place(step: Step) -> tuple[str, str, int]:
    """Which packet stands for a class is no order that a reader would know."""
    return step.table, step.chain, step.rule or 0


def _ends(record: Record) -> bool:
    met = record.met
    return met.action in _ENDINGS or (met.action == "policy" and met.chain.policy == "DROP")


def _is_plain(record: Record) -> bool:
    """Whether a rule that lets packets pass does so for good; in nftables for its base chain."""
    return " " not in record.met.table


def _counts(record: Record, changed: Changed) -> bool:
    return record.met.action == "rewrite" or _is_changed(record, changed)


def _is_changed(record: Record, changed: Changed) -> bool:
    met = record.met
    rule = None if met.ready is None else met.ready.number or None
    untold = met.ready is not None and rule is None
    return not untold and (met.table, met.chain.name, rule) in changed
