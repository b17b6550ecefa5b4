"""All packets of a question where they start: which can be, and what they are to the host.

What the tracer reads off a told address is told apart here by the address (tracer/host/arrival.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.address_types import BROADCASTS, MULTICAST
from iptsim.dataclass import replace
from iptsim.host import loopback
from iptsim.predicate import (
    NEVER,
    InSet,
    Predicate,
    any_of,
    equals,
    negate,
)
from iptsim.symbolic.sets.packet_sets import Packets
from iptsim.symbolic.sets.universe import Universe
from iptsim.tracer.host.arrival import LOCAL_HOOKS, Question, begin, broadcasts_of, left_alone
from iptsim.tracer.host.kernel_settings import loops_lost
from iptsim.tracer.host.link_sources import links_hold
from iptsim.tracer.host.routing import delivered, martian4, refused6, unfit
from iptsim.values import IntSet
from iptsim.worlds.splits import on, part
from iptsim.worlds.terms import Known, resolve
from iptsim.worlds.variables import ARRIVING
from iptsim.worlds.world import Setting, World

ICMP = (1, 58)
OPEN = frozenset({"fragment", "ext_headers", "ah_next", "bridged", "physdev_in", "physdev_out"})
"""What a trace presumes of an ordinary packet, and all packets may have otherwise."""
_TO_ALL = Known(value="broadcast")


def begin_all(
    question: Question,
    universe: Universe,
    within: Predicate | None,
    *,
    here: bool = True,
    named: frozenset[str] = frozenset(),
    localnet: frozenset[str] = frozenset(),
) -> tuple[Setting, list[World]]:
    """The setting of a walk over all packets of a question, and the worlds that it begins with.

    `named` are the fields that rules ask for: of those a trace presumes a usual value, where nobody
    gave one, some are open here. `localnet` see `Setting.localnet_open`.
    """
    setting, world = begin(question, here=here, localnet=localnet)
    opened = (OPEN & named | {"mark"}) & setting.presumed.keys()
    for name in opened:
        world = world.holding(**{name: ARRIVING[name]})
        world = left_alone(world, question) if name == "fragment" else world
    presumed = {name: note for name, note in setting.presumed.items() if name not in opened}
    setting = replace(setting, exact=True, presumed=presumed)
    for name in universe.order:
        universe.declare(name, setting.domains[name])
    regions = [Packets(universe=universe, held=universe.manager.true)]
    for wanted in _room(question, world, setting):
        asked = resolve(wanted, world.fields, {})
        if asked != NEVER:
            regions = [r for region in regions for r in region.apart(asked, setting.domains)[0]]
    if not (setting.here or question.hook in LOCAL_HOOKS or world.known("out") == "lo"):
        # As a variable, for it is asked after routing only.
        regions = [r for each in regions for r in each.apart(on("out", "lo"), setting.domains)[1]]
    (room,) = regions or [Packets(universe=universe, held=universe.manager.false)]
    setting = replace(setting, room=room.held)
    for more in (_by_localnet(question, world, setting), within):
        if more is not None:
            asked = resolve(more, world.fields, {})
            regions = [r for each in regions for r in each.apart(asked, setting.domains)[0]]
    if not regions:
        return setting, []
    return setting, list(_worlds(question, _with(world, regions), setting))


def _by_localnet(question: Question, world: World, setting: Setting) -> Predicate | None:
    """Loopback addresses come by a wire, and leave by one, where route_localnet is on only.

    In the room of the question they are in any case, so that what is said of them tells that.
    """
    if not setting.localnet_open:
        return None
    if question.hook in LOCAL_HOOKS:
        return negate(loops_lost(setting, "out"))
    return None if world.text("in") == "lo" else negate(martian4(setting))


def _with(world: World, regions: list[Packets]) -> World:
    return replace(world, regions=tuple(regions))


def _room(question: Question, world: World, setting: Setting) -> Iterator[Predicate]:
    """What holds of the packets that can be at the hook."""
    yield links_hold(world, setting)
    loops = IntSet.between(*loopback(setting.width))
    by_lo = on("out", "lo")
    if question.hook in LOCAL_HOOKS:
        yield any_of((by_lo, negate(InSet(field="dst", values=loops | IntSet.single(0)))))
        yield any_of((negate(by_lo), negate(InSet(field="dst", values=_many(setting)))))
        if setting.width == 32 and "src" not in setting.localnet_open:
            yield negate(loops_lost(setting, "out"))
        return
    if world.text("in") == "lo":
        return
    yield negate(martian4(setting, sure=True) if setting.width == 32 else refused6())
    if question.hook in ("INPUT", "FORWARD"):
        yield negate(unfit(setting, "out" if question.hook == "FORWARD" else None))
    if question.hook == "PREROUTING" and not setting.here:
        # To be forwarded, if no rule has it otherwise.
        yield negate(InSet(field="dst", values=_many(setting) | IntSet.single(0) | loops))
        yield negate(InSet(field="ttl", values=IntSet.between(0, 1)))
    if question.hook == "FORWARD":
        yield negate(on("in", "lo"))
        yield negate(InSet(field="dst", values=_many(setting) | loops))
        if setting.host.tells_addresses(setting.width):
            yield negate(delivered(setting))


def _many(setting: Setting) -> IntSet:
    """The addresses of more than one host."""
    broadcasts = BROADCASTS - IntSet.single(0) if setting.width == 32 else IntSet()
    return MULTICAST[setting.width] | broadcasts


def _worlds(question: Question, world: World, setting: Setting) -> Iterator[World]:
    """The parts of which tracking and routing know something certain."""
    for one in _protocols(world, setting):
        if question.hook in LOCAL_HOOKS:
            yield from _sent(one, setting)
        else:
            yield from _come(question, one, setting)


def _come(question: Question, world: World, setting: Setting) -> Iterator[World]:
    """By their source, and by their destination as far as it is not routed yet."""
    for one in _sources(world, setting):
        if question.hook == "FORWARD":
            yield one.holding(dst_type=Known(value="UNICAST"))
        else:
            yield from _arriving(one, setting)


def _protocols(world: World, setting: Setting) -> Iterator[World]:
    """An ICMP error is of another connection, so RELATED packets are parted by it."""
    if setting.state != "RELATED" or world.number("proto") is not None:
        yield world
        return
    rest: World | None = world
    for proto in ICMP:
        if rest is None:
            return
        inside, rest = part(rest, equals("proto", proto), setting)
        if inside is not None:
            yield inside.holding(proto=Known(value=proto))
    if rest is not None:
        yield rest


def _sent(world: World, setting: Setting) -> Iterator[World]:
    """By lo to this host itself; by any other interface to others, or to many at once."""
    if world.known("dst_type") is not None:
        yield world
        return
    if setting.host.tells_addresses(setting.width):
        yield from _kinds(world, setting, "UNICAST")
        return
    inside, rest = part(world, on("out", "lo"), setting)
    if inside is not None:
        yield inside.holding(dst_type=Known(value="LOCAL"))
    if rest is not None:
        yield from _kinds(rest, setting, "UNICAST")


def _sources(world: World, setting: Setting) -> Iterator[World]:
    """An address that is this host's for certain, as a loopback address is, whoever sends it."""
    if world.number("src") is not None or "src_type" not in setting.presumed:
        yield world
        return
    ours = InSet(field="src", values=setting.host.fib(setting.width).of_kind("local"))
    inside, rest = part(world, ours, setting)
    if inside is not None:
        yield inside.holding(src_type=Known(value="LOCAL"))
    if rest is not None:
        yield rest


