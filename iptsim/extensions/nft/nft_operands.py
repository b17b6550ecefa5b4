"""What an expression holds, so far as a packet tells: something that can be compared.

`needs` is what must hold for the expression to have a value at all: without it the rule ends there,
whatever it compares with (`tcp dport != 53` of UDP).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Protocol

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Interface,
    Predicate,
    any_of,
    bits,
    named,
    negate,
)
from iptsim.values import InterfacePattern, IntSet

MOST_VALUES = 4096
"""Values of a part of a field up to which each is asked for."""


NO_INTERFACE = "none"
"""The name of the field of `Interfaces` where a rule stands at which no packet has one."""


class Operand(Protocol):
    """What can be compared with numbers; `width` is that of its values in bits."""

    @property
    def needs(self) -> Predicate: ...  # noqa: D102  # told above

    @property
    def width(self) -> int: ...  # noqa: D102

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields that the value hangs on."""
        ...

    def within(self, values: IntSet) -> Predicate:
        """The value is one of these. Precondition: `needs` holds."""
        ...

    def any_bit(self, mask: int) -> Predicate:
        """One of these bits of the value is set."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A number that each packet that comes there has."""

    value: int
    width: int = 32
    needs: Predicate = ALWAYS
    reads: tuple[str, ...] = ()

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        return ALWAYS if self.value in values else NEVER

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        return ALWAYS if self.value & mask else NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """`((field & keep) << shift) ^ toggle`, the result cut to `width` bits.

    `shift` to the right where it is negative. `size` is the width of the field itself.
    """

    name: str
    size: int
    keep: int
    toggle: int = 0
    shift: int = 0
    width: int = 32
    needs: Predicate = ALWAYS

    @property
    def reads(self) -> tuple[str, ...]:
        """See `Operand`."""
        return (self.name,)

    @property
    def whole(self) -> bool:
        """Whether it is the field as it is."""
        return self.keep == (1 << self.size) - 1 and not self.toggle and not self.shift

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        if self.whole:
            return InSet(field=self.name, values=values & IntSet.width(self.size))
        inside = values & IntSet.width(self.width)
        whole = IntSet.width(self.width)
        if inside.count > MOST_VALUES:
            outside = whole - inside
            return (
                negate(self.within(outside)) if outside.count <= MOST_VALUES else self._wide(inside)
            )
        return any_of(self._equals(value) for value in inside)

    def _equals(self, value: int) -> Predicate:
        wanted = value ^ self.toggle
        source = wanted >> self.shift if self.shift >= 0 else wanted << -self.shift
        if self._shifted(source & self.keep) != wanted:
            return NEVER
        return bits(self.name, source & self.keep, self._heard)

    def _shifted(self, value: int) -> int:
        moved = value << self.shift if self.shift >= 0 else value >> -self.shift
        return moved & ((1 << self.width) - 1)

    @property
    def _heard(self) -> int:
        """The bits of the field that are left after the shift."""
        full = (1 << self.width) - 1
        heard = full >> self.shift if self.shift >= 0 else full << -self.shift
        return self.keep & heard & ((1 << self.size) - 1)

    def _wide(self, values: IntSet) -> Predicate:
        """Ranges of a number whose last bits are taken off begin and end at blocks of those."""
        free = ((1 << self.size) - 1) ^ self.keep
        if self.shift or self.toggle or free & (free + 1):
            return _many(f"{self.name} & {self.keep:#x}", values, self.reads)
        block = free + 1
        ranges = (
            (-(-low // block) * block, high // block * block + free) for low, high in values.ranges
        )
        return InSet(field=self.name, values=IntSet.of(ranges) & IntSet.width(self.size))

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        wanted = mask & ((1 << self.width) - 1)
        if self.toggle & wanted:
            single = (1 << n for n in range(self.width) if wanted >> n & 1)
            return any_of(self._bit(bit) for bit in single)
        source = wanted >> self.shift if self.shift >= 0 else wanted << -self.shift
        return negate(bits(self.name, 0, source & self._heard))

    def _bit(self, bit: int) -> Predicate:
        source = (bit >> self.shift if self.shift >= 0 else bit << -self.shift) & self._heard
        if not source:
            return ALWAYS if self.toggle & bit else NEVER
        return bits(self.name, 0 if self.toggle & bit else source, source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A field of names, by the number that nft has for each; another number none has."""

    name: str
    numbers: Mapping[int, str]
    width: int = 32
    needs: Predicate = ALWAYS

    @property
    def reads(self) -> tuple[str, ...]:
        """See `Operand`."""
        return (self.name,)

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        return self._one_of(name for number, name in self.numbers.items() if number in values)

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        return self._one_of(name for number, name in self.numbers.items() if number & mask)

    def _one_of(self, names: Iterable[str]) -> Predicate:
        found = tuple(names)
        return named(self.name, *found) if found else NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Interfaces:
    """An interface, by name; a packet without one has the name ''."""

    name: str
    width: int = 128
    needs: Predicate = ALWAYS

    @property
    def reads(self) -> tuple[str, ...]:
        """See `Operand`."""
        return () if self.name == NO_INTERFACE else (self.name,)

    def fits(self, pattern: InterfacePattern) -> Predicate:
        """The name fits a pattern."""
        if self.name == NO_INTERFACE:
            return ALWAYS if pattern.text in ("", "+") else NEVER
        return Interface(field=self.name, pattern=pattern)

    def within(self, values: IntSet) -> Predicate:
        """An index that the text does not name: of no interface that is there, 0 of none at all."""
        if self.name == NO_INTERFACE:
            return ALWAYS if 0 in values else NEVER
        nobody = Interface(field=self.name, pattern=InterfacePattern(text=""))
        return nobody if 0 in values else NEVER

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        if self.name == NO_INTERFACE:
            return NEVER
        return _many(f"index of {self.name}, bits of", IntSet.single(mask), self.reads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something of which a function tells where it is one of some numbers.

    `field` is the field without whose value it is none of them.
    """

    tell: Callable[[IntSet], Predicate]
    width: int
    reads: tuple[str, ...]
    needs: Predicate = ALWAYS
    field: str | None = None

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        return self.tell(values)

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        held = (value for value in range(1 << min(self.width, 8)) if value & mask)
        return self.tell(IntSet.of((value, value) for value in held))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """What a dump does not tell: each value that is asked for is a fact.

    `rule` is the name of the rule, for what each look changes (`numgen`).
    """

    words: str
    width: int = 32
    reads: tuple[str, ...] = ()
    needs: Predicate = ALWAYS
    rule: str = ""
    code: str = codes.UNKNOWN_MATCH
    most: IntSet | None = None
    """The values that it can have, where these are few; each as often as the others."""

    def within(self, values: IntSet) -> Predicate:
        """See `Operand`."""
        if self.most is not None:
            values = values & self.most
            if values == self.most:
                return ALWAYS
        if not values:
            return NEVER
        share = "" if self.most is None else f" ({values.count} in {self.most.count})"
        return self.fact(f"{_ranges(values)}{share}")

    def any_bit(self, mask: int) -> Predicate:
        """See `Operand`."""
        return self.fact(f"in {mask:#x}")

    def fact(self, value: str) -> Fact:
        """That it is as the text says."""
        text = f"{self.words} {value}"
        key = f"{text} ({self.rule})" if self.rule else text
        each = bool(self.rule)
        return Fact(key=key, code=self.code, detail=text, reads=self.reads, each_time=each)


def _many(words: str, values: IntSet, reads: tuple[str, ...]) -> Fact:
    return Fact(key=f"{words} {_ranges(values)}", detail=f"{words} {_ranges(values)}", reads=reads)


def _ranges(values: IntSet) -> str:
    told = [str(low) if low == high else f"{low}-{high}" for low, high in islice(values.ranges, 8)]
    more = [] if len(values.ranges) <= 8 else [f"… {hash(values) & 0xFFFFFF:06x}"]
    return ",".join((*told, *more))
