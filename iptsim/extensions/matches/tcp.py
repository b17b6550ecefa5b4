"""tcp: ports, flags and options of a TCP header.

Sources: iptables-extensions(8), tcp; extensions/libxt_tcp.c; net/netfilter/xt_tcpudp.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.demands import TCP, Demands, Limits
from iptsim.extensions.shared.layer4 import (
    PORT_OPTIONS,
    PORT_PARTS,
    READ_BARE,
    HeaderOption,
    transport_of,
    without_any_port,
)
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.packet import TCP_FLAGS
from iptsim.predicate import Predicate, bits, negate_if
from iptsim.values import Masked

_ALL = 0x3F
_NO_FLAGS = Masked(mask=0, value=0)
_SYN = Masked(mask=0x17, value=0x02)


def read_flags(text: str) -> int:
    """`SYN,ACK`, `ALL`, `NONE` in any case, or a number, to the flags byte."""
    if text[:1].isdigit():
        return read_number(text, 8)
    flags = 0
    for name in text.upper().split(","):
        if name not in TCP_FLAGS and name not in ("ALL", "NONE"):
            raise ValueError(f"{name!r} is not a TCP flag")
        flags |= {"ALL": _ALL, "NONE": 0}.get(name, TCP_FLAGS.get(name, 0))
    return flags


def write_flags(flags: int) -> str:
    """The flags byte as iptables-save names it (libxt_tcp.c, print_tcpf: never ALL)."""
    return ",".join(name for name, bit in TCP_FLAGS.items() if flags & bit) or "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags looked at and those of them that must be set: `FIN,SYN,RST,ACK SYN`."""

    words: tuple[int, int] = (2, 2)
    expected: str = "the flags to look at and those that must be set: SYN,ACK,FIN,RST SYN"
    listing: str = r"[A-Z0-9a-fx,]+/[A-Z0-9a-fx,]+"

    def read(self, words: Sequence[str], family: int) -> Masked:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        return Masked(mask=read_flags(words[0]), value=read_flags(words[1]))

    def read_listing(self, text: str, family: int) -> Masked:
        """See `ValueType`."""
        return self.read(text.split("/"), family)

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Masked)
        return f"{write_flags(value.mask)} {write_flags(value.value)}"


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    """--syn is short for its flags; flags that ask nothing are not printed (libxt_tcp.c, save)."""
    return without_any_port(tuple(_spelled_out(options)), family)


def _spelled_out(options: tuple[Option, ...]) -> Iterator[Option]:
    for option in options:
        if option.name == "--syn":
            yield Option(name="--tcp-flags", value=_SYN, negate=option.negate)
        elif option.value != _NO_FLAGS or option.negate:
            yield option


def _conditions(match: Match) -> Iterable[Predicate]:
    option = match.option("--tcp-option")
    if option is not None and isinstance(option.value, int):
        bit = 1 << option.value
        yield negate_if(option.negate, bits("tcp_options", bit, bit))
    flags = match.option("--tcp-flags")
    if flags is not None and isinstance(flags.value, Masked):
        # A flag that must be set but is not looked at can never be: xt_tcpudp.c compares masked.
        yield negate_if(flags.negate, bits("tcp_flags", flags.value.value, flags.value.mask))


def _lower(match: Match, where: Context) -> Predicate:
    return transport_of(6, match, where, *_conditions(match))


_OPTIONS = (
    *PORT_OPTIONS,
    Opt(name="--tcp-option", value=HeaderOption(), negatable=True),
    Opt(name="--tcp-flags", value=Flags(), negatable=True),
    Opt(name="--syn", negatable=True),
)
_PARTS = (
    *PORT_PARTS,
    Part("--tcp-option", "option={!}{}"),
    Part("--tcp-flags", "flags:{!}{}"),
)

EXTENSIONS = (
    MatchExtension(
        name="tcp",
        independent=True,
        demands=Demands(
            protocols=TCP,
            not_="nft",
            not_for=READ_BARE,
            values={"--sport": Limits(ordered=True), "--dport": Limits(ordered=True)},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="tcp", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
        implied_by=6,
    ),
)
