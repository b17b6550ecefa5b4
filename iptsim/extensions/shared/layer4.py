"""What the matches on transport headers share: ports, and where there are none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.extensions.spec import Context, Opt
from iptsim.extensions.text import write_match
from iptsim.extensions.values.hostnames import is_service_name, named_ports
from iptsim.extensions.values.services import SERVICES
from iptsim.extensions.values.value_types import Number, Ports, read_port
from iptsim.extensions.wordings.wording import Part
from iptsim.model import Match, Option
from iptsim.predicate import (
    Fact,
    InSet,
    Predicate,
    all_of,
    any_of,
    equals,
    negate,
    negate_if,
)
from iptsim.values import IntSet, Range

ANY_PORT = Range(low=0, high=65535)
READ_BARE = frozenset({"--sport", "--dport", "--tcp-flags"})
"""The options of tcp and udp that iptables-nft turns into reads of the header's bytes."""
_WITH_PORTS = InSet(field="proto", values=IntSet.of((n, n) for n in (6, 17, 33, 132, 136)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PortsOrName:
    """A port, a range of them, or services that only the dumping host knows.

    A `Range`, or a text where an end is such a name: `shopctl`, `1024:shopctl`.
    """

    words: tuple[int, int] = (1, 1)
    expected: str = Ports().expected
    listing: str = Ports().listing

    def read(self, words: Sequence[str], family: int) -> Range | str:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Range | str:
        """See `ValueType`."""
        ends = text.split(":")
        if not any(end not in SERVICES and is_service_name(end) for end in ends):
            return Ports().read_listing(text, family)
        known = [end for end in ends if end and not is_service_name(end)]
        if len(ends) > 2 or any(read_port(end) < 0 for end in known):
            raise ValueError(f"{text!r} is not {self.expected}")
        return ":".join(str(SERVICES.get(end, end)) for end in ends)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        return value if isinstance(value, str) else Ports().write(value, family)


PORT_OPTIONS = (
    Opt(name="--sport", aliases=("--source-port",), value=PortsOrName(), negatable=True),
    Opt(name="--dport", aliases=("--destination-port",), value=PortsOrName(), negatable=True),
)
PORT_PARTS = (Part("--sport", "spts?:{!}{}"), Part("--dport", "dpts?:{!}{}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderOption(Number):
    """The number of a TCP or DCCP header option, 1 to 255."""

    bits: int = 8
    expected: str = "the number of a header option, 1 to 255"

    def read_listing(self, text: str, family: int) -> int:
        """See `ValueType`."""
        number = Number.read_listing(self, text, family)
        if number == 0:
            raise ValueError(f"{text!r} is not {self.expected}")
        return number


def without_any_port(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """A range of all ports asks nothing and is not printed (libxt_tcp.c, print_port)."""
    return tuple(o for o in options if o.value != ANY_PORT or o.negate)


def in_ports(field: str, value: Hashable) -> Predicate:
    """That a port is in a range, or is what the dumping host calls so."""
    if isinstance(value, Range):
        return InSet(field=field, values=value.members)
    return named_ports(field, str(value))


def first_fragment() -> Predicate:
    """Only the first fragment holds the transport header (xt_tcpudp.c: `if (par->fragoff)`)."""
    return equals("fragment", 0)


def ports(match: Match) -> Iterable[Predicate]:
    """The conditions of --sport and --dport; a range that ends before it begins holds nothing."""
    for name, field in (("--sport", "sport"), ("--dport", "dport")):
        option = match.option(name)
        if option is not None:
            yield negate_if(option.negate, in_ports(field, option.value))


def transport(protocol: int, match: Match, *more: Predicate) -> Predicate:
    """A match on the header of `protocol`: its ports and what else is asked of it."""
    return all_of((equals("proto", protocol), first_fragment(), *ports(match), *more))


def transport_of(protocol: int, match: Match, where: Context, *more: Predicate) -> Predicate:
    """As `transport`, for the matches that iptables-nft loads behind a `!` of their own protocol.

    Nothing then asks for the protocol: the bytes are read of whatever else comes (iptables/nft.c,
    add_nft_tcp, add_nft_udp). The older tables refuse such a rule.
    """
    bare = bool(match.options) and all(option.name in READ_BARE for option in match.options)
    if not (bare and where.nft and where.excluded == protocol):
        return transport(protocol, match, *more)
    read = all_of((first_fragment(), *(_read(match, o, where) for o in match.options)))
    if where.nft_told:
        return read
    text = write_match(match, where.family)
    return all_of(
        (Fact(key=f"{text} in nf_tables", code=codes.HELD_BY_NF_TABLES, detail=text), read)
    )


def _read(match: Match, option: Option, where: Context) -> Predicate:
    """What the bytes in an option's place are, certain only where a port stands there."""
    text = write_match(replace(match, options=(option,)), where.family)
    unknown = Fact(
        key=f"{text} of another header", code=codes.HEADER_BYTES, detail=text, reads=("*",)
    )
    if not isinstance(option.value, Range):
        return unknown
    inside = InSet(field=option.name.lstrip("-"), values=option.value.members)
    there = all_of((_WITH_PORTS, negate_if(option.negate, inside)))
    return any_of((there, all_of((negate(_WITH_PORTS), unknown))))
