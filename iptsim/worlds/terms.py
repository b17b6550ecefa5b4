"""What a field holds: a value, a variable, or a variable after rewrites.

A condition on a field becomes a condition on variables here, with all that is known folded in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from iptsim.dataclass import dataclass, replace
from iptsim.predicate import (
    ALWAYS,
    ANY,
    NEVER,
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
    all_of,
    any_of,
    bits,
    negate,
)
from iptsim.values import IntSet, blocks
from iptsim.worlds.variables import Variable
from iptsim.worlds.visits import times

MOST_CROSSED = 8
"""Bits that may hang on two fields at once; the sets double with each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A value that is told."""

    value: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """`constant` xor each variable masked: a mark, TOS or address of which bits were rewritten."""

    parts: tuple[tuple[Variable, int], ...]
    constant: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """A variable of 8 bits after additions that stop at 0 and 255 (a TTL): `values[variable]`."""

    variable: Variable
    values: tuple[int, ...]

    @property
    def name(self) -> str:
        """What the variable is called."""
        return self.variable.name


MOST_TEXT = 400
PERHAPS = "perhaps changed: "
"""How the text of a rewrite begins of which nobody knows whether it was one.

What changes a field so may have changed the mark and any state, too (`*`); that is told of packets
with and without a connection mark alike: to a fact that hangs on everything it says no more.
"""
Term = Known | Variable | Mixed | Stepped
Environment = Mapping[str, Term]
_ON_FIELDS = (InSet, Bits, OneOf, Interface)


def resolve(
    predicate: Predicate, environment: Environment, rewritten: Mapping[str, str]
) -> Predicate:
    """A predicate over fields as one over variables.

    `rewritten` maps fields that were rewritten to a text of the rewrite: an opaque fact that reads
    one of them is another fact than before.
    """
    # In the order of how many there are: this is asked for each rule of each walk.
    if isinstance(predicate, _ON_FIELDS):
        return _atom(predicate, environment[predicate.field])
    if isinstance(predicate, And):
        return _conjunction(predicate.parts, environment, rewritten)
    if isinstance(predicate, Not):
        return negate(resolve(predicate.part, environment, rewritten))
    if isinstance(predicate, Or):
        negated = tuple(Not(part=part) for part in predicate.parts)
        return negate(_conjunction(negated, environment, rewritten))
    return _fact(predicate, environment, rewritten)


def _conjunction(
    parts: tuple[Predicate, ...], environment: Environment, rewritten: Mapping[str, str]
) -> Predicate:
    """Stops at the first part that is false, as the kernel does."""
    done: list[Predicate] = []
    for part in parts:
        resolved = resolve(part, environment, rewritten)
        if resolved is NEVER or resolved == NEVER:
            return NEVER
        if resolved is not ALWAYS and resolved != ALWAYS:
            done.append(resolved)
    return all_of(done) if done else ALWAYS


def _fact(fact: Fact, environment: Environment, rewritten: Mapping[str, str]) -> Predicate:
    if fact.told is not None:
        # Rules that the text does not hold may have changed any state.
        if not fact.until or not any(name in rewritten for name in (*fact.until, ANY)):
            return resolve(fact.told, environment, rewritten)
        fact = replace(fact, told=None, until=())
    read = (
        f"visits: {text}" if field == ANY else text
        for field, text in rewritten.items()
        if field in fact.reads or (ANY in fact.reads and _tells(field, text))
        if not (fact.visited and field == ANY)
    )
    touched = [*sorted(read), *_visits(fact, rewritten)]
    return replace(fact, key=f"{fact.key} after {', '.join(touched)}") if touched else fact


def _tells(field: str, text: str) -> bool:
    """Whether it says more than that something was met that may have changed anything."""
    return field == "mark" or not text.startswith(PERHAPS)


def _visits(fact: Fact, rewritten: Mapping[str, str]) -> Iterator[str]:
    """That it is asked of what was met before."""
    many = times(rewritten.get(ANY, ""), fact.visited) if fact.visited else 0
    if many > 1:
        yield f"{many} visits"


def _atom(atom: InSet | Bits | OneOf | Interface, term: Term) -> Predicate:
    if isinstance(term, Known):
        return ALWAYS if holds(atom, term.value) else NEVER
    if isinstance(term, Variable):
        return atom if term.name == atom.field else replace(atom, field=term.name)
    if isinstance(term, Stepped):
        return _asks_stepped(atom, term)
    return _mixed(atom, term)


def holds(atom: Atom, value: int | str) -> bool:
    """Whether a known value fits an atom."""
    if isinstance(atom, InSet):
        return value in atom.values
    if isinstance(atom, Bits):
        return value in atom.test
    if isinstance(atom, OneOf):
        return value in atom.names
    return isinstance(atom, Interface) and value in atom.pattern


def _asks_stepped(atom: Atom, term: Stepped) -> Predicate:
    fitting = [x for x, value in enumerate(term.values) if holds(atom, value)]
    return InSet(field=term.name, values=IntSet.of((x, x) for x in fitting))


def _mixed(atom: Atom, term: Mixed) -> Predicate:
    if isinstance(atom, Bits):
        return _mixed_bits(atom, term)
    if not isinstance(atom, InSet):
        raise TypeError(f"{atom!r} asks for the name of a number")
    held = term.constant
    for _name, mask in term.parts:
        held |= mask
    width = max(32, held.bit_length())
    within = atom.values & IntSet.width(width)
    return any_of(
        _mixed_bits(Bits(field=atom.field, test=block), term) for block in blocks(within, width)
    )


def _mixed_bits(atom: Bits, term: Mixed) -> Predicate:
    """Exact where no bit asked for hangs on two variables; else a fact of its own."""
    mask, wanted = atom.test.mask, atom.test.value ^ (term.constant & atom.test.mask)
    asked = [(variable.name, part & mask) for variable, part in term.parts if part & mask]
    if any(a & b for i, (_n, a) in enumerate(asked) for _m, b in asked[i + 1 :]):
        names = "^".join(f"{name}&{part:#x}" for name, part in asked)
        return Fact(key=f"{names} & {mask:#x} = {wanted:#x}", detail=atom.field)
    covered = 0
    for _name, part in asked:
        covered |= part
    if wanted & ~covered:
        return NEVER
    return all_of(bits(name, wanted & part, part) for name, part in asked)


def is_choice(term: Term) -> bool:
    """Whether the kernel chose the value; that it happens to be another's counts for nothing."""
    return isinstance(term, Variable) and term.chosen


