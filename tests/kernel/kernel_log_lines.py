"""What legacy tables log of traced packets, as lines of the kernel's log.

They are told here by netlink (nfnetlink_log.c, `enum nfulnl_attr_type`), and written as
nf_log_syslog.c writes them: dump_ipv4_packet, dump_ipv6_packet, nf_log_dump_tcp_header.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping

from iptsim.kernel.events.netlink import Attributes, text
from iptsim.values import format_address

_MARK, _IN, _OUT, _PAYLOAD, _PREFIX, _UID, _GID = 2, 4, 5, 9, 10, 11, 14
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 136: "UDPLITE"}
_LEAST = {1: 4, 6: 20, 17: 8, 58: 4, 136: 8}


def is_traced(event: Attributes) -> bool:
    """Whether it tells of a traced packet: rules of NFLOG are told as well, perhaps cut short."""
    return text(event.get(_PREFIX, b"")).startswith("TRACE: ")


def log_line(event: Attributes, names: Mapping[int, str]) -> str:
    """The line of one event, IPv6 without extension headers and IPv4 without options."""
    payload = event.get(_PAYLOAD, b"")
    ends = [names.get(_number(event, key), "") for key in (_IN, _OUT)]
    words = [f"IN={ends[0]}", f"OUT={ends[1]}", *(_header(payload) if payload else ())]
    words += _tail(event)
    return f"[   12.345678] {text(event[_PREFIX])}{' '.join(words)} "


def _number(event: Attributes, key: int) -> int:
    return int.from_bytes(event.get(key, b""), "big")


def _header(data: bytes) -> Iterator[str]:
    if data[0] >> 4 == 4:
        length, identity = struct.unpack_from("!HH", data, 2)
        yield f"SRC={format_address(int.from_bytes(data[12:16], 'big'), 32)}"
        yield f"DST={format_address(int.from_bytes(data[16:20], 'big'), 32)}"
        yield f"LEN={length} TOS=0x{data[1] & 0x1E:02X} PREC=0x{data[1] & 0xE0:02X}"
        yield f"TTL={data[8]} ID={identity}"
        offset = int.from_bytes(data[6:8], "big") & 0x1FFF
        yield from (f"FRAG:{offset}",) if offset else ()
        yield from _transport(data[9], b"" if offset else data[(data[0] & 15) * 4 :])
        return
    first = int.from_bytes(data[:4], "big")
    yield f"SRC={socket.inet_ntop(socket.AF_INET6, data[8:24])}"
    yield f"DST={socket.inet_ntop(socket.AF_INET6, data[24:40])}"
    yield f"LEN={int.from_bytes(data[4:6], 'big') + 40} TC={first >> 20 & 255}"
    yield f"HOPLIMIT={data[7]} FLOWLBL={first & 0xFFFFF}"
    yield from _transport(data[6], data[40:])


def _transport(proto: int, data: bytes) -> Iterator[str]:
    yield f"PROTO={_PROTOCOLS.get(proto, proto)}"
    least = _LEAST.get(proto, 0)
    if len(data) < least or not least:
        yield from (f"INCOMPLETE [{len(data)} bytes]",) if data else ()
        return
    if proto in (1, 58):
        yield f"TYPE={data[0]} CODE={data[1]}"
        return
    yield "SPT={} DPT={}".format(*struct.unpack_from("!HH", data))
    if proto == 6:
        flags = [name for place, name in enumerate(_FLAGS) if data[13] >> place & 1]
        yield " ".join(("WINDOW=1 RES=0x00", *flags, "URGP=0"))
    else:
        yield f"LEN={struct.unpack_from('!H', data, 4)[0]}"


def _tail(event: Attributes) -> Iterator[str]:
    if _UID in event:
        yield f"UID={_number(event, _UID)} GID={_number(event, _GID)}"
    if _number(event, _MARK):
        yield f"MARK=0x{_number(event, _MARK):x}"
