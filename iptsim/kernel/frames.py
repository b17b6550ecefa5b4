"""Packets as bytes, and back.

Only what the kernel needs to believe in a packet: correct checksums (connection tracking calls a
packet with a wrong one INVALID), ports or ICMP type, TCP flags. Padding fills `length` up.
"""

from __future__ import annotations

import struct

from iptsim.packet import Packet

TCP, UDP, ICMP, ICMPV6, UDPLITE, SCTP, DCCP = 6, 17, 1, 58, 136, 132, 33
PORTED = (TCP, UDP, UDPLITE, SCTP, DCCP)
_SYN = 0x02


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
    proto = packet.proto or 0
    if packet.family == 4:
        return _addresses(packet) + struct.pack("!BBH", 0, proto, size)
    return _addresses(packet) + struct.pack("!IHBB", size, 0, 0, proto)


def _transport(packet: Packet) -> tuple[bytes, int | None]:
    """The header with an empty checksum, and where in it the checksum goes (None: nowhere)."""
    ports = struct.pack("!HH", packet.sport or 0, packet.dport or 0)
    if packet.proto == TCP:
        flags = _SYN if packet.tcp_flags is None else packet.tcp_flags
        return ports + struct.pack("!IIBBHHH", 1, 0, 5 << 4, flags, 65535, 0, 0), 16
    if packet.proto in (UDP, UDPLITE):
        return ports + struct.pack("!HH", 8, 0), 6
    if packet.proto in (ICMP, ICMPV6):
        head = struct.pack("!BBHHH", packet.icmp_type or 0, packet.icmp_code or 0, 0, 1, 1)
        return head, 2
    return b"\0" * 8, None


def payload(packet: Packet) -> bytes:
    """Everything after the IP header, `packet.length` long in all when that is given."""
    head, at = _transport(packet)
    header = 20 if packet.family == 4 else 40
    padding = max(0, (packet.length or 0) - header - len(head))
    body = head + b"\0" * padding
    if packet.proto == UDP:
        body = body[:4] + struct.pack("!H", len(body)) + body[6:]
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
    ttl, tos, proto = packet.ttl or 64, packet.tos or 0, packet.proto or 0
    if packet.family == 6:
        first = (6 << 28) | (tos << 20) | identity
        return struct.pack("!IHBB", first, len(body), proto, ttl) + _addresses(packet) + body
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


def read(network: bytes, transport: bytes, mark: int) -> Packet:
    """The packet in the two headers of a trace event. `mark` is the event's."""
    family = network[0] >> 4
    if family == 4:
        tos, ttl, proto = network[1], network[8], network[9]
        addresses = network[12:20]
    else:
        tos = int.from_bytes(network[:2], "big") >> 4 & 0xFF
        proto, ttl = network[6], network[7]
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
