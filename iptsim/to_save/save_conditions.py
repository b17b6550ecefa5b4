"""A comparison of nftables as options of iptables: the ways in which a packet can meet it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.extensions.nft.nft_words import words
from iptsim.nftables.expressions import (
    Address,
    Anything,
    Binary,
    Concatenation,
    Ct,
    Expression,
    Fib,
    InterfaceName,
    Meta,
    Number,
    Payload,
    Prefix,
    Socket,
    Symbol,
)
from iptsim.nftables.nft_statements import Match
from iptsim.to_save.save_connections import of_connection
from iptsim.to_save.save_lines import TRANSPORTS, Asking, Piece, Protocol, Slot, UnsaidError
from iptsim.to_save.save_numbers import bits, icmp, number_field, ports
from iptsim.to_save.save_values import Place, ends, numbers, wanted
from iptsim.values import format_address, format_mac

Ways = list[tuple[Piece, ...]]
"""Any of these is enough; each asks all of its pieces. None at all: no packet does."""
_NO_PROTOCOL = {4: frozenset({0}), 6: frozenset({0, 43, 44, 51, 60, 135})}
"""What `-p` takes for all protocols, or for headers before the transport's."""
_LONGEST = 15


def ways_of(one: Match, place: Place) -> Ways:
    """The ways to meet a comparison; `UnsaidError` where iptables cannot ask it."""
    try:
        return _ways(one, place)
    except UnsaidError as none:
        asked = words(one.left)
        raise UnsaidError(f"{asked}: {none.what}", none.words or asked) from None


def changes(one: Match) -> bool:
    """Whether what it reads may be changed by a rule that others follow."""
    return any(
        (isinstance(each, Ct | Meta) and each.key == "mark")
        or (isinstance(each, Payload) and each.field in ("dscp", "ecn", "ttl", "hoplimit"))
        for each in _read(one.left)
    )  # fmt: skip


def _read(one: Expression) -> list[Expression]:
    if isinstance(one, Binary):
        return [*_read(one.left), *_read(one.right)]
    if isinstance(one, Concatenation):
        return [each for part in one.parts for each in _read(part)]
    return [one]


def _ways(one: Match, place: Place) -> Ways:
    left = one.left
    match left:
        case Concatenation(parts=parts):
            return _of_parts(one, parts, place)
        case Meta(key=key):
            return _META.get(key, _no)(one, place)
        case Payload(protocol=protocol, field=field):
            return _payload(one, protocol, field, place)
        case Binary(operator="&", right=Number() | Address()):
            return _masked(one, left, place)
        case Ct():
            return of_connection(one, left, place)
        case Fib(result="type"):
            return _address_type(one, left, place)
        case Socket(key="transparent") if one.operator == "==" and one.right == Number(value=1):
            place.needs("-m socket", "mangle raw nat", "PREROUTING", "INPUT")
            every = Asking(module="socket", option="--nowildcard")
            return [(Asking(module="socket", option="--transparent"), every)]
    return _no(one, place)


def _no(one: Match, _place: Place) -> Ways:
    raise UnsaidError(f"{one.operator} {words(one.right)}")


def _of_parts(one: Match, parts: tuple[Expression, ...], place: Place) -> Ways:
    values, negate = wanted(one, place)
    if negate:
        raise UnsaidError("!=")
    return [way for value in values for way in of_key(parts, value, place)]


def of_key(parts: tuple[Expression, ...], value: Expression, place: Place) -> Ways:
    """The ways to have the key of an element."""
    each = value.parts if isinstance(value, Concatenation) else (value,)
    if len(each) != len(parts):
        raise UnsaidError("…")
    found: Ways = [()]
    for part, wants in zip(parts, each, strict=True):
        if not isinstance(wants, Anything):
            more = ways_of(Match(left=part, right=wants), place)
            found = [(*way, *pieces) for way in found for pieces in more]
    return found


