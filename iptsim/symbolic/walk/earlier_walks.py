"""What a walk through a hook's chain came to, for later walks of packets that are told alike there.

The walks from one hook in several connection states mostly differ in fields that no rule on the
way looks at or writes. What a walk looked at is watched, and for packets that hold the same in all
of that, and of which the earlier walk had all, its outcome is theirs, cut to what they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iptsim.dataclass import dataclass, field
from iptsim.model import Note
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.tracer.conntrack.lookup import is_confirmed
from iptsim.tracer.rules.worlds_at_a_rule import Flow, Way
from iptsim.worlds.domains import VariableSet
from iptsim.worlds.fields import Fields
from iptsim.worlds.terms import Term, variables_of
from iptsim.worlds.variables import Variable
from iptsim.worlds.world import DECIDING, TELLING, Setting, World, altered

if TYPE_CHECKING:
    from iptsim.symbolic.walk.equal_worlds import Record

_ALIKE = tuple(n for n in (*DECIDING, *TELLING) if n not in ("fields", "assumed", "notes"))
"""What two worlds must have alike that go the same way; `TELLING` too, for it is told of both."""
_OF_THE_SETTING = (
    "family", "here", "presumed", "keep_skipped", "followed", "way_back", "exact", "statuses",
    "localnet_open",
)  # fmt: skip

Notes = tuple[Note, ...]


class Watched(Fields):
    """Fields that tell (`looked`) which of what they held at first is looked at.

    `own` are those that were written since.
    """

    __slots__ = ("looked", "own")

    def __init__(
        self,
        first: Mapping[str, Term],
        now: Mapping[str, Term],
        looked: set[str],
        own: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(first, now)
        self.looked, self.own = looked, own

    def holding(self, changed: Mapping[str, Term]) -> Fields:
        """See `Fields`."""
        done = super().holding(changed)
        return Watched(done.first, done.now, self.looked, self.own.union(changed))

    def __getitem__(self, name: str) -> Term:
        if name not in self.own:
            self.looked.add(name)
        return super().__getitem__(name)

    def unseen(self, name: str) -> Term:
        """See `Fields`."""
        return super().__getitem__(name)

    __hash__ = None  # as every mapping


def held_alike(worlds: Sequence[World]) -> None:
    """Worlds are one: what only some of them wrote is what it was at first in the others."""
    watched = [world.fields for world in worlds if isinstance(world.fields, Watched)]
    for one in watched[1:]:
        if one.own != watched[0].own:
            one.looked.update(one.own ^ watched[0].own)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """A walk of a world that is over; `made` are the variables that values are told by in it."""

    world: World
    setting: Setting
    domains: Mapping[str, VariableSet]
    looked: frozenset[str]
    flow: Flow
    records: tuple[Record, ...]
    fresh: tuple[Variable, ...]
    made: frozenset[Variable]


@dataclass(slots=True, kw_only=True)
class Begun:
    """A walk that is being watched."""

    world: World
    setting: Setting
    domains: Mapping[str, VariableSet]
    looked: set[str] = field(default_factory=set)

    def watched(self) -> World:
        """The world to send."""
        fields = Fields.of(self.world.fields)
        return altered(self.world, fields=Watched(fields.first, fields.now, self.looked))


@dataclass(slots=True)
class EarlierWalks:
    """The walks that one rule set was sent on, by hook, table and chain."""

    _kept: dict[tuple[str, str, str], list[_Earlier]] = field(default_factory=dict)

    def begin(self, world: World, setting: Setting) -> Begun:
        """A walk begins."""
        return Begun(world=world, setting=setting, domains=dict(setting.domains))

    def keep(
        self, way: Way, begun: Begun, flow: Flow, records: Sequence[Record], made: set[Variable]
    ) -> None:
        """Remember what came of a walk, if it can be told of others."""
        before, domains = begun.domains, way.setting.domains
        if not _hold(before, domains):
            return
        if not _is_free_of(begun.world, frozenset(made)):
            return
        earlier = _Earlier(
            world=begun.world,
            setting=begun.setting,
            domains=before,
            looked=frozenset(begun.looked),
            flow=flow,
            records=tuple(records),
            fresh=tuple(domains.variable(name) for name in domains if name not in before),
            made=frozenset(made),
        )
        self._kept.setdefault((way.hook, way.table, way.chain), []).append(earlier)

    def found(self, way: Way, world: World) -> tuple[Flow, Iterator[Record]] | None:
        """What becomes of a world as of an earlier one, and what it meets on its way."""
        for earlier in self._kept.get((way.hook, way.table, way.chain), ()):
            if _goes_alike(earlier, world, way.setting):
                for variable in earlier.fresh:
                    way.setting.domains.fresh(variable, earlier.setting.domains[variable.name])
                return _cut(earlier, world)
        return None


def unwatched(flow: Flow) -> Flow:
    """What came of a walk, no longer watched."""
    ended = [(_let_go(world), fate) for world, fate in flow.ended]
    return Flow(ended=ended, back=[_let_go(world) for world in flow.back])


def _let_go(world: World) -> World:
    fields = Fields.of(world.fields)
    return altered(world, fields=Fields(fields.first, fields.now))


def _goes_alike(earlier: _Earlier, world: World, setting: Setting) -> bool:
    """Whether all that decided of the earlier world's way is the same of this one."""
    one, held = earlier.world, _held(world)
    false = held.universe.manager.false
    return (
        all(getattr(one, name) == getattr(world, name) for name in _ALIKE)
        and (one.connected, is_confirmed(one)) == (world.connected, is_confirmed(world))
        and all(one.fields[name] == world.fields[name] for name in earlier.looked)
        and held.held & ~_held(one).held == false
        and _alike_settings(earlier, setting)
        and _is_free_of(world, earlier.made)
    )


