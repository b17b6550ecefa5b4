"""A rule of nftables as a program: what it asks before it does anything, and what it does then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from iptsim.actions import Action
from iptsim.extensions.nft.joined_comparisons import either, joined
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_matches import asks
from iptsim.extensions.nft.nft_statement_steps import steps_of
from iptsim.extensions.nft.nft_steps import Step, Test, program
from iptsim.extensions.nft.nft_words import match_words
from iptsim.extensions.spec import Context
from iptsim.model import Rule, Table
from iptsim.native_tables import NativeRule
from iptsim.nftables.nft_statements import Match
from iptsim.predicate import Predicate

Words = Callable[[], str]


def asked_first(rule: Rule, where: Context) -> Iterator[tuple[Words, Predicate]]:
    """The conditions that a rule begins with, each with its words."""
    first = takewhile(lambda step: isinstance(step, Test), _steps(rule, where))
    for step in first:
        assert isinstance(step, Test)
        yield partial(str, step.words), step.when


def done_then(rule: Rule, where: Context, table: Table) -> tuple[Action, ...]:
    """What the rule does where those hold."""
    steps = list(_steps(rule, where, table))
    first = sum(1 for _each in takewhile(lambda step: isinstance(step, Test), steps))
    return program(steps[first:], _here(rule, where))


def _here(rule: Rule, where: Context, table: Table | None = None) -> Here:
    assert isinstance(rule, NativeRule)
    return Here(where=where, home=rule.home, rule=rule.rule, written=rule, table=table)


def _steps(rule: Rule, where: Context, table: Table | None = None) -> Iterator[Step]:
    here = _here(rule, where, table)
    statements = here.rule.statements
    pairs = joined(statements)
    for at, one in enumerate(statements):
        if at in pairs:
            yield _joined(pairs[at], here)
        else:
            yield from steps_of(one, here, last=at == len(statements) - 1)


def _joined(pair: tuple[int, int], here: Here) -> Test:
    """Two comparisons that nft may have made one: asked at the place of each."""
    one, other = (here.rule.statements[at] for at in pair)
    assert isinstance(one, Match)
    assert isinstance(other, Match)
    text = f"{match_words(one)} {match_words(other)}"
    return Test(when=either(asks(one, here), asks(other, here), text), words=text)
