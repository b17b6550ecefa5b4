"""Where a packet goes next: to this host, on to another, out by which interface.

Sources: net/ipv4/route.c (ip_route_input_slow, ip_route_output_key_hash), net/ipv4/netfilter.c
(ip_route_me_harder).
"""

from __future__ import annotations

from dataclasses import replace

from iptsim.host import loopback
from iptsim.model import Note
from iptsim.predicate import InSet
from iptsim.tracer.regions import Region, split_all
from iptsim.tracer.sets import InterfaceSet, NumberSet
from iptsim.tracer.terms import Known, Term, Variable, resolve, value_of
from iptsim.tracer.world import Setting, World
from iptsim.values import InterfacePattern, IntSet, format_address

LO = InterfacePattern(text="lo")


def address_type(term: Term, setting: Setting) -> str | None:
    """What kind of address it certainly is (`--dst-type`); None where only the host could tell."""
    value = value_of(term)
    if not isinstance(value, int):
        return None
    low, high = loopback(setting.width)
    if low <= value <= high:
        return "LOCAL"
    if _multicast(value, setting.width):
        return "MULTICAST"
    if setting.width == 32 and value == 0xFFFFFFFF:
        return "BROADCAST"
    return _host_type(value, setting)


def _multicast(value: int, width: int) -> bool:
    return value >> (width - 4) == 0xE if width == 32 else value >> 120 == 0xFF


def _host_type(value: int, setting: Setting) -> str | None:
    if setting.host.addresses is None:
        return None
    own = [a for a in setting.host.addresses if a.network.width == setting.width]
    if any(a.address == value for a in own):
        return "LOCAL"
    # /31 and /32 have no broadcast address (RFC 3021): their last address is a host's.
    wide = {
        a.network.value | (0xFFFFFFFF ^ a.network.mask)
        for a in own
        if setting.width == 32 and (a.network.prefix_length or 0) < 31
    }
    return "BROADCAST" if value in wide else "UNICAST"


def martian(world: World, setting: Setting) -> bool:
    """Whether routing throws an arriving packet away for its addresses.

    A loopback address by another interface than lo (route.c, ip_route_input_slow: martian_source,
    martian_destination; taken as given: `route_localnet` is off), or a source of this host's own
    (fib_frontend.c, __fib_validate_source).
    """
    if world.text("in") == "lo":
        return False
    loops = IntSet.between(*loopback(setting.width))
    own = setting.host.local(setting.width) or loops
    return world.number("src") in own or world.number("dst") in loops


def to_this_host(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """The worlds that are delivered here and those that are forwarded, after PREROUTING."""
    if world.to_host:
        return [world], []
    kind = address_type(world.fields["dst"], setting)
    if kind is not None:
        return ([], [world]) if kind == "UNICAST" else ([world], [])
    local = setting.host.local(setting.width)
    if local is None:
        return _presumed(world, setting)
    asked = resolve(InSet(field="dst", values=local), world.fields, world.gone)
    inside, outside = split_all(world.regions, asked, setting.domains)
    return _with(world, inside, "LOCAL"), _with(world, outside, "UNICAST")


def _with(world: World, regions: list[Region], kind: str) -> list[World]:
    if not regions:
        return []
    return [replace(world, regions=tuple(regions)).holding(dst_type=Known(value=kind))]


def _presumed(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """A destination that a rule rewrote is taken to be another host's, an untouched one as told."""
    if "dst" not in world.gone:
        return ([world], []) if setting.here else ([], [world])
    return [], [world.assume(not_ours(world, setting))]


def not_ours(world: World, setting: Setting) -> Note:
    """The note that an address is taken not to be of this host."""
    value = world.number("dst")
    shown = "the new destination" if value is None else format_address(value, setting.width)
    return Note(code="IPT0313", facts=(("address", shown),))


def from_elsewhere(setting: Setting, *fields: str) -> None:
    """A packet by another interface than lo has no loopback address (martian, or not routed)."""
    for name in fields:
        domain = setting.domains[name]
        loops = InSet(field=name, values=IntSet.between(*loopback(setting.width)))
        if isinstance(domain, NumberSet):
            setting.domains[name] = domain.narrowed(loops, False) or domain


def out_of(world: World, setting: Setting) -> World:
    """A local packet before OUTPUT: by lo to this host, else by the route's interface."""
    kind = address_type(world.fields["dst"], setting)
    if kind == "LOCAL":
        return world.holding(out=Known(value="lo"), dst_type=Known(value="LOCAL"))
    if world.number("dst") is None:
        return world
    by_route = _by_route(world, setting)
    from_elsewhere(setting, "src")
    if kind is None:
        world = world.holding(dst_type=Known(value="UNICAST")).assume(not_ours(world, setting))
    else:
        world = world.holding(dst_type=Known(value=kind))
    if by_route is None:
        setting.domains["out"] = InterfaceSet(holes=frozenset({LO}))
        return world
    return world.holding(out=by_route)


def _by_route(world: World, setting: Setting) -> Term | None:
    value = world.number("dst")
    if value is None or setting.host.routes is None:
        return None
    route = setting.host.route(value, setting.width)
    return Known(value=route.interface) if route and route.interface else None


def reroute(world: World, setting: Setting, dst_before: Term) -> World:
    """After OUTPUT: another destination may leave by another interface (ip_route_me_harder).

    OUTPUT itself goes on with the interface that it began with: the hook's state is made once.
    """
    if world.fields["dst"] == dst_before:
        return world
    if world.to_host or address_type(world.fields["dst"], setting) == "LOCAL":
        return world.holding(out=Known(value="lo"), dst_type=Known(value="LOCAL"))
    by_route = _by_route(world, setting)
    if by_route is not None:
        return world.holding(out=by_route)
    world = world.assume(not_ours(world, setting))
    if world.text("out") not in (None, "lo"):
        return world
    domain = InterfaceSet(holes=frozenset({LO}))
    return world.holding(out=setting.fresh("out after the new route", domain))


def forward_out(world: World, setting: Setting, given: str | None) -> World | None:
    """A packet to be forwarded: its outgoing interface; None where there is no route."""
    if given is not None:
        return world.holding(out=Known(value=given))
    if setting.host.routes is not None and world.number("dst") is not None:
        by_route = _by_route(world, setting)
        return None if by_route is None else world.holding(out=by_route)
    setting.domains["out"] = InterfaceSet(holes=frozenset({LO}))
    return world.holding(out=Variable(name="out"))
