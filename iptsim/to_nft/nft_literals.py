"""Conditions on one field as comparisons of nftables: those that may say it, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iptsim.dataclass import dataclass
from iptsim.extensions.nft.nft_connections import STATES
from iptsim.extensions.nft.read_fields import PROTOCOLS
from iptsim.extensions.shared.type_names import TYPES_OF_NUMBERS
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Binary,
    Ct,
    Expression,
    Fib,
    HeaderOption,
    InterfaceName,
    Meta,
    Number,
    Payload,
    Prefix,
    Range,
)
from iptsim.nftables.nft_statements import Match
from iptsim.packet import FIELDS
from iptsim.predicate import Bits, Fact, Interface
from iptsim.to_nft.told_cubes import Cube
from iptsim.values import IntSet, Masked, blocks

_PACKET_TYPES = {"unicast": 0, "broadcast": 1, "multicast": 2}
_DIRECTIONS = {"ORIGINAL": 0, "REPLY": 1}
_NUMBER_OF_TYPE = {name: number for number, name in TYPES_OF_NUMBERS.items()}
_NUMBER_OF_STATE = {name: number for number, name in STATES.items()}
_STATUS = {"ct_snat": 0x10, "ct_dnat": 0x20}
_WITH_PORTS = ("tcp", "udp", "dccp", "sctp", "udplite")
_ENDS = {
    "ctorigsrc": ("original", "saddr"), "ctorigdst": ("original", "daddr"),
    "ctreplsrc": ("reply", "saddr"), "ctrepldst": ("reply", "daddr"),
    "ctorigsrcport": ("original", "proto-src"), "ctorigdstport": ("original", "proto-dst"),
    "ctreplsrcport": ("reply", "proto-src"), "ctrepldstport": ("reply", "proto-dst"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """What says a condition of a cube, for packets of a family."""

    family: int
    cube: Cube

    @property
    def _ip(self) -> str:
        return "ip" if self.family == 4 else "ip6"

    @property
    def _width(self) -> int:
        return 32 if self.family == 4 else 128

    def number(self, name: str, values: IntSet) -> Iterator[tuple[Match, ...]]:
        """What says that a field is one of these numbers."""
        if name in ("src", "dst"):
            yield (self._address(Payload(protocol=self._ip, field=f"{name[0]}addr"), values),)
        elif name in _ENDS:
            yield from self._of_connection(name, values)
        elif name == "fragment":
            yield from self._fragment(values)
        elif name == "tos":
            yield from self._service(values)
        elif name == "mac_src":
            ends = (Address(value=n, width=48) for pair in values.ranges for n in pair)
            yield (_compared(Payload(protocol="ether", field="saddr"), [next(ends)]),)
        elif name == "length" and self.family == 6:
            moved = IntSet.of((low - 40, high - 40) for low, high in values.ranges)
            yield (_numbers(Payload(protocol="ip6", field="length"), moved, 16),)
        else:
            yield from self._plain(name, values)

    def _plain(self, name: str, values: IntSet) -> Iterator[tuple[Match, ...]]:
        for field in self._fields(name):
            width = 16 if name == "length" else FIELDS[name].width
            yield (_numbers(field, values, width),)

    def _fields(self, name: str) -> Iterator[Expression]:
        """The expressions that hold a field of numbers."""
        known = _KNOWN.get(name)
        if known is not None:
            yield known
        if name in ("icmp_type", "icmp_code"):
            protocol = "icmp" if self.family == 4 else "icmpv6"
            yield Payload(protocol=protocol, field=name.removeprefix("icmp_"))
        elif name == "ttl":
            yield Payload(protocol=self._ip, field="ttl" if self.family == 4 else "hoplimit")
        elif name == "length":
            yield Payload(protocol="ip", field="length")
        elif name in ("sport", "dport", "spi"):
            for protocol in self._protocols():
                if protocol in (_WITH_PORTS if name != "spi" else ("ah", "esp")):
                    yield Payload(protocol=protocol, field=name)

    def _protocols(self) -> Iterator[str]:
        held = self.cube.numbers.get("proto")
        if held is not None and held.count == 1:
            yield from (name for name, number in PROTOCOLS.items() if number in held)

    def _address(self, field: Expression, values: IntSet) -> Match:
        return _compared(field, *_either(values, self._width, self._network))

    def _network(self, values: IntSet) -> list[Expression]:
        return list(networks(values, self._width))

    def _of_connection(self, name: str, values: IntSet) -> Iterator[tuple[Match, ...]]:
        """To nft ports are numbers where a protocol was asked (ct.c, ct_expr_update_type)."""
        direction, key = _ENDS[name]
        if key.endswith("addr"):
            field = Ct(key=key, direction=direction, family=self._ip)
            yield (self._address(field, values),)
        elif any(protocol in _WITH_PORTS for protocol in self._protocols()):
            yield (_numbers(Ct(key=key, direction=direction), values, 16),)

    def _fragment(self, values: IntSet) -> Iterator[tuple[Match, ...]]:
        if self.family == 4:
            offset = Binary(
                operator="&",
                left=Payload(protocol="ip", field="frag-off"),
                right=Number(value=0x1FFF),
            )
            operator = "!=" if 1 in values else "=="
            yield (Match(left=offset, operator=operator, right=Number(value=0)),)

    def _service(self, values: IntSet) -> Iterator[tuple[Match, ...]]:
        if values.count == 1:
            dscp, ecn = divmod(values.first, 4)
            yield (self._part("dscp", dscp, True), self._part("ecn", ecn, True))

    def _part(self, field: str, value: int, sign: bool) -> Match:
        held = Payload(protocol=self._ip, field=field)
        return Match(left=held, operator="==" if sign else "!=", right=Number(value=value))

    def name(self, name: str, values: frozenset[str]) -> Iterator[tuple[Match, ...]]:
        """What says that a field is one of these names."""
        if name == "ctstate":
            yield (_states(values),)
        elif name in _STATUS:
            status, bit = Ct(key="status"), Number(value=_STATUS[name])
            yield (Match(left=status, operator="in" if "yes" in values else "!", right=bit),)
        elif name == "socket" and values == {"yes"}:
            every = Range(low=Number(value=0), high=Number(value=0xFFFFFFFF))
            yield (Match(left=Meta(key="skuid"), right=every),)
        elif name in ("src_type", "dst_type"):
            field = Fib(flags=(f"{name[0]}addr",), result="type")
            yield (_of_names(field, name, values, _NUMBER_OF_TYPE),)
        elif name in ("pkttype", "ctdir"):
            field_ = Meta(key=name) if name == "pkttype" else Ct(key="direction")
            numbers = _PACKET_TYPES if name == "pkttype" else _DIRECTIONS
            yield (_of_names(field_, name, values, numbers),)

    def sign(self, of: Bits | Interface | Fact, sign: bool) -> Iterator[tuple[Match, ...]]:
        """What says that a condition holds, or does not."""
        if isinstance(of, Interface):
            yield from _interface(of, sign)
        elif isinstance(of, Bits):
            yield from ((one,) for one in self._bits(of, sign))

    def _bits(self, of: Bits, sign: bool) -> Iterator[Match]:
        name, value, mask = of.field, of.test.value, of.test.mask
        operator = "==" if sign else "!="
        if name == "tos" and mask == 0xFC:
            yield self._part("dscp", value >> 2, sign)
        elif name == "tos" and mask == 0x03:
            yield self._part("ecn", value, sign)
        elif name == "ctstatus" and not value:
            held = Ct(key="status")
            yield Match(left=held, operator="!" if sign else "in", right=Number(value=mask))
        elif name == "tcp_flags" and (not value or (value == mask and mask & (mask - 1) == 0)):
            # nft 1.0.6 does not read `tcp flags fin / fin`.
            field = _KNOWN[name]
            none = sign == (not value)
            yield Match(left=field, operator="!" if none else "in", right=Number(value=mask))
        elif name in ("src", "dst"):
            left = Binary(
                operator="&",
                left=Payload(protocol=self._ip, field=f"{name[0]}addr"),
                right=Address(value=mask, width=self._width),
            )
            yield Match(left=left, operator=operator, right=Address(value=value, width=self._width))
        else:
            for field in self._fields(name):
                left = Binary(operator="&", left=field, right=Number(value=mask))
                yield Match(left=left, operator=operator, right=Number(value=value))


_KNOWN: Mapping[str, Expression] = {
    "proto": Meta(key="l4proto"),
    "mark": Meta(key="mark"),
    "connmark": Ct(key="mark"),
    "uid": Meta(key="skuid"),
    "gid": Meta(key="skgid"),
    "tcp_flags": Payload(protocol="tcp", field="flags"),
    "tcp_mss": HeaderOption(protocol="tcp", option="maxseg", field="size"),
    "dccp_type": Payload(protocol="dccp", field="type"),
    "cpi": Payload(protocol="comp", field="cpi"),
    "ctproto": Ct(key="protocol", direction="original"),
}


def _either(
    values: IntSet, width: int, told: Callable[[IntSet], list[Expression]]
) -> tuple[list[Expression], str]:
    """The values, or those that it is not, where these are fewer."""
    inside = told(values)
    outside = told(values.complement(0, (1 << width) - 1))
    return (inside, "==") if len(inside) <= len(outside) or not outside else (outside, "!=")


def _numbers(field: Expression, values: IntSet, width: int) -> Match:
    return _compared(field, *_either(values, width, _ranges))


def _ranges(values: IntSet) -> list[Expression]:
    return [
        Number(value=low) if low == high else Range(low=Number(value=low), high=Number(value=high))
        for low, high in values.ranges
    ]


def networks(values: IntSet, width: int) -> Iterator[Expression]:
    """Addresses as single ones, prefixes and ranges."""
    for low, high in values.ranges:
        each = list(blocks(IntSet.between(low, high), width))
        if len(each) > 1:
            yield Range(low=Address(value=low, width=width), high=Address(value=high, width=width))
        else:
            yield _prefix(each[0], width)


def _prefix(block: Masked, width: int) -> Expression:
    base = Address(value=block.value, width=width)
    length = block.mask.bit_count()
    return base if length == width else Prefix(base=base, length=length)


def _compared(field: Expression, values: list[Expression], operator: str = "==") -> Match:
    if len(values) == 1:
        return Match(left=field, operator=operator, right=values[0])
    elements = tuple(Element(key=value) for value in values)
    return Match(left=field, operator=operator, right=AnonymousSet(elements=elements))


def _of_names(
    field: Expression, name: str, values: frozenset[str], numbers: Mapping[str, int]
) -> Match:
    others = frozenset(FIELDS[name].names) - values
    operator = "==" if len(values) <= len(others) else "!="
    told = values if operator == "==" else others
    found = sorted(numbers[one] for one in told if one in numbers)
    return _compared(field, [Number(value=n) for n in found], operator)


def _states(values: frozenset[str]) -> Match:
    others = frozenset(FIELDS["ctstate"].names) - values
    operator, told = ("in", values) if len(values) <= len(others) else ("!", others)
    number = sum(_NUMBER_OF_STATE[one] for one in told)
    return Match(left=Ct(key="state"), operator=operator, right=Number(value=number))


def _interface(of: Interface, sign: bool) -> Iterator[tuple[Match, ...]]:
    key = {"in": "iifname", "out": "oifname"}.get(of.field)
    name = of.pattern.text
    if key is not None and name:
        stem, wild = (name[:-1], True) if of.pattern.wildcard else (name, False)
        held = InterfaceName(name=stem, wildcard=wild)
        yield (Match(left=Meta(key=key), operator="==" if sign else "!=", right=held),)
