"""Rules as packets of many ask them: conditions compiled, chains indexed, texts kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from iptsim.actions import Action, Jump, To, Translate
from iptsim.many.conditions import Condition
from iptsim.many.indexed import Index
from iptsim.model import Chain, Table
from iptsim.tracer.rules.ready import Library, Ready, rule_text
from iptsim.values import IntSet
from iptsim.worlds.outcome import Step

ANY = IntSet()
"""Stands for whatever single value a rule gives."""
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


@dataclass(slots=True, eq=False)
class QuickChain:
    """The rules of a chain, of which a packet asks those that it may match."""

    rules: tuple[QuickRule, ...]
    index: Index


@dataclass(slots=True, eq=False)
class QuickRules:
    """The rules of a library, each made ready when a packet first comes to its chain."""

    library: Library
    _chains: dict[tuple[str, str], QuickChain] = field(default_factory=dict)
    _shapes: dict[Hashable, int] = field(default_factory=dict)

    def chain(self, table: Table, chain: Chain) -> QuickChain:
        """The chain's rules."""
        key = (table.name, chain.name)
        found = self._chains.get(key)
        if found is None:
            rules = tuple(map(self._rule, self.library.chain(table, chain)))
            index = Index([rule.condition for rule in rules], range(len(rules)))
            found = self._chains[key] = QuickChain(rules=rules, index=index)
        return found

    def _rule(self, ready: Ready) -> QuickRule:
        shape = self._shapes.setdefault(_shape(ready), len(self._shapes))
        return QuickRule(ready=ready, condition=Condition.of(ready.condition), shape=shape)


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
        return replace(action, chain="")
    if isinstance(action, Translate) and is_certain(action):
        told = {"addresses": action.addresses, "ports": action.ports}
        return replace(action, **{n: None if held is None else ANY for n, held in told.items()})
    return action


def is_certain(action: Translate) -> bool:
    """Whether it gives one address, one port or both: nothing is left to choose."""
    ranges = (action.addresses, action.ports)
    told = [one for one in ranges if one is not None]
    plain = action.to is To.GIVEN and action.base is None and not action.random
    return plain and bool(told) and all(one.count == 1 for one in told)