def _alike_settings(earlier: _Earlier, setting: Setting) -> bool:
    """Whether what both share is the same, and each variable may be what it might."""
    one, domains = earlier.setting, setting.domains
    if any(getattr(one, name) != getattr(setting, name) for name in _OF_THE_SETTING):
        return False
    names = [variable.name for variable in earlier.fresh if variable.name in domains]
    own = {name: one.domains[name] for name in names}
    return _hold(own, domains) and _hold(earlier.domains, domains)


def _hold(held: Mapping[str, VariableSet], domains: Mapping[str, VariableSet]) -> bool:
    """Whether each variable may be what it might before."""
    for name, before in held.items():
        now = domains.get(name)
        if now is not before and now != before:
            return False
    return True


def _is_free_of(world: World, made: frozenset[Variable]) -> bool:
    """Whether neither a field of the world nor its set speaks of variables."""
    fields, held = Fields.of(world.fields), _held(world)
    if not made:
        return True
    if any(not made.isdisjoint(variables_of(fields.unseen(name))) for name in fields):
        return False
    blocks = (held.universe.blocks.get(variable.name) for variable in made)
    numbers = sorted((n for block in blocks if block for n in block.numbers), reverse=True)
    return bool(held.held == held.universe.manager.without(held.held, tuple(numbers)))


def _cut(earlier: _Earlier, world: World) -> tuple[Flow, Iterator[Record]]:
    """What came of the earlier world, of the packets of this one."""
    own = _held(world)
    flow = Flow()
    for one, fate in earlier.flow.ended:
        flow.ended += [(done, fate) for done in _part(earlier, one, world, own)]
    for one in earlier.flow.back:
        flow.back += _part(earlier, one, world, own)
    false = own.universe.manager.false
    cut = ((record, record.held & own.held) for record in earlier.records)
    return flow, (_with(record, held) for record, held in cut if held != false)


def _with(record: Record, held: Any) -> Record:
    return type(record)(met=record.met, held=held)


def _part(earlier: _Earlier, done: World, world: World, own: Packets) -> list[World]:
    held = _held(done).held & own.held
    if held == own.universe.manager.false:
        return []
    assert isinstance(done.fields, Watched)
    told = {name: done.fields[name] for name in done.fields.own}
    fields = Fields.of(world.fields).holding(told)
    return [
        altered(
            done,
            regions=(Packets(universe=own.universe, held=held),),
            fields=fields,
            assumed=_notes(world.assumed, earlier.world.assumed, done.assumed),
            notes=_notes(world.notes, earlier.world.notes, done.notes),
        )
    ]


def _notes(own: Notes, before: Notes, after: Notes) -> Notes:
    """What is told of a world that went as another one, of which `before` was told before that."""
    return tuple(dict.fromkeys((*own, *(note for note in after if note not in before))))


def _held(world: World) -> Packets:
    """Precondition: its packets are one diagram."""
    (held,) = world.regions
    assert isinstance(held, Packets)
    return held