def masks_of(term: Term) -> tuple[tuple[Variable, int], ...]:
    """The variables that a term hangs on, each with the bits of the term that do."""
    match term:
        case Variable():
            return ((term, (1 << 128) - 1),)
        case Stepped(variable=variable):
            return ((variable, 0xFF),)
        case Mixed(parts=parts):
            return parts
        case _:
            return ()


def variables_of(term: Term) -> tuple[Variable, ...]:
    """The variables that a term hangs on."""
    return tuple(variable for variable, _mask in masks_of(term))


def crossed(first: Term, second: Term) -> bool:
    """Whether many bits hang on two fields at once, such as a mark and that of its connection."""
    seen = both = 0
    masks: dict[Variable, int] = {}
    for term in (first, second):
        for variable, mask in masks_of(term):
            masks[variable] = masks.get(variable, 0) ^ mask
    for variable, mask in masks.items():
        if not variable.one_of_many:
            both |= seen & mask
            seen |= mask
    return both.bit_count() > MOST_CROSSED


def value_of(term: Term) -> int | str | None:
    """The value, where it is known."""
    return term.value if isinstance(term, Known) else None


def told(term: Term) -> str:
    """What a field holds in words, which are the same for the same content.

    Where it is one of several values that rules gave, which one is left open.
    """
    match term:
        case Known(value=value):
            return str(value)
        case Variable():
            return _called(term)
        case Stepped(variable=variable, values=values):
            return f"{_called(variable)} {_step(values)}"
        case Mixed(parts=parts, constant=constant):
            masked = sorted(f"{_called(variable)}&{mask:#x}" for variable, mask in parts)
            return "^".join((*masked, f"{constant:#x}"))


