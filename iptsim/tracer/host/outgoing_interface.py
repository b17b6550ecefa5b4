"""By which interface a packet leaves, and whether it can.

Sources: net/ipv4/route.c (ip_route_output_key_hash, ip_mkroute_input), net/ipv4/netfilter.c
(ip_route_me_harder), net/ipv6/ip6_output.c (ip6_forward), net/ipv6/route.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.address_types import BROADCASTS, MULTICAST
from iptsim.fib import DEAD_ENDS, Entry, Fib, NextHop, chosen
from iptsim.host import Host, loopback
from iptsim.model import Note
from iptsim.predicate import NEVER, InSet, Predicate, any_of
from iptsim.tracer.host.kernel_settings import (
    checks_sources,
    rp_filter,
    strange,
    within_loops,
)
from iptsim.tracer.host.policy_routing import routed_by
from iptsim.tracer.host.routing import (
    LINK_LOCAL,
    ON_LINK,
    address_type,
    from_elsewhere,
    not_ours,
    unfit,
)
from iptsim.values import InterfacePattern, IntSet, format_address
from iptsim.worlds.domains import InterfaceSet, NumberSet
from iptsim.worlds.regions import PacketSet
from iptsim.worlds.splits import Routed, astray, on, part
from iptsim.worlds.terms import Known
from iptsim.worlds.variables import ARRIVING, Chosen, Variable
from iptsim.worlds.world import SENT_ELSEWHERE, Setting, World, altered

LO = InterfacePattern(text="lo")
MOST_SEGMENTS = 2000
"""With more routes an unknown destination leaves the interface open, too."""
_NO_ROUTE = Note(code=codes.NO_ROUTE)


def sent(world: World, setting: Setting) -> Routed:
    """A local packet is routed before OUTPUT: what has no route is never sent."""
    width = setting.width
    untold = not setting.host.tells_routes(width)
    apart = setting.exact and setting.host.tells_addresses(width)
    if goes_back(setting) or (untold and world.number("dst") is None and not apart):
        plain = Routed(going=[world])
        return within_loops(plain, setting) if setting.exact else plain
    if loops(world, setting):
        return Routed(going=[world.holding(out=Known(value="lo"))])
    return within_loops(by_routes(_copied(world), setting), setting)


def goes_back(setting: Setting) -> bool:
    """Whether an answer goes where the first packet came from, for no routes tell otherwise."""
    return setting.way_back is not None and not setting.host.tells_routes(setting.width)


def _copied(world: World) -> World:
    """Broadcast and multicast may come back as a copy (ip_mc_output; ip6_finish_output2)."""
    if world.text("dst_type") in ("BROADCAST", "MULTICAST"):
        return world.note(Note(code=codes.COPY_COMES_BACK))
    return world


def loops(world: World, setting: Setting) -> bool:
    """Whether it goes out by lo, back to this host itself; 0.0.0.0 and :: are loopback, too."""
    value = world.number("dst")
    if value is None:
        return False
    if value == 0:
        return True
    if ruled(setting):
        return False
    entry = setting.host.fib(setting.width).entry(value)
    if not entry or value in MULTICAST[setting.width]:
        return False
    return is_own(entry)


def ruled(setting: Setting) -> bool:
    """Whether rules of `ip rule` decide, whose tables are told."""
    host, width = setting.host, setting.width
    return host.custom_rules(width) and host.tells_routes(width)


def own_source(world: World, setting: Setting) -> World:
    """A source that nobody gave, of a packet that this host sends, is one of its own addresses."""
    own, domain = setting.host.local(setting.width), setting.domains["src"]
    if own is None or world.known("src") is not None or not isinstance(domain, NumberSet):
        return world
    narrowed = domain.narrowed(InSet(field="src", values=own), True)
    setting.domains.limit("src", narrowed or domain)
    return world.assume(Note(code=codes.SOURCE_OURS))


def usual_source(host: Host, width: int, dst: int | None = None) -> int | None:
    """The source of an ordinary packet of this host; None where its addresses are not told.

    To this host itself it is the destination (net/ipv4/route.c, ip_route_output_key_hash_rcu).
    """
    first, last = loopback(width)
    if dst is not None and first <= dst <= last:
        return first + 1 if width == 32 else first
    own = host.local(width)
    if not own:
        return None
    if dst is not None and dst in own:
        return dst
    addresses = [a for a in host.of(None, width) if a.interface != "lo"]
    near = [] if dst is None else [a for a in addresses if dst in a.network]
    return next((a.address for a in near or addresses), own.first)


def out_of(world: World, setting: Setting) -> World:
    """A local packet before it is routed: what its destination certainly is."""
    kind = address_type(world.fields["dst"], setting)
    if kind == "LOCAL" or loops(world, setting):
        return world.holding(out=Known(value="lo"), dst_type=Known(value=kind or "LOCAL"))
    if world.number("dst") is None:
        return world
    if kind is None:
        return to_another(world, setting).assume(not_ours(world, setting))
    return to_another(world, setting, kind)


def to_another(world: World, setting: Setting, kind: str = "UNICAST") -> World:
    """A local packet that is not for this host; `kind` is what its destination is."""
    from_elsewhere(setting, "src")
    setting.domains.limit("out", InterfaceSet(holes=frozenset({LO})))
    return world.holding(dst_type=Known(value=kind))


def forwarded(world: World, setting: Setting, given: str | None = None) -> Routed:
    """A packet for another host: by its outgoing interface, or thrown away without one."""
    if given is not None:
        return _passable(world.holding(out=Known(value=given)), setting)
    if goes_back(setting):
        return Routed(going=[world.holding(out=setting.way_back or ARRIVING["out"])])
    setting.domains.limit("out", InterfaceSet(holes=frozenset({LO})))
    found = by_routes(world.holding(out=ARRIVING["out"]), setting)
    done = Routed(lost=found.lost)
    for going in found.going:
        done.add(_passable(going, setting))
    return done


def _passable(world: World, setting: Setting) -> Routed:
    """What is not forwarded for its source, unless back where it came from.

    IPv6: without a source, or a loopback or link-local one (ip6_forward). IPv4: one that is no
    host's and goes back, for then its route is looked up (fib_validate_source, send_redirects).
    """
    same = _same_way(world, setting)
    done = Routed()
    going: World | None = world
    if setting.width == 128 and same is not True:
        bad = LINK_LOCAL | IntSet.between(0, 1)
        lost, going = astray(world, InSet(field="src", values=bad), setting)
        done.lose(lost, Note(code=codes.LINK_LOCAL_NOT_FORWARDED))
    elif setting.width == 32 and same and _redirects(world, setting):
        lost, going = astray(world, _strange(world, setting), setting)
        done.lose(lost, Note(code=codes.SOURCE_NOT_FROM_NETWORK))
    elif (wrong := unfit(setting, "out")) != NEVER:
        lost, going = astray(world, wrong, setting)
        done.lose(lost, Note(code=codes.SOURCE_NOT_FROM_NETWORK))
    if going is not None:
        done.going.append(going)
    return done


def _redirects(world: World, setting: Setting) -> bool:
    """Whether the source is looked at for an answer that tells of a better way.

    Not where the look was had already; `send_redirects` is on unless told.
    """
    host, came = setting.host, world.text("in") or ""
    off = host.sysctls.most(32, came, "send_redirects") == 0
    return not (off or checks_sources(host) or rp_filter(host, came))


def _strange(world: World, setting: Setting) -> Predicate:
    came, host = world.text("in") or "", setting.host
    local = bool(host.sysctls.most(32, came, "accept_local"))
    odd = strange(host, came, 0, local=local)
    # Groups, and all hosts, are no host's.
    return any_of((odd, InSet(field="src", values=MULTICAST[32] | BROADCASTS)))


def _same_way(world: World, setting: Setting) -> bool | None:
    """Whether it leaves by the interface it came in by; None where that is open.

    What comes back by lo came in, to IPv6, by the device of the address of this host that it was
    sent to (net/ipv6/ip6_input.c, ip6_rcv_core: ip6_dst_idev).
    """
    came, goes = world.text("in"), world.text("out")
    if setting.width == 128 and SENT_ELSEWHERE in world.gone:
        to = world.number("ctorigdst")
        return goes in {a.interface for a in setting.host.addresses or () if a.address == to}
    return None if came is None or goes is None else came == goes


def _by_tables(world: World, setting: Setting, *, again: bool) -> Routed:
    """By the tables that the rules of `ip rule` ask."""
    done, value = Routed(), world.number("dst")
    link = None if value is None else _link(value, world, setting)
    for one, fib in routed_by(world, setting, device=link, again=again):
        if value is None:
            done.add(_of_any(one, fib, setting))
        else:
            done.add(_of_entry(one, chosen(fib.entry(value), one.text("in")), setting))
    return done


def by_routes(world: World, setting: Setting, *, again: bool = False) -> Routed:
    """By the routes told; without any by the network that the destination is in, or by any way."""
    width, value = setting.width, world.number("dst")
    world = _of_rules(world, setting)
    if value is not None and not again and setting.width == 128 and value in LINK_LOCAL:
        from iptsim.tracer.host.link_scope import links_to  # noqa: PLC0415  # seldom asked

        if links := links_to(world, setting, value):
            return Routed(going=[_by_named(world, links, setting)])
    if ruled(setting):
        return _by_tables(world, setting, again=again)
    if value is None:
        return _of_any(world, setting.host.fib(width), setting)
    entry = _entry(value, world, setting)
    if entry or setting.host.tells_routes(width):
        return _of_entry(world, entry, setting)
    near = setting.host.connected(value, width)
    if len(near) != 1:
        return Routed(going=[world])
    facts = (("address", format_address(value, width)), ("interface", near[0]))
    told = world.assume(Note(code=codes.ON_LINK, facts=facts))
    return Routed(going=[told.holding(out=Known(value=near[0]))])


def _entry(value: int, world: World, setting: Setting) -> Entry:
    """The routes that the packet may take to that address."""
    fib = setting.host.fib(setting.width, _link(value, world, setting))
    return chosen(fib.entry(value), world.text("in"))


def _by_named(world: World, names: tuple[str, ...], setting: Setting) -> World:
    """By the link that the program named, which the packet may tell."""
    one = len(names) == 1
    return world.holding(out=Known(value=names[0])) if one else _narrowed(world, names, setting)


def _link(value: int, world: World, setting: Setting) -> str | None:
    """The link that the destination has to be on; None where any will do."""
    near = setting.width == 128 and value in ON_LINK | MULTICAST[128]
    return world.text("in") or None if near else None


def _of_entry(world: World, entry: Entry, setting: Setting) -> Routed:
    done = Routed()
    if not entry:
        done.lose(world, _NO_ROUTE)
    elif entry[0].kind in DEAD_ENDS:
        facts = (("network", str(entry[0].network)), ("kind", entry[0].kind))
        done.lose(world, Note(code=codes.ROUTE_THROWS_AWAY, facts=facts))
    else:
        names = _local_or(entry) if ruled(setting) else _interfaces(entry)
        done.going.append(_by_one_of(world, names, setting))
    return done


def _interfaces(entry: Entry) -> tuple[str, ...]:
    return tuple(dict.fromkeys(way.interface for route in entry for way in route.ways))


def _by_one_of(world: World, names: tuple[str, ...], setting: Setting) -> World:
    """Of several ways the kernel takes one by a hash that nobody can foresee."""
    if len(names) == 1:
        return world.holding(out=Known(value=names[0]))
    by = f"routing to {setting.show('dst', world.number('dst') or 0)}"
    chosen = Variable(field="out", origin=Chosen(by=by))
    open_ = world.holding(out=setting.domains.fresh(chosen, InterfaceSet()))
    return _narrowed(open_, names, setting)


def _narrowed(world: World, names: Iterable[str], setting: Setting) -> World:
    regions: list[PacketSet] = []
    for name in names:
        inside, _rest = part(world, on("out", name), setting)
        regions.extend(inside.regions if inside else ())
    return altered(world, regions=tuple(regions))


def _of_any(world: World, fib: Fib, setting: Setting) -> Routed:
    """An unknown destination: each part of the addresses by the interface of its routes."""
    if setting.exact and not setting.host.tells_routes(setting.width):
        return Routed(going=list(_of_networks(world, setting)))
    if not setting.host.tells_routes(setting.width) or len(fib.segments) > MOST_SEGMENTS:
        return Routed(going=[world])
    ways: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for low, high, entry in fib.segments:
        if entry[0].kind not in DEAD_ENDS:
            ways.setdefault(_local_or(entry), []).append((low, high))
    regions: list[PacketSet] = []
    rest: World | None = world
    for names, ranges in ways.items():
        if rest is None:
            break
        inside, rest = part(rest, InSet(field="dst", values=IntSet.of(ranges)), setting)
        if inside is not None:
            regions.extend(_narrowed(inside, names, setting).regions)
    done = Routed()
    done.lose(rest, _NO_ROUTE)
    if regions:
        done.going.append(altered(world, regions=tuple(regions)))
    return done


def _of_networks(world: World, setting: Setting) -> Iterator[World]:
    """Without routes: by the networks of the host's own addresses, as `_by_routes` takes them."""
    rest: World | None = world
    for low, high, names in _near(setting):
        if rest is None:
            return
        inside, rest = part(rest, InSet(field="dst", values=IntSet.between(low, high)), setting)
        by_these = None if inside is None else _narrowed(inside, names, setting)
        # What a packet that is forwarded cannot leave by, lo, leaves no packets.
        if by_these is not None and by_these.regions:
            yield by_these
    if rest is not None:
        _by_lo, elsewhere = part(rest, on("out", "lo"), setting)
        yield from () if elsewhere is None else (elsewhere,)


