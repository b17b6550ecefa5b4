"""Which packets fare otherwise, as far as tracing them through both sides can tell.

Small rule sets are asked about all packets at once. In large ones the packets tried are those that
the changed rules, and the rules that these lead to, speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iptsim.diff.examples import example
from iptsim.diff.probes import Probe, plan
from iptsim.diff.values import UNTRACED, Change, Effect, Kind, Way
from iptsim.diff.ways import Changed, Faring, Side, meet, single
from iptsim.errors import IptsimError
from iptsim.model import Dump, Note, Ruleset
from iptsim.packet import CT_STATES
from iptsim.tracer.cubes import cube
from iptsim.tracer.outcome import Step
from iptsim.tracer.regions import Region, simplify
from iptsim.tracer.sets import NameSet, VariableSet
from iptsim.tracer.world import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The effects, the number of packets (or sets of them) tried, whether those are all."""

    effects: tuple[Effect, ...] = ()
    tried: int = 0
    exact: bool = True
    notes: tuple[Note, ...] = ()


def effect(before: Dump, after: Dump, changes: Iterable[Change]) -> Seen:
    """The effects of both families; without a structural change there is none."""
    listed = [change for change in changes if change.kind is not Kind.REFERENCES_CHANGED]
    families = sorted({change.family for change in listed})
    seen = [_family(before, after, family, listed) for family in families]
    return Seen(
        effects=tuple(effect for one in seen for effect in one.effects),
        tried=sum(one.tried for one in seen),
        exact=all(one.exact for one in seen),
        notes=tuple(note for one in seen for note in one.notes),
    )


def _family(before: Dump, after: Dump, family: int, changes: list[Change]) -> Seen:
    own = [change for change in changes if change.family == family]
    old = before.family(family) or Ruleset(family=family)
    new = after.family(family) or Ruleset(family=family)
    sides = Side(old, _changed(own, after=False)), Side(new, _changed(own, after=True))
    comparison = _Comparison(family)
    try:
        asked = plan(old, new, own)
        for probe in asked.probes:
            comparison.compare(probe, *sides)
    except IptsimError as error:
        note = Note(code=UNTRACED, facts=(("family", f"IPv{family}"), ("reason", error.message)))
        return Seen(tried=0, exact=False, notes=(note,))
    return Seen(effects=tuple(comparison.effects()), tried=len(asked.probes), exact=asked.exact)


def _changed(changes: Iterable[Change], *, after: bool) -> Changed:
    found: set[tuple[str, str, int | None]] = set()
    for change in changes:
        at = change.after if after else change.before
        if at is not None:
            found.add((change.table, change.chain, at.number))
        elif change.kind is Kind.POLICY_CHANGED:
            found.add((change.table, change.chain, None))
    return frozenset(found)


_Key = tuple[str, tuple[object, ...], tuple[object, ...]]


class _Comparison:
    """Gathers, probe by probe, where the fates differ."""

    def __init__(self, family: int) -> None:
        self.family = family
        self.regions: dict[_Key, list[Region]] = {}
        self.ways: dict[_Key, tuple[Way, Way]] = {}
        self.setting: Setting | None = None

    def compare(self, probe: Probe, old: Side, new: Side) -> None:
        """Trace a probe through both sides."""
        left, setting = old.fares(probe)
        right, self.setting = new.fares(probe)
        self.setting.domains |= setting.domains
        for was in left:
            for now in right:
                if was.fate != now.fate and not _told_as_new(probe, was, now):
                    self._differ(probe, was, now)

    def _differ(self, probe: Probe, was: Faring, now: Faring) -> None:
        both = (meet(one, other) for one in was.regions for other in now.regions)
        found = [region for region in both if region is not None]
        if not found:
            return
        key = (probe.hook, was.fate, now.fate)
        self.regions.setdefault(key, []).extend(_in_state(region, probe) for region in found)
        earlier = self.ways.get(key, (was.way, now.way))
        self.ways[key] = _decided(earlier[0], was.way), _decided(earlier[1], now.way)

    def effects(self) -> Iterator[Effect]:
        """What differed, put together."""
        for key, found in self.regions.items():
            assert self.setting is not None
            regions = simplify(found)
            yield Effect(
                family=self.family,
                hook=key[0],
                before=self.ways[key][0],
                after=self.ways[key][1],
                where=tuple(cube(region, self.setting) for region in regions),
                example=example(regions[0], self.family, key[0]),
            )


def _told_as_new(probe: Probe, was: Faring, now: Faring) -> bool:
    """Whether the packet is a RELATED one that nat rewrites, told with those in state NEW.

    Nat meets only the packet that opens a connection, whichever of the two states it is in
    (nf_nat_core.c, nf_nat_inet_fn).
    """
    return probe.packet.ctstate == "RELATED" and (was.nat or now.nat)


def _in_state(region: Region, probe: Probe) -> Region:
    """The region with the fields told and the states that the probe stands for."""
    sets: dict[str, VariableSet] = dict(region.sets)
    for name, value in probe.packet.given().items():
        sets[name] = single(name, value, probe.packet.family)
    if probe.states == frozenset(CT_STATES):
        del sets["ctstate"]
    else:
        sets["ctstate"] = NameSet(names=probe.states, every=frozenset(CT_STATES))
    return Region(sets=sets, facts=region.facts)


def _decided(one: Way, other: Way) -> Way:
    steps: dict[tuple[str, str, int | None], Step] = {
        (step.table, step.chain, step.rule): step for step in (*one.decided_by, *other.decided_by)
    }
    return replace(one, decided_by=tuple(steps.values()))
