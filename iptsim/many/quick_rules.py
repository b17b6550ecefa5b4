"""Rules as packets of many ask them: conditions compiled, chains indexed, texts kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Sequence

from iptsim.actions import Action, Branch, Jump, To, Translate
from iptsim.dataclass import dataclass, field, replace
from iptsim.many.indexed import Index
from iptsim.many.quick_conditions import Condition, Test
from iptsim.many.ways import OWN
from iptsim.model import Chain, Table
from iptsim.packet import FIELDS
from iptsim.predicate import Fact, atoms
from iptsim.tracer.rules.ready import Library, Ready, rule_text
from iptsim.values import IntSet
from iptsim.worlds.outcome import Rewrite, Step

_TRACKED = frozenset(name for name in FIELDS if name.startswith(("ctorig", "ctrepl")))
"""The fields that connection tracking copies of others."""
MOST_NARROW = 20_000
"""Addresses for which the rules of a long chain are kept."""
ANY = IntSet()
"""Stands for whatever single value a rule gives."""
_JUMP, _GOTO = Jump(chain=""), Jump(chain="", goto=True)
_BEFORE, _AFTER = secrets.token_hex(8), secrets.token_hex(8)
Written = Callable[[Step], str]
"""A step as the text of its JSON."""


@dataclass(slots=True, eq=False)
class QuickRule:
    """A rule with its condition compiled.

    `shape` is equal for rules that do the same but for the chain they jump to, and for the single
    address and port that they translate to.
    """

    ready: Ready
    condition: Condition
    shape: int
    own: tuple[tuple[str, Test], ...] | None
    """Its tests of fields of `OWN`; None where it asks for such a field otherwise."""
    fields: frozenset[str]
    """All fields that it asks for."""
    _gaps: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    _texts: dict[tuple[str, str], str] = field(default_factory=dict)

    def step(self, hook: str, action: str) -> Step:
        """The step that a packet takes which matched it."""
        ready = self.ready
        return Step(
            hook=hook,
            table=ready.where.table,
            chain=ready.where.chain,
            rule=ready.number or None,
            place=ready.rule.place,
            text=rule_text(ready.rule, ready.where),
            action=action,
            target=ready.rule.target.name if ready.rule.target else "",
            untold=ready.label,
        )

    def text(self, hook: str, action: str, written: Written) -> str:
        """The step's text, made once."""
        key = (hook, action)
        if key not in self._texts:
            self._texts[key] = written(self.step(hook, action))
        return self._texts[key]

    def gaps(self, name: str, written: Callable[[Rewrite], str]) -> tuple[str, str, str]:
        """What stands around the values, before and after, of a rewrite of a field by the rule."""
        found = self._gaps.get(name)
        if found is None:
            where = self.ready.where
            entry = Rewrite(
                field=name, before=_BEFORE, after=_AFTER, table=where.table, chain=where.chain,
                rule=self.ready.number,
            )  # fmt: skip
            head, rest = written(entry).split(f'"{_BEFORE}"')
            middle, tail = rest.split(f'"{_AFTER}"')
            found = self._gaps[name] = (head, middle, tail)
        return found


@dataclass(slots=True, eq=False)
class QuickChain:
    """The rules of a chain, of which a packet asks those that it may match."""

    rules: tuple[QuickRule, ...]
    index: Index
    sorts: frozenset[str]
    """The fields by which the index sorts them."""


@dataclass(slots=True, eq=False)
class QuickRules:
    """The rules of a library, each made ready when a packet first comes to its chain."""

    library: Library
    _chains: dict[tuple[str, str], QuickChain] = field(default_factory=dict)
    _narrow: dict[tuple[str, str, int], QuickChain] = field(default_factory=dict)
    _shapes: dict[Hashable, int] = field(default_factory=dict)

    def chain(self, table: Table, chain: Chain, destination: int | None) -> QuickChain:
        """The chain's rules; of many perhaps those alone that packets to that address may match."""
        key = (table.name, chain.name)
        found = self._chains.get(key)
        if found is not None:
            return found
        if destination is None or not self.library.sorts(table, chain):
            return self._keep(key, self.library.chain(table, chain))
        narrow = (*key, destination)
        found = self._narrow.get(narrow)
        if found is None:
            if len(self._narrow) >= MOST_NARROW:
                self._narrow.clear()
            ready = self.library.facing(table, chain, frozenset((destination,)))
            found = self._narrow[narrow] = self._made(ready, frozenset(("dst",)))
        return found

    def _keep(self, key: tuple[str, str], ready: Sequence[Ready]) -> QuickChain:
        found = self._chains[key] = self._made(ready)
        return found

    def _made(self, ready: Sequence[Ready], sorts: frozenset[str] = frozenset()) -> QuickChain:
        rules = tuple(map(self._rule, ready))
        index = Index([rule.condition for rule in rules], range(len(rules)))
        return QuickChain(rules=rules, index=index, sorts=index.fields | sorts)

    def _rule(self, ready: Ready) -> QuickRule:
        shape = self._shapes.setdefault(_shape(ready), len(self._shapes))
        condition = Condition.of(ready.condition)
        fields = condition.fields | _branches(ready.actions[-1])
        own = _own(condition, fields)
        return QuickRule(ready=ready, condition=condition, shape=shape, own=own, fields=fields)


def _branches(action: Action) -> frozenset[str]:
    """The fields that hang together with which of its actions a rule does."""
    if not isinstance(action, Branch):
        return frozenset()
    asked = {atom.field for atom in atoms(action.when) if not isinstance(atom, Fact)}
    inner = (_branches(one) for one in (*action.then, *action.otherwise))
    return frozenset(asked).union(*inner)


def _own(condition: Condition, fields: frozenset[str]) -> tuple[tuple[str, Test], ...] | None:
    own = tuple([each for each in condition.tests if each[0] in OWN])
    if not condition.others and not condition.facts and fields is condition.fields:
        return None if fields & _TRACKED else own
    elsewhere = (*condition.others, *(fact for fact, _ in condition.facts))
    asked = {a.field for p in elsewhere for a in atoms(p) if not isinstance(a, Fact)}
    asked |= fields - condition.fields
    return None if asked & {*OWN, *_TRACKED} or fields & _TRACKED else own


def _shape(ready: Ready) -> Hashable:
    """What the rule does, without what is written into an answer as it is."""
    actions = tuple(map(_general, ready.actions))
    if actions == ready.actions and isinstance(ready.actions[-1], Translate):
        # What such a rule chooses goes by the rule's own text.
        return ("of its own", ready.where.table, ready.where.chain, ready.at)
    target = None if _is_general(ready) else ready.rule.target
    return (actions, target, ready.number == 0, ready.untold)


def _is_general(ready: Ready) -> bool:
    return isinstance(ready.actions[-1], Jump | Translate)


def _general(action: Action) -> Action:
    if isinstance(action, Jump):
        return _GOTO if action.goto else _JUMP
    if isinstance(action, Translate) and is_certain(action):
        given = (action.addresses, action.ports)
        addresses, ports = (None if held is None else ANY for held in given)
        return replace(action, addresses=addresses, ports=ports)
    return action


def is_certain(action: Translate) -> bool:
    """Whether it gives one address, one port or both: nothing is left to choose."""
    ranges = (action.addresses, action.ports)
    told = [one for one in ranges if one is not None]
    plain = action.to is To.GIVEN and action.base is None and not action.random
    return plain and bool(told) and all(one.count == 1 for one in told)
