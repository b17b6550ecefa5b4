"""Which rules of a listing without -v must be limited to an interface that it hides, as it seems.

A listing betrays itself where, read as it stands, a rule could never match: then some rule before
it takes fewer packets than is shown. Only those rules carry the fact IPT0402; with all of them
every rule of the listing could match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from iptsim.actions import Action, Branch, Jump, Return, Translate, Verdict
from iptsim.dataclass import dataclass, field
from iptsim.host import loopback
from iptsim.model import Chain, Rule, Table
from iptsim.symbolic.sets.universe import Universe
from iptsim.tracer.rules.jumps import DEEPEST
from iptsim.tracer.rules.ready import Library, Ready, hidden_name, leaves_no_drop
from iptsim.values import IntSet
from iptsim.worlds.domains import domain_of
from iptsim.worlds.terms import resolve
from iptsim.worlds.variables import ARRIVING

MOST_WORK = 100_000
"""Operations on sets for one rule set, after which the rules of further chains keep the fact."""
ROW = 64
"""Rules of which the union is kept."""


def limited(libraries: Iterable[Library], universe: Universe) -> frozenset[str]:
    """The names (`hidden_name`) of the rules that may be limited to a hidden interface.

    Precondition: the libraries lower without such facts (`Library.limited` is empty). What holds of
    a rule in one of the rule sets is taken to hold of its like in the others.
    """
    found: set[str] = set()
    for library in libraries:
        if library.ruleset.hides_interfaces:
            work = Work(left=MOST_WORK)
            for table in library.ruleset.tables:
                found |= _Listed(library, universe, table, work).names()
    return frozenset(found)


def _hides(rule: Rule) -> bool:
    return "interfaces" in rule.hides


@dataclass(slots=True)
class Work:
    """What is left of the work that a rule set is worth."""

    left: int

    def spend(self, count: int = 1) -> bool:
        """Whether there was enough left."""
        self.left -= count
        return self.left >= 0


class _Listed:
    """A table as it is listed; rewritten fields are taken to hold what they came with."""

    def __init__(self, library: Library, universe: Universe, table: Table, work: Work) -> None:
        self._library, self._universe, self._table, self._work = library, universe, table, work
        self._family = library.ruleset.family
        self._false: Any = universe.manager.false
        self._true: Any = universe.manager.true
        self._conditions: dict[tuple[str, int], Any] = {}
        self._entering: dict[str, Any] = {}
        self._ended: dict[str, Any] = {}
        self._sites: dict[str, list[tuple[Chain, Ready]]] = {}
        for name in universe.order:
            universe.declare(name, domain_of(name, self._family))
        self._elsewhere = self._without_loopback()
        for chain in table.chains:
            for ready in library.chain(table, chain):
                for name in _jumps(ready.actions):
                    self._sites.setdefault(name, []).append((chain, ready))

    def names(self) -> set[str]:
        """The names of the rules of the table that keep the fact."""
        return {
            hidden_name(ready.rule, ready.where)
            for chain in self._table.chains
            if any(_hides(rule) for rule in chain.rules[:-1])
            for ready in self._keeping(chain)
        } | {*self._names_of_last()}

    def _names_of_last(self) -> Iterator[str]:
        """The last rules that keep a chain's policy from every packet, though it is DROP."""
        for chain in self._table.chains:
            if chain.rules and _hides(chain.rules[-1]) and leaves_no_drop(chain.rules[-1], chain):
                ready = self._library.chain(self._table, chain)[-1]
                yield hidden_name(ready.rule, ready.where)

    def _keeping(self, chain: Chain) -> list[Ready]:
        """The rules of a chain that keep the fact; all but the last where it is too much work."""
        rules = self._library.chain(self._table, chain)
        able = [_hides(ready.rule) for ready in rules]
        cover = Cover(self._false, self._work)
        kept: set[int] = set()
        entering = self._entering_at(chain, 0)
        for ready in rules:
            asked = self._condition(ready) & entering
            kept |= self._betrayed(self._judged(asked), cover, able)
            cover.add(asked & self._taken(ready.actions[-1], 0, back=True))
            if not self._work.spend():
                kept = set(range(len(rules) - 1))
                break
        return [rules[number] for number in sorted(kept) if able[number]]

    def _betrayed(self, asked: Any, cover: Cover, able: Sequence[bool]) -> set[int]:
        """The rules that take all of a set, so that some of them must take less than is shown."""
        found: set[int] = set()
        while asked != self._false and cover.holds(asked):
            these = {number for number in cover.needed(asked) if able[number]}
            if not these or self._work.left < 0:
                break
            found |= these
            cover.remove(these)
        return found

    def _judged(self, asked: Any) -> Any:
        """What of a rule's packets counts: loopback addresses do not, unless it is about those.

        `! -d 127.0.0.1` leaves a later rule nothing that it can be meant for.
        """
        outside = asked & self._elsewhere
        return asked if outside == self._false else outside

    def _without_loopback(self) -> Any:
        loops = IntSet.between(*loopback(32 if self._family == 4 else 128))
        blocks = self._universe.blocks
        inside = [self._universe.numbers(blocks[name], loops) for name in ("src", "dst")]
        return ~(inside[0] | inside[1])

    def _condition(self, ready: Ready) -> Any:
        key = (ready.where.chain, ready.number)
        if key not in self._conditions:
            for name in ready.reads:
                self._universe.declare(name, domain_of(name, self._family))
            open_ = {name: ARRIVING[name] for name in ready.reads}
            self._conditions[key] = self._universe.of(resolve(ready.condition, open_, {}))
        return self._conditions[key]

    def _entering_at(self, chain: Chain, depth: int) -> Any:
        """What the jumps to a chain let in; earlier rules beside them are left aside."""
        sites = self._sites.get(chain.name, [])
        if chain.policy is not None or not sites or depth > DEEPEST:
            return self._true
        if chain.name not in self._entering:
            self._entering[chain.name] = self._true  # what a loop of jumps finds
            held = self._false
            for caller, ready in sites:
                held |= self._condition(ready) & self._entering_at(caller, depth + 1)
            self._entering[chain.name] = held
        return self._entering[chain.name]

    def _taken(self, ending: Action, depth: int, *, back: bool) -> Any:
        """The packets that do not come to the next rule; with `back` RETURN takes them, too."""
        match ending:
            case Verdict() | Translate():
                return self._true
            case Return():
                return self._true if back else self._false
            case Jump(chain=name, goto=goto):
                return self._true if goto and back else self._ended_in(name, depth + 1)
            case Branch(then=then, otherwise=otherwise):
                ways = [self._taken(way[-1], depth, back=back) for way in (then, otherwise)]
                return ways[0] & ways[1]
            case _:
                return self._false

    def _ended_in(self, name: str, depth: int) -> Any:
        """The packets that do not come back from a chain."""
        chain = self._table.chain(name)
        if chain is None or depth > DEEPEST:
            return self._false
        if name not in self._ended:
            self._ended[name] = self._false  # what a loop of jumps finds
            self._ended[name] = self._walked(chain, depth)
        return self._ended[name]

    def _walked(self, chain: Chain, depth: int) -> Any:
        ended, here = self._false, self._true
        for ready in self._library.chain(self._table, chain):
            if here == self._false or not self._work.spend():
                break
            asked = self._condition(ready) & here
            ended |= asked & self._taken(ready.actions[-1], depth, back=False)
            here &= ~(asked & self._taken(ready.actions[-1], depth, back=True))
        return ended


