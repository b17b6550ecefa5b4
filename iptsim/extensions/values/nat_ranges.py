"""What the NAT targets share: addresses and ports to choose from.

Sources: extensions/libxt_NAT.c; include/uapi/linux/netfilter/nf_nat.h, struct nf_nat_range2.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.actions import Side, To, Translate
from iptsim.dataclass import dataclass
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.services import SERVICES
from iptsim.extensions.values.value_types import AddressRange, read_port
from iptsim.model import Target
from iptsim.values import IntSet, Range

_ADDRESSES = AddressRange()


@dataclass(frozen=True, slots=True, kw_only=True)
class NatRange:
    """New addresses, new ports and the first port of a port shift; None: as they are."""

    addresses: Range | None = None
    ports: Range | None = None
    base: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NatPorts(Word):
    """A port, a service name or `80-90`; a `Range`. A range with one end is refused."""

    expected: str = "a port or a range of ports, such as 80 or 8000-8010"

    def read_listing(self, text: str, family: int) -> Range:  # noqa: ARG002  # the protocol's
        """See `ValueType`; a service name may hold a dash (`ftp-data`)."""
        low, dash, high = text.partition("-")
        if not dash or text in SERVICES:
            return Range(low=read_port(text), high=read_port(text))
        ports = Range(low=read_port(low), high=read_port(high))
        if ports.low > ports.high:
            raise ValueError(f"{text} ends before it begins")
        return ports

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        assert isinstance(value, Range)
        return "-".join(dict.fromkeys((str(value.low), str(value.high))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NatRanges(Word):
    """`1.2.3.4`, `1.2.3.4-1.2.3.9:80-90/80`, `[2001:db8::1]:80`, `:80`; a `NatRange`."""

    expected: str = "an address or a range of addresses, a port or both: 10.0.0.1:80"

    def read_listing(self, text: str, family: int) -> NatRange:
        """See `ValueType`."""
        host, tail = _split(text)
        ports, slash, base = tail.partition("/")
        return NatRange(
            addresses=_ADDRESSES.read_listing(host, family) if host else None,
            ports=NatPorts().read_listing(ports, family) if tail else None,
            base=read_port(base) if slash else None,
        )

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`; IPv6 addresses have brackets where ports follow them."""
        assert isinstance(value, NatRange)
        host = _ADDRESSES.write(value.addresses, family) if value.addresses else ""
        if value.ports is None:
            return host
        host = f"[{host}]" if ":" in host else host
        shift = "" if value.base is None else f"/{value.base}"
        return f"{host}:{NatPorts().write(value.ports, family)}{shift}"


def _split(text: str) -> tuple[str, str]:
    """Host and ports: a colon that is the only one begins the ports (libxt_NAT.c, parse_to)."""
    if text.startswith("["):
        host, closed, tail = text[1:].partition("]")
        if not host or not closed or (tail and tail[0] != ":") or tail == ":":
            raise ValueError(f"{text!r} is not [address]:port")
        return host, tail[1:]
    if text.count(":") != 1:
        return text, ""
    host, _, tail = text.partition(":")
    if not tail:
        raise ValueError(f"{text!r} lacks its port")
    return host, tail


def translate(side: Side, target: Target, option: str, family: int) -> Translate:
    """DNAT and SNAT; kernels before 2.6.11 took several ranges, of which any may be chosen."""
    ranges = [o.value for o in target.options if isinstance(o.value, NatRange) and o.name == option]
    addresses = [_addresses(r.addresses, family) for r in ranges if r.addresses is not None]
    ports = [r.ports.members for r in ranges if r.ports is not None]
    if not ranges:  # a listing's text that could not be read: anything may come of it
        addresses, ports = [IntSet.width(32 if family == 4 else 128)], [IntSet.width(16)]
    return Translate(
        side=side,
        to=To.GIVEN,
        addresses=_union(addresses),
        ports=_union(ports),
        base=next((r.base for r in ranges if r.base is not None), None),
        random=not ranges or target.has("--random") or target.has("--random-fully"),
    )


def _union(sets: list[IntSet]) -> IntSet | None:
    return IntSet.of(pair for part in sets for pair in part.ranges) if sets else None


def _addresses(given: Range, family: int) -> IntSet:
    """A range that ends before it begins runs over the highest address to the lowest.

    Source: net/netfilter/nf_nat_core.c, find_best_ips_proto, counts with wrapping integers.
    """
    top = (1 << (32 if family == 4 else 128)) - 1
    if given.low <= given.high:
        return given.members
    return IntSet.of(((given.low, top), (0, given.high)))