def _arriving(world: World, setting: Setting) -> Iterator[World]:
    if world.number("dst") is not None:
        yield world
        return
    told = world.text("dst_type")
    for one in _kinds(world, setting, told or "UNICAST"):
        kind = one.text("dst_type")
        if kind == "BROADCAST":
            yield from _broadcast(one, setting)
        else:
            many = one.holding(pkttype=Known(value="multicast"))
            yield many if kind == "MULTICAST" else one


def _broadcast(world: World, setting: Setting) -> Iterator[World]:
    """What is for everybody of another network comes from a router, in a frame of its own."""
    rest: World | None = world
    for link in dict.fromkeys(a.interface for a in setting.host.of(None, setting.width)):
        if rest is None:
            return
        inside, rest = part(rest, on("in", link), setting)
        ends = broadcasts_of(link, setting) or ()
        if inside is not None:
            near, far = part(
                inside, InSet(field="dst", values=IntSet.of((n, n) for n in ends)), setting
            )
            yield from () if near is None else (near.holding(pkttype=_TO_ALL),)
            yield from () if far is None else (far,)
    if rest is not None:
        yield rest.holding(pkttype=_TO_ALL)


def _kinds(world: World, setting: Setting, other: str) -> Iterator[World]:
    """By what a destination certainly is."""
    rest: World | None = world
    broadcasts = setting.host.fib(setting.width).of_kind("broadcast")
    if setting.width == 32:
        broadcasts |= BROADCASTS
    kinds = (("MULTICAST", MULTICAST[setting.width]), ("BROADCAST", broadcasts))
    for kind, values in kinds:
        if rest is None:
            return
        inside, rest = part(rest, InSet(field="dst", values=values), setting)
        if inside is not None:
            yield inside.holding(dst_type=Known(value=kind))
    if rest is not None:
        yield rest.holding(dst_type=Known(value=other))
