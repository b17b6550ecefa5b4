"""Sets of integers, networks with any mask, masked marks and interface patterns."""

from __future__ import annotations

# What `socket` hands on: loading all of it takes longer than a small trace takes to answer.
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from operator import itemgetter

from iptsim.dataclass import dataclass

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntSet:
    """A set of non-negative integers as sorted, disjoint, non-adjacent inclusive ranges.

    Ports, protocols, lengths and whole address spaces are such sets. Build one with `of`,
    `between` or `single`; the constructor takes ranges that are normal already.
    """

    ranges: Ranges = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> IntSet:
        """Normalise any inclusive ranges; a range whose end is before its start is empty."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted([(low, high) for low, high in ranges if low <= high]):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(ranges=tuple(merged))

    @classmethod
    def between(cls, low: int, high: int) -> IntSet:
        """All integers from `low` to `high`, both included; empty when `high < low`."""
        return cls(ranges=((low, high),) if low <= high else ())

    @classmethod
    def single(cls, value: int) -> IntSet:
        """Exactly one integer."""
        return cls(ranges=((value, value),))

    @classmethod
    def width(cls, bits: int) -> IntSet:
        """Every integer of `bits` bits."""
        return cls.between(0, (1 << bits) - 1)

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int):
            return False
        ranges = self.ranges
        if len(ranges) == 1:
            return ranges[0][0] <= value <= ranges[0][1]
        at = bisect_right(ranges, value, key=itemgetter(0))
        return at > 0 and value <= ranges[at - 1][1]

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[int]:
        for low, high in self.ranges:
            yield from range(low, high + 1)

    def __and__(self, other: IntSet) -> IntSet:
        return IntSet(ranges=tuple(_overlaps(self.ranges, other.ranges)))

    def __or__(self, other: IntSet) -> IntSet:
        return IntSet.of((*self.ranges, *other.ranges))

    def __sub__(self, other: IntSet) -> IntSet:
        if not self.ranges:
            return self
        return self & other.complement(self.ranges[0][0], self.ranges[-1][1])

    def complement(self, low: int, high: int) -> IntSet:
        """What of `low`..`high` is not in this set."""
        gaps: list[tuple[int, int]] = []
        start = low
        for first, last in self.ranges:
            if first > start:
                gaps.append((start, min(first - 1, high)))
            start = max(start, last + 1)
        gaps.append((start, high))
        return IntSet.of(gaps)

    def issubset(self, other: IntSet) -> bool:
        """Whether every member is in `other`."""
        return (self & other) == self

    @property
    def count(self) -> int:
        """How many members. `len` could not tell of 2^63 and more, so there is none."""
        return sum(high - low + 1 for low, high in self.ranges)

    @property
    def first(self) -> int:
        """The smallest member; `IndexError` on the empty set."""
        return self.ranges[0][0]


FEW = 8
"""One of so many ranges is looked up in the other set; else both are walked side by side."""


def _overlaps(left: Ranges, right: Ranges) -> Iterator[tuple[int, int]]:
    short, long = (left, right) if len(left) <= len(right) else (right, left)
    if len(short) == 1 or len(short) * FEW < len(long):
        for low, high in short:
            yield from _clipped(long, low, high)
        return
    i = j = 0
    while i < len(left) and j < len(right):
        (start, end), (first, last) = left[i], right[j]
        if first <= end and start <= last:
            yield max(start, first), min(end, last)
        if end < last:
            i += 1
        else:
            j += 1


def _clipped(ranges: Ranges, low: int, high: int) -> Ranges:
    """What of the ranges lies in `low`..`high`; only the outermost of those are looked at."""
    first = bisect_left(ranges, low, key=itemgetter(1))
    inside = ranges[first : bisect_right(ranges, high, key=itemgetter(0))]
    if inside and inside[0][0] < low:
        inside = ((low, inside[0][1]), *inside[1:])
    if inside and inside[-1][1] > high:
        inside = (*inside[:-1], (inside[-1][0], high))
    return inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """The integers `x` of which `x & mask == value`: a mark, TOS or flag condition."""

    value: int
    mask: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number & self.mask == self.value

    def __str__(self) -> str:
        return f"{self.value:#x}/{self.mask:#x}"


def blocks(values: IntSet, width: int) -> Iterator[Masked]:
    """The prefixes of `width` bits that make up `values`."""
    full = (1 << width) - 1
    for low, high in values.ranges:
        start = low
        while start <= high:
            size = start & -start if start else 1 << width
            while size > high - start + 1:
                size >>= 1
            yield Masked(value=start, mask=full ^ (size - 1))
            start += size


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An address of `width` bits (32 or 128) and its mask, which may have holes.

    `value` keeps the bits that the mask does not cover only as zero (`iptables` masks too).
    """

    value: int
    mask: int
    width: int

    @property
    def prefix_length(self) -> int | None:
        """The prefix length in bits, or None for a mask with holes."""
        ones = self.mask.bit_count()
        full = (1 << self.width) - 1
        return ones if self.mask == full ^ (full >> ones) else None

    @property
    def masked(self) -> Masked:
        """The network as a condition on the address."""
        return Masked(value=self.value, mask=self.mask)

    @property
    def addresses(self) -> IntSet:
        """The addresses of a network with a prefix mask; `ValueError` for a mask with holes."""
        if self.prefix_length is None:
            raise ValueError("a mask with holes has no single range")
        return IntSet.between(self.value, self.value | (((1 << self.width) - 1) ^ self.mask))

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and address & self.mask == self.value

    def __str__(self) -> str:
        length = self.prefix_length
        tail = format_address(self.mask, self.width) if length is None else length
        return f"{format_address(self.value, self.width)}/{tail}"


