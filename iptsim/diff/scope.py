"""What a change can touch: from which hooks it is reached, and which packets it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim.actions import (
    Action,
    Add,
    Branch,
    Cases,
    CopyBits,
    Deliver,
    Forget,
    SetBits,
    To,
    Translate,
    Untrack,
    ways_of,
)
from iptsim.dataclass import dataclass, field
from iptsim.diff.difference import Change, Kind
from iptsim.extensions.any_target import ROOTS
from iptsim.extensions.arming import armed_otherwise
from iptsim.extensions.lowering import condition
from iptsim.extensions.spec import Context
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Rule, Ruleset, Table, Target
from iptsim.native_tables import NativeRule
from iptsim.netfilter.hooks import NAT, NAT_AT, TABLES_AT, stops
from iptsim.nftables.nft_statements import Queue
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    And,
    Fact,
    Not,
    Or,
    Predicate,
    all_of,
    any_of,
    atoms,
    negate,
)
from iptsim.tracer.rules.missing import Spot, done, leading_to
from iptsim.verdict_rows import leading_rules

# The built-in chains that a packet can come to from a hook: by lo it comes back in, and a
# translation at PREROUTING may send it on to another host (net/ipv4/netfilter.c, loopback.c).
# Before and behind them are chains at devices.
CHAINS_FROM = {
    "PREROUTING": ("INGRESS", "PREROUTING", "INPUT", "FORWARD", "POSTROUTING", "EGRESS"),
    "FORWARD": ("FORWARD", "POSTROUTING", "EGRESS"),
    "OUTPUT": ("OUTPUT", "POSTROUTING", "EGRESS", "INGRESS", "PREROUTING", "INPUT"),
}
# Fields that routing and the way through lo change under a packet.
_MOVING = {
    "PREROUTING": frozenset({"out", "dst_type", "ttl"}),
    "FORWARD": frozenset({"out", "dst_type"}),
    "OUTPUT": frozenset({"in", "out", "dst_type", "src_type", "socket", "pkttype"}),
}
# What tracking and routing tell of a packet only on its way (iptsim.tracer.host.arrival).
_LATER = frozenset({"connmark", "socket", "pkttype", "src_type", "dst_type", "eui64", "ethernet"})
_TRANSLATED = frozenset({"src", "dst", "sport", "dport"})
# No field: that a rule sent the packet to this host, whoever it was for.
_TO_HOST = "to this host"


Position = tuple[str, str, str]
"""A hook, a table, and its chain that hooks there: where a packet is on its way."""


@dataclass(slots=True, kw_only=True)
class Scope:
    """Which packets a change can touch that start at a hook.

    Conditions are about the packet as it starts: a field that may have been rewritten by the time a
    rule is asked is left out of them. `only` is whether the first hook alone counts, and INPUT
    where a rule there sends packets to this host. `known` has what rules rewrite at a position,
    which the scopes of several hooks may share.
    """

    sides: tuple[Ruleset, Ruleset]
    hook: str
    only: bool = False
    known: dict[Position, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    _loose: dict[Position, frozenset[str]] = field(default_factory=dict)
    _reach: dict[tuple[Position, str], Predicate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._loose = dict(self._unsteady())

    def _leading(self, name: str, to: str) -> Iterator[tuple[str, Rule]]:
        """The rules of a table, with their chains, that lead to a chain of it."""
        for side in self.sides:
            table = side.table(name)
            for chain in () if table is None else _callers(table, to):
                for rule in chain.rules:
                    if table is not None and to in leading_to(rule, table):
                        yield from ((chain.name, each) for each in leading_rules(rule, to))

    def touched(self, changes: Iterable[Change]) -> Predicate:
        """A condition that every packet fits whose way one of the changes can alter."""
        if armed_otherwise(*self.sides):
            return ALWAYS
        parts: dict[Predicate, None] = {}
        for change in changes:
            for position in self._loose:
                if position[1] == change.table:
                    parts |= dict.fromkeys(self._of_change(change, position))
        return any_of(parts)

    def _of_change(self, change: Change, position: Position) -> Iterator[Predicate]:
        reach = self._reached(position, change.chain)
        if reach == NEVER:
            return
        if change.kind in (Kind.POLICY_CHANGED, Kind.CHAIN_ADDED, Kind.CHAIN_REMOVED):
            # A jump that stays while its target comes or goes has changed, too.
            yield reach
        for at in (change.before, change.after):
            if at is not None:
                yield all_of((reach, self._asks(at.rule, change.chain, position)))

    def _reached(self, position: Position, chain: str) -> Predicate:
        """What a packet fits that comes to a chain there."""
        if chain == self._begins(position):
            return ALWAYS
        key = (position, chain)
        if key not in self._reach:
            # A chain that leads to itself is of no concern here: the walk refuses it.
            self._reach[key] = NEVER
            self._reach[key] = any_of(
                all_of((self._asks(rule, caller, position), self._reached(position, caller)))
                for caller, rule in self._leading(position[1], chain)
            )
        return self._reach[key]

    def _begins(self, position: Position) -> str:
        """The chain that packets enter there."""
        asked = (side.only[1] for side in self.sides if side.only is not None)
        return next(asked, position[2])

    def _asks(self, rule: Rule, chain: str, position: Position) -> Predicate:
        where = Context(family=self.sides[0].family, table=position[1], chain=chain)
        return loosened(condition(rule, where), self._loose[position])

    def _unsteady(self) -> Iterator[tuple[Position, frozenset[str]]]:
        """Each position, and what may hold something else there than when the packet started."""
        if (asked := self.sides[0].only) is not None:
            alone = (self.hook, *asked)
            yield alone, self._rewritten(alone)[1]
            return
        loose = _MOVING[self.hook]
        for hook in CHAINS_FROM[self.hook]:
            sent = hook == "INPUT" and _TO_HOST in loose
            if self.only and hook not in ("INGRESS", self.hook) and not sent:
                continue
            here = [at for at in self._positions(hook) if self._asked(at)]
            places = self._places(hook)
            for position in here:
                seen = self._rewritten(position)[1]
                yield position, loose.union(seen, *self._before(position, here, places))
            loose = loose.union(*(self._rewritten(position)[0] for position in here))

    def _before(
        self, position: Position, here: list[Position], places: Mapping[Position, list[int]]
    ) -> Iterator[frozenset[str]]:
        """What those may have rewritten that may be asked before it; of nat one alone translates.

        At INPUT the order of iptables' nat is the build's.
        """
        own = places.get(position, [0])
        for other in here:
            if other != position and (
                position[0] == "INPUT" or min(places.get(other, [0])) <= max(own)
            ):
                both_nat = NAT_AT.get(position[0]) in own and places.get(other) == own
                yield self._rewritten(other)[1 if both_nat else 0]

    def _places(self, hook: str) -> Mapping[Position, list[int]]:
        """The priorities of the chains at a hook, on either side."""
        found: dict[Position, list[int]] = {}
        for side in self.sides:
            for stop in stops(side, hook, nft=True):
                for entry in stop.entries:
                    chain = hook if entry.chain is None else entry.chain.name
                    found.setdefault((hook, entry.table.name, chain), []).append(stop.priority)
        return {position: sorted(set(places)) for position, places in found.items()}

    def _positions(self, hook: str) -> list[Position]:
        """The places of a hook, those of iptables in the kernel's order."""
        own = [(hook, name, hook) for name in TABLES_AT.get(hook, ())]
        native = (t for side in self.sides for t in side.tables if t.nft_table is not None)
        more = ((hook, table.name, chain.name) for table in native for chain in table.at(hook))
        return [*own, *dict.fromkeys(more)]

    def _asked(self, position: Position) -> bool:
        """By lo a packet comes back with its translation settled, unless a queue unsettled it."""
        hook, name, _chain = position
        tables = [table for side in self.sides if (table := side.table(name)) is not None]
        if not any(table.at(hook) for table in tables):
            return False
        back = self.hook == "OUTPUT" and hook in ("PREROUTING", "INPUT")
        return not (back and _is_nat(position, tables)) or any(map(_queues, tables))

    def _rewritten(self, position: Position) -> tuple[frozenset[str], frozenset[str]]:
        """What rules rewrite there, and what of it later rules there may see.

        A translation ends the table, so no rule of it sees that.
        """
        if position not in self.known:
            found = list(self._actions(position))
            staying = tuple(action for action in found if not isinstance(action, Translate))
            self.known[position] = _all_rewritten(tuple(found)), _all_rewritten(staying)
        return self.known[position]

    def _actions(self, position: Position) -> Iterator[Action]:
        for side in self.sides:
            table = side.table(position[1])
            if table is not None:
                for chain, rule in _telling(table, self._begins(position)):
                    where = Context(family=side.family, table=table.name, chain=chain)
                    spot = Spot(number=0, where=where, table=table)
                    yield from _leaves(done(rule, spot))


