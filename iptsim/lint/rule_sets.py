"""The conditions of a table's rules as packet sets, and the packets that its hooks begin with.

Every table is looked at by itself, with every packet open that its hooks can be asked about. So
nothing is presumed: neither addresses nor what other tables do, and what is proved here holds for
every host. What rules of the table itself rewrite, what changes with each look and what nobody has
modelled is an unknown of each rule's own: it may hold or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim import codes
from iptsim.actions import (
    Action,
    Add,
    Branch,
    Cases,
    CopyBits,
    Forget,
    SetBits,
    Template,
    Touch,
    Untrack,
    ways_of,
)
from iptsim.dataclass import dataclass, field, replace
from iptsim.extensions.any_target import ANY_STATE
from iptsim.model import Chain, Ruleset, Table
from iptsim.packet import FIELDS
from iptsim.predicate import (
    And,
    Fact,
    Interface,
    Not,
    OneOf,
    Or,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.walk.engine import Engine, read_by
from iptsim.tracer.rules.ready import Library, Ready, hidden_name
from iptsim.values import InterfacePattern
from iptsim.worlds.domains import domain_of

_COUNTING = frozenset({"recent", "connlimit"})
"""Matches by which the packets of a rule change what later packets meet."""
_NFT = Fact(key="the tables are of nf_tables", code="")
_CONNECTION = (*(name for name in FIELDS if name.startswith("ct")), "connmark")
_NONE = InterfacePattern(text="")
_ARRIVES, _LEAVES = frozenset({"PREROUTING", "INPUT"}), frozenset({"OUTPUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A rule and the packets that it asks for.

    `own` is its condition on a packet as it comes to the rule, `held` that on the packet as it
    came to the table, where unknowns may hold or not. `fresh` are the variables of what the next
    look may answer otherwise. `clean` is whether asking the rule changes nothing and its condition
    is exact.
    """

    ready: Ready
    own: Any
    held: Any
    fresh: frozenset[int]
    clean: bool


@dataclass(slots=True, kw_only=True)
class Sets:
    """The rules of one table as packet sets."""

    ruleset: Ruleset
    table: Table
    universe: Universe
    library: Library
    legacy: Library | None
    rewritten: frozenset[str] = frozenset()
    base: Any = None
    _asks: dict[str, tuple[Ask, ...]] = field(default_factory=dict)

    def asks(self, chain: Chain) -> tuple[Ask, ...]:
        """The rules of a chain."""
        if chain.name not in self._asks:
            rules = self.library.chain(self.table, chain)
            self._asks[chain.name] = tuple(map(self._ask, rules, self._others(chain)))
        return self._asks[chain.name]

    def _others(self, chain: Chain) -> Iterable[Predicate | None]:
        """What the rules would mean in the older kernel's own tables, where nobody tells."""
        if self.legacy is None or self.table.nft is not None:
            return (None for _rule in chain.rules)
        table = self.legacy.ruleset.table(self.table.name)
        assert table is not None
        return (ready.condition for ready in self.legacy.chain(table, chain))

    def _ask(self, ready: Ready, other: Predicate | None) -> Ask:
        condition = _with_hidden(ready, ready.condition)
        if other is not None and other != ready.condition:
            older = all_of((negate(_NFT), _with_hidden(ready, other)))
            condition = any_of((all_of((_NFT, condition)), older))
        opened = _Opening(ready=ready, rewritten=self.rewritten)
        loose = opened.of(condition)
        held = self.universe.of(loose)
        fresh = {n for f in opened.made for n in self.universe.blocks[f"fact {f.key}"].numbers}
        counts = any(match.name in _COUNTING for match in ready.rule.matches)
        return Ask(
            ready=ready,
            own=self.universe.of(_expanded(condition)),
            held=held,
            fresh=frozenset(fresh),
            clean=not opened.made and not counts,
        )

    def start(self, hook: str) -> Any:
        """Every packet that a built-in chain may be asked about."""
        held = self.base
        arrives = Interface(field="in", pattern=_NONE)
        leaves = Interface(field="out", pattern=_NONE)
        if hook in _ARRIVES | {"FORWARD"}:
            held &= ~self.universe.of(arrives)
        if hook in _LEAVES:
            held &= self.universe.of(arrives)
        if hook in _ARRIVES:
            held &= self.universe.of(leaves)
        else:
            held &= ~self.universe.of(leaves)
        if self.table.name == "nat" and "ctstate" in self.universe.blocks:
            # Other packets go as their connection does (nf_nat_core.c, nf_nat_inet_fn).
            held &= self.universe.of(OneOf(field="ctstate", names=frozenset({"NEW", "RELATED"})))
        return held


