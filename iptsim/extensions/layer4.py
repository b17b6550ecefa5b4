"""What the matches on transport headers share: ports, and where there are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iptsim.extensions.spec import Opt
from iptsim.extensions.types import Number, Ports
from iptsim.extensions.wording import Part
from iptsim.model import Match, Option
from iptsim.predicate import InSet, Predicate, all_of, equals, negate_if
from iptsim.values import Range

ANY_PORT = Range(low=0, high=65535)

PORT_OPTIONS = (
    Opt(name="--sport", aliases=("--source-port",), value=Ports(), negatable=True),
    Opt(name="--dport", aliases=("--destination-port",), value=Ports(), negatable=True),
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


def first_fragment() -> Predicate:
    """Only the first fragment holds the transport header (xt_tcpudp.c: `if (par->fragoff)`)."""
    return equals("fragment", 0)


def ports(match: Match) -> Iterable[Predicate]:
    """The conditions of --sport and --dport; a range that ends before it begins holds nothing."""
    for name, field in (("--sport", "sport"), ("--dport", "dport")):
        option = match.option(name)
        if option is not None and isinstance(option.value, Range):
            inside = InSet(field=field, values=option.value.members)
            yield negate_if(option.negate, inside)


def transport(protocol: int, match: Match, *more: Predicate) -> Predicate:
    """A match on the header of `protocol`: its ports and what else is asked of it."""
    return all_of((equals("proto", protocol), first_fragment(), *ports(match), *more))
