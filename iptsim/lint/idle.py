"""Rules whose removal changes no packet's fate, and rules that stand twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim.actions import Jump
from iptsim.lint.finding import Finding, Kind, Other
from iptsim.lint.finding_places import at_policy, at_rule
from iptsim.lint.flow import Flow, Passed
from iptsim.lint.idle_chains import is_empty
from iptsim.lint.tails import Tails
from iptsim.lint.unmatched import deed
from iptsim.model import Chain

_FAR = 400
"""Rules after an idle one that are looked at."""
_MANY = 4
"""Rules that together do the same; more would explain nothing."""


def idle(flow: Flow, tails: Tails) -> Iterator[Finding]:
    """Rules without effect; a jump to an empty chain is told as such."""
    for chain, passed in tails.idle:
        ending = passed.ask.ready.actions[-1]
        if isinstance(ending, Jump):
            to = flow.sets.table.chain(ending.chain)
            if to is not None and is_empty(to) and not ending.goto:
                continue
        others = tuple(_instead(flow, chain, passed))
        yield Finding(kind=Kind.NO_EFFECT, at=at_rule(passed.ask.ready), others=others)


def _instead(flow: Flow, chain: Chain, passed: Passed) -> Iterator[Other]:
    """What would decide about the packets of an idle rule, where that is few and near."""
    nothing = flow.sets.universe.manager.false
    left: Any = passed.met
    found: list[Other] = []
    rules = flow.passed[chain.name]
    for later in rules[passed.ask.ready.at :][:_FAR]:
        here = left & later.ask.held
        onward = flow.goes_on(later.ask, here)[0]
        if here & ~onward == nothing:
            continue
        found.append(Other(at=at_rule(later.ask.ready), deed=deed(later.ask)))
        left &= ~here | onward
        if left == nothing or len(found) > _MANY:
            break
    if left != nothing and chain.policy is not None and len(rules) <= passed.ask.ready.at + _FAR:
        at = at_policy(flow.sets.ruleset, flow.sets.table.name, chain)
        found.append(Other(at=at, deed="policy"))
        left = nothing
    if left == nothing and len(found) <= _MANY:
        yield from found


def idle_last(tails: Tails) -> frozenset[str]:
    """The chains of which the last rule is idle."""
    return frozenset(
        chain.name for chain, passed in tails.idle if passed.ask.ready.at == len(chain.rules)
    )
