"""Where a packet's fields lie in its bytes, from the IP header on.

Presumed of a packet: an IPv4 header without options (20 bytes), and a transport header that is
there as a whole. What no field tells (identification, DF, checksums, sequence numbers, windows,
what IPv6 extension headers and TCP options hold) nobody knows.

Sources: RFC 791, 8200, 9293, 768, 792, 4443; net/netfilter/xt_u32.c, xt_bpf.c and xt_string.c,
which all count from the IP header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from iptsim.dataclass import dataclass, replace
from iptsim.extensions.packet_bytes.symbolic_bits import Source, Word, constant, nobody, whole
from iptsim.packet import FIELDS
from iptsim.predicate import ALWAYS, NEVER, InSet, Predicate, all_of, any_of
from iptsim.values import IntSet

TCP, UDP, UDPLITE, SCTP, DCCP = 6, 17, 136, 132, 33
ICMP = {4: 1, 6: 58}
_PORTS_ONLY = IntSet.single(DCCP)
IP_HEADER = {4: 20, 6: 40}
"""The bytes of an IP header without options and extension headers, by family."""
# IPv4's total length, and IPv6's payload length besides its header, have 16 bits.
_LENGTHS = {4: IntSet.between(20, 0xFFFF), 6: IntSet.between(40, 40 + 0xFFFF)}
# 0 in a packet that is no fragment, and in the first one.
_FRAGMENT_OFFSET = Source(
    field="fragment offset", width=13, domain=IntSet.between(1, 0x1FFF), told=False
)
_DATA_OFFSET = Source(field="data offset", width=4, domain=IntSet.between(6, 15), told=False)


class Unsettled(Exception):  # noqa: N818  # not an error: asks for one layout after the other
    """What is read hangs on what kind of packet it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The bytes of some kind of packet.

    `bits` are its headers', as far as they are known; `payload` follows them, where it is told.
    Where `open` is a range of bits, those and all behind `bits` hang on which kind of packet of
    several it is.
    """

    family: int
    bits: Word
    payload: bytes | None = None
    open: range | None = None

    @property
    def length(self) -> Word:
        """The length of the whole packet, in 32 bits."""
        return whole(Source(field="length", width=32, domain=_LENGTHS[self.family]))

    @property
    def header(self) -> int:
        """The bytes of the headers that are known."""
        return len(self.bits) // 8

    @property
    def whole(self) -> int:
        """The bytes that are there in every such packet."""
        return self.header + len(self.payload or b"")

    def has(self, size: int) -> Predicate:
        """The packet has at least `size` bytes."""
        if size <= self.whole:
            return ALWAYS
        longest = _LENGTHS[self.family].ranges[-1][1]
        lengths = IntSet.between(size, longest)
        return InSet(field="length", values=lengths) if lengths else NEVER

    def load(self, position: int, size: int) -> Word:
        """The `size` bytes from `position` (not negative) on, of a packet that has them.

        Raises `Unsettled` where they hang on which kind of packet it is.
        """
        first, last = position * 8, (position + size) * 8
        if self.open is not None and (last > len(self.bits) or _meet(self.open, first, last)):
            raise Unsettled
        return _joined(*map(self._byte, range(position, position + size)))

    def _byte(self, position: int) -> Word:
        if position < self.header:
            return self.bits[position * 8 : position * 8 + 8]
        inside = position - self.header
        if self.payload is None or inside >= len(self.payload):
            return nobody(8)
        return constant(self.payload[inside], 8)


def _meet(places: range, first: int, last: int) -> bool:
    return first < places.stop and places.start < last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Packets of one layout, or of one of several: which, is told by the value of `field`."""

    layout: Layout
    field: str = ""
    parts: tuple[tuple[IntSet, _Kind], ...] = ()


def over_layouts(
    family: int, payload: bytes | None, meaning: Callable[[Layout], Predicate]
) -> Predicate:
    """The condition whose meaning under each layout is as `meaning` says.

    One layout is asked where it does for every packet, else those of each kind of packet; bytes
    that nothing asks for split nothing.
    """
    return _over(_kinds(family, payload), meaning)


def _over(kind: _Kind, meaning: Callable[[Layout], Predicate]) -> Predicate:
    try:
        return meaning(kind.layout)
    except Unsettled:
        pass
    found: dict[Predicate, IntSet] = {}
    for values, part in kind.parts:
        condition = _over(part, meaning)
        found[condition] = found.get(condition, IntSet()) | values
    if len(found) == 1:
        return next(iter(found))
    return any_of(
        all_of((InSet(field=kind.field, values=values), condition))
        for condition, values in found.items()
    )


def _kinds(family: int, payload: bytes | None) -> _Kind:
    return _kinds6(payload) if family == 6 else _kinds4(payload)


