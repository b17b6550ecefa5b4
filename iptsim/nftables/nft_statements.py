"""What a rule of nftables does, from left to right: libnftables-json(5), STATEMENTS."""

from __future__ import annotations

from iptsim.dataclass import dataclass, field
from iptsim.nftables.expressions import AnonymousSet, Expression, MapLookup, SetReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`LEFT OP RIGHT`: goes on only where it holds.

    The operator is one of `== != < > <= >=`, or, where the right side is a number of bits, `in`
    (any of them is set: `tcp flags syn,ack`) or `!` (none is: `tcp flags ! syn`). A set on the
    right is asked with `==` and `!=`; a prefix and a range, too.
    """

    left: Expression
    operator: str = "=="
    right: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`accept drop continue return`, and `jump goto` with a chain."""

    kind: str
    chain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictMap:
    """`KEY vmap { … }`: the verdict of the key's element; without one the rule ends there."""

    key: Expression
    map: AnonymousSet | SetReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """`queue [flags …] to NUMBERS`: a number, a range, a hash or a map of numbers."""

    numbers: Expression | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """`reject with KIND CODE`; `kind` is icmp, icmpv6, icmpx or `tcp reset` (no code).

    None is a plain `reject`: port unreachable of the packet's family. The code is the number that
    stands in the packet, for icmpx nft's own: 0 no-route, 1 port-unreachable, 2 host-unreachable,
    3 admin-prohibited.
    """

    kind: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nat:
    """`dnat`, `snat`, `masquerade` or `redirect`; `family` (ip, ip6) where the text says it.

    An address is a value, a range, a prefix or a map lookup, whose map may hold addresses, or
    addresses and ports (`ipv4_addr . inet_service`); the same for a port. Flags: random,
    fully-random, persistent, and netmap (`prefix to`).
    """

    kind: str
    family: str | None = None
    address: Expression | None = None
    port: Expression | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tproxy:
    """`tproxy [ip|ip6] to [ADDRESS][:PORT]`; it ends no rule."""

    family: str | None = None
    address: Expression | None = None
    port: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`meta mark set …`, `ct mark set …`, `ip dscp set …`, `tcp option maxseg size set …`."""

    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Notrack:
    """`notrack`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`limit rate [over] RATE/PER [burst BURST …]`, in `unit` packets or bytes.

    `burst` is None where the text does not say it: 5 packets.
    """

    rate: int
    per: str
    burst: int | None = None
    over: bool = False
    unit: str = "packets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """`quota [over] BYTES [used BYTES]`."""

    bytes: int
    over: bool = False
    used: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """`counter packets N bytes N`; None where the text has no counts."""

    packets: int | None = field(default=None, compare=False)
    bytes: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """`last used …`: when the rule was last met, in milliseconds; None: never."""

    used: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimit:
    """`ct count [over] N`."""

    count: int
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReference:
    """An object of the table by its name, or by a map: `counter name "x"`, `ct helper set "x"`.

    `kind`: counter, quota, limit, synproxy, secmark, tunnel, `ct helper`, `ct timeout`,
    `ct expectation`.
    """

    kind: str
    name: str | MapLookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """`log prefix "…" group N …`. A prefix may hold variables of a script."""

    prefix: str | None = None
    level: str | None = None
    group: int | None = None
    snaplen: int | None = None
    queue_threshold: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dup:
    """`dup to ADDRESS [device D]`; in netdev tables `dup to DEVICE`."""

    address: Expression | None = None
    device: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fwd:
    """`fwd [ip|ip6] to [ADDRESS device] DEVICE`."""

    device: Expression
    address: Expression | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowAdd:
    """`flow add @flowtable`."""

    flowtable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Synproxy:
    """`synproxy mss N wscale N timestamp sack-perm`."""

    mss: int | None = None
    wscale: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicSet:
    """`add|update|delete @set { KEY [timeout …] STATEMENTS [: VALUE] }`; timeout in milliseconds.

    The statements are done for the element of that key: `limit rate over …` breaks the rule.
    """

    operation: str
    set: str
    key: Expression
    value: Expression | None = None
    timeout: int | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """`meter NAME [size N] { KEY [timeout …] STATEMENTS }`."""

    name: str
    key: Expression
    statements: tuple[Statement, ...]
    size: int | None = None
    timeout: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOption:
    """`reset tcp option X`: the option is overwritten with padding."""

    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Xt:
    """`xt match "recent"`, `xt target "CT"`: an xtables extension, of which nft tells no options.

    `kind` is match or target.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Words of a rule that nobody here knows, up to where known ones begin, or the rule ends.

    `why` is «words» (no statement begins so), «variable» (`$name` without a define), «written»
    (iptables-nft wrote it, and nft tells it wrongly or not at all).
    """

    text: str
    why: str = "words"


Statement = (
    Match
    | Verdict
    | VerdictMap
    | Queue
    | Reject
    | Nat
    | Tproxy
    | Assignment
    | Notrack
    | Limit
    | Quota
    | Counter
    | Last
    | ConnectionLimit
    | ObjectReference
    | Log
    | Dup
    | Fwd
    | FlowAdd
    | Synproxy
    | DynamicSet
    | Meter
    | ResetOption
    | Xt
    | Unknown
)
