"""What stands before the IP header: the link's own, and what it tells of the way.

Sources: https://www.tcpdump.org/linktypes.html; linux/if_packet.h (PACKET_OUTGOING …),
linux/if_arp.h.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from types import MappingProxyType

from iptsim.dataclass import dataclass
from iptsim.replay.not_read import CUT, NOT_IP, OTHER_HOST, NotReadError

_IPV4, _IPV6 = 0x0800, 0x86DD
_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
_OTHER_HOST, _OUTGOING = 3, 4
_LOOPBACK = 772
_FAMILIES = MappingProxyType({2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6})
"""AF_INET, and AF_INET6 of Linux, NetBSD, FreeBSD and macOS."""
_TYPE, _COOKED, _COOKED2 = Struct("!H"), Struct("!HHH8sH"), Struct("!HHIHBB8s")
_HOST_ORDER, _NET_ORDER = Struct("<I"), Struct("!I")


@dataclass(frozen=True, slots=True)
class Framed:
    """Where the IP header begins, and what the link tells.

    `leaves` is whether this host put the packet on the link, None where nothing tells; `looped` is
    whether it goes by lo. `index` is the interface's number, 0 where it is not told, `tagged`
    whether the packet is of a VLAN.
    """

    at: int
    leaves: bool | None = None
    looped: bool = False
    index: int = 0
    mac: bytes = b""
    tagged: bool = False


def _ethernet(data: bytes) -> Framed:
    at, tagged = _behind_tags(data, 12)
    return Framed(at, mac=data[6:12], tagged=tagged)


def _cooked(data: bytes) -> Framed:
    if len(data) < _COOKED.size:
        raise NotReadError(CUT)
    kind, hardware, length, address, _type = _COOKED.unpack_from(data)
    at, tagged = _behind_tags(data, 14)
    return _told(kind, hardware, at, 0, address[:6] if length == 6 else b"", tagged)


def _cooked2(data: bytes) -> Framed:
    if len(data) < _COOKED2.size:
        raise NotReadError(CUT)
    _type, _none, index, hardware, kind, length, address = _COOKED2.unpack_from(data)
    at, tagged = _COOKED2.size, False
    if _type in _TAGS:
        at, tagged = _behind_tags(data, at + 2)
    elif _type not in (_IPV4, _IPV6):
        raise NotReadError(NOT_IP)
    return _told(kind, hardware, at, index, address[:6] if length == 6 else b"", tagged)


def _told(kind: int, hardware: int, at: int, index: int, mac: bytes, tagged: bool) -> Framed:
    if kind == _OTHER_HOST:
        raise NotReadError(OTHER_HOST)
    looped = hardware == _LOOPBACK
    leaves = looped or kind == _OUTGOING
    return Framed(at, leaves, looped, index, b"" if leaves else mac, tagged)


def _behind_tags(data: bytes, at: int) -> tuple[int, bool]:
    """Behind the type at that place, and the tags of VLANs, of which there may be several."""
    tagged = False
    while True:
        if len(data) < at + 2:
            raise NotReadError(CUT)
        (kind,) = _TYPE.unpack_from(data, at)
        if kind not in _TAGS:
            break
        at, tagged = at + 4, True
    if kind not in (_IPV4, _IPV6):
        raise NotReadError(NOT_IP)
    return at + 2, tagged


def _raw(_data: bytes) -> Framed:
    return Framed(0)


def _null(data: bytes) -> Framed:
    """The family in the order of the host that captured it, or of the network."""
    if len(data) < 4:
        raise NotReadError(CUT)
    orders = (order.unpack_from(data)[0] for order in (_HOST_ORDER, _NET_ORDER))
    if not any(family in _FAMILIES for family in orders):
        raise NotReadError(NOT_IP)
    return Framed(4, leaves=True, looped=True)


LINKS: Mapping[int, Callable[[bytes], Framed]] = MappingProxyType(
    {
        0: _null, 1: _ethernet, 12: _raw, 14: _raw, 101: _raw, 108: _null, 113: _cooked,
        228: _raw, 229: _raw, 276: _cooked2,
    }
)  # fmt: skip
"""By libpcap's DLT_ number, what reads a frame; it raises `NotReadError`.

NULL and LOOP are a loopback's.
"""