def _kinds4(payload: bytes | None) -> _Kind:
    proto = _field("proto", 8)
    first = _by_protocol(Layout(family=4, bits=_header4(proto, constant(0, 13))), payload)
    later = Layout(family=4, bits=_header4(proto, whole(_FRAGMENT_OFFSET)))
    return _Kind(
        layout=replace(first.layout, open=range(51, 64)),
        field="fragment",
        parts=((IntSet.single(0), first), (IntSet.single(1), _Kind(layout=later))),
    )


def _kinds6(payload: bytes | None) -> _Kind:
    """With extension headers, the IPv6 header has the first one's number where else `proto` is."""
    plain = _by_protocol(Layout(family=6, bits=_header6(_field("proto", 8))), payload)
    extended = Layout(family=6, bits=_header6(nobody(8)))
    some = IntSet.between(1, (1 << FIELDS["ext_headers"].width) - 1)
    return _Kind(
        layout=replace(plain.layout, open=range(48, 56)),
        field="ext_headers",
        parts=((IntSet.single(0), plain), (some, _Kind(layout=extended))),
    )


def _by_protocol(ip: Layout, payload: bytes | None) -> _Kind:
    """A protocol whose header is known is a constant in it."""
    family, parts, others = ip.family, [], IntSet.width(8) - _PORTS_ONLY
    for proto, transport in _transports(family):
        bits = _with_protocol(ip.bits, family, constant(proto, 8))
        layout = Layout(family=family, bits=(*bits, *transport), payload=payload)
        parts.append((IntSet.single(proto), _tcp(layout) if proto == TCP else _Kind(layout=layout)))
        others -= IntSet.single(proto)
    for protocols, transport in ((_PORTS_ONLY, _ports()), (others, ())):
        word = whole(Source(field="proto", width=8, domain=protocols))
        bits = (*_with_protocol(ip.bits, family, word), *transport)
        parts.append((protocols, _Kind(layout=Layout(family=family, bits=bits))))
    return _Kind(layout=replace(ip, open=range(0)), field="proto", parts=tuple(parts))


def _with_protocol(bits: Word, family: int, proto: Word) -> Word:
    at = 72 if family == 4 else 48
    return (*bits[:at], *proto, *bits[at + 8 :])


def _tcp(layout: Layout) -> _Kind:
    """Where the header ends hangs on its options."""
    at = len(layout.bits) - 64
    before, after = layout.bits[:at], layout.bits[at + 4 :]
    bare = replace(layout, bits=(*before, *constant(5, 4), *after))
    more = replace(layout, bits=(*before, *whole(_DATA_OFFSET), *after), payload=None)
    some = IntSet.between(1, (1 << FIELDS["tcp_options"].width) - 1)
    return _Kind(
        layout=replace(layout, open=range(at, at + 4)),
        field="tcp_options",
        parts=((IntSet.single(0), _Kind(layout=bare)), (some, _Kind(layout=more))),
    )


def transport_header(family: int, proto: int) -> int | None:
    """The bytes of a protocol's header without options; None where it is not known."""
    return {known: len(word) // 8 for known, word in _transports(family)}.get(proto)


def _transports(family: int) -> Iterator[tuple[int, Word]]:
    """The headers that are known as a whole, by their protocol; TCP's without its data offset."""
    yield TCP, _joined(_ports(), nobody(72), _field("tcp_flags", 8), nobody(48))
    yield UDP, _joined(_ports(), _rest(family, IP_HEADER[family]), nobody(16))
    # UDP-Lite has the checksum's coverage where UDP has the length (RFC 3828).
    yield UDPLITE, _joined(_ports(), nobody(32))
    # The chunks are its payload (RFC 9260, 3).
    yield SCTP, _joined(_ports(), nobody(64))
    yield ICMP[family], _joined(_field("icmp_type", 8), _field("icmp_code", 8), nobody(48))


def _joined(*parts: Word) -> Word:
    return tuple(chain.from_iterable(parts))


def _field(name: str, width: int) -> Word:
    return whole(Source(field=name, width=width, domain=IntSet.width(width)))


def _rest(family: int, without: int) -> Word:
    """16 bits with the packet's length without the first bytes."""
    return whole(Source(field="length", width=16, domain=_LENGTHS[family], delta=-without))


def _header4(proto: Word, offset: Word) -> Word:
    return _joined(
        constant(0x45, 8), _field("tos", 8), _rest(4, 0), nobody(16),
        nobody(3), offset, _field("ttl", 8), proto, nobody(16),
        _field("src", 32), _field("dst", 32),
    )  # fmt: skip


def _header6(proto: Word) -> Word:
    return _joined(
        constant(6, 4), _field("tos", 8), nobody(20), _rest(6, 40), proto, _field("ttl", 8),
        _field("src", 128), _field("dst", 128),
    )  # fmt: skip


def _ports() -> Word:
    return (*_field("sport", 16), *_field("dport", 16))
