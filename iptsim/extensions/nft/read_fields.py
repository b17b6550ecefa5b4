"""Which field of a packet, its connection or its socket an expression reads, and what that needs.

A header's field needs the header: nft puts a condition before it that no listing shows (nft
--debug=netlink). What reads it otherwise breaks the rule (net/netfilter/nft_payload.c, nft_ct.c,
nft_meta.c: `regs->verdict.code = NFT_BREAK`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.nft.link_headers import link
from iptsim.extensions.nft.nft_connections import connection
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_metas import meta
from iptsim.extensions.nft.nft_operands import Asked, Constant, Numbers, Opaque, Operand
from iptsim.extensions.nft.nft_routes import fib, rt, socket
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.nft.raw_writes import held_at
from iptsim.nftables.expressions import (
    Address,
    Binary,
    Ct,
    Expression,
    ExtensionHeader,
    Fib,
    Hash,
    HeaderOption,
    Meta,
    Number,
    Numgen,
    Osf,
    Payload,
    RawPayload,
    Rt,
    Socket,
)
from iptsim.packet import EXT_HEADERS, TCP_FLAGS
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Predicate,
    all_of,
    any_of,
    bits,
    equals,
    negate,
)
from iptsim.values import IntSet

_BYTE, _PORT, _WORD = 0xFF, 0xFFFF, 0xFFFFFFFF
_SYN = TCP_FLAGS["SYN"]
PORTED = InSet(field="proto", values=IntSet.of((n, n) for n in (6, 17, 33, 132, 136)))
"""Protocols whose header begins with two ports."""
PROTOCOLS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51,
    "icmpv6": 58, "comp": 108, "sctp": 132, "udplite": 136,
}  # fmt: skip
_TRANSPORT: Mapping[tuple[str, str], tuple[str, int]] = {
    **{(name, "sport"): ("sport", 16) for name in ("tcp", "udp", "dccp", "sctp", "udplite")},
    **{(name, "dport"): ("dport", 16) for name in ("tcp", "udp", "dccp", "sctp", "udplite")},
    ("tcp", "flags"): ("tcp_flags", 8),
    ("icmp", "type"): ("icmp_type", 8),
    ("icmp", "code"): ("icmp_code", 8),
    ("icmpv6", "type"): ("icmp_type", 8),
    ("icmpv6", "code"): ("icmp_code", 8),
    ("esp", "spi"): ("spi", 32),
    ("ah", "spi"): ("spi", 32),
    ("comp", "cpi"): ("cpi", 16),
}
_EXTENSIONS = {"hbh": ("hop", 0), "dst": ("dst", 60), "rt": ("route", 43), "frag": ("frag", 44)}


def operand(one: Expression, here: Here) -> Operand:
    """What an expression holds at a rule; what nobody knows is opaque."""
    match one:
        case Meta():
            return meta(one.key, here)
        case Payload():
            return payload(one.protocol, one.field, here)
        case Ct():
            return connection(one, here)
        case Fib():
            return fib(one, here)
        case Socket():
            return socket(one, here)
        case Binary():
            return _binary(one, here)
        case _:
            return _other(one, here)


def number_of(one: Expression) -> int | None:
    """The value of an expression of numbers alone, an address among them."""
    if isinstance(one, Number | Address):
        return one.value
    if not isinstance(one, Binary):
        return None
    left, right = number_of(one.left), number_of(one.right)
    return None if left is None or right is None else _OPERATORS[one.operator](left, right)


_OPERATORS: Mapping[str, Callable[[int, int], int]] = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
}


def _other(one: Expression, here: Here) -> Operand:
    match one:
        case ExtensionHeader(header=header, field=None) if header in _EXTENSIONS:
            return _there(_ext(header), here)
        case ExtensionHeader(header="rt0" | "srh" | "rt"):
            # Of all three the kernel knows but the bytes of the routing header (nft_exthdr.c).
            return Opaque(words=words(one), reads=("*",), needs=_ext("rt"))
        case HeaderOption(protocol="tcp", option="maxseg", field="size"):
            needs = all_of((transport(6), bits("tcp_options", 1 << 2, 1 << 2)))
            return Numbers(name="tcp_mss", size=16, keep=_PORT, width=16, needs=needs)
        case HeaderOption(protocol="tcp", option=option, field=None) if option in TCP_OPTIONS:
            bit = 1 << TCP_OPTIONS[option]
            # What has no TCP header lacks it, too (nft_exthdr.c, nft_exthdr_tcp_eval: `err`).
            return _there(all_of((transport(6), bits("tcp_options", bit, bit))), here)
        case Numgen(modulus=modulus, offset=offset):
            most = IntSet.between(offset, offset + modulus - 1)
            said = words(one)
            return Opaque(words=said, rule=here.draw(said, one), code=codes.CHANCE, most=most)
        case Hash(modulus=modulus, offset=offset):
            most = IntSet.between(offset, offset + modulus - 1)
            return Opaque(words=words(one), reads=_hashed(one, here), most=most)
        case _:
            return _seldom(one, here)


def _seldom(one: Expression, here: Here) -> Operand:
    match one:
        case Rt():
            return rt(one, here)
        case RawPayload():
            return held_at(one, here) or Opaque(words=words(one), reads=("*",))
        case Osf():
            syn = all_of((transport(6), bits("tcp_flags", _SYN, _SYN)))
            return Opaque(words=words(one), reads=("*",), needs=syn)
        case _:
            return Opaque(words=words(one), reads=("*",))


def _hashed(one: Hash, here: Here) -> tuple[str, ...]:
    return ("*",) if one.of is None else tuple(read_by(one.of, here))


def read_by(one: Expression, here: Here) -> tuple[str, ...]:
    """The fields that an expression reads."""
    parts = getattr(one, "parts", None) or (one,)
    return tuple(name for part in parts for name in operand(part, here).reads)


TCP_OPTIONS = {
    "maxseg": 2,
    "window": 3,
    "sack-permitted": 4,
    "sack-perm": 4,
    "sack": 5,
    "timestamp": 8,
}


def _ext(header: str) -> Predicate:
    bit = EXT_HEADERS[_EXTENSIONS[header][0]]
    return bits("ext_headers", bit, bit)


def _there(here_is: Predicate, here: Here) -> Operand:
    """1 where something is there, else 0."""

    def tell(values: IntSet) -> Predicate:
        parts = [here_is] if 1 in values else []
        return any_of((*parts, negate(here_is))) if 0 in values else any_of(parts)

    reads = ("ext_headers",) if not here.ipv4 else ("tcp_options",)
    return Asked(tell=tell, width=1, reads=reads)


# --- headers


def payload(protocol: str, name: str, here: Here) -> Operand:
    """A field of a header; what no packet of iptsim's has is opaque, and still needs the header."""
    if protocol == "ip":
        return _ip(name, here)
    if protocol == "ip6":
        return _ip6(name, here)
    if protocol in ("ether", "vlan", "arp"):
        return link(protocol, name, here)
    return _of_transport(protocol, name, here)


