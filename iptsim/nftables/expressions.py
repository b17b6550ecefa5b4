"""What a rule of nftables compares, looks up and writes: libnftables-json(5), EXPRESSIONS."""

from __future__ import annotations

from iptsim.dataclass import dataclass, field, replace
from iptsim.nftables.elements import Elements

# --- values


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number, in the order of a human: ports, protocols, marks, flags, types, seconds.

    What it counts follows from what it is compared with.
    """

    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address of 32 (IPv4), 128 (IPv6) or 48 bits (Ethernet)."""

    value: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceName:
    """An interface by name; with `wildcard` all names that begin so (`eth*`)."""

    name: str
    wildcard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A name of which the text does not tell the number (users, realms, devices), or a string."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The values that begin as `base` does, in its first `length` bits (`10.0.0.0/8`).

    `written` is the address of the text where that has bits behind those (`10.1.2.3/8`), which
    `base` has not.
    """

    base: Address | Number
    length: int
    written: Address | None = field(default=None, compare=False)


def prefix_of(address: Address, length: int) -> Prefix:
    """The prefix of so many bits in which an address lies. Precondition: it has as many."""
    rest = address.width - length
    base = replace(address, value=address.value >> rest << rest)
    return Prefix(base=base, length=length, written=None if base == address else address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The values from `low` to `high`, both included."""

    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Anything:
    """The key `*` of a set: what no other element holds. In a concatenation: any value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concatenation:
    """`ip daddr . tcp dport`: several values side by side."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymousSet:
    """`{ 22, 80 }`, or a map where its elements have values."""

    elements: Elements


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReference:
    """`@name`: a set or map of the same table."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLookup:
    """`KEY map { … }`: the value that a map has for a key. Without one the rule ends there."""

    key: Expression
    map: AnonymousSet | SetReference


# --- what a packet, its connection or its socket has


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """`meta KEY`, the key as nft spells it: mark, iifname, l4proto, nfproto, skuid and more."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A field of a header, both as nft spells them: `tcp dport`, `ip6 nexthdr`, `th sport`."""

    protocol: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPayload:
    """`@nh,128,32`: `length` bits from `offset` (in bits) of a header: ll, nh, th or ih."""

    base: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ct:
    """`ct [original|reply] [ip|ip6] KEY`: of the packet's connection."""

    key: str
    direction: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fib:
    """`fib daddr . iif type`: what the routes say; `result` is type, oif, oifname or check.

    `check` is whether there is a route at all (`fib … oif missing` compares `oif` with 0).
    """

    flags: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """`socket KEY [level N]`: transparent, mark, wildcard, cgroupv2."""

    key: str
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rt:
    """`rt [ip|ip6] KEY`: classid, nexthop, mtu, ipsec."""

    key: str
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionHeader:
    """`frag more-fragments`, `exthdr hbh` (no field: whether it is there), `rt type`."""

    header: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderOption:
    """`tcp option maxseg size`, `ip option rr addr`, `sctp chunk init init-tag`, `dccp option 1`.

    Without a field: whether it is there. `protocol` is tcp, ip, sctp or dccp.
    """

    protocol: str
    option: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTcpOption:
    """`@tcpopt KIND,OFFSET,LENGTH` (`tcp option @255,8,16`): bits of a TCP option by its number."""

    kind: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Osf:
    """`osf [ttl MODE] name|version`: the sender's system by its SYN."""

    key: str
    ttl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipsec:
    """`ipsec in|out [spnum N] [ip|ip6] KEY`: of a transform of the packet."""

    direction: str
    key: str
    number: int = 0
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numgen:
    """`numgen random|inc mod N [offset M]`: a number from M to M + N - 1."""

    mode: str
    modulus: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash:
    """`jhash OF mod N [seed S] [offset M]`, or `symhash mod N` of the flow (then `of` is None)."""

    modulus: int
    of: Expression | None = None
    seed: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """`LEFT OP RIGHT`, the operator one of `& | ^ << >>`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownExpression:
    """Words where an expression should stand, which nobody here knows."""

    text: str


Value = Number | Address | InterfaceName | Symbol
Field = (
    Meta
    | Payload
    | RawPayload
    | Ct
    | Fib
    | Socket
    | Rt
    | ExtensionHeader
    | HeaderOption
    | RawTcpOption
    | Osf
    | Ipsec
    | Numgen
    | Hash
)
Expression = (
    Value
    | Field
    | Prefix
    | Range
    | Anything
    | Concatenation
    | AnonymousSet
    | SetReference
    | MapLookup
    | Binary
    | UnknownExpression
)
