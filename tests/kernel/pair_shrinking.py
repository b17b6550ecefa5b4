"""A pair of rule sets made small: what both have is left out of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from shrinking import Sent, Shrinker

from iptsim.model import Chain, Rule, Ruleset, Table

Sides = tuple[Ruleset, Ruleset]
Keeps = Callable[[Sides, Sent], bool]


@dataclass(slots=True)
class PairShrinker:
    """`keeps` says whether a smaller pair still shows what is looked for."""

    keeps: Keeps
    sides: Sides
    sent: Sent
    seconds: float
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    def shrink(self) -> None:
        """Leaves out tables and rules, then parts of the rules of each side."""
        while self._pass() and time.monotonic() < self._deadline:
            pass
        for which in (0, 1):
            self._shrink_one(which, max(0.0, self._deadline - time.monotonic()) / (2 - which))

    def _shrink_one(self, which: int, seconds: float) -> None:
        def keeps(rules: Ruleset, sent: Sent) -> bool:
            return self._try(self._put(which, rules), sent)

        Shrinker(keeps, seconds).shrink(self.sides[which], self.sent)

    def _pass(self) -> bool:
        found, again = False, True
        while again:
            again = False
            for way in (*_without_tables(self.sides), *_without_rules(self.sides)):
                if time.monotonic() > self._deadline:
                    return False
                if self._try(way, self.sent):
                    found = again = True
                    break
        return found

    def _try(self, sides: Sides, sent: Sent) -> bool:
        if not self.keeps(sides, sent):
            return False
        self.sides, self.sent = sides, sent
        return True

    def _put(self, which: int, rules: Ruleset) -> Sides:
        return (rules, self.sides[1]) if which == 0 else (self.sides[0], rules)


def _both(sides: Sides, change: Callable[[Ruleset], Ruleset]) -> Sides:
    return change(sides[0]), change(sides[1])


def _without_tables(sides: Sides) -> Iterator[Sides]:
    for name in dict.fromkeys(table.name for side in sides for table in side.tables):
        yield _both(sides, partial(_without_table, name))


def _without_table(name: str, rules: Ruleset) -> Ruleset:
    return replace(rules, tables=tuple(t for t in rules.tables if t.name != name))


def _without_rules(sides: Sides) -> Iterator[Sides]:
    keys = dict.fromkeys((t.name, c.name, rule) for s in sides for t, c, _n, rule in s.rules())
    for table, chain, rule in keys:
        yield _both(sides, partial(_without, table, chain, rule))


def _without(table: str, chain: str, rule: Rule, rules: Ruleset) -> Ruleset:
    return replace(
        rules,
        tables=tuple(_table(t, chain, rule) if t.name == table else t for t in rules.tables),
    )


def _table(table: Table, name: str, rule: Rule) -> Table:
    chains = (_chain(chain, rule) if chain.name == name else chain for chain in table.chains)
    return replace(table, chains=tuple(chains))


def _chain(chain: Chain, rule: Rule) -> Chain:
    kept = list(chain.rules)
    if rule in kept:
        kept.remove(rule)
    return replace(chain, rules=tuple(kept))