def _needs(ipv4: bool, here: Here) -> Predicate:
    return ALWAYS if ipv4 == here.ipv4 else NEVER


def _ip(name: str, here: Here) -> Operand:
    needs = _needs(True, here)
    known = {
        "saddr": ("src", 32), "daddr": ("dst", 32), "protocol": ("proto", 8), "ttl": ("ttl", 8),
    }.get(name)  # fmt: skip
    if known is not None:
        return _plain(*known, needs)
    if name == "length":
        return Numbers(name="length", size=32, keep=_WORD, width=16, needs=needs)
    if name == "version":
        return Constant(value=4, width=4, needs=needs)
    if name in ("frag-off", "frag_off"):
        return _fragment_offset(needs)
    return _class(name, needs) or Opaque(words=f"ip {name}", reads=("*",), needs=needs)


def _ip6(name: str, here: Here) -> Operand:
    needs = _needs(False, here)
    known = {"saddr": ("src", 128), "daddr": ("dst", 128), "hoplimit": ("ttl", 8)}.get(name)
    if known is not None:
        return _plain(*known, needs)
    if name == "length":
        return Asked(tell=_payload_length, width=16, reads=("length",), needs=needs)
    if name == "nexthdr":
        return Asked(tell=_next_header, width=8, reads=("proto", "ext_headers"), needs=needs)
    if name == "version":
        return Constant(value=6, width=4, needs=needs)
    return _class(name, needs) or Opaque(words=f"ip6 {name}", reads=("*",), needs=needs)


