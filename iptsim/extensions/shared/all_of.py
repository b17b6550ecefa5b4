"""What most matches do with their options: each asks one thing, and all of them must hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from iptsim.extensions.spec import Context
from iptsim.model import Match
from iptsim.predicate import InSet, Predicate, all_of, bits, negate_if
from iptsim.values import Masked, Range

T = TypeVar("T")
Meaning = Callable[[Hashable], Predicate]


def each(meanings: Mapping[str, Meaning]) -> Callable[[Match, Context], Predicate]:
    """A `lower` for a match whose options are independent: `!` turns one option's answer round."""

    def lower(match: Match, _where: Context) -> Predicate:
        return all_of(
            negate_if(option.negate, meanings[option.name](option.value))
            for option in match.options
        )

    return lower


def value_of(value: Hashable, kind: type[T]) -> T:
    """An option's value as the kind that its type reads; `TypeError` for any other."""
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value


def within(field: str) -> Meaning:
    """The number in `field` lies in the option's `Range`; a reversed range holds none."""
    return lambda value: InSet(field=field, values=value_of(value, Range).members)


def masked(field: str) -> Meaning:
    """The number in `field`, masked, equals the option's value; bits outside never do."""

    def meaning(value: Hashable) -> Predicate:
        wanted = value_of(value, Masked)
        return bits(field, wanted.value, wanted.mask)

    return meaning
