"""The facts of matches that nobody can decide from a dump."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from iptsim.dataclass import replace
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_match
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, atoms, negate_if

_SHORT = 4


def unless_negated(name: str, pattern: Fact) -> Callable[[Match, Context], Predicate]:
    """The fact that the match tells without the `!` of option `name`, or its contrary.

    So `--match-set a src` and `! --match-set a src` hang on one unknown.
    """

    def lower(match: Match, where: Context) -> Predicate:
        option = match.option(name)
        negated = option is not None and option.negate
        return negate_if(negated, about(without_not(match, name), where, pattern))

    return lower


def about(match: Match, where: Context, pattern: Fact) -> Fact:
    """`pattern` as the fact of another match than the rule's own.

    What each look changes is still the rule's own unknown; only its sentence speaks of `match`.
    """
    text = write_match(match, where.family)
    return replace(pattern, key="" if pattern.each_time else text, detail=text)


def without_not(match: Match, name: str) -> Match:
    """The match without the `!` of option `name`."""
    return replace(match, options=tuple(_plain(o) if o.name == name else o for o in match.options))


def _plain(option: Option) -> Option:
    return replace(option, negate=False)


def told_as(fact: Fact, condition: Predicate) -> Predicate:
    """`condition`, which says what `fact` names; one that is long to read goes by that name."""
    asked = list(islice(atoms(condition), _SHORT + 1))
    if len(asked) <= _SHORT and not any(isinstance(atom, Fact) for atom in asked):
        return condition
    return condition if condition == fact else replace(fact, told=condition)


def turned(name: str, pattern: Fact) -> Callable[[Match, Context], Predicate]:
    """The rule's own fact, usually the other way round where option `name` has a `!`.

    For matches that are false in either case where what they ask for is not there.
    """

    def lower(match: Match, _where: Context) -> Predicate:
        option = match.option(name)
        negated = option is not None and option.negate
        return replace(pattern, usually=pattern.usually != negated)

    return lower
