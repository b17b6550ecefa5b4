"""Which effects a reader is told: one for each way in which fates change, others folded under it.

A changed endpoint sends on otherwise what arrives, what this host sends and what is masqueraded:
to a reader one change, though its packets end in several fates. So effects that change the same
belong together. What changes nothing but a mark, which no packet carries out of the host, and what
has a loopback address on a wire, which the kernel lets neither in nor out, is no effect of its own:
it is told where nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from iptsim.diff.difference import MOST_LEFT_OUT, MOST_SHOWN, Effect, Way

_MARKS = frozenset({"mark", "connmark"})
_TARGET = frozenset({"dst", "dport"})


class _Compared(Protocol):
    @property
    def certain(self) -> bool: ...
    @property
    def compared(self) -> bool: ...
    @property
    def idle(self) -> bool: ...
    @property
    def told(self) -> bool: ...


_E = TypeVar("_E", bound=_Compared)
Ways = tuple[Way, Way]


def folded(effects: Sequence[_E], ways: Callable[[_E], Ways]) -> list[list[_E]]:
    """The effects in groups, of each that first which is told; the idle ones come last.

    What changes so for sure is told before what only may.
    """

    def plain(effect: _E) -> tuple[bool, bool, int]:
        return not effect.told, not effect.certain, _rewritten(ways(effect))

    groups: dict[object, list[_E]] = {}
    for effect in effects:
        groups.setdefault((effect.compared, effect.idle, _change(ways(effect))), []).append(effect)
    told = [sorted(group, key=plain) for group in groups.values()]
    return sorted(told, key=lambda group: group[0].idle)


def folded_effects(effects: Sequence[Effect]) -> list[list[Effect]]:
    """The effects of a difference in groups, as `folded`."""
    return folded(effects, lambda effect: effect.written or (effect.before, effect.after))


def shown(groups: Sequence[Sequence[_E]]) -> list[Sequence[_E]]:
    """The groups that people are shown: more tell a reader nothing, JSON has them all.

    What hangs on a part that one of the texts leaves out says little of what changed.
    """
    groups = [group for group in groups if not group[0].idle] or groups
    compared = [group for group in groups if group[0].compared]
    others = [group for group in groups if not group[0].compared]
    return [*compared, *others[:MOST_LEFT_OUT]][:MOST_SHOWN]


def left(groups: Sequence[Sequence[_E]], told: int) -> Iterator[tuple[str, int]]:
    """How many groups are not shown where so many are: `more`, and `idle` ones."""
    idle = sum(1 for group in groups if group[0].idle)
    hidden = len(groups) - told
    few = min(idle, hidden) if told <= len(groups) - idle else hidden
    yield from ((kind, count) for kind, count in (("more", hidden - few), ("idle", few)) if count)


def is_of_marks(ways: Ways) -> bool:
    """Whether nothing changes but marks."""
    before, after = ways
    ends = {(way.verdict, way.destination) for way in ways}
    return len(ends) == 1 and not _differing(before, after) - _MARKS


def without_what_stays(ways: Ways) -> Ways:
    """Both ways without the rewrites that they share, but for where the packet is sent."""
    before, after = ways
    told = (_differing(before, after) - _MARKS or _differing(before, after)) | _TARGET
    first, second = (
        Way(
            verdict=way.verdict,
            destination=way.destination,
            rewrites=tuple(each for each in way.rewrites if each[0] in told),
            decided_by=way.decided_by,
        )
        for way in ways
    )
    return first, second


def _change(ways: Ways) -> object:
    """What changes, to a reader."""
    before, after = ways
    if is_of_marks(ways):
        return None
    fields = _differing(before, after) - _MARKS
    if (before.destination is None) is not (after.destination is None):
        fields &= _TARGET
    told = tuple(tuple(each for each in way.rewrites if each[0] in fields) for way in ways)
    ends = [(way.verdict, None if fields & _TARGET else way.destination) for way in ways]
    return told, tuple(ends)


def _differing(before: Way, after: Way) -> frozenset[str]:
    return frozenset(name for name, _ in {*before.rewrites} ^ {*after.rewrites})


def _rewritten(ways: Ways) -> int:
    return sum(len(way.rewrites) for way in ways)