def _near(setting: Setting) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Ranges of destinations with the interfaces that they are reached by, the narrowest first."""
    width = setting.width
    for low, high, entry in setting.host.fib(width).segments:
        yield low, high, _local_or(entry)
    networks = {a.network for a in setting.host.of(None, width)}
    for network in sorted(networks, key=lambda network: -network.mask):
        names = setting.host.connected(network.value, width)
        ((low, high),) = network.addresses.ranges
        if len(names) == 1:
            yield low, high, names


def _local_or(entry: Entry) -> tuple[str, ...]:
    return ("lo",) if is_own(entry) else _interfaces(entry)


def is_own(entry: Entry) -> bool:
    """Whether a route is to this host itself."""
    return entry[0].kind == "local" or (entry[0].kind == "anycast" and entry[0].made)


def _of_rules(world: World, setting: Setting) -> World:
    """Where no rules of `ip rule` are told: the usual ones, which ask local, main and default."""
    if setting.host.rules_of(setting.width) is not None:
        return world
    value, others = world.number("dst"), setting.host.other_tables(setting.width)
    for route in others:
        if value is not None and value in route.network:
            facts = (("network", str(route.network)), ("table", route.table))
            return world.assume(Note(code=codes.NO_RULE_TO_TABLE, facts=facts))
    if "mark" in world.gone and setting.host.tells_routes(setting.width):
        return world.assume(Note(code=codes.NO_RULE_ON_MARK))
    return world


def next_hops(world: World, setting: Setting, out: str) -> tuple[NextHop, ...] | None:
    """The next hops that the packet may go to by `out`; None where no route tells."""
    value = world.number("dst")
    if value is None:
        return None
    ways = tuple(
        way
        for one, fib in routed_by(world, setting, device=_link(value, world, setting))
        for route in chosen(fib.entry(value), one.text("in"))
        for way in route.ways
        if way.interface == out
    )
    return tuple(dict.fromkeys(ways)) or None
