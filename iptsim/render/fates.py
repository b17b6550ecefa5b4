"""The outcomes of a trace by what becomes of the packet, as a reader counts them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iptsim.explain.unions import Parts, Told, shorter, widest
from iptsim.explain.untold import telling
from iptsim.tracer.outcome import Cube, Outcome, Trace

HIDDEN = "IPT0402"
"""The fact that a listing hides a rule's interface; false is the rule as listed."""

MANY = 40
"""Outcomes beyond which each is told in a line of its own, by the rule that decides it."""
_FROM_HERE = ("OUTPUT", "POSTROUTING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Ways that end alike, the first of them first, and for which packets, in few words.

    `when` are cubes of what is worth telling: that a rule is as listed goes without saying. With
    `rest` it is every packet that no other fate names.
    """

    outcomes: tuple[Outcome, ...]
    when: tuple[Parts, ...]
    rest: bool = False


def fates(trace: Trace) -> list[Fate]:
    """The different fates, the ordinary packet's first, that of the rest last.

    One where all ways end alike.
    """
    alike: dict[object, list[Outcome]] = {}
    for outcome in (*trace.outcomes, *trace.untold):
        alike.setdefault(_fate(outcome, trace), []).append(outcome)
    if is_crowd(trace):
        return [Fate(outcomes=tuple(ways), when=_asked(ways[:MANY])) for ways in alike.values()]
    found = [Fate(outcomes=tuple(ways), when=_when(ways)) for ways in alike.values()]
    return found if as_listed(found) else _with_rest(found)


def is_crowd(trace: Trace) -> bool:
    """Whether the outcomes are too many for the conditions of their fates to be told as one."""
    return len(trace.outcomes) + len(trace.untold) > MANY


def _asked(ways: Iterable[Outcome]) -> tuple[Parts, ...]:
    """What outcomes hang on."""
    cubes = [cube for way in ways for cube in way.when]
    return tuple(_worth_telling((*cube.conditions, *cube.facts)) for cube in cubes)


def _fate(outcome: Outcome, trace: Trace) -> object:
    """Whether a local packet leaves or loops back is no difference that a rule makes."""
    verdict, destination, *rest = outcome.fate
    return (verdict, destination is None or trace.hook in _FROM_HERE or destination, *rest)


def _when(ways: Iterable[Outcome]) -> tuple[Parts, ...]:
    """Shortened with all facts, for only so they are exact; then told without «as listed»."""
    exact = shorter((*cube.conditions, *cube.facts) for way in ways for cube in _cubes(way))
    return tuple(sorted(widest(map(_worth_telling, exact)), key=len))


def _cubes(outcome: Outcome) -> tuple[Cube, ...]:
    return outcome.when or (Cube(),)


def _worth_telling(parts: Parts) -> Parts:
    plain: list[Told] = [part for part in parts if not isinstance(part, tuple)]
    facts = telling([part for part in parts if isinstance(part, tuple)])
    return tuple(part for part in (*plain, *facts) if not _goes_without_saying(part))


def _goes_without_saying(part: Told) -> bool:
    return isinstance(part, tuple) and part[0].code == HIDDEN and not part[1]


def as_listed(found: list[Fate]) -> bool:
    """Whether the first fate is that of every packet, if the listing hides nothing."""
    return len(found) > 1 and () in found[0].when


def _with_rest(found: list[Fate]) -> list[Fate]:
    """The fate with the longest condition is that of the rest, where there is one such."""
    sizes = [(len(fate.when), sum(map(len, fate.when))) for fate in found]
    longest = max(sizes)
    if len(found) < 2 or longest[0] < 2 or sizes.count(longest) > 1:
        return found
    fate = found[sizes.index(longest)]
    rest = Fate(outcomes=fate.outcomes, when=fate.when, rest=True)
    return [*(one for one in found if one is not fate), rest]