class StarredName(str):
    """`lan+` of a text that writes `lan*` (nft): the same value, told as it stands there."""

    __slots__ = ()

    @property
    def stem(self) -> StarredName:
        """How the names begin."""
        return StarredName(self[:-1])


def stem_of(name: str) -> str:
    """How the names of a pattern begin; `pattern_of` makes it one again."""
    return name.stem if isinstance(name, StarredName) else name[:-1]


def pattern_of(stem: str) -> str:
    """The pattern of names that begin so."""
    return StarredName(f"{stem}+") if isinstance(stem, StarredName) else f"{stem}+"


def shown_name(name: str) -> str:
    """A pattern of interface names as its dump writes it."""
    return f"{name[:-1]}*" if isinstance(name, StarredName) else name


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfacePattern:
    """An interface name, or every name that begins so when it ends in `+` (iptables(8), -i)."""

    text: str

    @property
    def wildcard(self) -> bool:
        """Whether the pattern ends in `+`."""
        return self.text.endswith("+")

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return name.startswith(self.text[:-1]) if self.wildcard else name == self.text

    def __str__(self) -> str:
        return self.text


def parse_address(text: str, width: int | None = None) -> tuple[int, int]:
    """An IP address in text to its integer and its width in bits (32 or 128).

    Raises `ValueError` for anything else, and for the other family when `width` is given.
    """
    with suppress(OSError, ValueError):  # what C takes, it takes ten times as fast
        if width != 128:
            return int.from_bytes(inet_pton(AF_INET, text)), 32
    with suppress(OSError, ValueError):
        if width != 32:
            return int.from_bytes(inet_pton(AF_INET6, text)), 128
    import ipaddress  # noqa: PLC0415  # few texts hold what C does not take

    address = ipaddress.ip_address(text)
    if width is not None and address.max_prefixlen != width:
        raise ValueError(f"{text} is not an IPv{4 if width == 32 else 6} address")
    return int(address), address.max_prefixlen


@lru_cache(maxsize=65536)
def parse_network(text: str, width: int | None = None) -> Network:
    """`10.0.0.0/8`, `10.0.0.0/255.0.255.0`, `fe80::/64` or a bare address; host bits are cut off.

    Raises `ValueError` when it is none of these or of the other family than `width` asks.
    """
    host, _, tail = text.partition("/")
    value, bits = parse_address(host, width)
    mask = _mask(tail, bits) if tail else (1 << bits) - 1
    return Network(value=value & mask, mask=mask, width=bits)


def _mask(text: str, bits: int) -> int:
    full = (1 << bits) - 1
    if not text.isascii() or not text.isdigit():
        return parse_address(text, bits)[0]
    if int(text) > bits:
        raise ValueError(f"a prefix of {bits} bits has no length {text}")
    return full ^ (full >> int(text))


@lru_cache(maxsize=65536)
def format_address(value: int, width: int) -> str:
    """The text of an address of 32 or 128 bits, as C's inet_ntop writes it (`::127.0.0.53`)."""
    return inet_ntop(AF_INET if width == 32 else AF_INET6, value.to_bytes(width // 8))


def format_mac(value: int) -> str:
    """The text of an Ethernet address of 48 bits: `00:0c:29:aa:bb:cc`."""
    return value.to_bytes(6, "big").hex(":")


def interface_names(stem: str) -> Iterator[str]:
    """Names that an interface whose name begins so may have, the most ordinary first."""
    if stem[-1:].isdigit():
        yield stem
    if "eth0".startswith(stem):
        yield "eth0"
    if not stem:
        yield from ("ens3", "enp1s0", "wlan0", "tun0", "ppp0")
    yield from (f"{stem or 'eth'}{number}" for number in range(100))
    yield stem or "net"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An inclusive range as it was written: a port, a length, an address range.

    Unlike `IntSet` it keeps what a text must print again, also when `low > high`.
    """

    low: int
    high: int

    @property
    def members(self) -> IntSet:
        """The integers in the range; none when `low > high`."""
        return IntSet.between(self.low, self.high)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.low <= number <= self.high
