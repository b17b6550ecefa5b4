"""What a statement of nftables comes to: a test, something done, a lookup, an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from iptsim.actions import Action, Branch, Case, Cases, Change, Continue, LateCases, Row
from iptsim.dataclass import dataclass, replace
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_matches import Key, Wanted, element_is, limits, range_of
from iptsim.extensions.nft.nft_operands import (
    Asked,
    Interfaces,
    Names,
    Numbers,
    Opaque,
    Operand,
)
from iptsim.nftables.element_index import Indexed, indexed
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    AnonymousSet,
    Anything,
    Concatenation,
    Expression,
    InterfaceName,
    SetReference,
)
from iptsim.nftables.nft_statements import Verdict
from iptsim.predicate import ALWAYS, NEVER, Fact, Predicate
from iptsim.values import IntSet

BROKE: tuple[Action, ...] = (Continue(broke=True),)
_FEW = 64
"""Elements of a plain key up to which those of one value are one case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """The rule goes on only where it holds; `words` are those of the rule."""

    when: Predicate
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """The rule changes something, and goes on."""

    actions: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The rule ends."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The rule goes on as the value that a map has for a key says; without one it ends.

    `elements` None: nobody tells them, and then `unknown` is done; with `partial` others than the
    elements may be there, and `unknown` is done for those.
    """

    key: Key
    elements: Sequence[Element] | None
    then: Callable[[Expression | Verdict], tuple[Step, ...]]
    unknown: tuple[Step, ...]
    text: str
    index: Callable[[Sequence[Element]], Indexed] = indexed
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Perhaps:
    """The rule changes something where `when` holds, and goes on in either case."""

    when: Predicate
    changes: tuple[Change, ...]
    undecided: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """The rule ends so where `when` holds, and goes on otherwise."""

    when: Predicate
    actions: tuple[Action, ...]


Step = Test | Do | End | Lookup | Perhaps | Unless


def elements_of(held: AnonymousSet | SetReference, here: Here) -> Sequence[Element] | None:
    """The elements of a map; None where the text does not tell them."""
    if isinstance(held, AnonymousSet):
        return held.elements
    named = here.named_set(held)
    return None if named is None or limits(named) else named.elements


def is_partial(held: AnonymousSet | SetReference, here: Here) -> bool:
    """Whether a map may have elements that the text does not tell."""
    named = here.named_set(held)
    return named is not None and bool(named.unread)


def program(steps: Sequence[Step], here: Here) -> tuple[Action, ...]:
    """The actions of a rule from some step on."""
    for at, step in enumerate(steps):
        rest = steps[at + 1 :]
        match step:
            case End(actions=actions):
                return actions
            case Do(actions=actions):
                return (*actions, *program(rest, here))
            case Lookup():
                return (_cases(step, rest, here),)
            case Perhaps():
                return (_perhaps(step, program(rest, here)),)
            case Unless(when=when, actions=ends):
                return (Branch(when=when, then=ends, otherwise=program(rest, here)),)
            case Test():
                return _tested(step, rest, here)
    return (Continue(),)


def _tested(step: Test, rest: Sequence[Step], here: Here) -> tuple[Action, ...]:
    then = program(rest, here)
    if step.when == ALWAYS:
        return then
    return (Branch(when=step.when, then=then, otherwise=BROKE),)


def _perhaps(step: Perhaps, rest: tuple[Action, ...]) -> Action:
    then, undecided = (*step.changes, *rest), (*step.undecided, *rest)
    return Branch(when=step.when, then=then, otherwise=rest, undecided=undecided)


def _cases(step: Lookup, rest: Sequence[Step], here: Here) -> Action:
    if step.elements is None:
        return _untold(step, rest, here, BROKE)
    ways, elements = _Ways(step, rest, here), step.elements
    if len(step.key.parts) == 1 and (
        len(elements) <= _FEW or isinstance(step.key.parts[0], Opaque)
    ):
        found = _by_value(step.key.parts[0], elements, ways)
    else:
        found = _by_element(step, elements, ways)
    if not step.partial:
        return found
    return replace(found, otherwise=(_untold(step, rest, here, found.otherwise),))


def _untold(step: Lookup, rest: Sequence[Step], here: Here, otherwise: tuple[Action, ...]) -> Cases:
    """What an element that nobody tells may do, and what is done where there is none."""
    when = Fact(key=f"{step.text} has its element", detail=step.text, reads=step.key.reads)
    then = program((*step.unknown, *rest), here)
    return Cases(cases=(Case(when=when, then=then),), otherwise=otherwise)


class _Ways:
    """What is done for each value of a map, made once."""

    def __init__(self, step: Lookup, rest: Sequence[Step], here: Here) -> None:
        self._step, self._rest, self._here = step, rest, here
        self._made: dict[object, tuple[Action, ...]] = {}

    def of(self, value: Expression | Verdict) -> tuple[Action, ...]:
        """What is done for a value."""
        if value not in self._made:
            self._made[value] = program((*self._step.then(value), *self._rest), self._here)
        return self._made[value]


def _by_element(step: Lookup, elements: Sequence[Element], ways: _Ways) -> Cases:
    """A case for each element; it is made where a packet may be of it."""
    key, index = step.key, step.index(elements)

    def make(place: int) -> Case:
        one = elements[place]
        if one.value is None or place == index.default:
            return Case(when=NEVER, then=BROKE)
        return Case(when=element_is(key, one.key), then=ways.of(one.value))

    def rows() -> tuple[Row, ...]:
        places = ((at, one.key) for at, one in enumerate(elements) if at != index.default)
        return tuple((_exact(key, told), at) for at, told in places)

    def find(values: tuple[int | str | None, ...]) -> Iterable[int]:
        found = index.exact.get(values)  # type: ignore[arg-type]  # asked where all are known
        return index.others if found is None else sorted((found, *index.others))

    fields = tuple(name for part in key.parts if (name := field_of(part)) is not None)
    told = len(fields) == len(key.parts)
    default = None if index.default is None else elements[index.default].value
    plain = told and not any(isinstance(part, Names) for part in key.parts)
    return Cases(
        cases=LateCases(len(elements), make),
        otherwise=BROKE if default is None else ways.of(default),
        fields=fields if told else (),
        rows_of=rows if told else None,
        find=find if plain else None,
    )


def _by_value(part: Operand, elements: Sequence[Element], ways: _Ways) -> Cases:
    """A case for each value."""
    groups: dict[Expression | Verdict, tuple[int, Wanted]] = {}
    rows: list[Row] = []
    otherwise = BROKE
    for one in elements:
        if one.value is not None and isinstance(one.key, Anything):
            otherwise = ways.of(one.value)
        elif one.value is not None:
            at, wanted = groups.setdefault(one.value, (len(groups), Wanted()))
            wanted.add(one.key, part)
            rows.append(((_exactly(part, one.key),), at))
    if isinstance(part, Opaque):
        return Cases(cases=_chosen(part, groups, ways), otherwise=otherwise)
    cases = [Case(when=w.asked(part), then=ways.of(value)) for value, (_at, w) in groups.items()]
    name = field_of(part)
    return Cases(
        cases=tuple(cases),
        otherwise=otherwise,
        fields=() if name is None else (name,),
        rows_of=None if name is None else lambda: tuple(rows),
    )


def _chosen(
    part: Opaque, groups: dict[Expression | Verdict, tuple[int, Wanted]], ways: _Ways
) -> tuple[Case, ...]:
    """What one of few values decides is decided by the last, where none of the others did."""
    seen, found = IntSet(), []
    for value, (_at, wanted) in groups.items():
        seen |= IntSet.of(wanted.ranges)
        when = ALWAYS if seen == part.most else wanted.asked(part)
        found.append(Case(when=when, then=ways.of(value)))
    return tuple(found)


def field_of(part: Operand) -> str | None:
    """The field that an operand is, as it is; None where it is more or less than one."""
    if isinstance(part, Numbers):
        return part.name if part.whole else None
    if isinstance(part, Interfaces):
        return part.name if part.reads else None
    if isinstance(part, Names):
        return part.name
    return part.field if isinstance(part, Asked) else None


def _exact(key: Key, value: Expression) -> tuple[int | str | None, ...]:
    values = value.parts if isinstance(value, Concatenation) else (value,)
    if len(values) != len(key.parts):
        return (None,) * len(key.parts)
    return tuple(_exactly(part, one) for part, one in zip(key.parts, values, strict=True))


def _exactly(part: Operand, value: Expression) -> int | str | None:
    """The one value that the field has where it is that of an element."""
    if isinstance(part, Interfaces):
        return value.name if isinstance(value, InterfaceName) and not value.wildcard else None
    found = range_of(value, part.width)
    if found is None or found[0] != found[1]:
        return None
    if isinstance(part, Names):
        return part.numbers.get(found[0])
    return found[0]