def _is_nat(position: Position, tables: Iterable[Table]) -> bool:
    """Whether chains of type nat are at a place, on either side, and no others."""
    hook, name, chain = position
    bases = [each.base for t in tables for each in t.at(hook) if each.name == chain and each.base]
    return all(base.type == NAT for base in bases) if bases else name == NAT


def _queues(table: Table) -> bool:
    if table.nft_table is None:
        return "NFQUEUE" in table.callers
    rules = (rule.nft for chain in table.chains for rule in chain.rules)
    return any(isinstance(one, Queue) for rule in rules if rule for one in rule.statements)


def _leaves(found: Iterable[Action]) -> Iterator[Action]:
    for action in found:
        ways = ways_of(action)
        for way in ways:
            yield from _leaves(way)
        if not ways:
            yield action


def _callers(table: Table, to: str) -> Iterator[Chain]:
    """The chains of which a rule may lead to one; to what is missing any that is no late one."""
    if to == ROOTS:
        yield from (chain for chain in table.chains if not isinstance(chain.rules, LateRules))
        return
    yield from (table.by_name[name] for name in sorted(table.callers.get(to, ())))


def _telling(table: Table, built_in: str) -> Iterator[tuple[str, Rule]]:
    """The rules, with their chains, that packets can come to from a built-in chain.

    Of those that stand in a text one of each kind that has such a target: what a rule rewrites,
    values aside, is what its target says. Of nftables' one of each shape.
    """
    late: dict[int, tuple[Chain, set[str]]] = {}
    seen: set[object] = set()
    for chain in _reached(table, built_in):
        if table.nft_table is not None:
            yield from ((chain.name, rule) for rule in _unlike(chain, seen))
        elif isinstance(chain.rules, LateRules):
            late.setdefault(id(chain.kinds), (chain, set()))[1].update(chain.aims)
        else:
            yield from ((chain.name, rule) for rule in chain.rules)
    for chain, aims in late.values():
        for rule in chain.kinds:
            if rule.target is not None and rule.target.name in aims:
                yield chain.name, rule


