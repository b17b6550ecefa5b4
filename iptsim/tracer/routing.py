"""What becomes of a packet that arrives: whether it is this host's, another's, or nobody's.

Sources: net/ipv4/route.c (ip_route_input_slow, ip_mc_validate_source), net/ipv4/fib_frontend.c
(fib_validate_source), net/ipv6/ip6_input.c (ip6_rcv_core, ip6_mc_input).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.address_types import BROADCASTS, MULTICAST, type4
from iptsim.fib import DEAD_ENDS, TABLES, Entry
from iptsim.host import Host, loopback
from iptsim.model import Note
from iptsim.predicate import (
    NEVER,
    InSet,
    Predicate,
    all_of,
    any_of,
    equals,
    negate,
)
from iptsim.tracer.parting import Routed, astray, on, part
from iptsim.tracer.sets import NumberSet
from iptsim.tracer.terms import Known, Term, value_of
from iptsim.tracer.world import Setting, World
from iptsim.values import IntSet, Network, format_address

_ZERO, _ALL_ONES = 0, 0xFFFFFFFF
LINK_LOCAL = IntSet.between(0xFE80 << 112, (0xFEC0 << 112) - 1)
ON_LINK = LINK_LOCAL | IntSet.single(1)
"""IPv6 destinations that are looked for on the link they came from alone, as groups are.

So a loopback address never is, but on lo (net/ipv6/route.c, rt6_need_strict).
"""
_CONTROL_GROUPS = IntSet.between(0xE0000000, 0xE00000FF)
_ALL_HOSTS = 0xE0000001
_ALL_NODES = 0xFF02 << 112 | 1
_SOLICITED = 0xFF02 << 112 | 1 << 32 | 0xFF << 24
_IGMP = 2
_UNHEARD = IntSet.of(
    ((0xFF00 | flags << 4) << 112, ((0xFF02 | flags << 4) << 112) - 1) for flags in range(16)
)
"""IPv6 groups of scope 0 (reserved) and 1 (of the interface), which never come from a wire."""


def address_type(term: Term, setting: Setting) -> str | None:
    """What kind of address it certainly is (`--dst-type`); None where only the host could tell."""
    value = value_of(term)
    if not isinstance(value, int):
        return None
    if value in MULTICAST[setting.width]:
        return "MULTICAST"
    if setting.width == 32 and value in BROADCASTS:
        return "BROADCAST"
    entry = setting.host.fib(setting.width).entry(value)
    if entry and entry[0].kind in ("local", "broadcast", "multicast", "anycast"):
        return entry[0].kind.upper()
    return _other_type(entry, setting)


def _other_type(entry: Entry, setting: Setting) -> str | None:
    if not setting.host.tells_addresses(setting.width):
        return None
    dead = not entry or entry[0].kind in DEAD_ENDS
    unreachable = setting.width == 128 and dead and setting.host.tells_routes(128)
    return "UNREACHABLE" if unreachable else "UNICAST"


def accepted(world: World, setting: Setting) -> Routed:
    """Before PREROUTING: IPv6 throws some addresses away there (ip6_input.c, ip6_rcv_core)."""
    if setting.width == 32 or world.text("in") == "lo":
        return Routed(going=[world])
    lost, going = astray(world, refused6(), setting)
    routed = Routed(going=[] if going is None else [going])
    routed.lose(lost, Note(code="IPT0345"))
    return routed


def refused6() -> Predicate:
    """The IPv6 addresses that no packet from a wire has."""
    loops = IntSet.between(*loopback(128))
    sources = InSet(field="src", values=MULTICAST[128] | loops)
    return any_of((sources, InSet(field="dst", values=_UNHEARD | loops)))


def arrived(world: World, setting: Setting) -> tuple[list[World], list[World], list[World]]:
    """After PREROUTING: the worlds for this host, those to be forwarded, those thrown away."""
    kept, lost = _sane(world, setting)
    if kept is None or kept.to_host:
        return ([] if kept is None else [kept]), [], lost
    if setting.way_back is not None and not setting.host.tells_addresses(setting.width):
        # An answer goes where the first packet came from.
        return [], [kept], lost
    if _sortable(kept, setting):
        here, there = part(kept, delivered(setting), setting)
        told = [] if here is None else [_joined(_typed(here, "LOCAL"), setting)]
        return told, [] if there is None else [_typed(there, "UNICAST")], lost
    here_too, there_too = _presumed(kept, setting)
    return here_too, there_too, lost


def _sane(world: World, setting: Setting) -> tuple[World | None, list[World]]:
    if world.text("in") == "lo":
        return world, []
    martians = martian4(setting.host) if setting.width == 32 else NEVER
    lost, kept = astray(world, martians, setting)
    kept = None if kept is None else _filtered(kept, setting)
    return kept, [] if lost is None else [lost.note(Note(code="IPT0309"))]


def _filtered(world: World, setting: Setting) -> World:
    """Taken as given: `rp_filter` is off; told where on it would throw the packet away."""
    source, came = world.number("src"), world.text("in")
    told = setting.width == 32 and setting.host.tells_routes(32)
    if not told or not source or came is None:
        return world
    entry = setting.host.fib(32).entry(source)
    if entry and any(way.interface == came for way in entry[0].ways):
        return world
    facts = (("address", format_address(source, 32)), ("interface", came))
    return world.note(Note(code="IPT0340", facts=facts))


def martian4(host: Host) -> Predicate:
    """What routing throws away for its addresses; taken as given: `route_localnet` is off."""
    loops, groups = IntSet.between(*loopback(32)), MULTICAST[32]
    lost: list[Predicate] = [
        InSet(field="src", values=loops | groups | IntSet.single(_ALL_ONES)),
        InSet(field="dst", values=loops),
        all_of((equals("src", _ZERO), negate(_takes_nobody()))),
        all_of((equals("dst", _ZERO), negate(equals("src", _ZERO)))),
    ]
    if host.tells_addresses(32):
        lost.append(InSet(field="src", values=_own_sources(host)))
        kinds = type4(host, "ANYCAST") | (host.fib(32).of_kind("multicast") - groups)
        lost.append(InSet(field="dst", values=kinds))
    return any_of(lost)


def _takes_nobody() -> Predicate:
    """The destinations that a packet may have that has no source yet."""
    limited = InSet(field="dst", values=BROADCASTS)
    near = InSet(field="dst", values=_CONTROL_GROUPS)
    igmp = all_of((equals("proto", _IGMP), InSet(field="dst", values=MULTICAST[32])))
    return any_of((limited, near, igmp))


def _own_sources(host: Host) -> IntSet:
    """The sources that only this host can have; taken as given: `accept_local` is off.

    Without local routes that somebody made, rules or realms the kernel only looks whether the
    source is its own; else any that is not UNICAST is wrong (fib_validate_source).
    """
    return strange_sources(host) if checks_sources(host) else host.own(32)


def strange_sources(host: Host) -> IntSet:
    """The sources whose route is not one to another host. Precondition: the addresses are told."""
    return IntSet.width(32) - type4(host, "UNICAST")


def checks_sources(host: Host) -> bool:
    """Whether the kernel looks a source's route up even without rp_filter."""
    told = [route for route in host.routes or () if route.network.width == 32]
    return any(
        route.table not in TABLES
        or (route.kind == "local" and not route.made)
        or bool(route.realm or route.source_realm)
        for route in told
    )


