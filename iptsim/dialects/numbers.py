"""The numbers that `--line-numbers` prints stay the rules', and tell where rules are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iptsim.model import Rule, Unread


def with_gaps(rules: Sequence[Rule]) -> tuple[list[Rule], bool]:
    """The rules of a chain with what their numbers leave out, and whether the numbers rise.

    A gap beside a place where the writer left rules out is that place.
    """
    if all(rule.number is None for rule in rules):
        return list(rules), True
    done: list[Rule] = []
    rises, following = True, 1
    for rule in rules:
        if rule.number is None:
            done.append(replace(rule, number=following))
            continue
        missing = rule.number - following
        rises = rises and missing >= 0
        if missing > 0:
            _leave_out(done, rule, following, missing)
        done.append(rule)
        following = rule.number + 1
    return done, rises


def _leave_out(done: list[Rule], rule: Rule, number: int, missing: int) -> None:
    above = done[-1].unread if done else None
    if above is not None and above.why == "elided":
        done[-1] = replace(done[-1], unread=replace(above, count=missing))
    else:
        gap = Unread(why="gap", count=missing)
        done.append(Rule(place=rule.place, number=number, unread=gap))