def _called(variable: Variable) -> str:
    return f"{variable.field} rewritten" if variable.one_of_many else variable.name


def _step(values: tuple[int, ...]) -> str:
    """Additions that stop at bounds make one addition that stops at bounds."""
    low, high = values[0], values[-1]
    return f"{high - values.index(high):+d} within {low}..{high}"


def short(text: str) -> str:
    """The text, or its beginning and what tells it from others that begin so."""
    if len(text) <= MOST_TEXT:
        return text
    from hashlib import blake2b  # noqa: PLC0415  # few texts need one

    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    return f"{text[:MOST_TEXT]}… ({digest})"


def set_bits(term: Term, value: int, mask: int, full: int) -> Term:
    """`(term & ~mask) ^ value`; `full` is the mask of the field's whole width."""
    if isinstance(term, Known) and isinstance(term.value, int):
        return Known(value=((term.value & ~mask) ^ value) & full)
    if mask == full:
        return Known(value=value)
    return _normal(_as_mixed(term, full), full & ~mask, value, full)


def copy_bits(to: Term, to_mask: int, source: Term, source_mask: int, full: int) -> Term:
    """`(to & ~to_mask) ^ (source & source_mask)`."""
    kept = _as_mixed(to, full)
    brought = _as_mixed(source, full)
    parts = [(variable, part & ~to_mask) for variable, part in kept.parts]
    parts += [(variable, part & source_mask) for variable, part in brought.parts]
    constant = (kept.constant & ~to_mask) ^ (brought.constant & source_mask)
    return _normal(Mixed(parts=tuple(parts), constant=constant), full, 0, full)


def shift(term: Term, places: int, full: int) -> Term | None:
    """The term shifted left (negative: right); None where it is not known and is shifted."""
    if not places:
        return term
    if not isinstance(term, Known):
        return None
    value = int(term.value)
    return Known(value=(value << places if places > 0 else value >> -places) & full)


def add(term: Term, delta: int) -> Term:
    """The term plus `delta`, held within 0..255."""
    if isinstance(term, Known):
        return Known(value=_held(int(term.value) + delta))
    if isinstance(term, Mixed):
        raise TypeError("a TTL has no masked parts")
    before = term if isinstance(term, Stepped) else Stepped(variable=term, values=_BYTE)
    return replace(before, values=_stepped(before.values, delta))


_BYTE = tuple(range(256))


@lru_cache(maxsize=64)
def _stepped(values: tuple[int, ...], delta: int) -> tuple[int, ...]:
    """Each value plus `delta`; a router takes the same from every packet."""
    return tuple(_held(value + delta) for value in values)


def _held(value: int) -> int:
    return max(0, min(255, value))


def _as_mixed(term: Term, full: int) -> Mixed:
    if isinstance(term, Known):
        return Mixed(parts=(), constant=int(term.value))
    if isinstance(term, Mixed):
        return term
    if isinstance(term, Stepped):
        raise TypeError("a TTL has no masked parts")
    return Mixed(parts=((term, full),))


def _normal(term: Mixed, keep: int, toggle: int, full: int) -> Term:
    """`(term & keep) ^ toggle`; equal variables cancel or join, none left is a value."""
    joined: dict[Variable, int] = {}
    for variable, part in term.parts:
        joined[variable] = joined.get(variable, 0) ^ (part & keep)
    parts = tuple((variable, part) for variable, part in joined.items() if part)
    constant = (term.constant & keep) ^ toggle
    if not parts:
        return Known(value=constant)
    if not constant and len(parts) == 1 and parts[0][1] == full:
        return parts[0][0]
    return Mixed(parts=parts, constant=constant)
