"""The outcomes of a trace by what becomes of the packet, as a reader counts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.explain.unions import Parts, Told, shorter
from iptsim.explain.untold_facts import telling
from iptsim.worlds.outcome import Condition, Cube, Outcome, Trace

MANY = 40
"""Outcomes beyond which each is told in a line of its own, by the rule that decides it."""
_FROM_HERE = ("OUTPUT", "POSTROUTING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Ways that end alike, the first of them first, and for which packets, in few words.

    `when` are cubes of what is worth telling: where the first fate is the dump as listed, that a
    rule is so goes without saying. With `rest` it is every packet that no other fate names, with
    `partly` the cubes are only some of its packets. `likely` is the fate that is so by who wrote
    the rules; its first way is the likely one.
    """

    outcomes: tuple[Outcome, ...]
    when: tuple[Parts, ...]
    rest: bool = False
    partly: bool = False
    likely: bool = False

    @property
    def is_listed(self) -> bool:
        """Whether it is that of every packet, if the listing hides nothing."""
        return () in self.when


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFate:
    """A fate in words that are safe to print.

    `label` is `likely`, `as listed`, `otherwise` or a number.
    `when` has a text for each alternative: `if the port is 80`, `or if …`.
    """

    label: str
    fate: str
    decided: str
    when: tuple[str, ...]
    outcomes: int


def fates(trace: Trace) -> list[Fate]:
    """The different fates, the ordinary packet's first, that of the rest last.

    One where all ways end alike. What only packets of a told sender meet stands behind the others.
    """
    alike: dict[object, list[Outcome]] = {}
    for outcome in (*trace.outcomes, *trace.untold):
        alike.setdefault(_fate(outcome, trace), []).append(outcome)
    if is_crowd(trace):
        return [Fate(outcomes=tuple(ways), when=_asked(ways[:MANY])) for ways in alike.values()]
    exact = [Fate(outcomes=tuple(w), when=_when(w), partly=_partly(w)) for w in alike.values()]
    plain = [replace(fate, when=_without_saying(fate.when)) for fate in exact]
    if as_listed(plain) or len(plain) == 1:
        return plain
    return _with_rest(sorted(exact, key=_of_some_senders))


def is_crowd(trace: Trace) -> bool:
    """Whether the outcomes are too many for the conditions of their fates to be told as one."""
    return len(trace.outcomes) + len(trace.untold) > MANY


def _of_some_senders(fate: Fate) -> bool:
    """Whether each of its packets has one of the few sources that a rule names."""
    return all(
        any(isinstance(p, Condition) and p.field == "src" and not p.negate for p in cube)
        for cube in fate.when
    )


def _asked(ways: Iterable[Outcome]) -> tuple[Parts, ...]:
    """What outcomes hang on."""
    return tuple((*cube.conditions, *cube.facts) for way in ways for cube in way.when)


def _fate(outcome: Outcome, trace: Trace) -> object:
    """Whether a local packet leaves or loops back is no difference that a rule makes."""
    verdict, destination, *rest = outcome.fate
    return (verdict, destination is None or trace.hook in _FROM_HERE or destination, *rest)


def _when(ways: Iterable[Outcome]) -> tuple[Parts, ...]:
    """In few words, with all facts, for only so they are exact."""
    exact = shorter((*cube.conditions, *cube.facts) for way in ways for cube in _cubes(way))
    return tuple(sorted(exact, key=len))


def _without_saying(cubes: Iterable[Parts]) -> tuple[Parts, ...]:
    """Told without «as listed»; what differs only in that is one."""
    return tuple(sorted(shorter(map(_worth_telling, cubes)), key=len))


def _partly(ways: Iterable[Outcome]) -> bool:
    return any(way.partly for way in ways)


def _cubes(outcome: Outcome) -> tuple[Cube, ...]:
    return outcome.when or (Cube(),)


def _worth_telling(parts: Parts) -> Parts:
    plain: list[Told] = [part for part in parts if not isinstance(part, tuple)]
    facts = telling([part for part in parts if isinstance(part, tuple)])
    return tuple(part for part in (*plain, *facts) if not _goes_without_saying(part))


def _goes_without_saying(part: Told) -> bool:
    return isinstance(part, tuple) and part[0].code == codes.HIDDEN_INTERFACE and not part[1]


def as_listed(found: Sequence[Fate]) -> bool:
    """Whether one of the first fates is that of every packet, if the listing hides nothing."""
    return len(found) > 1 and (found[0].is_listed or found[0].likely)


def likely_first(found: list[Fate], likely: Outcome | None, when: Cube | None) -> list[Fate]:
    """Before what is so as listed stands what is likely by who wrote the rules, and `when`."""
    place = next((n for n, fate in enumerate(found) if likely in fate.outcomes), None)
    if likely is None or when is None or place is None or not as_listed(found):
        return found
    others = (way for way in found[place].outcomes if way is not likely)
    told = found[place].when
    if not found[place].is_listed:
        told = _without_saying([(*when.conditions, *when.facts)])
    first = Fate(outcomes=(likely, *others), when=told, likely=True)
    return [first, *found[:place], *found[place + 1 :]]


def lying_behind(found: list[Fate], likely: Outcome) -> list[Fate]:
    """First stands the fate of a packet that leaves by the bridge of the network it is for."""
    place = next((n for n, fate in enumerate(found) if likely in fate.outcomes), None)
    if place is None or is_told_in_part(found):
        return found
    others = (way for way in found[place].outcomes if way is not likely)
    first = replace(found[place], outcomes=(likely, *others), likely=True)
    return [first, *found[:place], *found[place + 1 :]]


def is_told_in_part(found: Sequence[Fate]) -> bool:
    """Whether some fate is told of some of its packets only."""
    return any(fate.partly for fate in found)


def _with_rest(found: list[Fate]) -> list[Fate]:
    """The fate with the longest condition is that of the rest, where there is one such.

    A condition that is told in part is the longest, and no two of them are the rest.
    """
    sizes = [(fate.partly, len(fate.when), sum(map(len, fate.when))) for fate in found]
    longest = max(sizes)
    short = longest < (True,) and longest[1] < 2
    several = sizes.count(longest) > 1 or sum(fate.partly for fate in found) > 1
    if len(found) < 2 or short or several:
        return found
    fate = found[sizes.index(longest)]
    return [*(one for one in found if one is not fate), replace(fate, rest=True)]
