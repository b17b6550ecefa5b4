"""Sets of packets as products: what each variable may still be, and which facts are taken how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from iptsim.dataclass import dataclass, field, replace
from iptsim.predicate import (
    And,
    Atom,
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
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet
from iptsim.worlds.terms import Known, Term
from iptsim.worlds.variables import Variable, Variables

Domains = Mapping[str, VariableSet]
"""The whole set of each variable, of the right width and kind."""


class PacketSet(Protocol):
    """What a walk needs of a set of packets.

    All sets of one walk are of one kind. A `Region` says itself what its packets have in common;
    a decision diagram (`iptsim.symbolic.sets.packet_sets`) is asked, and says nothing.
    """

    def apart(
        self, predicate: Predicate, domains: Variables
    ) -> tuple[Sequence[Self], Sequence[Self]]:
        """The disjoint parts where a predicate over variables holds, and where not."""
        ...

    def alike(
        self, one: Term, other: Term, domains: Variables
    ) -> tuple[Sequence[Self], Sequence[Self]]:
        """The disjoint parts where two terms that are not equal hold the same, and where not."""
        ...

    def within(self) -> Region:
        """A product that the set lies in: all that it says itself of its packets."""
        ...

    def together(self, others: Sequence[Self]) -> Sequence[Self]:
        """The union with others, in few disjoint sets. Precondition: they are disjoint."""
        ...


S = TypeVar("S", bound=PacketSet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A `PacketSet` that is a product of sets. A variable that is absent may be anything."""

    sets: Mapping[str, VariableSet] = field(default_factory=dict)
    facts: Mapping[str, tuple[Fact, bool]] = field(default_factory=dict)

    def apart(self, predicate: Predicate, domains: Domains) -> tuple[list[Region], list[Region]]:
        """See `PacketSet`."""
        return split(self, predicate, domains)

    def alike(self, one: Term, other: Term, domains: Domains) -> tuple[list[Region], list[Region]]:
        """See `PacketSet`.

        Only a variable beside a value is told apart here; others are taken to differ.
        """
        for variable, known in ((one, other), (other, one)):
            if isinstance(variable, Variable) and isinstance(known, Known):
                if not isinstance(known.value, int):
                    break
                same = InSet(field=variable.name, values=IntSet.single(known.value))
                return self.apart(same, domains)
        return [], [self]

    def within(self) -> Region:
        """See `PacketSet`."""
        return self

    def together(self, others: Sequence[Region]) -> list[Region]:
        """See `PacketSet`."""
        return simplify((self, *others))

    def key(self) -> frozenset[object]:
        """Something hashable that is equal for equal regions."""
        facts = {(key, value) for key, (_fact, value) in self.facts.items()}
        return frozenset({*self.sets.items(), *facts})

    def contains(self, values: Mapping[str, int | str], default: bool | None = None) -> bool:
        """Whether a packet with these values lies in it; facts as `usually`, or as `default`."""
        inside = all(values.get(name) in held for name, held in self.sets.items())
        return inside and all(
            value == (fact.usually if default is None else default)
            for fact, value in self.facts.values()
        )


EVERYTHING = Region()


def split(
    region: Region, predicate: Predicate, domains: Domains
) -> tuple[list[Region], list[Region]]:
    """The disjoint parts of `region` where a predicate over variables holds, and where not."""
    if isinstance(predicate, Not):
        yes, no = split(region, predicate.part, domains)
        return no, yes
    if isinstance(predicate, And):
        return _all(region, predicate.parts, domains)
    if isinstance(predicate, Or):
        no, yes = _all(region, tuple(Not(part=part) for part in predicate.parts), domains)
        return yes, no
    yes = _part(region, predicate, True, domains)
    if not yes and isinstance(predicate, InSet):
        return [], [region]  # a walk asks each of a thousand services, of which one is meant
    return yes, _part(region, predicate, False, domains)


def _all(
    region: Region, parts: tuple[Predicate, ...], domains: Domains
) -> tuple[list[Region], list[Region]]:
    inside, outside = [region], []
    for part in parts:
        held, inside = inside, []
        for piece in held:
            yes, no = split(piece, part, domains)
            inside += yes
            outside += no
    # Nothing fits: the region is left whole, not in the pieces that the parts cut off.
    return (inside, outside) if inside else ([], [region])