def _unlike(chain: Chain, seen: set[object]) -> Iterator[Rule]:
    """The rules of a chain of nftables of which none of that shape was seen."""
    for rule in chain.rules:
        shape = rule.shape if isinstance(rule, NativeRule) else id(rule)
        if shape not in seen:
            seen.add(shape)
            yield rule


def _reached(table: Table, built_in: str) -> Iterator[Chain]:
    """The chains that packets can come to from a built-in chain."""
    waiting = [built_in] if table.chain(built_in) is not None else []
    been = set(waiting)
    while waiting:
        chain = table.by_name[waiting.pop()]
        yield chain
        more = {name for rule in _leading_on(chain) for name in leading_to(rule, table)} - been
        been |= more
        waiting += more


def _leading_on(chain: Chain) -> Iterable[Rule]:
    """Rules that lead wherever those of the chain do."""
    if not isinstance(chain.rules, LateRules):
        return chain.rules
    return [Rule(target=Target(name=name)) for name in set(chain.aims)]


def _all_rewritten(found: tuple[Action, ...]) -> frozenset[str]:
    return frozenset().union(*map(_rewritten, found))


def _rewritten(action: Action) -> frozenset[str]:
    match action:
        case Branch() | Cases():
            return _all_rewritten(tuple(each for way in ways_of(action) for each in way))
        case SetBits(field=name) | Add(field=name) | Forget(field=name) | CopyBits(to=name):
            return frozenset({name})
        case Translate(to=to):
            return _TRANSLATED | {_TO_HOST} if to is To.INCOMING else _TRANSLATED
        case Deliver():
            return frozenset({_TO_HOST})
        case Untrack():
            return frozenset({"ctstate"})
        case _:
            return frozenset()


def loosened(predicate: Predicate, loose: frozenset[str]) -> Predicate:
    """The condition without what it asks of `loose` fields and facts: true at least as often."""
    if isinstance(predicate, And):
        return all_of(loosened(part, loose) for part in predicate.parts)
    if isinstance(predicate, Or):
        return any_of(loosened(part, loose) for part in predicate.parts)
    if isinstance(predicate, Not) and isinstance(predicate.part, And | Or):
        parts = (loosened(negate(part), loose) for part in predicate.part.parts)
        return any_of(parts) if isinstance(predicate.part, And) else all_of(parts)
    atom = next(atoms(predicate))
    return ALWAYS if isinstance(atom, Fact) or _later(atom.field, loose) else predicate


def _later(field: str, loose: frozenset[str]) -> bool:
    return field in loose or field in _LATER or field.startswith("ct")
