"""Captures and packets, byte by byte, as a test needs them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path

ETHERNET, RAW, NULL, COOKED, COOKED2 = 1, 101, 0, 113, 276
SYN, ACK, RST, FIN = 2, 16, 4, 1
UDP, TCP, ICMP, ICMP6 = 17, 6, 1, 58
_MACS = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"


def packed(address: str) -> bytes:
    return ip_address(address).packed


def ip(src: str, dst: str, proto: int, payload: bytes, **header: int) -> bytes:
    """An IP packet; `header` may tell ttl, tos, ident, place (flags and offset) and length."""
    ttl, tos = header.get("ttl", 64), header.get("tos", 0)
    if ":" in src:
        length = header.get("length", len(payload))
        head = struct.pack("!IHBB", 6 << 28 | tos << 20, length, proto, ttl)
        return head + packed(src) + packed(dst) + payload
    length = header.get("length", 20 + len(payload))
    words = (0x45, tos, length, header.get("ident", 7), header.get("place", 0), ttl, proto, 0)
    return struct.pack("!BBHHHBBH", *words) + packed(src) + packed(dst) + payload


def tcp(sport: int, dport: int, flags: int, *, carried: bytes = b"", options: bytes = b"") -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", sport, dport, 1, 1, words << 4, flags, 1000, 0, 0)
    return head + options + carried


def udp(sport: int, dport: int, carried: bytes = b"q") -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(carried), 0) + carried


def icmp(kind: int, code: int = 0, ident: int = 9, carried: bytes = b"") -> bytes:
    return struct.pack("!BBHHH", kind, code, 0, ident, 1) + carried


def ethernet(packet: bytes, *tags: int) -> bytes:
    """A frame, with a tag for each VLAN, the outer one first."""
    kinds = [0x88A8] * (len(tags) - 1) + [0x8100] * bool(tags)
    words = b"".join(struct.pack("!HH", k, tag) for k, tag in zip(kinds, tags, strict=True))
    return _MACS + words + kind_of(packet) + packet


def kind_of(packet: bytes) -> bytes:
    return struct.pack("!H", 0x0800 if packet[0] >> 4 == 4 else 0x86DD)


def cooked(packet: bytes, kind: int, hardware: int = 1) -> bytes:
    return struct.pack("!HHH", kind, hardware, 6) + _MACS[6:] + b"\0\0" + kind_of(packet) + packet


def cooked2(packet: bytes, kind: int, index: int, hardware: int = 1) -> bytes:
    head = kind_of(packet) + struct.pack("!HIHBB", 0, index, hardware, kind, 6)
    return head + _MACS[6:] + b"\0\0" + packet


def loopback(packet: bytes, family: int = 2) -> bytes:
    return struct.pack("<I", family) + packet


def pcap(
    frames: Iterable[bytes], link: int, *, times: Sequence[float] = (), kept: int = 0
) -> bytes:
    """A capture file; `kept` is how many bytes of each packet were kept, 0 for all."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)
    for number, frame in enumerate(frames):
        time = times[number] if times else 1_700_000_000 + number / 100
        short = frame[:kept] if kept else frame
        seconds, micro = int(time), round(time % 1 * 1e6)
        data += struct.pack("<IIII", seconds, micro, len(short), len(frame)) + short
    return data


def pcapng(frames: Iterable[bytes], link: int) -> bytes:
    data = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    data += struct.pack("<IIHHII", 1, 20, link, 0, 262144, 20)
    for number, frame in enumerate(frames):
        padded = frame + b"\0" * (-len(frame) % 4)
        size = 32 + len(padded)
        time = 1_700_000_000_000_000 + number
        head = (6, size, 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        data += struct.pack("<IIIIIII", *head) + padded + struct.pack("<I", size)
    return data


def written(folder: Path, data: bytes, name: str = "a.pcap") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file
