"""A condition as cubes that do not overlap, each a product of what every field may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass, field, replace
from iptsim.packet import FIELDS, Kind
from iptsim.predicate import (
    ALWAYS,
    And,
    Bits,
    Fact,
    InSet,
    Interface,
    Not,
    OneOf,
    Or,
    Predicate,
)
from iptsim.values import IntSet

MOST_CUBES = 32
_TRACKED = frozenset({"NEW", "ESTABLISHED", "RELATED"})
"""The states of packets with a connection; others have no status."""

Sign = tuple[Bits | Interface | Fact, bool]


class TooManyCubesError(Exception):
    """A condition that falls into too many cubes to be written as rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """Numbers and names that fields may have, and other conditions that hold or do not."""

    numbers: Mapping[str, IntSet] = field(default_factory=dict)
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    signs: tuple[Sign, ...] = ()

    def joined(self, other: Cube) -> Cube | None:
        """What both ask; None where nothing can be so."""
        numbers, names = dict(self.numbers), dict(self.names)
        for name, values in other.numbers.items():
            numbers[name] = numbers[name] & values if name in numbers else values
        for name, held in other.names.items():
            names[name] = names[name] & held if name in names else held
        signs = tuple(dict.fromkeys((*self.signs, *other.signs)))
        if not all(numbers.values()) or not all(names.values()):
            return None
        if any((of, not sign) in signs for of, sign in signs):
            return None
        return Cube(numbers=numbers, names=names, signs=signs)

    def implies(self, other: Cube) -> bool:
        """Whether what holds here holds there, as far as that shows field by field."""
        numbers = all(
            name in self.numbers and self.numbers[name].issubset(values)
            for name, values in other.numbers.items()
        )
        names = all(
            name in self.names and self.names[name] <= values
            for name, values in other.names.items()
        )
        return numbers and names and set(other.signs) <= set(self.signs)


def cubes(predicate: Predicate, family: int) -> tuple[Cube, ...]:
    """The cubes of a condition for packets of a family; together they are all of it."""
    found = _Parting(width=32 if family == 4 else 128).of(predicate, wanted=True)
    settled = (_settled(cube) for cube in found)
    return tuple(cube for cube in settled if cube is not None)


def _settled(cube: Cube) -> Cube | None:
    """What is known of every packet: without a connection nothing was done for one."""
    names = dict(cube.names)
    states = names.get("ctstate", frozenset(FIELDS["ctstate"].names))
    status = [name for name in ("ct_snat", "ct_dnat") if name in names]
    if any(names[name] == {"yes"} for name in status):
        states &= _TRACKED
        names["ctstate"] = states
    elif not states & _TRACKED:
        for name in status:
            del names[name]
    return replace(cube, names=names) if states else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parting:
    width: int

    def of(self, part: Predicate, *, wanted: bool) -> tuple[Cube, ...]:
        if isinstance(part, Not):
            return self.of(part.part, wanted=not wanted)
        if isinstance(part, And | Or):
            merged = _merged(part)
            every = isinstance(part, And) == wanted
            found = (self._all if every else self._any)(merged, wanted=wanted)
            if len(found) > MOST_CUBES:
                raise TooManyCubesError
            return found
        return tuple(self._atom(part, wanted=wanted))

    def _all(self, parts: Sequence[Predicate], *, wanted: bool) -> tuple[Cube, ...]:
        found: tuple[Cube, ...] = (Cube(),)
        for part in parts:
            each = self.of(part, wanted=wanted)
            pairs = (one.joined(other) for one in found for other in each)
            found = tuple(cube for cube in pairs if cube is not None)
            if len(found) > MOST_CUBES:
                raise TooManyCubesError
        return found

    def _any(self, parts: Sequence[Predicate], *, wanted: bool) -> tuple[Cube, ...]:
        """The first of which it holds takes a packet, so that no two do."""
        found: list[Cube] = []
        before: tuple[Cube, ...] = (Cube(),)
        for part in parts:
            each = self.of(part, wanted=wanted)
            found += [c for a in before for b in each if (c := a.joined(b)) is not None]
            rest = self.of(part, wanted=not wanted)
            before = tuple(c for a in before for b in rest if (c := a.joined(b)) is not None)
            if max(len(found), len(before)) > MOST_CUBES:
                raise TooManyCubesError
        return tuple(found)

    def _atom(self, atom: Predicate, *, wanted: bool) -> Iterator[Cube]:
        match atom:
            case InSet():
                every = self._every(atom.field)
                values = atom.values & every if wanted else every - atom.values
                if values == every:
                    yield Cube()
                elif values:
                    yield Cube(numbers={atom.field: values})
            case Bits():
                yield from self._bits(atom, wanted=wanted)
            case OneOf():
                everything = frozenset(FIELDS[atom.field].names)
                names = atom.names & everything if wanted else everything - atom.names
                if names:
                    yield Cube(names={} if names == everything else {atom.field: names})
            case Interface() if atom.pattern.text == "+":
                yield from (Cube(),) if wanted else ()
            case Fact() if atom.told is not None:
                yield from self.of(atom.told, wanted=wanted)
            case Interface() | Fact():
                yield Cube(signs=((atom, wanted),))

    def _bits(self, atom: Bits, *, wanted: bool) -> Iterator[Cube]:
        full = (1 << self._bits_of(atom.field)) - 1
        mask, value = atom.test.mask & full, atom.test.value
        if value & ~mask or not mask:
            yield from (Cube(),) if (not mask and not value) == wanted else ()
        elif mask == full:
            yield from self._atom(
                InSet(field=atom.field, values=IntSet.single(value)), wanted=wanted
            )
        elif mask & (mask - 1) == 0 and not wanted:
            turned = replace(atom, test=replace(atom.test, mask=mask, value=value ^ mask))
            yield Cube(signs=((turned, True),))
        else:
            yield Cube(signs=((atom, wanted),))

    def _bits_of(self, name: str) -> int:
        told = FIELDS[name].width
        return min(told, self.width) if told == 128 else told

    def _every(self, name: str) -> IntSet:
        """Of a packet's length as much as its header can say."""
        if name == "length":
            return IntSet.between(0, 0xFFFF) if self.width == 32 else IntSet.between(40, 0x10027)
        return IntSet.width(self._bits_of(name))


def _merged(part: And | Or) -> list[Predicate]:
    """Alternatives of one field are one set of its values."""
    if isinstance(part, And):
        return list(part.parts)
    found: dict[object, Predicate] = {}
    for one in part.parts:
        key: object = (type(one), getattr(one, "field", None), id(one))
        if isinstance(one, InSet | OneOf):
            key = (type(one), one.field)
        known = found.get(key)
        if isinstance(one, InSet) and isinstance(known, InSet):
            one = replace(known, values=known.values | one.values)  # noqa: PLW2901  # gathered
        elif isinstance(one, OneOf) and isinstance(known, OneOf):
            one = replace(known, names=known.names | one.names)  # noqa: PLW2901
        found[key] = one
    return list(found.values())


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """The parts that must all hold."""
    if isinstance(predicate, And):
        return tuple(one for part in predicate.parts for one in conjuncts(part))
    return () if predicate == ALWAYS else (predicate,)


def is_number(name: str) -> bool:
    """Whether a field is one of numbers."""
    return FIELDS[name].kind is Kind.NUMBER
