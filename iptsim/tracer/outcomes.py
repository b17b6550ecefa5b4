"""From ends to outcomes: what the fate hangs on, and the dump as it stands first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.host import loopback
from iptsim.packet import FIELDS
from iptsim.tracer.host.kernel_settings import may_route_localnet
from iptsim.tracer.journey import End
from iptsim.tracer.rules.hidden_facts import hidden_facts
from iptsim.values import IntSet
from iptsim.worlds.connection import KEPT, Connection
from iptsim.worlds.domains import InterfaceSet, NumberSet, VariableSet
from iptsim.worlds.outcome import Cube, Outcome, Step
from iptsim.worlds.regions import Region, products, simplify
from iptsim.worlds.world import Setting, World, altered

USUAL: Mapping[str, int | str] = {
    "proto": 6, "src": 0xC0000201, "dst": 0xC6336402, "sport": 40000, "dport": 80, "in": "eth0",
    "out": "eth0", "tcp_flags": 0x02, "tcp_options": 0, "tcp_mss": 1460, "icmp_type": 8,
    "icmp_code": 0, "dccp_type": 0, "spi": 256, "cpi": 256, "ext_headers": 0, "ah_next": "other",
    "ah_length": 24, "ah_reserved": 0, "frag_id": 0, "frag_more": 0, "frag_reserved": 0,
    "rt_type": 0, "rt_segsleft": 0, "rt_length": 24, "hbh_length": 8, "dst_length": 8,
    "mh_type": 0, "eui64": "no", "mark": 0, "connmark": 0, "uid": 1000, "gid": 1000,
    "socket": "yes", "ctdir": "ORIGINAL", "ct_snat": "no", "ct_dnat": "no", "ctstatus": 0,
    "ctexpire": 0, "dst_type": "UNICAST", "src_type": "UNICAST", "ttl": 64, "tos": 0,
    "length": 60, "mac_src": 0x020000000001, "ethernet": "yes", "pkttype": "unicast",
}  # fmt: skip
"""An ordinary packet; the outcome that it meets is told first."""
MOST_ABSORBED = 1500
"""Regions of all ends up to which those that say nothing are looked for."""
USUAL_6 = {"src": 0x20010DB8 << 96 | 1, "dst": 0x20010DB8 << 96 | 2 << 64}


def outcomes(ends: list[End], setting: Setting) -> tuple[Outcome, ...]:
    """The ends as disjoint outcomes, the ordinary packet on the dump as it stands first.

    Precondition: their sets are products.
    """
    joined = _absorb(
        [end for end in (_possible(each, setting) for each in ends) if end.world.regions]
    )
    usual = {**USUAL, **(USUAL_6 if setting.family == 6 else {}), **setting.usual}
    joined.sort(key=lambda end: _rank(end, usual))
    return tuple(_outcome(end, setting) for end in joined)


def _possible(end: End, setting: Setting) -> End:
    """Without what no route gives: a loopback address by another interface than lo.

    But with route_localnet. For a destination there is only lo; for a source see
    net/ipv4/route.c, __mkroute_output.
    """
    if setting.width == 32 and may_route_localnet(setting, "src"):
        return end
    regions = tuple(region for region in _regions(end) if not _astray(region))
    return replace(end, world=altered(end.world, regions=regions))


def _regions(end: End) -> tuple[Region, ...]:
    return products(end.world.regions)


def _astray(region: Region) -> bool:
    out = region.sets.get("out")
    if not isinstance(out, InterfaceSet) or "lo" in out:
        return False
    return any(map(_only_loopback, (region.sets.get("dst"), region.sets.get("src"))))


def _only_loopback(addresses: VariableSet | None) -> bool:
    if not isinstance(addresses, NumberSet):
        return False
    return addresses.ranges.issubset(IntSet.between(*loopback(addresses.width)))


def _rank(end: End, usual: Mapping[str, int | str]) -> tuple[bool, bool]:
    """First what an ordinary packet meets, and of the others those as listed."""
    plain = [region for region in _regions(end) if not hidden_facts(region)]
    known = {**usual}
    meets = any(region.contains({**known, **_chosen(region)}) for region in plain)
    return (not meets, not plain)


def _chosen(region: Region) -> dict[str, int | str]:
    """Any value for what the kernel chose: no packet has a usual one."""
    picks = {name: held.pick() for name, held in region.sets.items() if name not in FIELDS}
    return {name: value for name, value in picks.items() if value is not None}


def _absorb(ends: list[End]) -> list[End]:
    """An end that hangs on a hidden interface says nothing where the fate is the same without.

    Each region is held against those of all ends before it: of very many, all stay as they are.
    """
    if sum(len(end.world.regions) for end in ends) > MOST_ABSORBED:
        return ends
    done: list[_Taker] = []
    for end in sorted(ends, key=lambda end: all(map(hidden_facts, end.world.regions))):
        rest = [region for region in _regions(end) if not _given(end, region, done)]
        if rest:
            plain = [region for region in rest if not hidden_facts(region)]
            done.append(_Taker(end=end, regions=rest, plain=plain))
    return [_with(taker.end, taker.regions) for taker in done]


@dataclass(slots=True, kw_only=True)
class _Taker:
    """An end, the regions it has by now, and those it came with that hang on nothing hidden."""

    end: End
    regions: list[Region]
    plain: list[Region]


def _given(end: End, region: Region, done: list[_Taker]) -> bool:
    """Gives a region with a hidden fact to an earlier end of the same fate, if one takes it."""
    if not hidden_facts(region):
        return False
    for taker in done:
        inside = any(_within(region, plain) for plain in taker.plain)
        if inside and _fate(taker.end) == _fate(end):
            taker.regions.append(region)
            return True
    return False


def _with(end: End, regions: list[Region]) -> End:
    return replace(end, world=altered(end.world, regions=tuple(simplify(regions))))


def _fate(end: End) -> tuple[object, ...]:
    if end.destination is None:
        return (end.fate, None)
    last = {rewrite.field: rewrite.after for rewrite in end.world.rewrites}
    return (end.fate, end.destination, tuple(sorted(last.items(), key=str)), _left_behind(end))


def _left_behind(end: End) -> tuple[object, ...]:
    """What the packets hang on that follow in the connection, besides the packet's addresses."""
    world = end.world
    kept = tuple(world.fields[name] for name in ("ctstate", *KEPT))
    return (kept, world.settled, frozenset(world.zones.items()), frozenset(_lasting(world)))


