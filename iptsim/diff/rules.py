"""Rules added, removed, moved and changed in one chain."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.diff.align import Pair, align
from iptsim.diff.compared_meaning import Lens, Part
from iptsim.diff.difference import Change, Kind, RuleAt
from iptsim.diff.left_out import is_left_out
from iptsim.diff.texts import rule_text
from iptsim.model import Chain, Rule

# A gap with more pairs than this is searched by keys alone, not pair by pair.
_MOST_PAIRS = 2500


def rule_changes(
    family: int, table: str, pairs: Pairs, *, compared: bool = True
) -> Iterator[Change]:
    """The changes in the order of the later chain, rules that are gone where they stood.

    With `compared` False those that only one side has because the other leaves rules out there, and
    the places where it does.
    """
    old, new = pairs.old, pairs.new
    numbers = [[number for number, _rule in chain.numbered()] for chain in (old, new)]
    for i, j in pairs.in_order() if compared else pairs.uncompared():
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


_Either = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """What stands between two rules that stayed, as places in both chains.

    `gone` and `come` have no partner on the other side; `old_holes` and `new_holes` stand for what
    is left out; a side is open where more may stand there.
    """

    all_gone: range
    all_come: range
    old_holes: list[int]
    new_holes: list[int]
    gone: list[int]
    come: list[int]
    old_open: bool
    new_open: bool


def _filled(rules: list[Rule], others: list[Rule], *, keep: bool) -> Iterator[Rule]:
    """The rules with those of the other side where some are left out, or else behind them."""
    waiting = list(others)
    for rule in rules:
        if rule.unread is None:
            yield rule
            continue
        yield from waiting
        if keep or not (is_left_out(rule) or waiting):
            yield rule
        waiting.clear()
    yield from waiting


class Pairs:
    """Which rule of one chain is which of the other: kept, moved or changed."""

    def __init__(self, old: Chain, new: Chain, lens: Lens) -> None:
        self.old, self.new, self.lens = old, new, lens
        self.meanings = tuple([lens.meaning(rule) for rule in chain.rules] for chain in (old, new))
        self.kept = self._kept()
        self.moved = dict(self._moved())
        self.changed = dict(self._changed())

    def _kept(self) -> tuple[Pair, ...]:
        """The rules that stayed; what stands for rules that were left out is none of them."""
        places = [
            [place for place, rule in enumerate(chain.rules) if not is_left_out(rule)]
            for chain in (self.old, self.new)
        ]
        listed = ([meant[n] for n in at] for meant, at in zip(self.meanings, places, strict=True))
        return tuple((places[0][x], places[1][y]) for x, y in align(*listed))

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

    def in_order(self) -> Iterator[_Either]:
        """Every pair that is not kept; None for the side that has no such rule."""
        came_from = {j: i for i, j in (*self.moved.items(), *self.changed.items())}
        for stretch in self._stretches():
            if not stretch.new_open:
                yield from ((i, None) for i in stretch.gone)
            for j in stretch.all_come:
                if j in came_from or (j in stretch.come and not stretch.old_open):
                    yield came_from.get(j), j

    def uncompared(self) -> Iterator[_Either]:
        """What stands on one side only, where the other leaves rules out; and where it does."""
        for stretch in self._stretches():
            yield from ((i, None) for i in stretch.old_holes if not stretch.new_holes)
            if stretch.new_open:
                yield from ((i, None) for i in stretch.gone)
            yield from ((None, j) for j in stretch.new_holes if not stretch.old_holes)
            if stretch.old_open:
                yield from ((None, j) for j in stretch.come)

    def filled(self) -> tuple[Chain, Chain]:
        """Both chains with what one leaves out, and the other shows, in its place."""
        old, new = self.told()
        listed: tuple[list[Rule], list[Rule]] = ([], [])
        stretches = list(self._stretches())
        for stretch, kept in zip(stretches, (*self.kept, None), strict=True):
            come = [new.rules[j] for j in stretch.come if stretch.old_open]
            gone = [old.rules[i] for i in stretch.gone if stretch.new_open]
            both = bool(stretch.old_holes and stretch.new_holes)
            listed[0].extend(_filled([old.rules[i] for i in stretch.all_gone], come, keep=both))
            listed[1].extend(_filled([new.rules[j] for j in stretch.all_come], gone, keep=both))
            if kept is not None:
                listed[0].append(old.rules[kept[0]])
                listed[1].append(new.rules[kept[1]])
        whole, policy = old.whole or new.whole, old.policy or new.policy
        return (
            replace(old, rules=tuple(listed[0]), whole=whole, policy=policy),
            replace(new, rules=tuple(listed[1]), whole=whole, policy=new.policy or old.policy),
        )

    def _stretches(self) -> Iterator[_Stretch]:
        """What stands between the rules that stayed, before and behind them."""
        arrived = {*self.moved.values(), *self.changed.values()}
        left = self.moved.keys() | self.changed.keys()
        i = j = 0
        for x, y in (*self.kept, (len(self.old.rules), len(self.new.rules))):
            yield _Stretch(
                all_gone=range(i, x),
                all_come=range(j, y),
                old_holes=[n for n in range(i, x) if is_left_out(self.old.rules[n])],
                new_holes=[n for n in range(j, y) if is_left_out(self.new.rules[n])],
                gone=[n for n in self._told(self.old, i, x) if n not in left],
                come=[n for n in self._told(self.new, j, y) if n not in arrived],
                old_open=self._is_open(self.old, self.new, range(i, x)),
                new_open=self._is_open(self.new, self.old, range(j, y)),
            )
            i, j = x + 1, y + 1

    def _told(self, chain: Chain, first: int, end: int) -> list[int]:
        return [n for n in range(first, end) if not is_left_out(chain.rules[n])]

    def _is_open(self, chain: Chain, other: Chain, stretch: range) -> bool:
        """Whether more may stand there than the text shows.

        Of two texts that both show parts of a chain, what neither has is taken to be the same.
        """
        if not chain.whole and other.whole:
            return True
        return any(chain.rules[n].unread is not None for n in stretch)

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
            for i in self._told(self.old, gone.start, gone.stop):
                stood[old[i]].append(i)
        for _gone, come in gaps:
            for j in self._told(self.new, come.start, come.stop):
                if stood.get(new[j]):
                    yield stood[new[j]].popleft(), j

    def _changed(self) -> Iterator[Pair]:
        arrived = set(self.moved.values())
        for gone, come in self._gaps(self.kept):
            left = [i for i in self._told(self.old, gone.start, gone.stop) if i not in self.moved]
            right = [j for j in self._told(self.new, come.start, come.stop) if j not in arrived]
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