def _payload(one: Match, protocol: str, field: str, place: Place) -> Ways:
    if protocol in ("ip", "ip6") and (protocol == "ip") != (place.family == 4):
        return []
    if protocol in ("ip", "ip6") and field in ("saddr", "daddr"):
        return _addresses(one, f"-{field[0]}", place)
    if (protocol, field) == ("ip", "protocol"):
        return _protocol(one, place)
    if protocol in (*TRANSPORTS.values(), "th") and field in ("sport", "dport"):
        return ports(one, protocol, field, place)
    if protocol in ("icmp", "icmpv6"):
        return icmp(one, protocol, field, place)
    if (protocol, field) == ("tcp", "flags"):
        return bits(one, 0x1FF, place)
    if (protocol, field) == ("ether", "saddr"):
        return _mac(one, place)
    return number_field(one, protocol, field, place)


def _masked(one: Match, left: Binary, place: Place) -> Ways:
    inner, mask = left.left, left.right
    if isinstance(inner, Payload) and isinstance(mask, Address):
        return _masked_address(one, inner, mask, place)
    assert isinstance(mask, Number)
    match inner:
        case Payload(protocol="tcp", field="flags"):
            return bits(one, mask.value, place)
        case Payload(protocol="ip", field="frag-off") if mask.value == 0x1FFF:
            return _fragment(one, place)
        case Meta(key="mark"):
            return _mark(one, "mark", mask.value, place)
        case Ct(key="mark"):
            return _mark(one, "connmark", mask.value, place)
    return _no(one, place)


def _fragment(one: Match, place: Place) -> Ways:
    if place.family == 6:
        return []
    if one.operator not in ("==", "!=") or one.right != Number(value=0):
        return _no(one, place)
    return [(Slot(name="-f", value="", negate=one.operator == "=="),)]


def _masked_address(one: Match, left: Payload, mask: Address, place: Place) -> Ways:
    if (left.protocol == "ip") != (place.family == 4):
        return []
    values, negate = wanted(one, place)
    if len(values) != 1 or not isinstance(values[0], Address):
        return _no(one, place)
    if values[0].value & ~mask.value:
        return _no(one, place)
    width = mask.width
    text = f"{format_address(values[0].value, width)}/{format_address(mask.value, width)}"
    return [(Slot(name=f"-{left.field[0]}", value=text, negate=negate),)]


def _addresses(one: Match, slot: str, place: Place) -> Ways:
    values, negate = wanted(one, place)
    pieces = [_address(value, slot, negate) for value in values]
    return [tuple(pieces)] if negate else [(piece,) for piece in pieces]


def _address(value: Expression, slot: str, negate: bool) -> Piece:
    low, high = ends(value)
    width = _width(value)
    option = "--src-range" if slot == "-s" else "--dst-range"
    text = f"{format_address(low, width)}-{format_address(high, width)}"
    match value:
        case Address():
            plain = format_address(low, width)
        case Prefix(length=length):
            plain = f"{format_address(low, width)}/{length}"
        case _:
            return Asking(module="iprange", option=option, value=text, negate=negate)
    again = ("iprange", option, text)
    return Slot(name=slot, value=plain, negate=negate, again=again)


def _width(value: Expression) -> int:
    match value:
        case Address(width=width) | Prefix(base=Address(width=width)):
            return width
    return _width(value.low) if hasattr(value, "low") else 0


def _protocol(one: Match, place: Place) -> Ways:
    ranges, negate = numbers(one, place, 8)
    found = [Protocol(number=low, negate=negate) for low, high in ranges if low == high]
    if len(found) != len(ranges) or any(p.number in _NO_PROTOCOL[place.family] for p in found):
        return _no(one, place)
    return [tuple(found)] if negate else [(each,) for each in found]


def _nfproto(one: Match, place: Place) -> Ways:
    values, negate = wanted(one, place)
    if not all(isinstance(value, Number) for value in values):
        return _no(one, place)
    at = 0 if place.family == 4 else 1
    number = (2, 10)[at] if one.left == Meta(key="nfproto") else (0x0800, 0x86DD)[at]
    here = Number(value=number) in values
    return [()] if here != negate else []


def _interface(one: Match, place: Place) -> Ways:
    key = one.left.key if isinstance(one.left, Meta) else ""
    slot = "-i" if key.startswith("i") else "-o"
    without = {"OUTPUT", "POSTROUTING"} if slot == "-i" else {"INPUT", "PREROUTING"}
    if place.builtin and not place.hooks.isdisjoint(without):
        raise UnsaidError(f"{slot} ({', '.join(sorted(place.hooks))})")
    values, negate = wanted(one, place)
    pieces = [Slot(name=slot, value=_device(value), negate=negate) for value in values]
    return [tuple(pieces)] if negate else [(piece,) for piece in pieces]


