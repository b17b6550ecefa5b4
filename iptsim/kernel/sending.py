"""Packets on their way: as frames from a neighbour, or from a socket of the host itself."""

from __future__ import annotations

import errno
import socket
import struct
from contextlib import suppress

from iptsim import codes
from iptsim.kernel.frames.frames import ethernet, ip_packet
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.host.trio import Trio
from iptsim.packet import Packet

# A rule that drops a local packet makes its sender fail with EPERM, and routing with the others
# (EINVAL: a blackhole); what became of the packet is in its steps.
_PART_OF_A_JOURNEY = (
    errno.EPERM,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EACCES,
    errno.EINVAL,
)
_EVERYBODY = b"\xff" * 6


def receive(packet: Packet, identity: int, trio: Trio) -> None:
    """Have a complete packet arrive by its link; `JudgeError` where the link cannot carry it."""
    wire = trio.wire(str(packet.in_))
    frame = ethernet(packet, identity, wire.far, destination_mac(packet, trio) or wire.near)
    try:
        wire.socket.send(frame)
    except OSError as error:
        raise JudgeError(
            f"sending a packet: {error}", code=codes.SENDING_FAILED, why=error
        ) from error


def destination_mac(packet: Packet, trio: Trio) -> bytes | None:
    """The MAC address of a broadcast (RFC 894) or multicast (RFC 1112, 2464), else None."""
    dst = packet.dst or 0
    if packet.family == 6:
        return b"\x33\x33" + dst.to_bytes(16, "big")[12:] if dst >> 120 == 0xFF else None
    if dst in trio.broadcasts(str(packet.in_)):
        return _EVERYBODY
    if dst >> 28 == 0xE:
        return b"\x01\x00\x5e" + (dst & 0x7FFFFF).to_bytes(3, "big")
    return None


def _for_many(packet: Packet) -> bool:
    dst = packet.dst or 0
    return dst >> 120 == 0xFF if packet.family == 6 else dst >> 28 == 0xE or dst == (1 << 32) - 1


def _bind(raw: socket.socket, packet: Packet, size: int) -> None:
    """As a program's socket has its source: routing asks for it before the header is seen.

    An address that is not the host's, or is nobody's, is written into the header only. What is for
    many goes by the interface of a bound address, without any route (ip_route_output_key_hash).
    """
    if not packet.src or _for_many(packet):
        return
    af = socket.AF_INET if size == 4 else socket.AF_INET6
    with suppress(OSError):
        raw.bind((socket.inet_ntop(af, packet.src.to_bytes(size, "big")), 0))


def emit(packet: Packet, identity: int, trio: Trio) -> None:
    """Send a complete packet from the host; `JudgeError` where a socket refuses to."""
    af, size = (socket.AF_INET, 4) if packet.family == 4 else (socket.AF_INET6, 16)
    raw = trio.host.socket(
        af, socket.SOCK_RAW, socket.IPPROTO_RAW, uid=packet.uid or 0, gid=packet.gid or 0
    )
    destination = socket.inet_ntop(af, (packet.dst or 0).to_bytes(size, "big"))
    with raw:
        _bind(raw, packet, size)
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, struct.pack("=I", packet.mark or 0))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if packet.out is not None:
                raw.setsockopt(
                    socket.SOL_SOCKET,
                    socket.SO_BINDTODEVICE,
                    packet.out.encode(errors="surrogateescape"),
                )
            raw.sendto(ip_packet(packet, identity), (destination, 0))
        except OSError as error:
            if error.errno not in _PART_OF_A_JOURNEY:
                raise JudgeError(
                    f"sending a packet: {error}", code=codes.SENDING_FAILED, why=error
                ) from error
