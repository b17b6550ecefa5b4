"""The tables of nftables as tables of the model, so that one walk goes through both kinds.

A table `nat` of family ip is called `ip nat`; one of family inet is a table of either family.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, partial
from itertools import compress
from operator import attrgetter, is_not

from iptsim.dataclass import dataclass, field, replace
from iptsim.model import Chain, Rule, Ruleset, Table
from iptsim.nftables.element_index import indexed
from iptsim.nftables.expressions import AnonymousSet, Ct, HeaderOption, Meta, SetReference
from iptsim.nftables.expressions import InterfaceName as Named
from iptsim.nftables.nft_ruleset import NftChain, NftHook, NftRule, NftRuleset, NftTable
from iptsim.nftables.nft_statements import (
    Assignment,
    Dup,
    DynamicSet,
    Log,
    Match,
    Meter,
    Statement,
    Verdict,
    VerdictMap,
)
from iptsim.packet import DEVICE_HOOKS, HOOKS
from iptsim.values import InterfacePattern

_WHOLE, _HOOK = attrgetter("whole"), attrgetter("hook")
_MANY = 1_000
"""Chains of a table, or elements of a set, from which on they are put in order at once."""
FAMILIES = {4: frozenset({"ip", "inet", "netdev"}), 6: frozenset({"ip6", "inet", "netdev"})}
"""The families of tables that packets of IPv4 and of IPv6 meet."""
IPTABLES = frozenset({"raw", "mangle", "nat", "filter", "security"})


@dataclass(frozen=True, kw_only=True)
class NativeRule(Rule):
    """A rule of nftables, and the table whose sets and maps it may name."""

    rule: NftRule
    home: NftTable = field(compare=False)

    @property
    def nft(self) -> NftRule | None:
        """See `Rule`."""
        return self.rule

    @cached_property
    def aims(self) -> tuple[str, ...]:
        """The chains that it may lead to."""
        return tuple(dict.fromkeys(_leads(self.rule.statements, self.home)))

    @cached_property
    def shape(self) -> Hashable:
        """What it has in common with rules of other values (`shape_of`)."""
        from iptsim.nftables.rule_shapes import shape_of  # noqa: PLC0415  # no trace asks for it

        return shape_of(self.rule, self.home.chain_of)


@dataclass(frozen=True, kw_only=True)
class NativeChain(Chain):
    """A chain of nftables; a base chain has a hook."""

    hook: NftHook | None = None

    @property
    def base(self) -> NftHook | None:
        """See `Chain`."""
        return self.hook

    @property
    def incoming(self) -> Iterable[InterfacePattern]:
        """See `Chain`."""
        rules = (rule.nft for rule in self.rules)
        return (name for rule in rules if rule is not None for name in _incoming(rule))


@dataclass(frozen=True, kw_only=True)
class NativeTable(Table):
    """A table of nftables."""

    home: NftTable

    @property
    def nft_table(self) -> NftTable | None:
        """See `Table`."""
        return self.home

    @property
    def builtin(self) -> tuple[str, ...]:
        """See `Table`."""
        return tuple(chain.name for chain in self.based)

    @cached_property
    def based(self) -> tuple[Chain, ...]:
        """See `Table`."""
        hooks = map(_HOOK, self.chains)  # at C's speed: there may be tens of thousands
        return tuple(compress(self.chains, map(partial(is_not, None), hooks)))

    @cached_property
    def kinds(self) -> Sequence[Rule]:
        """See `Table`: none of iptables' is among them, so that none has to be read."""
        return ()

    @cached_property
    def is_whole(self) -> bool:
        """Whether no chain is shown in part."""
        return False not in map(_WHOLE, self.chains)

    def put_in_order(self) -> None:
        """Have at hand what each trace asks of all chains; where they are many, that takes long."""
        _ = self.by_name, self.based, self.is_whole, self.home.chain_of

    def at(self, hook: str) -> tuple[Chain, ...]:
        """See `Table`."""
        return tuple(c for c in self.based if c.base is not None and c.base.hook.upper() == hook)

    def hooks_of(self, name: str) -> AbstractSet[str]:
        """See `Table`; found where somebody asks, since all rules have to be read for it."""
        return _LateHooks(self, name)

    def leading_hooks(self, name: str) -> frozenset[str]:
        """The hooks from whose base chains rules lead to a chain."""
        leading = (self.by_name[each] for each in self.leading_to(name) if each in self.by_name)
        hooks = (chain.base.hook.upper() for chain in leading if chain.base is not None)
        return frozenset(hooks) & {*HOOKS, *DEVICE_HOOKS}


class _LateHooks(AbstractSet[str]):
    """The hooks that lead to a chain of a table."""

    def __init__(self, table: NativeTable, chain: str) -> None:
        self._table, self._chain = table, chain

    @cached_property
    def _hooks(self) -> frozenset[str]:
        return self._table.leading_hooks(self._chain)

    def __contains__(self, hook: object) -> bool:
        return hook in self._hooks

    def __iter__(self) -> Iterator[str]:
        return iter(self._hooks)

    def __len__(self) -> int:
        return len(self._hooks)

    def __hash__(self) -> int:
        return hash(self._hooks)