def _within(inner: Region, outer: Region) -> bool:
    """Whether `inner` lies in `outer`, hidden facts left aside."""
    for name, held in outer.sets.items():
        if name not in inner.sets or not _subset(inner.sets[name], held):
            return False
    hidden = {
        k
        for r in (inner, outer)
        for k, (f, _v) in r.facts.items()
        if f.code == codes.HIDDEN_INTERFACE
    }
    return all(inner.facts.get(k) == v for k, v in outer.facts.items() if k not in hidden)


def _subset(inner: VariableSet, outer: VariableSet) -> bool:
    return inner == outer or outer.union(inner) == outer  # type: ignore[arg-type]  # same variable


def _outcome(end: End, setting: Setting) -> Outcome:
    regions = simplify(_regions(end))
    everything = any(not region.sets and not region.facts for region in regions)
    when = () if everything else _cubes(regions, setting)
    return replace(outcome_of(end, setting), when=when, connection=_connection(end, setting))


def _cubes(regions: Iterable[Region], setting: Setting) -> tuple[Cube, ...]:
    from iptsim.worlds.cubes import cube  # noqa: PLC0415  # a packet that is told has no condition

    return tuple(cube(region, setting) for region in regions)


def outcome_of(end: End, setting: Setting) -> Outcome:
    """An end as an outcome without its condition, and with nothing to trace after it."""
    world = end.world
    packet = tuple(
        (name, setting.show(name, value))
        for name in FIELDS
        if name in _SHOWN
        and (value := world.known(name)) not in (None, "")
        and (name in world.gone or name not in setting.presumed)
    )
    return Outcome(
        when=(),
        verdict=end.fate.value,
        destination=end.destination,
        packet=packet,
        rewrites=world.rewrites,
        steps=world.steps,
        decided_by=decider_of(end.fate.value, world.steps),
        skipped=world.skipped,
        carried=world.carried,
    )


_LASTING = "set "
"""What `Touch` calls begins so where the change outlasts the packet (`ipset_members`)."""


def _connection(end: End, setting: Setting) -> Connection:
    return Connection(
        packet=setting.packet,
        hook=setting.hook,
        host=setting.host,
        destination=end.destination,
        fields=end.world.fields,
        regions=_regions(end),
        domains=setting.domains,
        settled=end.world.settled,
        zones=end.world.zones,
        changed=dict(_lasting(end.world)),
        taken=bool(end.world.taken),
    )


def _lasting(world: World) -> Iterator[tuple[str, str]]:
    """What rules changed that outlasts the packet."""
    return ((name, how) for name, how in world.gone.items() if name.startswith(_LASTING))


_SHOWN = frozenset(
    {
        "proto", "src", "dst", "sport", "dport", "in", "out", "tcp_flags", "icmp_type",
        "icmp_code", "mark", "uid", "gid", "ctstate", "ttl", "tos", "length", "mac_src",
    }
)  # fmt: skip


def decider_of(verdict: str, steps: tuple[Step, ...]) -> Step | None:
    """The step that decided how a packet fares; None where routing threw it away."""
    return None if _lost(verdict, steps) else _decider(steps)


def _lost(verdict: str, steps: tuple[Step, ...]) -> bool:
    """Whether routing threw the packet away, after steps that let it pass."""
    last = steps[-1] if steps else None
    passed = last is not None and (last.action, last.target) != ("policy", "DROP")
    going = last is not None and last.action in ("policy", "accept", "rewrite")
    return verdict == "DROP" and passed and going


def _decider(steps: tuple[Step, ...]) -> Step | None:
    """The step that ended the packet's way; when let through, the one that last sent it elsewhere.

    Failing that, the last rule that accepted or returned, else the last policy.
    """
    if not steps:
        return None
    last = steps[-1]
    if last.action in ("drop", "reject", "queue") or (last.action, last.target) == (
        "policy",
        "DROP",
    ):
        return last
    for wanted in (("rewrite",), ("accept", "return", "drop"), ("policy",)):
        for step in reversed(steps):
            if step.action in wanted:
                return step
    return steps[-1]
