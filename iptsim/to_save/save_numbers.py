"""Fields of headers that hold numbers, as options of iptables: ports, types, flags, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.nftables.expressions import Number
from iptsim.nftables.nft_statements import Match
from iptsim.to_save.save_lines import TRANSPORTS, Asking, Piece, UnsaidError
from iptsim.to_save.save_values import Place, numbers

Ways = list[tuple[Piece, ...]]
_PORTS = 15
"""How many ports one `-m multiport` holds; a range takes two of them."""
_FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}
_ALL = 0x3F


def ports(one: Match, protocol: str, field: str, place: Place) -> Ways:
    """`tcp dport { 22, 80 }`: one or several ports of a protocol."""
    ranges, negate = numbers(one, place, 16)
    told = tuple(TRANSPORTS) if protocol == "th" else (_number(protocol),)
    chunks = [tuple(ranges)] if len(ranges) == 1 else list(_chunks(ranges))
    found = [_ports(chunk, field, told, negate) for chunk in chunks]
    return [tuple(found)] if negate else [(each,) for each in found]


def _number(protocol: str) -> int:
    return next(number for number, name in TRANSPORTS.items() if name == protocol)


def _ports(
    ranges: Sequence[tuple[int, int]], field: str, protocols: tuple[int, ...], negate: bool
) -> Asking:
    text = ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ranges)
    if len(ranges) == 1 and len(protocols) == 1 and TRANSPORTS[protocols[0]] in ("tcp", "udp"):
        module, option = TRANSPORTS[protocols[0]], f"--{field}"
    else:
        module, option = "multiport", f"--{field}s"
    return Asking(
        module=module,
        option=option,
        value=text,
        negate=negate,
        protocols=protocols,
        alone=module == "multiport",
    )


def _chunks(ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    held: list[tuple[int, int]] = []
    room = _PORTS
    for low, high in ranges:
        size = 1 if low == high else 2
        if size > room:
            yield tuple(held)
            held, room = [], _PORTS
        held.append((low, high))
        room -= size
    yield tuple(held)


def icmp(one: Match, protocol: str, field: str, place: Place) -> Ways:
    """`icmp type echo-request`; a code alone has no words, since a type stands before it."""
    if (protocol == "icmp") != (place.family == 4):
        return []  # nft asks for its family besides (payload_gen_special_dependency)
    if field != "type":
        raise UnsaidError(field)
    module, number = ("icmp", 1) if place.family == 4 else ("icmp6", 58)
    option = "--icmp-type" if place.family == 4 else "--icmpv6-type"
    ranges, negate = numbers(one, place, 8)
    every = [value for low, high in ranges for value in range(low, high + 1)]
    if 255 in every:  # all types, to xt_icmp (net/netfilter/xt_tcpudp.c)
        raise UnsaidError("255")
    told = [
        Asking(module=module, option=option, value=str(value), negate=negate, protocols=(number,))
        for value in every
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def bits(one: Match, mask: int, _place: Place) -> Ways:
    """`tcp flags syn / syn,ack`, `tcp flags syn`; the flags of ECN have no names in iptables."""
    if not isinstance(one.right, Number):
        raise UnsaidError(one.operator)
    value, negate = one.right.value, one.operator in ("!=", "in")
    if one.operator in ("in", "!"):
        if mask != 0x1FF:
            raise UnsaidError(one.operator)
        mask, value = value, 0
    elif one.operator not in ("==", "!="):
        raise UnsaidError(one.operator)
    if mask & ~_ALL or value & ~mask:
        raise UnsaidError(f"{mask & ~_ALL:#x}")
    text = f"{_flags(mask)} {_flags(value)}"
    option = "--tcp-flags"
    return [(Asking(module="tcp", option=option, value=text, negate=negate, protocols=(6,)),)]


def _flags(value: int) -> str:
    return ",".join(name for name, bit in _FLAGS.items() if value & bit) or "NONE"


def number_field(one: Match, protocol: str, field: str, place: Place) -> Ways:
    """A field of the IP header: how far it may go, its class, its length."""
    match protocol, field:
        case (("ip" | "ip6"), "dscp"):
            return _singles(one, place, "dscp", "--dscp", 6)
        case "ip", "length":
            return _ranged(one, place)
        case ("ip", "ttl") | ("ip6", "hoplimit"):
            return _life(one, place)
    raise UnsaidError(field)


def _singles(one: Match, place: Place, module: str, option: str, width: int) -> Ways:
    ranges, negate = numbers(one, place, width)
    every = [value for low, high in ranges for value in range(low, high + 1)]
    told = [
        Asking(module=module, option=option, value=f"{value:#04x}", negate=negate)
        for value in every
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def _ranged(one: Match, place: Place) -> Ways:
    ranges, negate = numbers(one, place, 16)
    told = [
        Asking(module="length", option="--length", value=f"{low}:{high}", negate=negate)
        for low, high in ranges
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def _life(one: Match, place: Place) -> Ways:
    module, stem = ("ttl", "--ttl") if place.family == 4 else ("hl", "--hl")
    ranges, negate = numbers(one, place, 8)
    if negate and any(low != high for low, high in ranges):
        raise UnsaidError("!=")
    if negate:
        return [tuple(_is(module, stem, low, negate=True) for low, _high in ranges)]
    return [tuple(_within(module, stem, *each)) for each in ranges]


def _is(module: str, stem: str, value: int, *, negate: bool) -> Asking:
    return Asking(module=module, option=f"{stem}-eq", value=str(value), negate=negate, alone=True)


def _within(module: str, stem: str, low: int, high: int) -> Iterator[Asking]:
    if low == high:
        yield _is(module, stem, low, negate=False)
        return
    if low > 0:
        yield Asking(module=module, option=f"{stem}-gt", value=str(low - 1), alone=True)
    if high < 255:
        yield Asking(module=module, option=f"{stem}-lt", value=str(high + 1), alone=True)