def _class(name: str, needs: Predicate) -> Operand | None:
    if name == "dscp":
        return Numbers(name="tos", size=8, keep=0xFC, shift=-2, width=6, needs=needs)
    if name == "ecn":
        return Numbers(name="tos", size=8, keep=0x03, width=2, needs=needs)
    return None


def _plain(name: str, width: int, needs: Predicate) -> Numbers:
    return Numbers(name=name, size=width, keep=(1 << width) - 1, width=width, needs=needs)


def _payload_length(values: IntSet) -> Predicate:
    """IPv6 does not count its own 40 bytes."""
    return InSet(field="length", values=IntSet.of((a + 40, b + 40) for a, b in values.ranges))


def _next_header(values: IntSet) -> Predicate:
    """The first header after the fixed one: hop-by-hop options come first (RFC 8200, 4.1)."""
    none = all_of((equals("ext_headers", 0), InSet(field="proto", values=values & IntSet.width(8))))
    found, seen = [none], [equals("ext_headers", 0)]
    for name, number in _EXTENSIONS.values():
        mask = EXT_HEADERS["hop"] if name == "hop" else _BYTE
        here = bits("ext_headers", EXT_HEADERS[name], mask)
        seen.append(here)
        found += [here] if number in values else []
    mixed = all_of(negate(one) for one in seen)
    text = f"ip6 nexthdr {values.ranges}"
    return any_of(
        (*found, all_of((mixed, Fact(key=text, detail="ip6 nexthdr", reads=("ext_headers",)))))
    )


def _fragment_offset(needs: Predicate) -> Operand:
    """Only whether the offset is 0 is known (`ip frag-off & 0x1fff != 0`)."""
    return Fragments(needs=needs)


class Fragments(Asked):
    """The flags and the offset of a fragment, of which `fragment` tells whether that is not 0."""

    def __init__(self, *, needs: Predicate) -> None:
        super().__init__(tell=_offset, width=16, reads=("fragment",), needs=needs)


def _offset(values: IntSet) -> Predicate:
    text = f"ip frag-off {values.ranges}"
    return Fact(key=text, detail="ip frag-off", reads=("*",))


def transport(protocol: int) -> Predicate:
    """The first fragment of a packet of that protocol (nft_payload.c: `pkt->fragoff`)."""
    return all_of((equals("proto", protocol), equals("fragment", 0)))


def _of_transport(protocol: str, name: str, here: Here) -> Operand:
    if protocol == "th":
        return _any_transport(name)
    number = PROTOCOLS.get(protocol)
    needs = equals("fragment", 0) if number is None else transport(number)
    if protocol in ("icmp", "icmpv6"):
        needs = all_of((_needs(protocol == "icmp", here), needs))
    known = _TRANSPORT.get((protocol, name))
    if known is not None:
        return _plain(*known, needs)
    if (protocol, name) == ("dccp", "type"):
        return Numbers(name="dccp_type", size=4, keep=0xF, width=4, needs=needs)
    return Opaque(words=f"{protocol} {name}", reads=("*",), needs=needs)