def with_native(ruleset: Ruleset) -> Ruleset:
    """The rule set with its tables of nftables among the others; itself where it has none."""
    if ruleset.nft is None:
        return ruleset
    known = {table.name for table in ruleset.tables}
    twins = {table.name for table in ruleset.tables if table.nft is not False}
    more = [t for t in tables_of(ruleset.nft, ruleset.family, twins) if t.name not in known]
    return replace(ruleset, tables=(*ruleset.tables, *more)) if more else ruleset


def tables_of(nft: NftRuleset, family: int, iptables: Iterable[str] = ()) -> Iterator[NativeTable]:
    """The tables that packets of the family meet, in the order of the text.

    Not those that are off, nor those that iptables-nft wrote and that are in `iptables`.
    """
    others = frozenset(iptables)
    for table in nft.tables:
        if table.family in FAMILIES[family] and not is_twin(table, others):
            yield native_table(table)


def passed_over(ruleset: Ruleset) -> tuple[str, ...]:
    """The base chains that only what crosses a bridge meets: no packet that comes by IP."""
    tables = () if ruleset.nft is None else ruleset.nft.tables
    return tuple(
        f"{table.family} {table.name} {chain.name}"
        for table in tables
        if table.family in ("bridge", "arp") and "dormant" not in table.flags
        for chain in table.chains
        if chain.hook is not None
    )


def flowtables(ruleset: Ruleset) -> tuple[str, ...]:
    """The flowtables whose connections pass by the rules that packets of the family meet."""
    homes = (table.nft_table for table in ruleset.tables)
    return tuple(
        f"{home.family} {home.name} {each.name}"
        for home in homes
        if home is not None and "dormant" not in home.flags
        for each in home.flowtables
    )


def dormant(ruleset: Ruleset) -> tuple[str, ...]:
    """The tables that packets of the family would meet, were they not switched off."""
    tables = (table for table in ruleset.tables if table.nft_table is not None)
    return tuple(t.name for t in tables if t.nft_table and "dormant" in t.nft_table.flags)


def is_twin(table: NftTable, iptables: frozenset[str]) -> bool:
    """Whether it is a table of iptables-nft that the text tells as such, too."""
    named = table.family in ("ip", "ip6") and table.name in IPTABLES & iptables
    bases = [chain for chain in table.chains if chain.hook is not None]
    return named and all(c.hook is not None and c.hook.hook.upper() == c.name for c in bases)


def native_table(table: NftTable) -> NativeTable:
    """A table of nftables as one of the model, in order: its first trace waits for nothing."""
    found = NativeTable(
        name=f"{table.family} {table.name}",
        chains=tuple(_chain(chain, table) for chain in table.chains),
        place=table.place,
        nft=True,
        fresh=table.fresh,
        home=table,
    )
    if len(found.chains) > _MANY:
        found.put_in_order()
    for one in table.sets:
        if one.elements is not None and len(one.elements) > _MANY:
            table.indexes.setdefault(one.name, indexed(one.elements))
    return found


def _chain(chain: NftChain, table: NftTable) -> NativeChain:
    return NativeChain(
        name=chain.name,
        policy=None if chain.hook is None else chain.hook.policy.upper(),
        rules=tuple(NativeRule(rule=r, home=table, place=r.place) for r in chain.rules),
        place=chain.place,
        whole=chain.whole,
        hook=chain.hook,
    )


def done_besides(rule: NftRule) -> str:
    """What iptables would call what a rule does that no action on the packet tells; else ''."""
    return next(filter(None, map(_named, rule.statements)), "")


def _named(one: Statement) -> str:
    match one:
        case Log():
            return "LOG"
        case Dup():
            return "TEE"
        case DynamicSet() | Meter():
            return "SET"
        case Assignment(target=HeaderOption(option="maxseg")):
            return "TCPMSS"
        case Assignment(target=Meta(key=key)):
            return {"priority": "CLASSIFY", "nftrace": "TRACE"}.get(key, "")
        case Assignment(target=Ct()):
            return "CT"
        case _:
            return ""


def _leads(statements: Iterable[Statement], table: NftTable) -> Iterator[str]:
    for one in statements:
        if isinstance(one, Verdict) and one.chain is not None:
            yield one.chain
        elif isinstance(one, VerdictMap):
            yield from _map_leads(one.map, table)


def _map_leads(held: AnonymousSet | SetReference, table: NftTable) -> Iterator[str]:
    if isinstance(held, SetReference):
        known = table.set_of.get(held.name)
        elements = () if known is None else known.elements or ()
    else:
        elements = held.elements
    for element in elements:
        if isinstance(element.value, Verdict) and element.value.chain is not None:
            yield element.value.chain


def _incoming(rule: NftRule) -> Iterator[InterfacePattern]:
    for one in rule.statements:
        if isinstance(one, Match) and one.left in (Meta(key="iifname"), Meta(key="iif")):
            yield from _patterns(one.right)


def _patterns(value: object) -> Iterator[InterfacePattern]:
    if isinstance(value, Named):
        yield InterfacePattern(text=f"{value.name}{'+' if value.wildcard else ''}")
    elif isinstance(value, AnonymousSet):
        for element in value.elements:
            yield from _patterns(element.key)
