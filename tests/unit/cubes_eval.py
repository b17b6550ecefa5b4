"""Does a packet lie in the JSON cubes that programs read? Told once more, from their description.

Nothing of the engine is used here, not even its way to write a number: whoever reads the JSON has
no more than this.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

Fields = Mapping[str, int | str]
Json = Mapping[str, Any]

_ADDRESSES = ("src", "dst", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst")
_INTERFACES = ("in", "out", "physdev_in", "physdev_out")
# As /etc/protocols of Debian has them, which is what iptables-save prints.
_PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "ipv4": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9,
    "pup": 12, "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33,
    "xtp": 36, "ddp": 37, "idpr-cmtp": 38, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44,
    "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "skip": 57, "ipv6-icmp": 58,
    "ipv6-nonxt": 59, "ipv6-opts": 60, "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89,
    "ax.25": 93, "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112,
    "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133, "ipv6-mh": 135, "mobility-header": 135,
    "udplite": 136, "mpls-in-ip": 137, "manet": 138, "hip": 139, "shim6": 140, "wesp": 141,
    "rohc": 142, "ethernet": 143,
}  # fmt: skip
_BITS = {
    "tcp_flags": {
        "FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128,
    },
    "ext_headers": {"hop": 0x80, "dst": 0x40, "route": 0x20, "frag": 0x10},
    "tcp_options": {str(number): 1 << number for number in range(256)},
}  # fmt: skip


def in_cubes(cubes: Iterable[Json], fields: Fields, facts: Mapping[str, bool]) -> bool | None:
    """Whether a packet lies in the union of cubes; None where a field or fact is not given.

    `fields` are by the names of the cubes; addresses are integers, interfaces and names texts.
    """
    return _any(in_cube(cube, fields, facts) for cube in cubes)


def in_cube(cube: Json, fields: Fields, facts: Mapping[str, bool]) -> bool | None:
    """The same of one cube."""
    found: list[bool | None] = []
    for key, told in cube.items():
        if key == "facts":
            found += [
                None if name not in facts else facts[name] == wanted
                for name, wanted in told.items()
            ]
            continue
        name = key.removeprefix("!")
        inside = None if name not in fields else _in_values(name, told, fields[name])
        found.append(inside if inside is None or name == key else not inside)
    return _all(found)


def _any(found: Iterable[bool | None]) -> bool | None:
    every = list(found)
    return True if True in every else None if None in every else False


def _all(found: Iterable[bool | None]) -> bool | None:
    every = list(found)
    return False if False in every else None if None in every else True


def _in_values(name: str, texts: Iterable[str], value: int | str) -> bool:
    assert not isinstance(texts, str)
    return any(_is_in(name, text, value) for text in texts)


def _is_in(name: str, text: str, value: int | str) -> bool:
    if name in _INTERFACES:
        return str(value).startswith(text[:-1]) if text.endswith("+") else value == text
    if isinstance(value, str):
        return value == text
    if name in _ADDRESSES:
        return _in_addresses(text, value)
    if name == "mac_src":
        low, _, high = text.partition("-")
        return _card(low) <= value <= _card(high or low)
    if "/" in text:
        first, second = text.split("/")
        if name in _BITS:
            return value & _bits(name, first) == _bits(name, second)
        return value & int(second, 0) == int(first, 0)
    if name == "proto" and not text[0].isdigit():
        return value == _PROTOCOLS[text]
    low, _, high = text.partition("-")
    return int(low, 0) <= value <= int(high or low, 0)


def _in_addresses(text: str, value: int) -> bool:
    if "/" in text:
        address, mask = text.split("/")
        first = ipaddress.ip_address(address)
        full = (1 << first.max_prefixlen) - 1
        asked = full ^ (full >> int(mask)) if mask.isdigit() else _number(mask)
        return value & asked == int(first) & asked
    low, _, high = text.partition("-")
    return _number(low) <= value <= _number(high or low)


def _card(text: str) -> int:
    return int(text.replace(":", ""), 16)


def _number(address: str) -> int:
    return int(ipaddress.ip_address(address))


def _bits(name: str, text: str) -> int:
    if text in ("NONE", "none"):
        return 0
    return sum(_BITS[name][bit] for bit in text.split(","))
