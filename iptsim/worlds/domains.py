"""What a variable may still be: exact sets of numbers, names and interface names."""

from __future__ import annotations

from functools import cache

from iptsim.dataclass import dataclass, replace
from iptsim.packet import FIELDS, Kind
from iptsim.predicate import Bits, InSet, Interface, OneOf
from iptsim.values import InterfacePattern, IntSet, Masked, blocks, interface_names

ANY_BITS = Masked(value=0, mask=0)


def both(left: Masked, right: Masked) -> Masked | None:
    """The numbers in both, or None when there are none."""
    if (left.value ^ right.value) & left.mask & right.mask:
        return None
    return Masked(value=left.value | right.value, mask=left.mask | right.mask)


def pick_outside(block: Masked, holes: tuple[Masked, ...]) -> int | None:
    """A number of `block` that lies in none of `holes`; None when they cover it.

    The hole with the fewest open bits comes first, and the way out of it before the way on: a hole
    with one open bit leaves no choice (as unit clauses do in a search of Davis and Putnam's kind).
    """
    near = tuple(hole for hole in holes if both(block, hole) is not None)
    if not near:
        return block.value
    tightest = min(near, key=lambda hole: (hole.mask & ~block.mask).bit_count())
    asked = tightest.mask & ~block.mask
    if not asked:
        return None
    bit = asked & -asked
    out = bit & ~tightest.value
    for way in (out,) if asked == bit else (out, out ^ bit):
        found = pick_outside(Masked(value=block.value | way, mask=block.mask | bit), near)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSet:
    """The numbers of `width` bits that are in `ranges`, fit `fits` and fit none of `holes`."""

    width: int
    ranges: IntSet
    fits: Masked = ANY_BITS
    holes: tuple[Masked, ...] = ()

    @classmethod
    def full(cls, width: int) -> NumberSet:
        """Every number of `width` bits."""
        return _full(width)

    def pick(self) -> int | None:
        """A member, the smallest where no mask is asked; None when there is none."""
        if not self.fits.mask and not self.holes:
            return self.ranges.first if self.ranges else None
        for block in blocks(self.ranges, self.width):
            inside = both(block, self.fits)
            found = None if inside is None else pick_outside(inside, self.holes)
            if found is not None:
                return found
        return None

    def __contains__(self, number: object) -> bool:
        inside = number in self.ranges and number in self.fits
        return inside and not any(number in hole for hole in self.holes)

    def narrowed(self, test: InSet | Bits, wanted: bool) -> NumberSet | None:
        """The members for which `test` is as wanted, or None when there are none."""
        if isinstance(test, Bits) and test.test.mask == (1 << self.width) - 1:
            # One number is told as such, so that the same condition has one form.
            test = InSet(field=test.field, values=IntSet.single(test.test.value))
        if isinstance(test, InSet):
            ranges = self.ranges & test.values if wanted else self.ranges - test.values
            return _some(replace(self, ranges=ranges))
        if wanted:
            fits = both(self.fits, test.test)
            return None if fits is None else _some(replace(self, fits=fits))
        return _some(replace(self, holes=tuple(dict.fromkeys((*self.holes, test.test)))))

    def union(self, other: NumberSet) -> NumberSet | None:
        """The union where it is one set of this form, else None."""
        if self.fits == other.fits and self.holes == other.holes:
            return replace(self, ranges=self.ranges | other.ranges)
        return None

    @property
    def whole(self) -> bool:
        """Whether every number is a member."""
        return self == NumberSet.full(self.width)


@cache
def _full(width: int) -> NumberSet:
    return NumberSet(width=width, ranges=IntSet.width(width))


def _some(numbers: NumberSet) -> NumberSet | None:
    return None if numbers.pick() is None else numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSet:
    """Some of the names that a field can have."""

    names: frozenset[str]
    every: frozenset[str]

    def pick(self) -> str | None:
        """A member."""
        return min(self.names, default=None)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def narrowed(self, test: OneOf, wanted: bool) -> NameSet | None:
        """The members for which `test` is as wanted, or None when there are none."""
        names = self.names & test.names if wanted else self.names - test.names
        return replace(self, names=names) if names else None

    def union(self, other: NameSet) -> NameSet:
        """The union."""
        return replace(self, names=self.names | other.names)

    @property
    def whole(self) -> bool:
        """Whether every name is a member."""
        return self.names == self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceSet:
    """Interface names that fit `fits` (None: any) and none of `holes`."""

    fits: InterfacePattern | None = None
    holes: frozenset[InterfacePattern] = frozenset()

    def pick(self) -> str | None:
        """A member: an existing kind of name where that is free; None when there is none."""
        if self.fits is not None and not self.fits.wildcard:
            names = [self.fits.text]
        else:
            stem = "" if self.fits is None else self.fits.text[:-1]
            names = list(interface_names(stem))
        return next((name for name in names if name in self), None)

    def __contains__(self, name: object) -> bool:
        inside = self.fits is None or name in self.fits
        return inside and not any(name in hole for hole in self.holes)

    def narrowed(self, test: Interface, wanted: bool) -> InterfaceSet | None:
        """The members for which `test` is as wanted, or None when there are none."""
        if not wanted:
            holes = self.holes | {test.pattern}
            return _named(replace(self, holes=holes))
        fits = _narrower(self.fits, test.pattern)
        return None if fits is None else _named(replace(self, fits=fits))

    def union(self, other: InterfaceSet) -> InterfaceSet | None:
        """The union where it is one set of this form: a hole filled again, else None."""
        for left, right in ((self, other), (other, self)):
            if left.fits is None and right.fits in left.holes and right.holes <= left.holes:
                return InterfaceSet(holes=left.holes - {right.fits})
        return self if self == other else None

    @property
    def whole(self) -> bool:
        """Whether every name is a member."""
        return self.fits is None and not self.holes


def _narrower(left: InterfacePattern | None, right: InterfacePattern) -> InterfacePattern | None:
    """Both patterns at once: the longer one, if the other covers it."""
    if left is None or left == right:
        return right
    for inner, outer in ((left, right), (right, left)):
        stem = inner.text[:-1] if inner.wildcard else inner.text
        if outer.wildcard and stem.startswith(outer.text[:-1]):
            return inner
    return None


def _named(interfaces: InterfaceSet) -> InterfaceSet | None:
    """None when a hole covers all that fits (names are many: only whole patterns can)."""
    if interfaces.fits is None:
        empty = InterfacePattern(text="+") in interfaces.holes
    else:
        empty = any(_narrower(interfaces.fits, h) == interfaces.fits for h in interfaces.holes)
    return None if empty else interfaces


VariableSet = NumberSet | NameSet | InterfaceSet


ADDRESS_FIELDS = frozenset(
    {"src", "dst", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"}
)  # fmt: skip


@cache
def domain_of(name: str, family: int) -> VariableSet:
    """All that a field of the catalogue can be."""
    field = FIELDS[name]
    if field.kind is Kind.INTERFACE:
        return InterfaceSet()
    if field.kind is Kind.NAME:
        return NameSet(names=frozenset(field.names), every=frozenset(field.names))
    return NumberSet.full(32 if family == 4 and name in ADDRESS_FIELDS else field.width)
