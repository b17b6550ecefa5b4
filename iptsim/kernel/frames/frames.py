"""Packets as bytes, and back.

Only what the kernel needs to believe in a packet: correct checksums (connection tracking calls a
packet with a wrong one INVALID), ports or ICMP type, TCP flags. Padding fills `length` up.
"""

from __future__ import annotations

import struct

from iptsim.kernel.frames.crc32c import crc32c
from iptsim.kernel.frames.header_bytes import body as header_body
from iptsim.kernel.frames.header_bytes import chain, tcp_options
from iptsim.packet import Packet

TCP, UDP, ICMP, ICMPV6, UDPLITE, SCTP, DCCP = 6, 17, 1, 58, 136, 132, 33
PORTED = (TCP, UDP, UDPLITE, SCTP, DCCP)
_SYN = 0x02
# The chunk INIT: initiate tag 1, a window of 65535, two streams each way, first TSN 1.
_INIT = struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65535, 2, 2, 1)
# How long what follows the generic header is: service code, acknowledgement, reset code and data.
_DCCP_REST = {0: 4, 1: 12, 3: 8, 4: 8, 5: 8, 6: 8, 7: 12, 8: 8, 9: 8}


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def _addresses(packet: Packet) -> bytes:
    size = 4 if packet.family == 4 else 16
    return (packet.src or 0).to_bytes(size, "big") + (packet.dst or 0).to_bytes(size, "big")


def _pseudo(packet: Packet, size: int) -> bytes:
    # Connection tracking takes UDP-Lite for new with UDP's number in its checksum only
    # (nf_conntrack_proto_udp.c, udplite_error); one with its own is INVALID.
    proto = UDP if packet.proto == UDPLITE else packet.proto or 0
    if packet.family == 4:
        return _addresses(packet) + struct.pack("!BBH", 0, proto, size)
    return _addresses(packet) + struct.pack("!IHBB", size, 0, 0, proto)


def _transport(packet: Packet) -> tuple[bytes, int | None]:
    """The header with an empty checksum, and where in it the checksum goes (None: nowhere)."""
    ports = struct.pack("!HH", packet.sport or 0, packet.dport or 0)
    if packet.proto == TCP:
        flags = _SYN if packet.tcp_flags is None else packet.tcp_flags
        options = tcp_options(packet)
        words = 5 + len(options) // 4
        return ports + struct.pack("!IIBBHHH", 1, 0, words << 4, flags, 65535, 0, 0) + options, 16
    if packet.proto in (UDP, UDPLITE):
        # A coverage of zero means that the checksum of UDP-Lite is of everything (RFC 3828).
        return ports + b"\0" * 4, 6
    if packet.proto == SCTP:
        return ports + b"\0" * 8 + (_INIT if packet.payload is None else b""), None
    if packet.proto == DCCP:
        return ports + _dccp(packet.dccp_type or 0), 6
    if packet.proto in (ICMP, ICMPV6):
        head = struct.pack("!BBHHH", packet.icmp_type or 0, packet.icmp_code or 0, 0, 1, 1)
        return head, 2
    own = header_body(packet)
    return (b"\0" * 8 if own is None else own), None


def _dccp(kind: int) -> bytes:
    """A header of RFC 4340 after its ports, with 48-bit sequence numbers."""
    rest = _DCCP_REST.get(kind, 0)
    words = (16 + rest) // 4
    return struct.pack("!BBHBBHI", words, 0, 0, kind << 1 | 1, 0, 0, 1) + b"\0" * rest


def _sctp(body: bytes) -> bytes:
    """Its checksum in its place."""
    return body[:8] + struct.pack("<I", crc32c(body)) + body[12:]


def payload(packet: Packet) -> bytes:
    """Everything after the IP header, `packet.length` long in all when that is given."""
    head, at = _transport(packet)
    header = 20 if packet.family == 4 else 40 + len(chain(packet, b"")[1])
    body = head + (packet.payload or b"")
    body += b"\0" * max(0, (packet.length or 0) - header - len(body))
    if packet.proto == UDP:
        body = body[:4] + struct.pack("!H", len(body)) + body[6:]
    if packet.proto == SCTP:
        # Padding is part of the INIT chunk, which must be alone (RFC 9260, 6.10).
        lone = body[:14] + struct.pack("!H", len(body) - 12) + body[16:]
        return _sctp(lone if packet.payload is None else head + packet.payload)
    if at is None:
        return body
    # ICMP of IPv4 is the only one whose checksum leaves the addresses out.
    pseudo = b"" if packet.proto == ICMP else _pseudo(packet, len(body))
    # A UDP checksum of zero means «none» (RFC 768).
    value = _checksum(pseudo + body) or 0xFFFF
    return body[:at] + struct.pack("!H", value) + body[at + 2 :]


def ip_packet(packet: Packet, identity: int) -> bytes:
    """The whole IP packet. `identity` is its IPv4 id (16 bits) or IPv6 flow label (20 bits)."""
    body = payload(packet)
    ttl = 64 if packet.ttl is None else packet.ttl
    tos, proto = packet.tos or 0, packet.proto or 0
    if packet.family == 6:
        first = (6 << 28) | (tos << 20) | identity
        kind, rest = chain(packet, body)
        return struct.pack("!IHBB", first, len(rest), kind, ttl) + _addresses(packet) + rest
    fields = (0x45, tos, 20 + len(body), identity, 0, ttl, proto)
    head = struct.pack("!BBHHHBBH", *fields, 0) + _addresses(packet)
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + body


def ethernet(packet: Packet, identity: int, source: bytes, destination: bytes) -> bytes:
    """The Ethernet frame with the packet in it; `packet.mac_src` goes before `source`."""
    if packet.mac_src is not None:
        source = packet.mac_src.to_bytes(6, "big")
    kind = 0x0800 if packet.family == 4 else 0x86DD
    return destination + source + struct.pack("!H", kind) + ip_packet(packet, identity)


def identity_of(network: bytes) -> int | None:
    """The identity in a network header as a trace event carries it; None for no IP header."""
    if len(network) >= 20 and network[0] >> 4 == 4:
        return int.from_bytes(network[4:6], "big")
    if len(network) >= 40 and network[0] >> 4 == 6:
        return int.from_bytes(network[:4], "big") & 0xFFFFF
    return None


def read(network: bytes, transport: bytes, mark: int, proto: int | None = None) -> Packet:
    """The packet in the two headers of a trace event. `mark` is the event's.

    `proto` is the protocol that it was sent with, which nothing changes: an event has only 40 bytes
    of the network header, so none behind IPv6 extension headers (nf_tables_trace.c).
    """
    family = network[0] >> 4
    if family == 4:
        tos, ttl = network[1], network[8]
        proto = network[9]
        addresses = network[12:20]
    else:
        tos = int.from_bytes(network[:2], "big") >> 4 & 0xFF
        proto, ttl = network[6] if proto is None else proto, network[7]
        addresses = network[8:40]
    half = len(addresses) // 2
    packet = Packet(family=family, proto=proto, tos=tos, ttl=ttl, mark=mark).with_(
        src=int.from_bytes(addresses[:half], "big"), dst=int.from_bytes(addresses[half:], "big")
    )
    if proto in (ICMP, ICMPV6) and len(transport) >= 2:
        return packet.with_(icmp_type=transport[0], icmp_code=transport[1])
    if proto in PORTED and len(transport) >= 4:
        sport, dport = struct.unpack_from("!HH", transport)
        return packet.with_(sport=sport, dport=dport)
    return packet
