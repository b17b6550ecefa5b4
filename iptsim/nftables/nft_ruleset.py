"""Tables, chains, rules, sets and objects of nftables: immutable, knows no text and no input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from iptsim.dataclass import dataclass, field
from iptsim.errors import Place
from iptsim.nftables.element_index import Indexed
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import Expression
from iptsim.nftables.nft_statements import Statement

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")


@dataclass(frozen=True, slots=True, kw_only=True)
class NftRule:
    """One rule. `text` is how it stands in the dump, without its handle."""

    statements: tuple[Statement, ...]
    comment: str | None = None
    handle: int | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NftHook:
    """What makes a base chain: where it hooks, and what happens to packets at its end.

    `type` is filter, nat or route; `hook` as nft spells it (prerouting … ingress, egress).
    `priority` is the number, `priority_text` how it was written (`dstnat - 10`). `policy` is accept
    or drop; accept where the text does not say it.
    """

    type: str
    hook: str
    priority: int
    priority_text: str = field(default="", compare=False)
    policy: str = "accept"
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NftChain:
    """A chain: a base chain where `hook` is told, else one that others jump to.

    `whole` is False where the text may show only some of its rules. The chain of a `jump { … }`,
    which has no name in a text, is `__chain1`, `__chain2` and so on.
    """

    name: str
    hook: NftHook | None = None
    rules: Sequence[NftRule] = ()
    comment: str | None = None
    handle: int | None = field(default=None, compare=False)
    whole: bool = field(default=True, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NftSet:
    """A named set, or with `value_type` a map; `verdict` is the value type of verdict maps.

    `key_type` has a name for each part of the key (`ipv4_addr`, `inet_service`; `` where a `typeof`
    tells none that is known); `typeof` the expressions of a `typeof` line. `value_type` alike; an
    object map has `counter`, `quota`… there. `elements` is None where the text leaves them out
    (-t). `timeout` and `gc_interval` are milliseconds. `unread` are elements and lines of it that
    nobody can read: what is not found among the elements may be there.
    """

    name: str
    key_type: tuple[str, ...]
    value_type: tuple[str, ...] | None = None
    typeof: tuple[Expression, ...] = field(default=(), compare=False)
    typeof_value: tuple[Expression, ...] = field(default=(), compare=False)
    flags: frozenset[str] = frozenset()
    elements: Sequence[Element] | None = ()
    timeout: int | None = None
    gc_interval: int | None = None
    size: int | None = None
    policy: str | None = None
    auto_merge: bool = False
    statements: tuple[Statement, ...] = ()
    comment: str | None = None
    unread: tuple[str, ...] = ()
    handle: int | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)

    @property
    def is_map(self) -> bool:
        """Whether its elements have values."""
        return self.value_type is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class NftObject:
    """A stateful object: counter, quota, limit, `ct helper`, `ct timeout`, secmark and more.

    `statement` is what a rule that names a counter, quota, limit or synproxy does; `body` the lines
    of the others.
    """

    kind: str
    name: str
    statement: Statement | None = None
    body: tuple[str, ...] = ()
    comment: str | None = None
    handle: int | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NftFlowtable:
    """A flowtable: flows that pass without rules once `flow add` has put them there."""

    name: str
    hook: str = "ingress"
    priority: int = 0
    priority_text: str = field(default="", compare=False)
    devices: tuple[str, ...] = ()
    flags: frozenset[str] = frozenset()
    counter: bool = False
    handle: int | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class NftTable:
    """A table of one family. `flags` are dormant, owner, persist.

    `xtables` is why iptables-nft must have written it (a sign, as `xt target "CT"`), None for a
    native table: what nft lists of it is not what it does. `unread` are lines of the table that
    nobody can read, and what they may hold is unknown. `fresh` is whether commands made it.
    """

    family: str
    name: str
    flags: frozenset[str] = frozenset()
    comment: str | None = None
    chains: tuple[NftChain, ...] = ()
    sets: tuple[NftSet, ...] = ()
    objects: tuple[NftObject, ...] = ()
    flowtables: tuple[NftFlowtable, ...] = ()
    xtables: str | None = field(default=None, compare=False)
    unread: tuple[str, ...] = ()
    fresh: bool = field(default=False, compare=False)
    handle: int | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)

    @cached_property
    def chain_of(self) -> Mapping[str, NftChain]:
        """The chains by name."""
        return MappingProxyType({chain.name: chain for chain in self.chains})

    @cached_property
    def set_of(self) -> Mapping[str, NftSet]:
        """The sets and maps by name."""
        return MappingProxyType({each.name: each for each in self.sets})

    @cached_property
    def indexes(self) -> dict[str, Indexed]:
        """Named sets and maps that were looked up, by their keys."""
        return {}

    @cached_property
    def object_of(self) -> Mapping[tuple[str, str], NftObject]:
        """The objects by kind and name."""
        return MappingProxyType({(each.kind, each.name): each for each in self.objects})


@dataclass(frozen=True, kw_only=True)
class NftRuleset:
    """All tables of a host, or those that a text tells, in its order.

    `whole` is whether the text is a listing of the whole rule set, so that no other table is there.
    """

    tables: tuple[NftTable, ...] = ()
    whole: bool = field(default=False, compare=False)

    def table(self, family: str, name: str) -> NftTable | None:
        """The table of that family and name, if it is there."""
        return next((t for t in self.tables if (t.family, t.name) == (family, name)), None)
