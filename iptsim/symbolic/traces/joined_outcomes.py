"""Outcomes of a trace that are told as one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.model import Note
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.sets.region_diagrams import diagram, universe_of
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.chosen_packets import point
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import cubes, possible
from iptsim.symbolic.telling.short_conditions import FULLY
from iptsim.worlds.outcome import Cube, Outcome, Trace
from iptsim.worlds.regions import Region
from iptsim.worlds.world import Setting

LARGE = 1000
"""Nodes of a set beyond which the shortest conditions are not looked for: nobody reads these."""
AS_ONE = Note(code=codes.WAYS_JOINED)
"""Steps are those of one way of several."""
KeyOf = Callable[[Outcome], Hashable]


def joined(found: Trace, key_of: KeyOf) -> Trace:
    """The trace with outcomes of one key as one, in the place of the first of them."""
    groups: dict[Hashable, list[Outcome]] = {}
    for outcome in found.outcomes:
        groups.setdefault(key_of(outcome), []).append(outcome)
    return growing(lambda manager: _join(manager, found, list(groups.values())))


def _join(manager: Manager, found: Trace, groups: Sequence[Sequence[Outcome]]) -> Trace:
    setting = _setting(found)
    regions = [region for outcome in found.outcomes for region in _regions(outcome)]
    universe = universe_of(manager, regions, setting.domains)
    # What no outcome has cannot be, or relies on more than was followed (note IPT0306).
    setting = replace(setting, room=diagram(universe, regions))
    joining = _Joining(universe, setting)
    outcomes = (joining.one(group, first=group is groups[0]) for group in groups)
    told = tuple(one for one in outcomes if one is not None)
    differ = any(outcome.steps != group[0].steps for group in groups for outcome in group)
    return replace(found, outcomes=told, notes=(*found.notes, *([AS_ONE] if differ else [])))


def _setting(found: Trace) -> Setting:
    """The setting of the trace, as far as conditions ask it. All outcomes share their domains."""
    connection = found.outcomes[0].connection
    assert connection is not None
    domains = connection.domains
    return Setting(family=found.packet.family, host=connection.host, domains=domains)


def _regions(outcome: Outcome) -> tuple[Region, ...]:
    assert outcome.connection is not None
    return outcome.connection.regions


class _Joining:
    """Joins outcomes within one universe."""

    def __init__(self, universe: Universe, setting: Setting) -> None:
        self._universe, self._setting = universe, setting

    def one(self, group: Sequence[Outcome], *, first: bool) -> Outcome | None:
        """Outcomes as one; None where no packet can meet it.

        Of the `first` group, the first is the dump as it stands; elsewhere the most ordinary
        packet's outcome tells the steps.
        """
        held = [diagram(self._universe, _regions(outcome)) for outcome in group]
        every: Any = self._universe.manager.false
        for one in held:
            every |= one
        room: Any = every & possible(self._universe, self._setting)
        if room == self._universe.manager.false:
            return None
        told = group[0] if first else group[self._ordinary(held, room)]
        if len(group) == 1 and len(told.when) < 2:
            return told
        return replace(told, when=when(self._universe, every, self._setting), packet=_same(group))

    def _ordinary(self, held: Sequence[Any], room: Any) -> int:
        """Which of the sets holds an ordinary packet of all of them."""
        picked = ordinary(self._universe, room, self._setting.family)
        here = point(self._universe, picked)
        nothing = self._universe.manager.false
        return next(number for number, one in enumerate(held) if one & here != nothing)


def when(
    universe: Universe, held: Any, setting: Setting, *, plainly: bool = False, work: int = FULLY
) -> tuple[Cube, ...]:
    """The condition of an outcome, empty for always; `plainly` is not to look for shorter ones.

    `TooLongError` as with `cubes`.
    """
    plainly = plainly or universe.manager.size(held) > LARGE
    found = cubes(universe, held, setting, plainly=plainly, work=work)
    return () if Cube() in found else found


def _same(group: Sequence[Outcome]) -> tuple[tuple[str, int | str], ...]:
    """The fields that hold the same in all of them."""
    rest = [set(outcome.packet) for outcome in group[1:]]
    return tuple(pair for pair in group[0].packet if all(pair in other for other in rest))