def _sortable(world: World, setting: Setting) -> bool:
    kind = address_type(world.fields["dst"], setting)
    return kind is not None or setting.host.tells_addresses(setting.width)


def delivered(setting: Setting) -> Predicate:
    """What this host takes for its own, as far as its addresses are told."""
    fib, groups = setting.host.fib(setting.width), MULTICAST[setting.width]
    if setting.width == 32:
        own = fib.of_kind("local", "broadcast")
        return InSet(field="dst", values=own | BROADCASTS | groups)
    own = fib.of_kind("local", "anycast")
    near = own & ON_LINK
    return any_of(
        (InSet(field="dst", values=(own - near) | groups), *_on_their_link(near, setting.host))
    )


def _on_their_link(near: IntSet, host: Host) -> Iterator[Predicate]:
    """An address of a link is of this host only on that link."""
    for name in host.devices_with_routes(128) if near else ():
        its = ON_LINK & host.fib(128, name).of_kind("local", "anycast")
        if its:
            yield all_of((on("in", name), InSet(field="dst", values=its)))


def _typed(world: World, kind: str) -> World:
    """What an unknown destination turned out to be."""
    if world.number("dst") is not None:
        return world
    return world.holding(dst_type=Known(value=kind))


def _joined(world: World, setting: Setting) -> World:
    """Taken as given: the host listens to a group that it is not certainly a member of.

    IPv4 takes every IGMP packet (net/ipv4/igmp.c, ip_check_mc_rcu).
    """
    value, groups = world.number("dst"), MULTICAST[setting.width]
    if value is None:
        inside, _rest = part(world, InSet(field="dst", values=groups), setting)
        low, high = groups.ranges[0]
        mask = ((1 << setting.width) - 1) ^ (high - low)
        text = str(Network(value=low, mask=mask, width=setting.width))
    else:
        inside = world if value in groups and not _member(value, world, setting) else None
        text = format_address(value, setting.width)
    if inside is None:
        return world
    return world.assume(Note(code="IPT0341", facts=(("address", text),)))


def _member(value: int, world: World, setting: Setting) -> bool:
    if setting.width == 32:
        return value == _ALL_HOSTS or world.number("proto") == _IGMP
    own = setting.host.of(world.text("in") or "", 128)
    solicited = {_SOLICITED | a.address & 0xFFFFFF for a in own}
    return value == _ALL_NODES or value in solicited


def _presumed(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """A destination that a rule rewrote is taken to be another host's, an untouched one as told."""
    if "dst" not in world.gone and not world.sent:
        return ([world], []) if setting.here else ([], [world])
    return [], [world.assume(not_ours(world, setting))]


def not_ours(world: World, setting: Setting) -> Note:
    """The note that an address is taken not to be of this host."""
    value = world.number("dst")
    shown = "the new destination" if value is None else format_address(value, setting.width)
    return Note(code="IPT0313", facts=(("address", shown),))


def from_elsewhere(setting: Setting, *fields: str) -> None:
    """A packet by another interface than lo has no loopback address (martian, or not routed)."""
    loops = IntSet.between(*loopback(setting.width))
    for name in fields:
        _without(setting, name, loops)


def from_another(setting: Setting) -> None:
    """Addresses that nobody gave, of a packet that arrives at a host whose addresses are told.

    They are taken to be such that routing lets the packet through: its source is no group, not all
    hosts and, in IPv4, neither nobody nor the host itself; its destination is not nobody, and no
    group of a scope narrower than a link.
    """
    own = setting.host.local(setting.width)
    if own is None:
        return
    strange = MULTICAST[setting.width]
    _without(setting, "src", strange | own | BROADCASTS if setting.width == 32 else strange)
    _without(setting, "dst", IntSet.single(_ZERO) if setting.width == 32 else _UNHEARD)


def _without(setting: Setting, name: str, values: IntSet) -> None:
    domain = setting.domains[name]
    if isinstance(domain, NumberSet):
        narrowed = domain.narrowed(InSet(field=name, values=values), False)
        setting.domains[name] = narrowed or domain
