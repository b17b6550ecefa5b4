"""A rule set and one that differs from it a little: what a person changes in one sitting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from random_rules import Maker

from iptsim.dialects import read_text
from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.host import Host
from iptsim.model import VERDICTS, Chain, Rule, Ruleset, Table, Target
from iptsim.predicate import Fact, atoms

_CHANGES_AT_ONCE = (1, 1, 1, 2, 3)
# Of these the first changes what the next packet finds, so that both sides would have to be made
# anew each time; the others give what no packet tells.
_UNSTEADY = ("SET", "HMARK", "TPROXY")


def steady(rules: Ruleset, host: Host) -> Ruleset:
    """The rules that ask only what is told, and leave nothing behind for the next packet."""
    tables = (
        replace(table, chains=tuple(_steady(rules.family, table, c, host) for c in table.chains))
        for table in rules.tables
    )
    return replace(rules, tables=tuple(tables))


def _steady(family: int, table: Table, chain: Chain, host: Host) -> Chain:
    kept = (r for r in chain.rules if is_steady(family, table.name, chain.name, r, host))
    return replace(chain, rules=tuple(kept))


def is_steady(family: int, table: str, chain: str, rule: Rule, host: Host) -> bool:
    """Whether a rule's condition is no matter of facts, and its target is none of `_UNSTEADY`."""
    if rule.target is not None and rule.target.name in _UNSTEADY:
        return False
    where = Context(family=family, table=table, chain=chain, host=host)
    asked = atoms(condition(rule, where))
    return all(not isinstance(atom, Fact) or atom.told is not None for atom in asked)


@dataclass(slots=True)
class Mutation:
    """Changes a rule set: rules added, removed, moved, asked otherwise; targets; policies."""

    random: Random
    rules: Ruleset
    host: Host
    donors: list[tuple[str, str, Rule]] = field(init=False)

    def __post_init__(self) -> None:
        self.donors = list(_donors(self.random, self.rules.family, self.host))

    def changed(self) -> Ruleset:
        """The rule set with one to three changes."""
        ways = (
            self._removed, self._removed, self._added, self._added, self._moved, self._narrowed,
            self._negated, self._retargeted, self._retargeted, self._policy,
        )  # fmt: skip
        found = self.rules
        for _ in range(self.random.choice(_CHANGES_AT_ONCE)):
            for way in self.random.sample(ways, len(ways)):
                table, chain = self._place(found)
                changed = way(table, chain)
                if changed is not None and changed != chain:
                    found = _with(found, table, chain, changed)
                    break
        return found

    def _place(self, rules: Ruleset) -> tuple[Table, Chain]:
        table = self.random.choice(rules.tables)
        return table, self.random.choice(table.chains)

    def _some(self, chain: Chain) -> int | None:
        return self.random.randrange(len(chain.rules)) if chain.rules else None

    def _removed(self, _table: Table, chain: Chain) -> Chain | None:
        at = self._some(chain)
        return None if at is None else _put(chain, at)

    def _added(self, table: Table, chain: Chain) -> Chain | None:
        fitting = [rule for name, where, rule in self.donors if (name, where) == _key(table, chain)]
        if not fitting:
            return None
        at = self.random.randint(0, len(chain.rules))
        new = self.random.choice(fitting)
        return replace(chain, rules=(*chain.rules[:at], new, *chain.rules[at:]))

    def _moved(self, _table: Table, chain: Chain) -> Chain | None:
        if len(chain.rules) < 2:
            return None
        order = list(chain.rules)
        moved = order.pop(self.random.randrange(len(order)))
        order.insert(self.random.randint(0, len(order)), moved)
        return replace(chain, rules=tuple(order))

    def _narrowed(self, _table: Table, chain: Chain) -> Chain | None:
        """A rule that asks less: without one of its matches or without its addresses."""
        at = self._some(chain)
        if at is None:
            return None
        rule = chain.rules[at]
        if rule.matches and self.random.random() < 0.7:
            out = self.random.randrange(len(rule.matches))
            kept = (*rule.matches[:out], *rule.matches[out + 1 :])
            return _put(chain, at, replace(rule, matches=kept))
        names = rule.header.not_ - {"src", "dst", "in"}
        header = replace(rule.header, src=None, dst=None, in_=None, not_=names)
        return _put(chain, at, replace(rule, header=header))

    def _negated(self, _table: Table, chain: Chain) -> Chain | None:
        at = self._some(chain)
        if at is None:
            return None
        header = chain.rules[at].header
        asked = [
            name
            for name, told in (("src", header.src), ("dst", header.dst), ("in", header.in_))
            if told is not None
        ]
        if not asked:
            return None
        turned = replace(header, not_=header.not_ ^ {self.random.choice(asked)})
        return _put(chain, at, replace(chain.rules[at], header=turned))

    def _retargeted(self, table: Table, chain: Chain) -> Chain | None:
        at = self._some(chain)
        if at is None:
            return None
        names = [name for name in VERDICTS if (name, table.name) != ("DROP", "nat")]
        names = [name for name in names if name != "QUEUE"]
        new: list[Target | None] = [Target(name=name) for name in names]
        same = [rule for name, where, rule in self.donors if (name, where) == _key(table, chain)]
        new += [rule.target for rule in same if not rule.matches and rule.header.proto is None]
        jumps = [c.name for c in table.chains if c.policy is None and c is not chain]
        new += [Target(name=name) for name in jumps if chain.policy is not None]
        target = self.random.choice([*new, None])
        return _put(chain, at, replace(chain.rules[at], target=target))

    def _policy(self, table: Table, chain: Chain) -> Chain | None:
        if chain.policy is None or table.name == "nat":
            return None
        return replace(chain, policy="DROP" if chain.policy == "ACCEPT" else "ACCEPT")


def _key(table: Table, chain: Chain) -> tuple[str, str]:
    return (table.name, chain.name)


def _put(chain: Chain, at: int, *rules: Rule) -> Chain:
    return replace(chain, rules=(*chain.rules[:at], *rules, *chain.rules[at + 1 :]))


def _with(rules: Ruleset, table: Table, chain: Chain, new: Chain) -> Ruleset:
    chains = tuple(new if one is chain else one for one in table.chains)
    tables = (replace(one, chains=chains) if one is table else one for one in rules.tables)
    return replace(rules, tables=tuple(tables))


def _donors(random: Random, family: int, host: Host) -> Iterator[tuple[str, str, Rule]]:
    """Rules of other rule sets, without jumps: their chains are not there."""
    for _ in range(4):
        text = Maker(random, family, opaque_left=0).ruleset()
        rules = read_text(text, file="donor").family(family)
        for table, chain, _number, rule in rules.rules() if rules else ():
            jumps = rule.target is not None and table.chain(rule.target.name) is not None
            if not jumps and is_steady(family, table.name, chain.name, rule, host):
                yield table.name, chain.name, rule
