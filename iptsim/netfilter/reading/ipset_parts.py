"""What a set's type makes of a member's text: addresses, ports, interfaces and the like.

Source: ipset(8); lib/parse.c, lib/icmp.c and lib/icmpv6.c of ipset 7.17.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from iptsim.dataclass import dataclass
from iptsim.extensions.shared.icmp_types import ICMP, ICMP6
from iptsim.extensions.values.services import PROTOCOLS, SERVICES
from iptsim.ipset import SetInterface, SetPart, SetPorts
from iptsim.regex import regex
from iptsim.values import (
    InterfacePattern,
    IntSet,
    Network,
    Range,
    blocks,
    parse_address,
    parse_network,
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "bitmap:ip": "an address, such as 10.0.0.7",
        "bitmap:ip,mac": "an address and a MAC address, such as 10.0.0.7,02:00:00:00:00:01",
        "bitmap:port": "a port, such as 80",
        "hash:ip": "an address, such as 10.0.0.7",
        "hash:mac": "a MAC address, such as 02:00:00:00:00:01",
        "hash:ip,mac": "an address and a MAC address, such as 10.0.0.7,02:00:00:00:00:01",
        "hash:ip,mark": "an address and a mark, such as 10.0.0.7,0x1",
        "hash:ip,port": "an address and a port, such as 10.0.0.7,tcp:80",
        "hash:ip,port,ip": "such as 10.0.0.7,tcp:80,10.0.0.9",
        "hash:ip,port,net": "such as 10.0.0.7,tcp:80,10.0.0.0/8",
        "hash:net": "a network, such as 10.0.0.0/8",
        "hash:net,net": "two networks, such as 10.0.0.0/8,10.1.0.0/16",
        "hash:net,port": "a network and a port, such as 10.0.0.0/8,tcp:80",
        "hash:net,port,net": "such as 10.0.0.0/8,tcp:80,10.1.0.0/16",
        "hash:net,iface": "a network and an interface, such as 10.0.0.0/8,eth0",
        "list:set": "the name of a set",
    }
)
"""The types of sets, each with how a member of it looks."""
_TWO_ADDRESSES = frozenset({"hash:ip,port,ip", "hash:ip,port,net"})
_FAMILIES = MappingProxyType({"inet": 4, "ipv4": 4, "-4": 4, "inet6": 6, "ipv6": 6, "-6": 6})
_MAC = regex(r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}")
_ICMP6_CODES = MappingProxyType(
    {
        "ttl-zero-during-transit": 3 << 8, "ttl-zero-during-reassembly": 3 << 8 | 1,
        "neigbour-solicitation": 135 << 8, "neigbour-advertisement": 136 << 8,
    }
)  # fmt: skip
_ICMPS = MappingProxyType({1: ICMP, 58: ICMP6})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What `create` says of a set's members.

    `mask` widens each address to the network that it stands for; `holes` is a bitmask that is none.
    """

    family: int | None = None
    mask: int | None = None
    holes: int | None = None
    markmask: int = 0xFFFFFFFF
    counters: bool = False
    skbinfo: bool = False

    @property
    def width(self) -> int:
        """The width of an address in bits."""
        return 128 if self.family == 6 else 32


def read_shape(kind: str, told: Mapping[str, str]) -> Shape:
    """The shape of a set of type `kind` with these options; `ValueError` for a wrong one."""
    family = _family(kind, told)
    width = 128 if family == 6 else 32
    mask = _mask(told, width)
    whole = mask is None or Network(value=0, mask=mask, width=width).prefix_length is not None
    return Shape(
        family=family,
        mask=mask if whole else None,
        holes=None if whole else mask,
        markmask=_number(told.get("markmask", "0xffffffff"), 32),
        counters="counters" in told,
        skbinfo="skbinfo" in told,
    )


def _family(kind: str, told: Mapping[str, str]) -> int | None:
    """Ports, MAC addresses and lists of sets are for any family, bitmaps of addresses for IPv4."""
    if kind in ("bitmap:port", "hash:mac", "list:set"):
        return None
    text = told.get("family", "inet")
    if text not in _FAMILIES:
        raise ValueError(f"no family of addresses: {text}")
    return _FAMILIES[text]


def _mask(told: Mapping[str, str], width: int) -> int | None:
    text = told.get("netmask")
    if text is not None:
        full = (1 << width) - 1
        return full ^ (full >> _number(text, 8, most=width))
    text = told.get("bitmask")
    return None if text is None else parse_address(text, width)[0]


def _number(text: str, bits: int, most: int | None = None) -> int:
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}|\d{1,20}", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    value = int(text, 16) if text[:2] in ("0x", "0X") else int(text)
    if value > ((1 << bits) - 1 if most is None else most):
        raise ValueError(f"{text} is too large a number")
    return value


