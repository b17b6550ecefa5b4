"""A packet with everything given that sending it needs."""

from __future__ import annotations

import socket
import struct

from iptsim import codes
from iptsim.host import loopback
from iptsim.kernel.frames.frames import DCCP, ICMP, ICMPV6, PORTED, TCP, ip_packet
from iptsim.kernel.frames.header_bytes import complete as complete_headers
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.host.trio import Trio
from iptsim.packet import Packet

_Values = dict[str, int | str | None]
_DISCARD = 9
_LONGEST = {4: 65535, 6: 65575}  # what the length fields of the two headers can say


def complete(packet: Packet, hook: str, trio: Trio) -> Packet:
    """The packet as it is sent: inbound by a link, from lo, or outbound.

    Inbound: from the neighbour on its link (the first) to the host's address there. From lo: from
    and to the loopback address. Outbound: to the neighbour on its link (the last), from the address
    that the kernel takes for such a packet, sent by root. TCP SYN from 40000 to 80, TTL 64, TOS 0,
    as long as its headers and its payload are. Raises `JudgeError` for a number that its header
    has no room for.
    """
    usual: _Values = {"proto": TCP, "ttl": 64, "tos": 0, "mark": 0}
    if hook != "PREROUTING":
        usual |= _sent(packet, trio)
    elif packet.in_ == "lo":
        usual |= _own(packet)
    else:
        usual |= _received(packet, trio)
    if (packet.length or 0) > _LONGEST[packet.family]:
        raise JudgeError(f"no packet has {packet.length} bytes", code=codes.PACKET_NOT_MADE)
    full = complete_headers(_with_transport(_filled(packet, usual)))
    try:
        return full.with_(length=len(ip_packet(full, 0)))
    except (ValueError, OverflowError, struct.error) as error:
        raise JudgeError(
            f"the packet cannot be made: {error}", code=codes.PACKET_NOT_MADE
        ) from error


def _filled(packet: Packet, usual: _Values) -> Packet:
    return packet.with_(**{k: v for k, v in usual.items() if getattr(packet, k) is None})


def _received(packet: Packet, trio: Trio) -> _Values:
    link = packet.in_ or trio.links[0].name
    return {
        "in_": link,
        "src": packet.src if packet.src is not None else trio.peer_address(link, packet.family),
        "dst": packet.dst if packet.dst is not None else trio.address(link, packet.family),
        "mac_src": int.from_bytes(trio.wire(link).far, "big"),
    }


def _own(packet: Packet) -> _Values:
    first, _ = loopback(32 if packet.family == 4 else 128)
    here = first + 1 if packet.family == 4 else first
    dst = here if packet.dst is None else packet.dst
    return {"src": here if packet.dst is None else dst, "dst": dst, "uid": 0, "gid": 0}


def _sent(packet: Packet, trio: Trio) -> _Values:
    link = packet.out or trio.links[-1].name
    if link == "lo":
        return _own(packet)
    trio.link(link)
    dst = packet.dst if packet.dst is not None else trio.peer_address(link, packet.family)
    src = packet.src
    if src is None:
        src = _source(dst, packet.out, packet.family, trio)
    if src is None:
        src = trio.address(link, packet.family)
    return {"src": src, "dst": dst, "uid": 0, "gid": 0}


def _source(dst: int, out: str | None, family: int, trio: Trio) -> int | None:
    """The address that the host takes to send to `dst`; None where it has no route."""
    af, size = (socket.AF_INET, 4) if family == 4 else (socket.AF_INET6, 16)
    with trio.host.socket(af, socket.SOCK_DGRAM) as probe:
        try:
            if out is not None:
                probe.setsockopt(
                    socket.SOL_SOCKET, socket.SO_BINDTODEVICE, out.encode(errors="surrogateescape")
                )
            probe.connect((socket.inet_ntop(af, dst.to_bytes(size, "big")), _DISCARD))
        except OSError:
            return None
        return int.from_bytes(socket.inet_pton(af, probe.getsockname()[0].split("%")[0]), "big")


def _with_transport(packet: Packet) -> Packet:
    if packet.proto in (ICMP, ICMPV6):
        echo = 8 if packet.proto == ICMP else 128
        kind = echo if packet.icmp_type is None else packet.icmp_type
        return packet.with_(icmp_type=kind, icmp_code=packet.icmp_code or 0)
    if packet.proto not in PORTED:
        return packet
    usual: _Values = {"sport": 40000, "dport": 80}
    usual |= {"tcp_flags": 0x02} if packet.proto == TCP else {}
    usual |= {"dccp_type": 0} if packet.proto == DCCP else {}
    return _filled(packet, usual)