def _device(value: Expression) -> str:
    if not isinstance(value, InterfaceName) or not value.name:
        raise UnsaidError(words(value))
    name = value.name
    plain = name.isascii() and name.isprintable() and not set(name) & set(" \"'\\!/")
    if not plain or name.startswith("-") or name.endswith("+") or len(name) > _LONGEST:
        raise UnsaidError(name)
    return f"{name}+" if value.wildcard else name


def _mark(one: Match, module: str, mask: int, place: Place) -> Ways:
    ranges, negate = numbers(one, place, 32)
    if any(low != high or low & ~mask for low, high in ranges):
        return _no(one, place)
    told = [
        Asking(module=module, option="--mark", value=f"{low:#x}/{mask:#x}", negate=negate)
        for low, _high in ranges
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def _owner(one: Match, place: Place) -> Ways:
    """Nft ends a rule where a packet has no socket, whatever it asks of its owner (meta.c)."""
    place.needs("-m owner", "", "OUTPUT", "POSTROUTING")
    option = "--uid-owner" if one.left == Meta(key="skuid") else "--gid-owner"
    if isinstance(one.right, Symbol) and one.operator in ("==", "!="):
        owners, negate = [one.right.name], one.operator == "!="
    else:
        ranges, negate = numbers(one, place, 32)
        owners = [str(low) if low == high else f"{low}-{high}" for low, high in ranges]
    told: list[Piece] = [
        Asking(module="owner", option=option, value=owner, negate=negate) for owner in owners
    ]
    some = Asking(module="owner", option="--socket-exists")
    return [(some, *told)] if negate else [(each,) for each in told]


_TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE",
    "UNREACHABLE", "PROHIBIT",
)  # fmt: skip
"""By their numbers (RTN_…, rtnetlink.h)."""


def _address_type(one: Match, left: Fib, place: Place) -> Ways:
    if left.flags not in (("saddr",), ("daddr",)):
        raise UnsaidError(" . ".join(left.flags))
    ranges, negate = numbers(one, place, 32)
    if any(low != high or low >= len(_TYPES) for low, high in ranges):
        return _no(one, place)
    types = [_TYPES[low] for low, _high in ranges]
    option = "--src-type" if left.flags == ("saddr",) else "--dst-type"
    if place.family == 4:
        return [(_of_type(option, ",".join(types), negate=negate),)]
    # Several at once no address is, and UNICAST asks less than a route's type (xt_addrtype.c).
    if not {"LOCAL", "MULTICAST"}.issuperset(types):
        return _no(one, place)
    told = [_of_type(option, name, negate=negate) for name in types]
    return [tuple(told)] if negate else [(each,) for each in told]


def _of_type(option: str, types: str, *, negate: bool) -> Asking:
    return Asking(module="addrtype", option=option, value=types, negate=negate)


def _packet_type(one: Match, place: Place) -> Ways:
    ranges, negate = numbers(one, place, 8)
    names = {0: "unicast", 1: "broadcast", 2: "multicast"}
    if any(low != high or low not in names for low, high in ranges):
        return _no(one, place)
    told = [
        Asking(module="pkttype", option="--pkt-type", value=names[low], negate=negate)
        for low, _high in ranges
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


def _mac(one: Match, place: Place) -> Ways:
    place.needs("-m mac", "", "PREROUTING", "INPUT", "FORWARD")
    ranges, negate = numbers(one, place, 48)
    if any(low != high for low, high in ranges):
        return _no(one, place)
    told = [
        Asking(module="mac", option="--mac-source", value=format_mac(low), negate=negate)
        for low, _high in ranges
    ]
    return [tuple(told)] if negate else [(each,) for each in told]


_META: Mapping[str, Callable[[Match, Place], Ways]] = {
    "l4proto": _protocol,
    "nfproto": _nfproto,
    "protocol": _nfproto,
    "iifname": _interface,
    "oifname": _interface,
    "iif": _interface,
    "oif": _interface,
    "mark": lambda one, place: _mark(one, "mark", 0xFFFFFFFF, place),
    "skuid": _owner,
    "skgid": _owner,
    "pkttype": _packet_type,
}