def _any_transport(name: str) -> Operand:
    """`th dport` is of any protocol: bytes 2 and 3 of whatever header stands there."""
    needs = equals("fragment", 0)
    if name not in ("sport", "dport"):
        return Opaque(words=f"th {name}", reads=("*",), needs=needs)

    def tell(values: IntSet) -> Predicate:
        inside = InSet(field=name, values=values & IntSet.width(16))
        text = f"th {name} {values.ranges[:4]} of another header"
        other = Fact(key=text, code=codes.HEADER_BYTES, detail=f"th {name}", reads=("*",))
        return any_of((all_of((PORTED, inside)), all_of((negate(PORTED), other))))

    return Asked(tell=tell, width=16, reads=("proto", name), needs=needs, field=name)


# --- bits


def _binary(one: Binary, here: Here) -> Operand:
    """A number and a constant, whichever stands left; what joins two fields is opaque."""
    constant, other = number_of(one.right), one.left
    if constant is None and one.operator in "&|^":
        constant, other = number_of(one.left), one.right
    inner = operand(other, here)
    if constant is None:
        reads = (*inner.reads, *operand(one.right, here).reads)
        needs = all_of((inner.needs, operand(one.right, here).needs))
        return Opaque(words=words(one), reads=reads, needs=needs)
    if isinstance(inner, Numbers):
        return _calculated(inner, one.operator, constant)
    if isinstance(inner, Fragments) and one.operator == "&" and constant == 0x1FFF:
        return _later_fragment(inner)
    if isinstance(inner, Constant):
        return replace(inner, value=_OPERATORS[one.operator](inner.value, constant) & _WORD)
    return _masked(one, inner, constant)


def _masked(one: Binary, inner: Operand, constant: int) -> Operand:
    """`ct state & 6 == 2`: of names each has its own number."""
    if one.operator == "&" and not isinstance(inner, Opaque):

        def tell(values: IntSet) -> Predicate:
            numbers = [n for n in range(1 << min(inner.width, 16)) if n & constant in values]
            return inner.within(IntSet.of((n, n) for n in numbers))

        return Asked(tell=tell, width=inner.width, reads=inner.reads, needs=inner.needs)
    return Opaque(words=words(one), reads=inner.reads or ("*",), needs=inner.needs)


def _later_fragment(inner: Operand) -> Operand:
    def tell(values: IntSet) -> Predicate:
        first = [equals("fragment", 0)] if 0 in values else []
        rest = values - IntSet.single(0)
        if not rest:
            return any_of(first)
        later = equals("fragment", 1)
        if rest == IntSet.between(1, 0x1FFF):
            return any_of((*first, later))
        text = f"ip frag-off & 0x1fff {rest.ranges}"
        fact = Fact(key=text, detail="ip frag-off", reads=("*",))
        return any_of((*first, all_of((later, fact))))

    return Asked(tell=tell, width=13, reads=("fragment",), needs=inner.needs)


def _calculated(inner: Numbers, operator: str, constant: int) -> Numbers:
    full = (1 << inner.width) - 1
    value = constant & full
    if operator == "^":
        return replace(inner, toggle=inner.toggle ^ value)
    if operator in "&|":
        taken = value if operator == "&" else full ^ value
        source = taken >> inner.shift if inner.shift >= 0 else taken << -inner.shift
        toggle = inner.toggle & taken | (0 if operator == "&" else value)
        return replace(inner, keep=inner.keep & source, toggle=toggle)
    places = constant if operator == "<<" else -constant
    toggle = (inner.toggle << places if places >= 0 else inner.toggle >> -places) & full
    if inner.shift * places < 0:
        # Left and right again: bits that fell off stay away.
        return replace(
            inner, keep=inner.keep & _left(inner), shift=inner.shift + places, toggle=toggle
        )
    return replace(inner, shift=inner.shift + places, toggle=toggle)


def _left(inner: Numbers) -> int:
    full = (1 << inner.width) - 1
    return (full >> inner.shift if inner.shift >= 0 else full << -inner.shift) & (
        (1 << inner.size) - 1
    )
