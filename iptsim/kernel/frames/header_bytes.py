"""TCP options, IPsec headers and IPv6 extension headers as bytes.

Sources: RFC 8200 (extension headers), 4302 (AH), 4303 (ESP), 6275 (mobility), 9293 (TCP options).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from iptsim.packet import EXT_HEADERS, Packet

TCP, ESP, AH, NONE, IPCOMP, MOBILITY = 6, 50, 51, 59, 108, 135
_SEGMENT_ROUTING = 4
_MSS = 2
# Options of TCP whose length the standards fix; any other number gets no data.
_SIZES = {_MSS: 4, 3: 3, 4: 2, 8: 10}
_NEXT_HEADERS = {"hop": 0, "dst": 60, "route": 43, "frag": 44}
# RFC 4727: an option for experiments that a host skips if it does not know it.
_SKIP = 0x1E
# RFC 3692: a protocol number for experiments, which no host knows.
_EXPERIMENT = 253


def complete(packet: Packet) -> Packet:
    """The packet with everything given of its headers, as `body` and `chain` build them.

    No TCP options, headers as short as they can be, all numbers 0 (SPI: 256) unless told.
    """
    usual = dict(_usual(packet))
    return packet.with_(**{name: v for name, v in usual.items() if getattr(packet, name) is None})


def _usual(packet: Packet) -> Iterator[tuple[str, int | str]]:
    if packet.proto == TCP:
        options = packet.tcp_options
        yield "tcp_options", 0 if packet.tcp_mss is None else 1 << _MSS
        if options is not None and options >> _MSS & 1:
            yield "tcp_mss", 1460
    if packet.proto in (ESP, AH):
        yield "spi", 256
    if packet.proto == AH:
        yield from (("ah_next", "other"), ("ah_length", 24), ("ah_reserved", 0))
    if packet.proto == IPCOMP:
        yield "cpi", 256
    if packet.proto == MOBILITY:
        yield "mh_type", 0
    if packet.family == 6:
        yield from _usual_extensions(packet.ext_headers or 0)


def _usual_extensions(headers: int) -> Iterator[tuple[str, int]]:
    yield "ext_headers", 0
    if headers & EXT_HEADERS["hop"]:
        yield "hbh_length", 8
    if headers & EXT_HEADERS["dst"]:
        yield "dst_length", 8
    if headers & EXT_HEADERS["route"]:
        yield from (("rt_type", 2), ("rt_segsleft", 0), ("rt_length", 24))
    if headers & EXT_HEADERS["frag"]:
        yield from (("frag_id", 0), ("frag_more", 0), ("frag_reserved", 0))


def tcp_options(packet: Packet) -> bytes:
    """The options of a TCP header, filled up with zeros (the end of the list) to whole words.

    `ValueError` for more than the 40 bytes that a header has room for.
    """
    numbers = (n for n in range(256) if (packet.tcp_options or 0) >> n & 1)
    options = b"".join(_option(number, packet) for number in numbers)
    if len(options) > 40:
        raise ValueError("a TCP header has no room for so many options")
    return options + b"\0" * (-len(options) % 4)


def _option(number: int, packet: Packet) -> bytes:
    if number < 2:
        return bytes((number,))
    size = _SIZES.get(number, 2)
    data = struct.pack("!H", packet.tcp_mss or 0) if number == _MSS else b"\0" * (size - 2)
    return bytes((number, size)) + data


def body(packet: Packet) -> bytes | None:
    """What such a protocol's packet consists of; None for any other protocol."""
    if packet.proto == ESP:
        return struct.pack("!II", packet.spi or 0, 1) + b"\0" * 16
    if packet.proto == AH:
        return _authentication(packet)
    if packet.proto == IPCOMP:
        return struct.pack("!BBH", _EXPERIMENT, 0, packet.cpi or 0) + b"\0" * 8
    if packet.proto == NONE:
        return b""
    if packet.proto == MOBILITY:
        # Payload protocol «none», 8 bytes in all, a checksum that nobody looks at.
        return struct.pack("!BBBBHH", NONE, 0, packet.mh_type or 0, 0, 0, 0)
    return None


def _authentication(packet: Packet) -> bytes:
    length = packet.ah_length or 24
    after, rest = {
        "esp": (ESP, b"\0" * 24),
        "none": (NONE, b""),
    }.get(packet.ah_next or "", (_EXPERIMENT, b"\0" * 8))
    words = struct.pack(
        "!BBHII", after, length // 4 - 2, packet.ah_reserved or 0, packet.spi or 0, 1
    )
    return words + b"\0" * (length - len(words)) + rest


def chain(packet: Packet, transport: bytes) -> tuple[int, bytes]:
    """The first «next header» and all that comes after the IPv6 header."""
    last, done = packet.proto or 0, transport
    # From the last to the first, in the order of RFC 8200, 4.1.
    for name in ("frag", "route", "dst", "hop"):
        if (packet.ext_headers or 0) & EXT_HEADERS[name]:
            done = _extension(name, last, packet) + done
            last = _NEXT_HEADERS[name]
    return last, done


def _extension(name: str, after: int, packet: Packet) -> bytes:
    if name == "frag":
        reserved = packet.frag_reserved or 0
        second = (reserved & 3) << 1 | (packet.frag_more or 0)
        return struct.pack("!BBHI", after, reserved >> 2, second, packet.frag_id or 0)
    length = {"hop": packet.hbh_length, "dst": packet.dst_length, "route": packet.rt_length}[name]
    size = length or 8
    head = bytes((after, size // 8 - 1))
    if name == "route":
        return head + _routing(packet, size - 2)
    return head + _options(size - 2)


def _options(size: int) -> bytes:
    """Options that every host skips, each of at most 255 bytes of data.

    Linux drops a packet with more than 7 bytes of padding in a row (exthdrs.c, ip6_parse_tlv).
    """
    data = min(size - 2, 255)
    if size <= 1:
        return b"\0" * size
    return bytes((_SKIP, data)) + b"\0" * data + _options(size - 2 - data)


def _routing(packet: Packet, size: int) -> bytes:
    left = packet.rt_segsleft or 0
    # A segment routing header says how many it has; one with fewer than are left is none.
    fields = struct.pack("!BBI", packet.rt_type or 0, left, 0)
    if packet.rt_type == _SEGMENT_ROUTING:
        fields = struct.pack("!BBBBH", _SEGMENT_ROUTING, left, left, 0, 0)
    return fields + b"\0" * (size - len(fields))
