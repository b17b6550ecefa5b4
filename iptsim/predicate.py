"""The one algebra of conditions.

An extension lowers itself to these; the tracer evaluates them, the symbolic engine compiles them,
the explainer reads them aloud. Nothing here knows a packet, a rule or a dump.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.values import InterfacePattern, IntSet, Masked, Network

ANY = "*"
"""What stands for any field or state in `Fact.reads`, and for all that is met in `visited`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InSet:
    """The number in `field` is a member of `values`."""

    field: str
    values: IntSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """The number in `field`, masked, equals `test.value`."""

    field: str
    test: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """The interface name in `field` fits `pattern`. A packet without that interface has name ''."""

    field: str
    pattern: InterfacePattern


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """The name in `field` (a state, an address type) is one of `names`."""

    field: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What the dump does not tell: a named boolean unknown.

    `key` names it: the same key is the same unknown wherever it occurs, in both sides of a diff
    too. `code` picks the sentence that says what would decide it and `detail` fills it in.
    `reads` are the packet fields that the answer hangs on (`("*",)`: any); when one was rewritten
    on the way, the fact is another one. `each_time` is for state that a look changes (limit,
    quota, statistic): every rule then has its own unknown. `usually` says which way the dump
    reads as it stands.

    `told` is what somebody told of it (the members of a set): it is no unknown, but that condition,
    as long as no rule on the way changed one of `until` (see `Touch`).

    `visited` names what is met where the fact is asked, `ANY` whatever is: not all that changed on
    the way makes the fact another one, but that this was met again (see `Touch.by`).
    """

    key: str
    code: str = codes.UNKNOWN_MATCH
    detail: str = ""
    reads: tuple[str, ...] = ()
    each_time: bool = False
    usually: bool = False
    told: Predicate | None = None
    until: tuple[str, ...] = ()
    visited: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The contrary of `part`."""

    part: Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of `parts`, asked in this order; none at all is always true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """Any of `parts`; none at all is never true."""

    parts: tuple[Predicate, ...]


Atom = InSet | Bits | Interface | OneOf | Fact
Predicate = Atom | Not | And | Or

ALWAYS: Predicate = And(parts=())
NEVER: Predicate = Or(parts=())


def all_of(parts: Iterable[Predicate]) -> Predicate:
    """The conjunction, flattened; `NEVER` as soon as a part is."""
    flat: list[Predicate] = []
    for part in parts:
        if part == NEVER:
            return NEVER
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(parts=tuple(flat))


def any_of(parts: Iterable[Predicate]) -> Predicate:
    """The disjunction, flattened; `ALWAYS` as soon as a part is."""
    flat: list[Predicate] = []
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(parts=tuple(flat))


def negate(part: Predicate) -> Predicate:
    """The contrary, without double negation."""
    if isinstance(part, Not):
        return part.part
    if part == ALWAYS:
        return NEVER
    return ALWAYS if part == NEVER else Not(part=part)


def negate_if(condition: bool, part: Predicate) -> Predicate:
    """`part`, or its contrary where a rule puts `!` before it."""
    return negate(part) if condition else part


def equals(field: str, value: int) -> Predicate:
    """The number in `field` is `value`."""
    return InSet(field=field, values=IntSet.single(value))


def between(field: str, low: int, high: int) -> Predicate:
    """The number in `field` lies in `low`..`high`, both included."""
    return InSet(field=field, values=IntSet.between(low, high))


def bits(field: str, value: int, mask: int) -> Predicate:
    """`field & mask == value`, as the kernel compares: a value outside the mask never matches."""
    if value & ~mask:
        return NEVER
    return Bits(field=field, test=Masked(value=value, mask=mask)) if mask else ALWAYS


def named(field: str, *names: str) -> Predicate:
    """The name in `field` is one of `names`."""
    return OneOf(field=field, names=frozenset(names))


def in_network(field: str, network: Network) -> Predicate:
    """The address in `field` lies in `network`, whose mask may have holes."""
    if network.prefix_length is None:
        return Bits(field=field, test=network.masked)
    return InSet(field=field, values=network.addresses) if network.mask else ALWAYS


def atoms(predicate: Predicate) -> Iterator[Atom]:
    """Every atom, left to right; after a fact those of what is told of it."""
    if isinstance(predicate, Not):
        yield from atoms(predicate.part)
    elif isinstance(predicate, And | Or):
        for part in predicate.parts:
            yield from atoms(part)
    else:
        yield predicate
        if isinstance(predicate, Fact) and predicate.told is not None:
            yield from atoms(predicate.told)
