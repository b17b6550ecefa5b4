"""The facts of matches that nobody can decide from a dump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_match
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, negate_if


def unless_negated(name: str, pattern: Fact) -> Callable[[Match, Context], Predicate]:
    """The fact that the match tells without the `!` of option `name`, or its contrary.

    So `--match-set a src` and `! --match-set a src` hang on one unknown.
    """

    def lower(match: Match, where: Context) -> Predicate:
        option = match.option(name)
        negated = option is not None and option.negate
        return negate_if(negated, about(_without_not(match, name), where, pattern))

    return lower


def about(match: Match, where: Context, pattern: Fact) -> Fact:
    """`pattern` as the fact of another match than the rule's own.

    What each look changes is still the rule's own unknown; only its sentence speaks of `match`.
    """
    text = write_match(match, where.family)
    return replace(pattern, key="" if pattern.each_time else text, detail=text)


def _without_not(match: Match, name: str) -> Match:
    return replace(match, options=tuple(_plain(o) if o.name == name else o for o in match.options))


def _plain(option: Option) -> Option:
    return replace(option, negate=False)


def turned(name: str, pattern: Fact) -> Callable[[Match, Context], Predicate]:
    """The rule's own fact, usually the other way round where option `name` has a `!`.

    For matches that are false in either case where what they ask for is not there.
    """

    def lower(match: Match, _where: Context) -> Predicate:
        option = match.option(name)
        negated = option is not None and option.negate
        return replace(pattern, usually=pattern.usually != negated)

    return lower


def of_header(pattern: Fact) -> Callable[[Match, Context], Predicate]:
    """The fact of a match on a header that the rule's own -p has seen to.

    Nothing asked of it, or only that something is not so, usually holds.
    """

    def lower(match: Match, _where: Context) -> Predicate:
        return replace(pattern, usually=all(option.negate for option in match.options))

    return lower
