"""The condition of a rule, made ready for packets that tell what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import eq, ne

from iptsim.dataclass import dataclass
from iptsim.predicate import (
    ANY,
    And,
    Bits,
    Fact,
    InSet,
    Interface,
    Not,
    OneOf,
    Predicate,
    atoms,
)
from iptsim.worlds.terms import holds, resolve

Value = int | str
Held = Mapping[str, Value]
"""What the fields hold that are told."""
Gone = Mapping[str, str]
Test = Callable[[Value], bool]
Answer = bool | tuple[Fact, bool] | None
"""Whether it holds; a fact on which alone that hangs, and how; None where more is open."""
_ATOMS = (InSet, Bits, OneOf, Interface)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A conjunction: tests on single fields, facts as wanted, and whatever else it has."""

    tests: tuple[tuple[str, Test], ...]
    facts: tuple[tuple[Fact, bool], ...]
    others: tuple[Predicate, ...]
    single: Held
    """The fields that must hold one value, with that value."""
    fields: frozenset[str]
    """All fields that it asks for."""

    @classmethod
    def of(cls, predicate: Predicate) -> Condition:
        """The predicate, which stays what it says."""
        tests: list[tuple[str, Test]] = []
        facts: list[tuple[Fact, bool]] = []
        others: list[Predicate] = []
        single: dict[str, Value] = {}
        for part in predicate.parts if isinstance(predicate, And) else (predicate,):
            wanted, atom = (False, part.part) if isinstance(part, Not) else (True, part)
            if isinstance(atom, _ATOMS):
                one = _one(atom)
                tests.append((atom.field, _test(atom, one, wanted)))
                if wanted and one is not None:
                    single[atom.field] = one
            elif isinstance(atom, Fact):
                facts.append((atom, wanted))
            else:
                others.append(part)
        fields = frozenset(name for name, _test in tests).union(_fields((*others, *_of(facts))))
        return cls(
            tests=tuple(tests), facts=tuple(facts), others=tuple(others), single=single,
            fields=fields,
        )  # fmt: skip

    def of_packet(self, held: Held, gone: Gone) -> Answer:
        """What a packet makes of it; `gone` as in `World.gone`."""
        known = True
        for name, test in self.tests:
            value = held.get(name)
            if value is None:
                known = False
            elif not test(value):
                return False
        if not self.facts and not self.others:
            return True if known else None
        return self._of_facts(held, gone, known)

    def _of_facts(self, held: Held, gone: Gone, known: bool) -> Answer:
        open_: list[tuple[Fact, bool]] = []
        for part in self.others:
            found = truth(part, held, gone)
            if found is False:
                return False
            known = known and found is True
        for fact, wanted in self.facts:
            met = _told(fact, held, gone)
            if met is not None and met is not wanted:
                return False
            if met is None and _is_told(fact, gone):
                known = False
            elif met is None:
                open_.append((fact, wanted))
        if not known or len(open_) > 1:
            return None
        return _resolved(*open_[0], gone) if open_ else True


def _resolved(fact: Fact, wanted: bool, gone: Gone) -> Answer:
    found = resolve(fact, {}, gone)
    return (found, wanted) if isinstance(found, Fact) else None


def _of(facts: Iterable[tuple[Fact, bool]]) -> Iterator[Fact]:
    return (fact for fact, _wanted in facts)


def _fields(parts: Iterable[Predicate]) -> Iterator[str]:
    every = (atom for part in parts for atom in atoms(part))
    return (atom.field for atom in every if not isinstance(atom, Fact))


def _test(atom: InSet | Bits | OneOf | Interface, one: Value | None, wanted: bool) -> Test:
    """An atom on a field, or its contrary, as a test of the field's value."""
    if one is not None:
        return partial(eq if wanted else ne, one)
    if isinstance(atom, InSet) and len(atom.values.ranges) == 1:
        return _within(*atom.values.ranges[0], wanted)
    return partial(holds if wanted else _fails, atom)


def _within(low: int, high: int, wanted: bool) -> Test:
    def test(value: Value) -> bool:
        return (isinstance(value, int) and low <= value <= high) is wanted

    return test


def _fails(atom: InSet | Bits | OneOf | Interface, value: Value) -> bool:
    return not holds(atom, value)


def _one(atom: InSet | Bits | OneOf | Interface) -> Value | None:
    """The only value that fits, where there is one."""
    if isinstance(atom, InSet) and len(atom.values.ranges) == 1:
        low, high = atom.values.ranges[0]
        return low if low == high else None
    if isinstance(atom, OneOf) and len(atom.names) == 1:
        return next(iter(atom.names))
    if isinstance(atom, Interface) and not atom.pattern.wildcard:
        return atom.pattern.text
    return None


def truth(predicate: Predicate, held: Held, gone: Gone) -> bool | None:
    """Whether it certainly holds, or certainly does not; as `resolve` folds what is known."""
    if isinstance(predicate, _ATOMS):
        value = held.get(predicate.field)
        return None if value is None else holds(predicate, value)
    if isinstance(predicate, Not):
        found = truth(predicate.part, held, gone)
        return None if found is None else not found
    if isinstance(predicate, Fact):
        return _told(predicate, held, gone)
    every = isinstance(predicate, And)
    met = [truth(part, held, gone) for part in predicate.parts]
    if (not every) in met:
        return not every
    return None if None in met else every


def _is_told(fact: Fact, gone: Gone) -> bool:
    if fact.told is None:
        return False
    return not fact.until or not any(name in gone for name in (*fact.until, ANY))


def _told(fact: Fact, held: Held, gone: Gone) -> bool | None:
    """What somebody told of a fact makes of the packet."""
    if fact.told is None or not _is_told(fact, gone):
        return None
    return truth(fact.told, held, gone)
