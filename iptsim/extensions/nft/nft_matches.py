"""Comparisons of nftables, and whether a key is in a set, as predicates."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import dataclass, field
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_moments import Moment, in_seconds
from iptsim.extensions.nft.nft_operands import Interfaces, Opaque, Operand
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.nft.read_fields import number_of, operand
from iptsim.extensions.values.hostnames import name_fact
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Anything,
    Binary,
    Concatenation,
    Expression,
    InterfaceName,
    Payload,
    Prefix,
    Range,
    SetReference,
    Symbol,
)
from iptsim.nftables.nft_ruleset import NftSet
from iptsim.nftables.nft_statements import ConnectionLimit, Limit, Match, Quota
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    Predicate,
    all_of,
    any_of,
    negate_if,
)
from iptsim.values import InterfacePattern, IntSet, StarredName

_OPEN_ENDED = frozenset({"dynamic", "timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is compared or looked up: an operand for each part of a concatenation."""

    parts: tuple[Operand, ...]
    text: str

    @property
    def needs(self) -> Predicate:
        """What must hold for the key to have a value."""
        return all_of(part.needs for part in self.parts)

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields that it hangs on."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.reads))


def key_of(one: Expression, here: Here) -> Key:
    """A key, as a rule of that place reads it."""
    parts = one.parts if isinstance(one, Concatenation) else (one,)
    key = Key(parts=tuple(operand(part, here) for part in parts), text=words(one))
    if len(parts) > 1 and any(map(_listed_wrongly, parts)):
        unread = Opaque(words=key.text, reads=key.reads, needs=key.needs)
        return Key(parts=(unread,), text=key.text)
    return key


def _listed_wrongly(one: Expression) -> bool:
    """`ip6 dscp >> 6 . tcp dport` is how nft lists `ip6 dscp . tcp dport`, with other elements.

    So it does with what begins or ends within a byte (nftables 1.0.6; findings/nft-bits-joined.sh).
    """
    return isinstance(one, Binary) and one.operator == ">>" and isinstance(one.left, Payload)


def asks(one: Match, here: Here) -> Predicate:
    """When a comparison lets a rule go on: what it needs, and then what it asks."""
    key = key_of(one.left, here)
    return all_of((key.needs, _test(one, key, here)))


def _test(one: Match, key: Key, here: Here) -> Predicate:
    number = number_of(one.right)
    if one.operator in ("in", "!") and number is not None:
        return negate_if(one.operator == "!", key.parts[0].any_bit(number))
    if one.operator in ("==", "!=", "in", "!"):
        return negate_if(one.operator in ("!=", "!"), holds(key, one.right, here))
    return _ordered(one, key, number)


def _ordered(one: Match, key: Key, number: int | None) -> Predicate:
    """Numbers are compared as they are sent, the highest byte first (nft_cmp.c, memcmp)."""
    if isinstance(key.parts[0], Moment):
        number = number_of(in_seconds(one.right))
    if number is None or len(key.parts) != 1:
        text = f"{key.text} {one.operator} {words(one.right)}"
        return Fact(key=text, detail=text, reads=key.reads)
    top = (1 << key.parts[0].width) - 1
    low, high = {
        "<": (0, number - 1), "<=": (0, number), ">": (number + 1, top), ">=": (number, top),
    }[one.operator]  # fmt: skip
    return key.parts[0].within(IntSet.between(low, high)) if low <= high else NEVER


def holds(key: Key, value: Expression, here: Here) -> Predicate:
    """The key equals a value, lies in a range, or is in a set."""
    if isinstance(value, AnonymousSet):
        return in_elements(key, value.elements)
    if isinstance(value, SetReference):
        return _in_named(key, value, here)
    return in_elements(key, (Element(key=value),))


def _in_named(key: Key, value: SetReference, here: Here) -> Predicate:
    """A set that changes while it is asked is as it is listed, unless a rule before changed it.

    What is not among the elements of a set that is told in part may be there, or not.
    """
    named = here.named_set(value)
    text = f"{key.text} @{value.name}"
    if named is None or named.elements is None:
        return Fact(key=text, detail=text, reads=key.reads)
    told = in_elements(key, named.elements)
    if limits(named):
        within = f"{text} within its limit"
        said = f"@{value.name} {{ {key.text} limit }}"
        fact = Fact(key=f"{within} ({here.label})", detail=said, usually=True, each_time=True)
        told = all_of((told, fact))
    if named.unread:
        others = Fact(key=f"{text}, as far as it is not told", detail=text, reads=key.reads)
        return any_of((told, others))
    if not named.flags & _OPEN_ENDED:
        return told
    until = (state_of(value.name, here),)
    return Fact(key=text, detail=text, reads=key.reads, told=told, until=until)


