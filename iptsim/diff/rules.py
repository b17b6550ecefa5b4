"""Rules added, removed, moved and changed in one chain."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from iptsim.diff.align import Pair, align
from iptsim.diff.meaning import Lens, Part
from iptsim.diff.texts import rule_text
from iptsim.diff.values import Change, Kind, RuleAt
from iptsim.model import Chain, Rule

# A gap with more pairs than this is searched by keys alone, not pair by pair.
_MOST_PAIRS = 2500


def rule_changes(family: int, table: str, pairs: Pairs) -> Iterator[Change]:
    """The changes in the order of the later chain, rules that are gone where they stood."""
    old, new = pairs.old, pairs.new
    numbers = [[number for number, _rule in chain.numbered()] for chain in (old, new)]
    for i, j in pairs.in_order():
        was = None if i is None else RuleAt(number=numbers[0][i], rule=old.rules[i])
        now = None if j is None else RuleAt(number=numbers[1][j], rule=new.rules[j])
        at = now or was
        assert at is not None
        yield Change(
            kind=pairs.kind(i, j), family=family, table=table, chain=new.name,
            before=was, after=now, text=rule_text(new.name, at.rule, family),
            place_before=was.rule.place if was else old.place,
            place_after=now.rule.place if now else new.place,
        )  # fmt: skip


class Pairs:
    """Which rule of one chain is which of the other: kept, moved or changed."""

    def __init__(self, old: Chain, new: Chain, lens: Lens) -> None:
        self.old, self.new, self.lens = old, new, lens
        self.meanings = tuple([lens.meaning(rule) for rule in chain.rules] for chain in (old, new))
        self.kept = align(*self.meanings)
        self.moved = dict(self._moved())
        self.changed = dict(self._changed())

    def told(self) -> tuple[Chain, Chain]:
        """Both chains with what either side tells of the rules that both have.

        A listing may hide what a save file tells of the same rule.
        """
        old, new = list(self.old.rules), list(self.new.rules)
        for i, j in (*self.kept, *self.moved.items()):
            fuller = old[i] if new[j].hides else new[j]
            old[i], new[j] = _as_told(old[i], fuller), _as_told(new[j], fuller)
        return replace(self.old, rules=tuple(old)), replace(self.new, rules=tuple(new))

    def kind(self, i: int | None, j: int | None) -> Kind:
        """What became of a pair that was not kept."""
        if i is None:
            return Kind.RULE_ADDED
        if j is None:
            return Kind.RULE_REMOVED
        return Kind.RULE_MOVED if self.moved.get(i) == j else Kind.RULE_CHANGED

    def in_order(self) -> Iterator[tuple[int | None, int | None]]:
        """Every pair that is not kept; None for the side that has no such rule."""
        came_from = {j: i for i, j in (*self.moved.items(), *self.changed.items())}
        for gone, come in self._gaps(self.kept):
            for i in gone:
                if i not in self.moved and i not in self.changed:
                    yield i, None
            for j in come:
                yield came_from.get(j), j

    def _gaps(self, kept: Sequence[Pair]) -> Iterator[tuple[range, range]]:
        i = j = 0
        for x, y in (*kept, (len(self.old.rules), len(self.new.rules))):
            if i < x or j < y:
                yield range(i, x), range(j, y)
            i, j = x + 1, y + 1

    def _moved(self) -> Iterator[Pair]:
        old, new = self.meanings
        stood: defaultdict[Rule, deque[int]] = defaultdict(deque)
        gaps = list(self._gaps(self.kept))
        for gone, _come in gaps:
            for i in gone:
                stood[old[i]].append(i)
        for _gone, come in gaps:
            for j in come:
                if stood.get(new[j]):
                    yield stood[new[j]].popleft(), j

    def _changed(self) -> Iterator[Pair]:
        arrived = set(self.moved.values())
        for gone, come in self._gaps(self.kept):
            left = [i for i in gone if i not in self.moved]
            right = [j for j in come if j not in arrived]
            if left and right:
                yield from self._alike(left, right)

    def _alike(self, left: list[int], right: list[int]) -> Iterator[Pair]:
        """Pairs that differ in one thing first; then, in a small gap, those with most in common."""
        parts = (
            {i: self.lens.parts(self.old.rules[i]) for i in left},
            {j: self.lens.parts(self.new.rules[j]) for j in right},
        )
        pairs = dict(_but_for_one(*parts))
        yield from pairs.items()
        rest = [i for i in left if i not in pairs]
        taken = set(pairs.values())
        others = [j for j in right if j not in taken]
        if len(rest) * len(others) <= _MOST_PAIRS:
            yield from _most_in_common(rest, others, *parts)


def _as_told(rule: Rule, fuller: Rule) -> Rule:
    return replace(fuller, place=rule.place, counters=rule.counters)


Parts = dict[int, tuple[Part, ...]]


def _but_for_one(left: Parts, right: Parts) -> Iterator[Pair]:
    """Pairs of rules that are the same but for the value of one thing, in order."""
    waiting: defaultdict[object, deque[int]] = defaultdict(deque)
    for j, parts in right.items():
        for key in _keys(parts):
            waiting[key].append(j)
    taken: set[int] = set()
    for i, parts in left.items():
        found = (_first_free(waiting.get(key), taken) for key in _keys(parts))
        free = [j for j in found if j is not None]
        if free:
            taken.add(min(free))
            yield i, min(free)


def _keys(parts: tuple[Part, ...]) -> Iterator[object]:
    """The rule as it is, and with each of its things in turn left open."""
    whole = frozenset(parts)
    yield whole
    for name in {name for name, _value in parts} - {"names", "target options"}:
        # A target is left open with its options.
        yield frozenset(
            part for part in whole if not part[0].startswith(name + " ") and part[0] != name
        )


def _first_free(waiting: deque[int] | None, taken: set[int]) -> int | None:
    while waiting and waiting[0] in taken:
        waiting.popleft()
    return waiting[0] if waiting else None


def _most_in_common(left: list[int], right: list[int], *parts: Parts) -> Iterator[Pair]:
    """Greedily, the pairs that share at least half of what either of them says."""
    scored = sorted(
        ((-_likeness(parts[0][i], parts[1][j]), i, j) for i in left for j in right),
    )
    used: tuple[set[int], set[int]] = set(), set()
    for score, i, j in scored:
        if -score >= 0.5 and i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            yield i, j


def _likeness(left: tuple[Part, ...], right: tuple[Part, ...]) -> float:
    """What both say over what either says; things that neither asks do not count."""
    one, two = _said(left), _said(right)
    return len(one & two) / (len(one | two) or 1)


def _said(parts: tuple[Part, ...]) -> set[Part]:
    silent = ((None, False), (), ((), ()), None)
    return {part for part in parts if part[1] not in silent}
