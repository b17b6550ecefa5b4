"""tcp: ports, flags and options of a TCP header.

Sources: iptables-extensions(8), tcp; extensions/libxt_tcp.c; net/netfilter/xt_tcpudp.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from iptsim.extensions.layer4 import PORT_OPTIONS, PORT_PARTS, transport, without_any_port
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.types import Number, read_number
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match
from iptsim.packet import TCP_FLAGS
from iptsim.predicate import Predicate, bits, negate_if
from iptsim.values import Masked


def read_flags(text: str) -> int:
    """`SYN,ACK`, `ALL`, `NONE` or a number to the flags byte."""
    if text in ("ALL", "NONE"):
        return 0x3F if text == "ALL" else 0
    if text[:1].isdigit():
        return read_number(text, 8)
    unknown = [name for name in text.split(",") if name not in TCP_FLAGS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a TCP flag")
    return sum(TCP_FLAGS[name] for name in set(text.split(",")))


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


def _conditions(match: Match) -> Iterable[Predicate]:
    option = match.option("--tcp-option")
    if option is not None and isinstance(option.value, int):
        bit = 1 << option.value
        yield negate_if(option.negate, bits("tcp_options", bit, bit))
    flags = match.option("--tcp-flags")
    if flags is not None and isinstance(flags.value, Masked):
        # A flag that must be set but is not looked at can never be: xt_tcpudp.c compares masked.
        yield negate_if(flags.negate, bits("tcp_flags", flags.value.value, flags.value.mask))


def _lower(match: Match, _where: Context) -> Predicate:
    return transport(6, match, *_conditions(match))


_OPTIONS = (
    *PORT_OPTIONS,
    Opt(name="--tcp-option", value=Number(bits=8), negatable=True),
    Opt(name="--tcp-flags", value=Flags(), negatable=True),
)
_PARTS = (
    *PORT_PARTS,
    Part("--tcp-option", "option={!}{}"),
    Part("--tcp-flags", "flags:{!}{}"),
)

EXTENSIONS = (
    MatchExtension(
        name="tcp",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="tcp", parts=_PARTS),
        normalize=without_any_port,
        lower=_lower,
        implied_by=6,
    ),
)
