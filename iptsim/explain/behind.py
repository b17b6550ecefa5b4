"""Whether a rule does what becomes of its packets without it: so nothing begins or ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain as chain_of

from iptsim.diff.difference import Change, Difference, Kind, RuleAt, find_table
from iptsim.model import BUILTIN_CHAINS, Chain, Rule

_RETURN = "RETURN"


def as_behind(difference: Difference, change: Change) -> str | None:
    """What does the same without a rule that came or went: `end` (of the chain) or `policy`.

    None where something else may become of its packets. `-j RETURN` does what the end of the chain
    does, a verdict may do what the policy does.
    """
    at = change.after or change.before
    builtin = change.chain in BUILTIN_CHAINS.get(change.table, ())
    if at is None or not (builtin or _does(at.rule) == _RETURN):
        return None
    dumps = (difference.before, difference.after)
    old, new = (find_table(d, change.family, change.table).chain(change.chain) for d in dumps)
    if old is None or new is None:
        return None
    own, other = (new, old) if change.after else (old, new)
    form = "end" if _does(at.rule) == _RETURN else "policy"
    if form == "policy" and _does(at.rule) != other.policy:
        return None
    # What ends the look soonest first: it is taken for each of thousands of rules.
    behind = chain_of(_behind(own, at), _instead(difference, change))
    if any(_does(rule) != _RETURN for rule in behind):
        return None
    return form if _is_told(old) and _is_told(new) else None


def _is_told(chain: Chain) -> bool:
    return chain.whole and all(rule.unread is None for rule in chain.rules)


def _does(rule: Rule) -> str:
    return "" if rule.target is None else rule.target.name


def _behind(chain: Chain, at: RuleAt) -> Iterator[Rule]:
    return (rule for number, rule in chain.numbered() if number > at.number)


def _instead(difference: Difference, change: Change) -> Iterator[Rule]:
    """The rules of the chain that only the side has which lacks this one, wherever they stand."""
    wanted = Kind.RULE_REMOVED if change.after else Kind.RULE_ADDED
    for other in difference.changes:
        at = other.before or other.after
        if other.kind is wanted and other.home == change.home and at:
            yield at.rule