def limits(one: NftSet) -> bool:
    """Whether an element that is found may break the rule (nft_lookup.c, update_expr)."""
    # Only rules that fill a set give its elements what the set itself has not.
    own = one.elements or () if "dynamic" in one.flags else ()
    each = (one.statements, *(element.statements for element in own))
    return any(isinstance(s, Limit | Quota | ConnectionLimit) for some in each for s in some)


def state_of(name: str, here: Here) -> str:
    """What is touched where a rule changes a set."""
    return f"the set {here.where.table} {name}"


def in_elements(key: Key, elements: Iterable[Element]) -> Predicate:
    """The key is that of an element."""
    if len(key.parts) == 1:
        wanted = Wanted()
        for one in elements:
            if type(one.key) is Address:
                wanted.ranges.append((one.key.value, one.key.value))
            else:
                wanted.add(one.key, key.parts[0])
        return wanted.asked(key.parts[0])
    return _by_rest(key, elements)


def _by_rest(key: Key, elements: Iterable[Element]) -> Predicate:
    """Elements that differ in their first part alone are one condition."""
    groups: dict[tuple[Expression, ...], Wanted] = {}
    odd: list[Predicate] = []
    for one in elements:
        parts = one.key.parts if isinstance(one.key, Concatenation) else ()
        if len(parts) == len(key.parts):
            groups.setdefault(parts[1:], Wanted()).add(parts[0], key.parts[0])
        else:
            odd.append(element_is(key, one.key))
    found = (
        all_of((wanted.asked(key.parts[0]), *map(_part_is, key.parts[1:], rest)))
        for rest, wanted in groups.items()
    )
    return any_of((*found, *odd))


def element_is(key: Key, value: Expression) -> Predicate:
    """The key is that of one element."""
    values = value.parts if isinstance(value, Concatenation) else (value,)
    if isinstance(value, Anything):
        return ALWAYS
    if len(values) != len(key.parts):
        text = f"{key.text} {words(value)}"
        return Fact(key=text, detail=text, reads=key.reads)
    return all_of(_part_is(part, one) for part, one in zip(key.parts, values, strict=True))


def _part_is(part: Operand, value: Expression) -> Predicate:
    wanted = Wanted()
    wanted.add(value, part)
    return wanted.asked(part)


@dataclass(slots=True, kw_only=True)
class Wanted:
    """Values that one operand is compared with, gathered so that numbers are one set."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    parts: list[Predicate] = field(default_factory=list)

    def add(self, value: Expression, part: Operand) -> None:
        """One value more."""
        found = range_of(in_seconds(value) if isinstance(part, Moment) else value, part.width)
        if found is not None:
            self.ranges.append(found)
        elif isinstance(value, Anything):
            self.parts.append(ALWAYS)
        else:
            self.parts.append(_named(value, part))

    def asked(self, part: Operand) -> Predicate:
        """The operand is one of them."""
        if not self.ranges:
            return any_of(self.parts)
        return any_of((part.within(IntSet.of(self.ranges)), *self.parts))


def range_of(value: Expression, width: int) -> tuple[int, int] | None:
    """The numbers that a value stands for."""
    if isinstance(value, Address):
        return value.value, value.value
    if isinstance(value, Prefix):
        base = value.base.value
        size = value.base.width if isinstance(value.base, Address) else width
        free = (1 << max(0, size - value.length)) - 1
        return base & ~free, base | free
    if isinstance(value, Range):
        low, high = range_of(value.low, width), range_of(value.high, width)
        return None if low is None or high is None else (low[0], high[1])
    number = number_of(value)
    return None if number is None else (number, number)


def _named(value: Expression, part: Operand) -> Predicate:
    if isinstance(value, InterfaceName | Symbol) and isinstance(part, Interfaces):
        return _interface(value.name, part, stem=getattr(value, "wildcard", False))
    if isinstance(value, Symbol) and part.reads in (("uid",), ("gid",)):
        return name_fact(part.reads[0], value.name)
    if isinstance(part, Moment | Opaque):
        return part.fact(words(value))
    text = f"{' '.join(part.reads)} {words(value)}"
    return Fact(key=text, detail=text, reads=part.reads)


def _interface(name: str, part: Interfaces, *, stem: bool) -> Predicate:
    """`eth*`, or that very name: a plus is a letter to nft, so `"eth+"` is no pattern."""
    if stem:
        return part.fits(InterfacePattern(text=StarredName(f"{name}+")))
    text = f'"{name}"' if name.endswith("+") else name
    return part.fits(InterfacePattern(text=text))
