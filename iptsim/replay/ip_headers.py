"""The headers of a captured packet, as the kernel reads them.

Sources: net/ipv4/ip_input.c (ip_rcv_core), net/ipv6/ip6_input.c (ip6_rcv_core),
net/ipv6/exthdrs_core.c (ipv6_skip_exthdr), net/netfilter/nf_conntrack_core.c (nf_ct_get_tuple).
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError  # noqa: N812  # it is called error

from iptsim.dataclass import dataclass
from iptsim.packet import EXT_HEADERS
from iptsim.replay.not_read import CUT, WRONG_HEADER, NotReadError

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
WITH_PORTS = frozenset({TCP, UDP, 33, 132, 136})
_ERRORS = {4: frozenset({3, 4, 5, 11, 12}), 6: frozenset({1, 2, 3, 4})}
"""ICMP types that quote the packet they are about."""
_V4, _V6 = Struct("!BBHHHBBH4s4s"), Struct("!IHBB16s16s")
_PORTS, _FRAGMENT, _WORD = Struct("!HH"), Struct("!BBHI"), Struct("!I")
_MORE, _OFFSET = 0x2000, 0x1FFF
_HOP, _ROUTE, _FRAG, _AH, _DEST = 0, 43, 44, 51, 60
_EXTENSIONS = {_HOP: "hop", _ROUTE: "route", _FRAG: "frag", _DEST: "dst"}
_MOST_HEADERS = 32
_TCP_LEAST, _MSS = 20, 2

Tuple = tuple[int, int, int, int, int, int]
"""Family, protocol, source, destination, source port, destination port, or an ICMP query's id."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What a packet shows; None where it has no such field, or the capture cut it off.

    `fragment` is 1 for a second or later one, `first_of_several` whether it is the first. `at` is
    where its transport header begins; `quoted` is the packet that an ICMP error is about.
    """

    family: int
    proto: int
    src: int
    dst: int
    ttl: int
    tos: int
    length: int
    data: bytes
    at: int
    ident: int = 0
    fragment: int = 0
    first_of_several: bool = False
    ext_headers: int = 0
    sport: int | None = None
    dport: int | None = None
    tcp_flags: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    icmp_id: int = 0
    spi: int | None = None
    quoted: Tuple | None = None

    @property
    def tuple_(self) -> Tuple:
        """What connection tracking looks it up by."""
        sport, dport = self.sport or 0, self.dport or 0
        if self.icmp_type is not None:
            sport = dport = self.icmp_id
        return (self.family, self.proto, self.src, self.dst, sport, dport)

    @property
    def is_error(self) -> bool:
        """Whether it is an ICMP error."""
        return self.icmp_type is not None and self.icmp_type in _ERRORS[self.family]


def reverse(one: Tuple) -> Tuple:
    """The tuple of an answer to it, where nothing is translated."""
    family, proto, src, dst, sport, dport = one
    return (family, proto, dst, src, dport, sport)


def read_headers(data: bytes, at: int, on_wire: int) -> Seen:
    """The packet whose IP header begins there; `on_wire` is how many bytes it had.

    Raises `NotReadError` for what the capture cut within its headers and for what the kernel throws
    away for its header.
    """
    if len(data) <= at:
        raise NotReadError(CUT)
    version = data[at] >> 4
    if version not in (4, 6):
        raise NotReadError(WRONG_HEADER)
    seen = (_version4 if version == 4 else _version6)(data, at)
    if seen.length > on_wire - at:
        raise NotReadError(WRONG_HEADER)  # InTruncatedPkts
    if not seen.fragment:
        _transport(seen)
    return seen


def _version4(data: bytes, at: int) -> Seen:
    if len(data) < at + _V4.size:
        raise NotReadError(CUT)
    first, tos, length, ident, place, ttl, proto, _sum, src, dst = _V4.unpack_from(data, at)
    header = (first & 15) * 4
    if header < _V4.size or length < header:
        raise NotReadError(WRONG_HEADER)
    fragment = 1 if place & _OFFSET else 0
    return Seen(
        family=4, proto=proto, src=int.from_bytes(src), dst=int.from_bytes(dst), ttl=ttl, tos=tos,
        length=length, data=data, at=at + header, ident=ident, fragment=fragment,
        first_of_several=bool(place & _MORE) and not fragment,
    )  # fmt: skip


def _version6(data: bytes, at: int) -> Seen:
    if len(data) < at + _V6.size:
        raise NotReadError(CUT)
    first, payload, proto, ttl, src, dst = _V6.unpack_from(data, at)
    seen = Seen(
        family=6, proto=proto, src=int.from_bytes(src), dst=int.from_bytes(dst), ttl=ttl,
        tos=first >> 20 & 255, length=payload + _V6.size, data=data, at=at + _V6.size,
    )  # fmt: skip
    for _ in range(_MOST_HEADERS):
        if seen.proto not in _EXTENSIONS or seen.fragment:
            return seen
        _extension(seen)
    raise NotReadError(WRONG_HEADER)


def _extension(seen: Seen) -> None:
    """On to the next header."""
    data, at = seen.data, seen.at
    if len(data) < at + _FRAGMENT.size:
        raise NotReadError(CUT)
    following, length, place, ident = _FRAGMENT.unpack_from(data, at)
    seen.ext_headers |= EXT_HEADERS[_EXTENSIONS[seen.proto]]
    if seen.proto == _FRAG:
        seen.fragment, length, seen.ident = int(place >> 3 > 0), 0, ident
        seen.first_of_several = bool(place & 1) and not seen.fragment
    seen.proto, seen.at = following, at + (length + 1) * 8


def _transport(seen: Seen) -> None:
    """The fields of its transport header; ports that are cut off cannot be asked."""
    data, at, proto = seen.data, seen.at, seen.proto
    if proto in WITH_PORTS:
        if len(data) < at + 4:
            raise NotReadError(CUT)
        seen.sport, seen.dport = _PORTS.unpack_from(data, at)
        if proto == TCP:
            _tcp(seen)
    elif proto == (ICMP if seen.family == 4 else ICMP6):
        if len(data) < at + 2:
            raise NotReadError(CUT)
        seen.icmp_type, seen.icmp_code = data[at], data[at + 1]
        seen.icmp_id = int.from_bytes(data[at + 4 : at + 6])
        if seen.is_error:
            seen.quoted = _quoted(data, at + 8)
    elif proto in (50, _AH):
        place = at + (4 if proto == _AH else 0)
        seen.spi = _WORD.unpack_from(data, place)[0] if len(data) >= place + 4 else None


def _tcp(seen: Seen) -> None:
    if len(seen.data) < seen.at + 14:
        raise NotReadError(CUT)
    seen.tcp_flags = seen.data[seen.at + 13]


def _quoted(data: bytes, at: int) -> Tuple | None:
    """The tuple of the packet that an error quotes, of which there may be little."""
    try:
        inner = (_version4 if data[at] >> 4 == 4 else _version6)(data, at)
        if inner.fragment:
            return None
        if inner.proto in WITH_PORTS:
            inner.sport, inner.dport = _PORTS.unpack_from(data, inner.at)
        elif inner.proto in (ICMP, ICMP6):
            inner.icmp_type = data[inner.at]
            inner.icmp_id = int.from_bytes(data[inner.at + 4 : inner.at + 6])
    except (NotReadError, IndexError, StructError):
        return None
    return inner.tuple_


def tcp_options(seen: Seen) -> tuple[int, int | None] | None:
    """The options that a TCP header has, as bits, and its MSS; None where they are cut off.

    Read as net/netfilter/xt_tcpudp.c (tcp_find_option) and xt_tcpmss.c do: none ends the list.
    """
    data, at = seen.data, seen.at + _TCP_LEAST
    end = seen.at + (data[seen.at + 12] >> 4) * 4
    if end > len(data):
        return None
    found, mss = 0, None
    while at < end:
        kind = data[at]
        length = data[at + 1] if at + 1 < end else 0
        found |= 1 << kind
        if kind == _MSS and length == 4 and mss is None and at + 4 <= end:
            mss = int.from_bytes(data[at + 2 : at + 4])
        at += 1 if kind < 2 else length or 1
    return found, mss
