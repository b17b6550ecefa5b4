"""What is told of a captured packet when it is asked: what rules ask for, and no more.

Packets that are asked alike are answered at once, so what no rule looks at is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.packet import bit_names
from iptsim.replay.asked_fields import Asked
from iptsim.replay.ip_headers import TCP, Seen, tcp_options
from iptsim.replay.links import Framed
from iptsim.values import format_address, format_mac

_USUAL_TTL = 1
_HEADERS = {1: 8, 6: 20, 17: 8, 58: 8}


def of_packet(seen: Seen, framed: Framed, asked: Asked) -> dict[str, Any]:
    """A packet as JSON has it, with all that may decide how the rules and the host treat it."""
    width = 32 if seen.family == 4 else 128
    told: dict[str, Any] = {
        "proto": PROTOCOL_NAMES.get(seen.proto, str(seen.proto)),
        "src": format_address(seen.src, width),
        "dst": format_address(seen.dst, width),
    }
    if seen.sport is not None:
        told |= {"sport": seen.sport, "dport": seen.dport}
    told |= {name: _written(name, value) for name, value in own(seen, framed, asked)}
    if seen.tcp_flags is not None:
        told["tcp_flags"] = bit_names("tcp_flags", seen.tcp_flags)
    if seen.icmp_type is not None:
        told["icmp_type"] = f"{seen.icmp_type}/{seen.icmp_code}"
    if seen.fragment:
        told["fragment"] = 1
    return told


def own(seen: Seen, framed: Framed, asked: Asked) -> Iterator[tuple[str, Any]]:
    """What a packet has of its own that rules ask for, as the fields of a `Packet`."""
    fields = asked.fields
    if "ttl" in fields or seen.ttl <= _USUAL_TTL:
        yield "ttl", seen.ttl
    if "tos" in fields:
        yield "tos", seen.tos
    if "length" in fields and not (seen.first_of_several or seen.fragment):
        yield "length", seen.length
    if framed.mac and not {"mac_src", "eui64"}.isdisjoint(fields):
        yield "mac_src", int.from_bytes(framed.mac)
    if seen.family == 6 and (seen.ext_headers or "ext_headers" in fields):
        yield "ext_headers", seen.ext_headers
    if seen.spi is not None and "spi" in fields:
        yield "spi", seen.spi
    yield from _of_transport(seen, asked)


def _of_transport(seen: Seen, asked: Asked) -> Iterator[tuple[str, Any]]:
    if seen.proto == TCP and seen.tcp_flags is not None:
        yield from _options(seen, asked)
        if "tcp_flags" in asked.fields:
            yield "tcp_flags", seen.tcp_flags
    if asked.payload and not (seen.fragment or seen.first_of_several):
        carried = _payload(seen)
        if carried is not None:
            yield "payload", carried


def _options(seen: Seen, asked: Asked) -> Iterator[tuple[str, Any]]:
    if asked.fields.isdisjoint(("tcp_options", "tcp_mss")):
        return
    found = tcp_options(seen)
    if found is not None:
        yield "tcp_options", found[0]
        if found[1] is not None:
            yield "tcp_mss", found[1]


def _payload(seen: Seen) -> bytes | None:
    """What its transport header is followed by; None where the capture cut it, or it has options.

    The program's own layout of bytes has no place for IP and TCP options.
    """
    header = _HEADERS.get(seen.proto)
    start = seen.at + (header or 0)
    end = seen.at + _length_behind(seen)
    if header is None or end > len(seen.data) or end < start or seen.ext_headers:
        return None
    if seen.proto == TCP and (seen.data[seen.at + 12] >> 4) * 4 != header:
        return None
    return seen.data[start:end]


def _length_behind(seen: Seen) -> int:
    """The bytes of the packet behind its IP header."""
    return seen.length - (20 if seen.family == 4 else 40)


def _written(name: str, value: Any) -> Any:
    if name in ("tcp_options", "ext_headers"):
        return bit_names(name, value)
    if name == "mac_src":
        return format_mac(value)
    if name == "payload":
        from iptsim.extensions.matches.string import write_bytes  # noqa: PLC0415  # few rules ask

        return write_bytes(value)
    return value


def shown(seen: Seen, framed: Framed, asked: Asked, more: dict[str, Any]) -> dict[str, Any]:
    """A packet for who reads of it: what was asked of it, and its TTL, TOS and length."""
    told = {**of_packet(seen, framed, asked), **more}
    told |= {"ttl": seen.ttl, "tos": seen.tos, "length": seen.length}
    return {name: value for name, value in told.items() if name != "hook"}
