"""Ruleset > Table > Chain > Rule: immutable, knows no text and no input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass, field
from iptsim.errors import Place
from iptsim.late_rules import LateRules
from iptsim.packet import HOOKS
from iptsim.rule_parts import (
    ANY_HEADER,
    UNREADABLE,
    Counters,
    Header,
    Match,
    Option,
    Target,
    Unread,
)
from iptsim.values import InterfacePattern

if TYPE_CHECKING:  # a trace through iptables' rules loads nothing of nftables
    from iptsim.leading_hooks import LeadingHooks
    from iptsim.nftables.nft_ruleset import NftHook, NftRule, NftRuleset, NftTable

__all__ = [
    "ANY_HEADER", "BUILTIN_CHAINS", "TABLES", "UNREADABLE", "VERDICTS", "Chain", "Counters", "Dump",
    "Header", "HostText", "Match", "Note", "Option", "Rule", "Ruleset", "Table", "Target", "Unread",
]  # fmt: skip

TABLES = ("raw", "mangle", "nat", "filter", "security")
BUILTIN_CHAINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "raw": ("PREROUTING", "OUTPUT"),
        "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
        "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
        "filter": ("INPUT", "FORWARD", "OUTPUT"),
        "security": ("INPUT", "FORWARD", "OUTPUT"),
    }
)
VERDICTS = ("ACCEPT", "DROP", "RETURN", "QUEUE")

_MANY = 64
"""Chains that lead to one, of which it is kept which these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Equality is of meaning: counters, place and what a text hid do not count.

    `hides` names what the text did not show: «interfaces», «counters», and options that no listing
    prints, as `--hashlimit-name`, or `! --quota` for an option's `!`. `address_names` are host
    names that the dumping host printed in place of an address ('src', 'dst' to the name), or an
    address of which the writer hid a part: the header then holds what shows of it.

    `number` is the one that a listing printed before the rule. With `unread` the text tells only
    in part what stands here: the header and matches are those that could be read (more may
    follow), and what it does is unknown.
    """

    header: Header = ANY_HEADER
    matches: tuple[Match, ...] = ()
    target: Target | None = None
    counters: Counters | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)
    hides: frozenset[str] = field(default=frozenset(), compare=False)
    address_names: tuple[tuple[str, str], ...] = ()
    number: int | None = field(default=None, compare=False)
    unread: Unread | None = None

    @property
    def nft(self) -> NftRule | None:
        """The rule of nftables that it is; None for one of iptables."""
        return None

    @property
    def aims(self) -> tuple[str, ...]:
        """The names that it has as targets: of a chain, a verdict, an extension."""
        return () if self.target is None else (self.target.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain; `policy` (ACCEPT or DROP) is None for a user chain.

    `references` is the number that a listing printed, None where the dump has no such number;
    `declared` is False where rules name the chain but no line of the dump declares it. `whole` is
    False where rules may stand anywhere between those of the text, which shows some of them only
    (`iptables-save | grep 8080`). `overlooked` is a policy that the text gives a user chain
    (`:FOO DROP`): it has no effect, and the older iptables refuses it.
    """

    name: str
    policy: str | None = None
    rules: Sequence[Rule] = ()
    counters: Counters | None = field(default=None, compare=False)
    references: int | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)
    declared: bool = field(default=True, compare=False)
    whole: bool = field(default=True, compare=False)
    overlooked: str | None = field(default=None, compare=False)

    @property
    def kinds(self) -> Sequence[Rule]:
        """Rules of each kind that the chain may have, values aside (`LateRules.kinds`)."""
        return self.rules.kinds if isinstance(self.rules, LateRules) else self.rules

    @property
    def aims(self) -> Sequence[str]:
        """The name of the target of each rule that has one, in their order."""
        if isinstance(self.rules, LateRules):
            return self.rules.aims
        return [name for rule in self.rules for name in rule.aims]

    @property
    def base(self) -> NftHook | None:
        """Where it hooks; None for a chain of iptables, and for one that others jump to."""
        return None

    @property
    def incoming(self) -> Iterable[InterfacePattern]:
        """The incoming interfaces that the rules ask for."""
        if isinstance(self.rules, LateRules):
            return self.rules.incoming
        return (rule.header.in_ for rule in self.rules if rule.header.in_ is not None)

    def rule(self, number: int) -> Rule | None:
        """The rule of that number, if the chain has one."""
        if isinstance(self.rules, LateRules):  # they are told whole, and numbered by their places
            return self.rules.at([number - 1])[0] if 0 < number <= len(self.rules) else None
        return next((rule for at, rule in self.numbered() if at == number), None)

    def numbered(self) -> Iterator[tuple[int, Rule]]:
        """Every rule with its number: the printed one, else counted on from the one before."""
        following = 1
        for rule in self.rules:
            number = rule.number or following
            yield number, rule
            count = rule.unread.count if rule.unread else None
            following = number + (count or 1)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of one family: its chains in the order of the dump.

    `nft` is whether it lives in nf_tables (True) or is one of the older kernel's own (False), which
    pass packets in another order; None where the dump does not tell. `fresh` is whether the text
    makes the table (restore input, commands) rather than show it: a built-in chain that it does not
    name is then taken to be empty. Of a table that is shown it is unknown. `saved` is whether it
    stands in a save, which holds every table that is on the host.
    """

    name: str
    chains: tuple[Chain, ...] = ()
    place: Place | None = field(default=None, compare=False)
    nft: bool | None = field(default=None, compare=False)
    fresh: bool = field(default=False, compare=False)
    saved: bool = field(default=False, compare=False)

    @property
    def nft_table(self) -> NftTable | None:
        """The table of nftables that it is; None for one of iptables."""
        return None

    @cached_property
    def is_whole(self) -> bool:
        """Whether no chain is shown in part."""
        return all(chain.whole for chain in self.chains)

    @property
    def based(self) -> tuple[Chain, ...]:
        """The base chains of a table of nftables."""
        return ()

    @property
    def builtin(self) -> tuple[str, ...]:
        """The chains that it has or may have to which packets come from a hook."""
        return BUILTIN_CHAINS.get(self.name, ())

    @cached_property
    def by_name(self) -> Mapping[str, Chain]:
        """The chains by name."""
        return MappingProxyType({chain.name: chain for chain in self.chains})

    @cached_property
    def callers(self) -> Mapping[str, frozenset[str]]:
        """For each name that rules of the table have as target, the chains that these stand in."""
        found: dict[str, set[str]] = {}
        for chain in self.chains:
            for name in set(chain.aims):
                found.setdefault(name, set()).add(chain.name)
        return MappingProxyType({name: frozenset(chains) for name, chains in found.items()})

    def leading_to(self, name: str) -> frozenset[str]:
        """The chains from which rules of the table lead to a chain, that chain among them."""
        found = self._led_by_many.get(name)
        if found is not None:
            return found
        waiting, been = [name], {name}
        while waiting:
            more = self.callers_of(waiting.pop()) - been
            been |= more
            waiting += sorted(more, reverse=True)  # the same looks in each run
        found = frozenset(been)
        if len(found) > _MANY:
            self._led_by_many[name] = found
        return found

    @cached_property
    def _led_by_many(self) -> dict[str, frozenset[str]]:
        return {}

    def callers_of(self, name: str) -> frozenset[str]:
        """The chains of which a rule has that target."""
        if self._late is None:
            return self.callers.get(name, frozenset())
        late, names, aims = self._late
        found = late.callers(name)
        own = {chain for chain, aimed in aims.items() if name in aimed}
        return found if not own and names.isdisjoint(found) else (found - names) | own

    @cached_property
    def _late(self) -> tuple[LateRules[Rule], frozenset[str], Mapping[str, frozenset[str]]] | None:
        """The late rules of one chain, if any are; of the other chains, what they aim at."""
        others = [chain for chain in self.chains if not isinstance(chain.rules, LateRules)]
        told = (chain.rules for chain in self.chains if isinstance(chain.rules, LateRules))
        late = next(told, None)
        names = frozenset(chain.name for chain in others)
        aims = {chain.name: frozenset(chain.aims) for chain in others if chain.rules}
        return None if late is None else (late, names, aims)

    def at(self, hook: str) -> tuple[Chain, ...]:
        """The chains to which packets come from a hook."""
        chain = self.by_name.get(hook)
        return () if chain is None else (chain,)

    def chain(self, name: str) -> Chain | None:
        """The chain of that name, or None where the dump has none."""
        return self.by_name.get(name)

    def hooks_of(self, name: str) -> AbstractSet[str]:
        """The hooks whose built-in chains lead to a chain; none where nothing does."""
        if self._leading is not None:
            return self._leading.of(name)
        return self.leading_to(name) & self.by_name.keys() & set(HOOKS)

    def hooks_by(self, caller: str, name: str) -> AbstractSet[str]:
        """As `hooks_of(name)`, of a chain to which a rule of `caller` leads."""
        return self.hooks_of(name) if self._leading is None else self._leading.by(caller, name)

    def leads_alike(self, hooks: AbstractSet[str], names: Iterable[str]) -> bool:
        """Whether chains have these hooks because one that leads to them has these, or will.

        False where only `hooks_by` tells.
        """
        return self._leading is not None and self._leading.alike(hooks, names)

    @cached_property
    def _leading(self) -> LeadingHooks | None:
        """Who tells hooks in less time; None where all rules were read."""
        if self._late is None:
            return None
        from iptsim.leading_hooks import LeadingHooks  # noqa: PLC0415  # large texts alone need it

        late, others, _aims = self._late
        return LeadingHooks(
            self.by_name,
            lambda name: [each for each in late.some_callers(name) if each not in others],
            self.leading_to,
        )

    @cached_property
    def kinds(self) -> Sequence[Rule]:
        """Rules of each kind that the table has, values aside (`LateRules.kinds`)."""
        kinds = {id(chain.kinds): chain.kinds for chain in self.chains}
        return [rule for each in kinds.values() for rule in each]


@dataclass(frozen=True, kw_only=True)
class Ruleset:
    """All tables of one family (4 or 6) of one host, as one or more dumps told them.

    `beside` names what the text says is on the host and does not hold: a table (`filter`: its
    chains are «incompatible»), or all that another back end has («legacy», «nft»). `only` names
    the one chain that is asked, as (table, chain); None: all that a packet meets. `nft` are the
    tables of nftables besides, of every family.
    """

    family: int = 4
    tables: tuple[Table, ...] = ()
    beside: tuple[str, ...] = ()
    only: tuple[str, str] | None = None
    nft: NftRuleset | None = None

    @property
    def width(self) -> int:
        """The width of an address of this family in bits."""
        return 32 if self.family == 4 else 128

    def table(self, name: str) -> Table | None:
        """The table of that name, or None where the dump has none."""
        return next((table for table in self.tables if table.name == name), None)

    @cached_property
    def incoming(self) -> tuple[InterfacePattern, ...]:
        """The incoming interfaces that rules ask for."""
        chains = (chain for table in self.tables for chain in table.chains)
        return tuple(dict.fromkeys(name for chain in chains for name in chain.incoming))

    @cached_property
    def hides_interfaces(self) -> bool:
        """Whether some rule comes from a listing without -v; any of its rules may ask for one."""
        return any("interfaces" in rule.hides for rule in self.kinds)

    @cached_property
    def match_names(self) -> frozenset[str]:
        """The matches that rules have."""
        return frozenset(match.name for rule in self.kinds for match in rule.matches)

    @property
    def kinds(self) -> Iterator[Rule]:
        """Rules of each kind that the tables have, values aside (`LateRules.kinds`)."""
        return (rule for table in self.tables for rule in table.kinds)

    def rules(self) -> Iterator[tuple[Table, Chain, int, Rule]]:
        """Every rule with its table, its chain and its number, counted from 1."""
        for table in self.tables:
            for chain in table.chains:
                for number, rule in chain.numbered():
                    yield table, chain, number, rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something a reader should know about a dump or an answer: a stable code and its facts."""

    code: str
    place: Place | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostText:
    """Lines of a text that tell of the host and not of its rules, as some program printed them.

    `kind` is one of addr, route, rule, sysctl, ipset, socket, time; `place` that of the first line.
    `whole` is False where more of the list may stand elsewhere; `labelled` is whether addresses
    without a label are not shown (ifconfig). `section` is that of `iptsim collect`.
    """

    kind: str
    text: str
    place: Place
    whole: bool = True
    labelled: bool = False
    section: str = ""


@dataclass(frozen=True, kw_only=True)
class Dump:
    """What was read: one rule set for each family that the texts hold, and notes on the reading.

    `host` are lines that tell of the host; `iptsim.netfilter.reading.pasted` reads them.
    """

    rulesets: tuple[Ruleset, ...]
    notes: tuple[Note, ...] = ()
    host: tuple[HostText, ...] = ()

    @property
    def nft(self) -> NftRuleset | None:
        """The tables of nftables; None where no text tells any."""
        return next((r.nft for r in self.rulesets if r.nft is not None), None)

    def family(self, family: int) -> Ruleset | None:
        """The rule set of IPv4 (4) or IPv6 (6)."""
        return next((r for r in self.rulesets if r.family == family), None)
