"""Field values in text, as people write them."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from iptsim.actions import Translate
from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.packet import bit_names, flag_names
from iptsim.regex import regex
from iptsim.values import IntSet, Masked, format_address, format_mac

# Protocols that people write in capitals.
PROTOCOLS = MappingProxyType({6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMPv6", 132: "SCTP"})
_ADDRESSES = frozenset({"src", "dst", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"})


def protocol(number: int) -> str:
    """`TCP`, or the name of /etc/protocols, or the number."""
    return PROTOCOLS.get(number) or PROTOCOL_NAMES.get(number, str(number))


# Of IPv4, of IPv6, of a mark.
_WHOLE = regex(r"(?<=\.\d)/32$|(?<=\.\d\d)/32$|(?<=\.\d\d\d)/32$|/128$|/0xffffffff$")
_MASKED = frozenset({"src", "dst", "mark", "connmark"})


def without_whole_mask(field: str, value: str) -> str:
    """`10.0.0.1` for a cube's `10.0.0.1/32`, `0x1` for `0x1/0xffffffff`."""
    return _WHOLE.sub("", value) if field in _MASKED else value


def values_text(field: str, values: IntSet, family: int) -> str:
    """`80,443-500`, `10.0.0.0/8`, `tcp`: the members of a set, ranges with a dash."""
    return ",".join(_range(field, low, high, family) for low, high in values.ranges)


def _range(field: str, low: int, high: int, family: int) -> str:
    if field in _ADDRESSES:
        return "-".join(_networks(low, high, 32 if family == 4 else 128))
    return "-".join(_number(field, number) for number in dict.fromkeys((low, high)))


def _number(field: str, number: int) -> str:
    if field == "proto":
        return PROTOCOL_NAMES.get(number, str(number))
    if field in ("mark", "connmark"):
        return hex(number)
    if field == "mac_src":
        return format_mac(number)
    return str(number)


def _networks(low: int, high: int, width: int) -> Iterator[str]:
    """One prefix where the range is one, else both ends."""
    size = high - low + 1
    if size & (size - 1) == 0 and low % size == 0:
        length = width - size.bit_length() + 1
        yield format_address(low, width) + ("" if length == width else f"/{length}")
    else:
        yield from (format_address(low, width), format_address(high, width))


def bits_text(field: str, test: Masked, family: int) -> str:
    """`0x1/0xff`; flags by name, addresses with their mask."""
    if field == "tcp_flags":
        return f"{flag_names(test.value)}/{flag_names(test.mask)}"
    if field in _ADDRESSES:
        width = 32 if family == 4 else 128
        return f"{format_address(test.value, width)}/{format_address(test.mask, width)}"
    if field == "tcp_options":
        return str(test.mask.bit_length() - 1)
    if field == "ext_headers":
        return bit_names(field, test.mask)
    full = field in ("mark", "connmark") and test.mask == 0xFFFFFFFF
    return hex(test.value) if full else str(test)


def is_wide(addresses: IntSet | None) -> bool:
    """Whether addresses are of IPv6, by their size."""
    return addresses is not None and addresses.ranges[-1][1] >> 32 != 0


def translated(action: Translate, family: int) -> str:
    """`10.0.0.9:80`, `15001`: what a translation sets, as far as the rule tells."""
    # A rule of an inet table may speak of addresses of the other family.
    family = 6 if is_wide(action.addresses) else family
    port = values_text("dport", action.ports, family) if action.ports else ""
    address = values_text("dst", action.addresses, family) if action.addresses else ""
    address = f"[{address}]" if port and ":" in address else address
    return f"{address}:{port}" if port and address else address or port