def sets_of(engine: Engine, table: Table) -> Sets:
    """The sets of a table of the engine's first rule set; the second has the older tables."""
    library, *more = engine.libraries
    found = Sets(
        ruleset=library.ruleset,
        table=table,
        universe=engine.universe,
        library=library,
        legacy=more[0] if more else None,
    )
    _declare(engine)
    found.rewritten = frozenset(_rewritten(found))
    found.base = _base(engine.universe, library.ruleset.family)
    return found


def _declare(engine: Engine) -> None:
    family = engine.libraries[0].ruleset.family
    fields = dict.fromkeys(engine.universe.order)
    for library in engine.libraries:
        fields |= dict.fromkeys(read_by(library))
    for name in fields:
        engine.universe.declare(name, domain_of(name, family))


def _base(universe: Universe, family: int) -> Any:
    held: Any = universe.manager.true
    for name in universe.blocks:
        if name in FIELDS:
            held &= universe.within(name, domain_of(name, family))
    return held


def _with_hidden(ready: Ready, condition: Predicate) -> Predicate:
    """The last rule of a listed chain may be limited to an interface as well.

    That is no matter to the packet's way through the chain, but to what goes on after it.
    """
    if ready.hidden is not None or "interfaces" not in ready.rule.hides:
        return condition
    name = hidden_name(ready.rule, ready.where)
    return all_of((condition, negate(Fact(key=f"{name} is limited", code=codes.HIDDEN_INTERFACE))))


def _rewritten(sets: Sets) -> Iterator[str]:
    for chain in sets.table.chains:
        for ready in sets.library.chain(sets.table, chain):
            yield from rewrites(ready.actions)


def rewrites(actions: tuple[Action, ...]) -> Iterator[str]:
    """The fields and the state that actions may change, before the table ends."""
    for action in actions:
        match action:
            case SetBits(field=name) | Add(field=name) | Forget(field=name) | Touch(name=name):
                yield name
            case CopyBits(to=name):
                yield name
            case Untrack() | Template():
                yield from _CONNECTION
            case Branch() | Cases():
                yield from (name for way in ways_of(action) for name in rewrites(way))


@dataclass(slots=True, kw_only=True)
class _Opening:
    """Puts an unknown of the rule's own in place of whatever may have changed on the way."""

    ready: Ready
    rewritten: frozenset[str]
    made: list[Fact] = field(default_factory=list)

    def of(self, predicate: Predicate) -> Predicate:
        match predicate:
            case Not(part=part):
                return Not(part=self.of(part))
            case And(parts=parts) | Or(parts=parts):
                return replace(predicate, parts=tuple(map(self.of, parts)))
            case Fact():
                return self._fact(predicate)
            case _:
                return self._made() if predicate.field in self.rewritten else predicate

    def _fact(self, fact: Fact) -> Predicate:
        if fact.told is not None and self.rewritten.isdisjoint((*fact.until, ANY_STATE)):
            return self.of(fact.told)
        read = not self.rewritten.isdisjoint(fact.reads)
        touched = read or ("*" in fact.reads and bool(self.rewritten))
        changes = fact.each_time or fact.code == codes.UNKNOWN_MATCH
        return self._made() if touched or changes else _plain(fact)

    def _made(self) -> Fact:
        where = self.ready.where
        key = f"lint: {where.table} {where.chain} {self.ready.number}, {len(self.made)}"
        self.made.append(Fact(key=key))
        return self.made[-1]


def _plain(fact: Fact) -> Fact:
    return fact if fact.told is None else replace(fact, told=None, until=())


def _expanded(predicate: Predicate) -> Predicate:
    """With what is told of facts in place of them."""
    match predicate:
        case Not(part=part):
            return Not(part=_expanded(part))
        case And(parts=parts) | Or(parts=parts):
            return replace(predicate, parts=tuple(map(_expanded, parts)))
        case Fact(told=told) if told is not None:
            return _expanded(told)
        case _:
            return predicate