def _jumps(actions: tuple[Action, ...]) -> Iterator[str]:
    ending = actions[-1]
    if isinstance(ending, Jump):
        yield ending.chain
    elif isinstance(ending, Branch):
        for way in (ending.then, ending.otherwise, ending.undecided or ()):
            yield from _jumps(way) if way else ()


@dataclass(slots=True)
class Cover:
    """What rules take, one after the other, with unions of `ROW` of them each."""

    false: Any
    work: Work
    taken: list[Any] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    total: Any = None

    def __post_init__(self) -> None:
        self.total = self.false

    def add(self, held: Any) -> None:
        """What the next rule takes."""
        if len(self.taken) % ROW == 0:
            self.rows.append(self.false)
        self.taken.append(held)
        self.rows[-1] |= held
        self.total |= held

    def holds(self, asked: Any) -> bool:
        """Whether the rules together take all of a set."""
        return bool((asked & ~self.total) == self.false)

    def remove(self, numbers: set[int]) -> None:
        """Some rules take nothing for certain."""
        for number in numbers:
            self.taken[number] = self.false
        for row in {number // ROW for number in numbers}:
            self.rows[row] = self._union(self.taken[row * ROW : (row + 1) * ROW])
        self.total = self._union(self.rows)

    def needed(self, asked: Any) -> list[int]:
        """Rules that take all of a set together, none of which can be left out.

        One rule where one is enough. Precondition: the set is held.
        """
        found = [n for n in self._meeting(asked) if self.work.spend()]
        for number in found:
            if (asked & ~self.taken[number]) == self.false:
                return [number]
        return self._irredundant(found, asked)

    def _meeting(self, asked: Any) -> Iterator[int]:
        for row, union in enumerate(self.rows):
            self.work.spend()
            if union & asked != self.false:
                here = range(row * ROW, min(len(self.taken), (row + 1) * ROW))
                yield from (n for n in here if self.taken[n] & asked != self.false)

    def _irredundant(self, numbers: list[int], asked: Any) -> list[int]:
        """The first ones are left out first."""
        later = [self.false]
        for number in reversed(numbers):
            later.append(later[-1] | self.taken[number])
        later.reverse()
        kept: list[int] = []
        held = self.false
        for place, number in enumerate(numbers):
            self.work.spend()
            if asked & ~(held | later[place + 1]) != self.false:
                kept.append(number)
                held |= self.taken[number]
        return kept

    def _union(self, diagrams: Iterable[Any]) -> Any:
        held = self.false
        for diagram in diagrams:
            self.work.spend()
            held |= diagram
        return held