def _part(region: Region, atom: Atom, wanted: bool, domains: Domains) -> list[Region]:
    if isinstance(atom, Fact):
        _fact, known = region.facts.get(atom.key, (atom, wanted))
        facts = {**region.facts, atom.key: (atom, wanted)}
        return [replace(region, facts=facts)] if known is wanted else []
    domain = domains[atom.field]
    narrowed = _narrowed(region.sets.get(atom.field, domain), atom, wanted)
    if narrowed is None:
        return []
    return [region if narrowed == domain else with_set(region, atom.field, narrowed)]


def with_set(region: Region, name: str, held: VariableSet) -> Region:
    """The region with another set for one variable."""
    return replace(region, sets={**region.sets, name: held})


def _narrowed(held: VariableSet, atom: Atom, wanted: bool) -> VariableSet | None:
    if isinstance(held, NumberSet) and isinstance(atom, InSet | Bits):
        return held.narrowed(atom, wanted)
    if isinstance(held, NameSet) and isinstance(atom, OneOf):
        return held.narrowed(atom, wanted)
    if isinstance(held, InterfaceSet) and isinstance(atom, Interface):
        return held.narrowed(atom, wanted)
    raise TypeError(f"{atom!r} does not fit {held!r}")


def split_all(
    regions: Iterable[S], predicate: Predicate, domains: Variables
) -> tuple[list[S], list[S]]:
    """`apart` over a union of disjoint sets."""
    inside: list[S] = []
    outside: list[S] = []
    asked = _one_range(predicate)
    for region in regions:
        if asked is not None and isinstance(region, Region) and _misses(region, *asked):
            outside.append(region)
            continue
        yes, no = region.apart(predicate, domains)
        inside += yes
        outside += no
    return inside, outside


def _one_range(predicate: Predicate) -> tuple[str, int, int] | None:
    """A variable and the range, lowest and highest number, without which a predicate cannot hold.

    None where it asks for no such thing.
    """
    for part in predicate.parts if isinstance(predicate, And) else (predicate,):
        if isinstance(part, InSet) and len(part.values.ranges) == 1:
            return part.field, *part.values.ranges[0]
    return None


def _misses(region: Region, name: str, low: int, high: int) -> bool:
    """Whether a region certainly has no number in a range; most of a thousand destinations have."""
    held = region.sets.get(name)
    if not isinstance(held, NumberSet) or len(held.ranges.ranges) != 1:
        return False
    first, last = held.ranges.ranges[0]
    return last < low or high < first


MOST_WORK = 50_000
"""Looks at regions, name by name, after which neighbours stay apart."""


def simplify(regions: Iterable[Region]) -> list[Region]:
    """The same union of disjoint regions, with neighbours that differ in one thing made one."""
    held = list({region.key(): region for region in regions}.values())
    before, work = len(held) + 1, 0
    while 1 < len(held) < before:
        before = len(held)
        for name in dict.fromkeys(n for r in held for n in (*r.facts, *r.sets)):
            work += len(held)
            if work > MOST_WORK:
                return held
            held = _joined(held, name)
    return held


def _joined(regions: list[Region], name: str) -> list[Region]:
    groups: dict[frozenset[object], list[Region]] = {}
    for region in regions:
        groups.setdefault(_without(region, name).key(), []).append(region)
    return [done for group in groups.values() for done in _join(group, name)]


def _join(group: list[Region], name: str) -> list[Region]:
    """Regions that are equal but for `name`."""
    done: list[Region] = []
    for region in group:
        for index, other in enumerate(done):
            union = _union(other, region, name)
            if union is not None:
                done[index] = union
                break
        else:
            done.append(region)
    return done


def _union(left: Region, right: Region, name: str) -> Region | None:
    if name not in left.sets or name not in right.sets:
        # Disjoint regions that are equal elsewhere differ in the fact, so together it is either.
        return _without(left, name) if name in left.facts and name in right.facts else None
    one, two = left.sets[name], right.sets[name]
    union = one.union(two) if type(one) is type(two) else None  # type: ignore[arg-type]  # same type
    if union is None:
        return None
    return _without(left, name) if union.whole else with_set(left, name, union)


def _without(region: Region, name: str) -> Region:
    return replace(
        region,
        sets={key: value for key, value in region.sets.items() if key != name},
        facts={key: value for key, value in region.facts.items() if key != name},
    )


def products(sets: Iterable[PacketSet]) -> tuple[Region, ...]:
    """The sets of a walk over products; `TypeError` for those of another kind."""
    found = tuple(sets)
    for one in found:
        if not isinstance(one, Region):
            raise TypeError(f"{type(one).__name__} is no product: ask it, or tell it otherwise")
    return tuple(one for one in found if isinstance(one, Region))
