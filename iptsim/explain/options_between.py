"""What the texts of two rules say otherwise, where what they do is told in the same words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from iptsim.model import Match, Rule

_MOST = 3


def options_between(was: Rule, now: Rule) -> list[str]:
    """The names of options that have another value, or none, on one side; a few of them.

    Of a rule of nftables there are none: its statements have no such names.
    """
    before, after = dict(_options(was)), dict(_options(now))
    names = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return list(dict.fromkeys(name for _of, name in names))[:_MOST]


def _options(rule: Rule) -> Iterator[tuple[tuple[str, str], Hashable]]:
    """Each option by whose it is and its name."""
    target: tuple[Match, ...] = () if rule.target is None else (rule.target,)
    for each in (*rule.matches, *target):
        for option in each.options:
            yield (each.name, option.name), (option.value, option.negate)