def read_parts(
    text: str, kind: str, shape: Shape, *, wildcard: bool = False
) -> list[list[SetPart]]:
    """For each dimension of `kind` what a member's text says: one part, or a range's several.

    Raises `ValueError` where it is no member of such a set.
    """
    if kind == "list:set":
        return [[text]]
    words, names = text.split(","), kind.partition(":")[2].split(",")
    if kind == "bitmap:ip,mac" and len(words) == 1:
        return [[_addresses(words[0], shape)], [None]]
    if len(words) != len(names):
        raise ValueError(f"{text!r} has {len(words)} parts, a member of {kind} {len(names)}")
    return [_part(word, name, kind, shape, wildcard) for word, name in zip(words, names)]  # noqa: B905  # as long as each other


def _part(word: str, name: str, kind: str, shape: Shape, wildcard: bool) -> list[SetPart]:
    match name:
        case "ip" if kind in _TWO_ADDRESSES:
            whole = _addresses(word, shape)
            return list(_split(whole.low, whole.high, shape.width))
        case "ip":
            return [_addresses(word, shape)]
        case "net":
            return list(_networks(word, shape.width))
        case "port":
            return [_ports(word, any_proto=kind == "bitmap:port")]
        case "mac":
            return [_mac(word)]
        case "mark":
            return [_number(word, 32) & shape.markmask]
        case _:
            return [_interface(word, wildcard=wildcard)]


def _addresses(text: str, shape: Shape) -> Range:
    """An address, a network or a range, each widened to whole networks of the set's netmask."""
    low, dash, high = text.partition("-")
    first = parse_network(low, shape.width).addresses.ranges[0] if "/" in low else None
    if first is None:
        start = parse_address(low, shape.width)[0]
        first = (start, parse_address(high, shape.width)[0] if dash else start)
    if shape.mask is None:
        return Range(low=first[0], high=first[1])
    rest = ((1 << shape.width) - 1) ^ shape.mask
    return Range(low=first[0] & shape.mask, high=first[1] | rest)


def _networks(text: str, width: int) -> list[Range]:
    """A network; a range is all the networks that it is made of."""
    low, dash, high = text.partition("-")
    if not dash:
        start, end = parse_network(text, width).addresses.ranges[0]
        return [Range(low=start, high=end)]
    return _split(parse_address(low, width)[0], parse_address(high, width)[0], width)


def _split(low: int, high: int, width: int) -> list[Range]:
    """The fewest networks that make up a range (ip_set_range_to_cidr in ip_set_core.c)."""
    rest = (1 << width) - 1
    found = blocks(IntSet.between(low, high), width)
    return [Range(low=each.value, high=each.value | (rest ^ each.mask)) for each in found]


def _ports(text: str, *, any_proto: bool) -> SetPorts:
    """`80`, `tcp:80-90`, `icmp:echo-request`, `gre:0`; without a protocol it is tcp."""
    name, colon, rest = text.partition(":")
    if not colon:
        return SetPorts(proto=None if any_proto else 6, ports=_port_range(text))
    proto = PROTOCOLS.get(name.lower())
    if proto is None:
        proto = _number(name, 8)
    if proto in _ICMPS:
        value = _icmp(rest, proto)
        return SetPorts(proto=proto, ports=Range(low=value, high=value))
    return SetPorts(proto=proto, ports=_port_range(rest))


def _icmp(text: str, proto: int) -> int:
    """A type and a code as one number, `3/1` or by a name."""
    kind, slash, code = text.partition("/")
    if slash:
        return _number(kind, 8) << 8 | _number(code, 8)
    known = _ICMPS[proto].get(text)
    if known is not None:
        return known.type << 8 | (known.code or 0)
    if text in _ICMP6_CODES:
        return _ICMP6_CODES[text]
    return _number(text, 16)


def _port_range(text: str) -> Range:
    low, dash, high = text.partition("-")
    if text in SERVICES:
        return Range(low=SERVICES[text], high=SERVICES[text])
    start = _number(low, 16)
    return Range(low=start, high=_number(high, 16) if dash else start)


def _mac(text: str) -> int:
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is not a MAC address")
    return int("".join(byte.zfill(2) for byte in text.split(":")), 16)


def _interface(text: str, *, wildcard: bool) -> SetInterface:
    name = text.removeprefix("physdev:")
    if not name or name.endswith("+"):
        raise ValueError(f"{text!r} is not the name of an interface")
    pattern = InterfacePattern(text=f"{name}+" if wildcard else name)
    return SetInterface(pattern=pattern, bridge_port=name != text)
