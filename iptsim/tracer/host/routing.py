"""What becomes of a packet that arrives: whether it is this host's, another's, or nobody's.

Sources: net/ipv4/route.c (ip_route_input_slow, ip_mc_validate_source), net/ipv4/fib_frontend.c
(fib_validate_source), net/ipv6/ip6_input.c (ip6_rcv_core, ip6_mc_input).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.address_types import BROADCASTS, MULTICAST, type4
from iptsim.dataclass import replace
from iptsim.fib import DEAD_ENDS, Entry, Fib
from iptsim.host import Host, loopback
from iptsim.model import Note
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    InSet,
    Predicate,
    all_of,
    any_of,
    equals,
    negate,
)
from iptsim.tracer.host.kernel_settings import (
    asks_way_in,
    disabled6,
    localnet,
    may_route_localnet,
    presumes_no_localnet,
    rp_filter,
    strange,
    wrong_sources,
)
from iptsim.values import IntSet, Network, format_address
from iptsim.worlds.domains import NumberSet
from iptsim.worlds.splits import Routed, astray, on, part
from iptsim.worlds.terms import Known, Term, value_of
from iptsim.worlds.world import SENT_ELSEWHERE, Setting, World

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
    done = _enabled6(world, setting)
    if done.going:
        lost, going = astray(done.going.pop(), refused6(), setting)
        done.going.extend([] if going is None else [going])
        done.lose(lost, Note(code=codes.IPV6_NOT_FROM_WIRE))
    return done


def _enabled6(world: World, setting: Setting) -> Routed:
    """What comes by an interface that takes IPv6 (`disable_ipv6`)."""
    done, off = Routed(), disabled6(setting.host)
    lost, kept = part(world, off, setting) if off != NEVER else (None, world)
    done.lose(lost, Note(code=codes.IPV6_OFF))
    if kept is not None:
        done.going.append(kept)
    return done


def refused6() -> Predicate:
    """The IPv6 addresses that no packet from a wire has."""
    loops = IntSet.between(*loopback(128))
    sources = InSet(field="src", values=MULTICAST[128] | loops)
    return any_of((sources, InSet(field="dst", values=_UNHEARD | loops)))


def arrived(world: World, setting: Setting) -> tuple[list[World], list[World], list[World]]:
    """After PREROUTING: the worlds for this host, those to be forwarded, those thrown away."""
    here, there, lost = _arrived(world, setting)
    wrong = unfit(setting)
    if wrong == NEVER or world.text("in") == "lo":
        return here, there, lost
    parted = [astray(one, wrong, setting) for one in here]
    lost += [_why(one, setting) for one, _kept in parted if one is not None]
    return [kept for _lost, kept in parted if kept is not None], there, lost


def unfit(setting: Setting, out: str | None = None) -> Predicate:
    """What is thrown away for its source once it is known where it goes: to this host, or `out`."""
    host = setting.host
    if setting.width != 32 or not host.tells_addresses(32) or not asks_way_in(host):
        return NEVER
    return all_of((wrong_sources(host, out), negate(equals("src", _ZERO))))


def _arrived(world: World, setting: Setting) -> tuple[list[World], list[World], list[World]]:
    kept, lost = _sane(world, setting)
    if kept is None or kept.to_host:
        return ([] if kept is None else [kept]), [], lost
    if kept.taken or (setting.host.own_socket is not None and setting.way_back is None):
        from iptsim.tracer.host.later_routes import by_socket  # noqa: PLC0415  # few rules ask

        return by_socket(kept, lost, setting)
    if setting.way_back is not None and not setting.host.tells_addresses(setting.width):
        # An answer goes where the first packet came from.
        return [], [kept], lost
    if sortable(kept, setting):
        return *routed(kept, setting), lost
    if setting.width == 128 or not may_route_localnet(setting, "dst"):
        return *presumed(kept, setting), lost
    # Whatever a rule made of it, a loopback address is this host's.
    loops = InSet(field="dst", values=IntSet.between(*loopback(setting.width)))
    inside, rest = part(kept, loops, setting) if setting.exact else (None, kept)
    here, there = presumed(rest, setting) if rest is not None else ([], [])
    return [*([] if inside is None else _looping(inside, setting)), *here], there, lost


def _looping(world: World, setting: Setting) -> list[World]:
    """What is for loopback addresses: its last one is all of them (fib_add_ifaddr)."""
    ends = InSet(field="dst", values=setting.host.fib(setting.width).of_kind("broadcast"))
    end, rest = part(world, ends, setting)
    parted = ((end, "BROADCAST"), (rest, "LOCAL"))
    return [_typed(one, kind) for one, kind in parted if one is not None]


def routed(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """What is for this host, and what is to be forwarded."""
    from iptsim.tracer.host.policy_routing import routed_by  # noqa: PLC0415  # where routes are told

    here: list[World] = []
    there: list[World] = []
    for one, fib in routed_by(world, setting):
        ours, others = part(one, delivered(setting, fib), setting)
        here += [] if ours is None else [_joined(_typed(ours, "LOCAL"), setting)]
        there += [] if others is None else [_typed(others, "UNICAST")]
    return here, there


def _sane(world: World, setting: Setting) -> tuple[World | None, list[World]]:
    """What is no martian; by lo comes only what was routed when it left, or is routed anew."""
    anew = SENT_ELSEWHERE in world.gone or any(c.hook == "PREROUTING" for c in world.carried)
    if world.text("in") == "lo" and (setting.width == 128 or not anew):
        return world, []
    if setting.width == 128:
        lost, kept = astray(world, _looping6(setting), setting)
        return kept, [] if lost is None else [_nowhere(lost)]
    lost, kept = astray(world, martian4(setting), setting)
    kept = None if kept is None else _filtered(kept, setting)
    return kept, [] if lost is None else [_why(lost, setting)]


def _looping6(setting: Setting) -> Predicate:
    """::1 is looked for on the incoming link alone (net/ipv6/route.c, rt6_need_strict).

    Taken as given: no route leads there by it, as a default route would, and out again.
    """
    if setting.host.tells_routes(128):
        return NEVER
    loop = InSet(field="dst", values=IntSet.between(*loopback(128)))
    return all_of((loop, negate(on("in", "lo"))))


def _nowhere(world: World) -> World:
    return world.assume(Note(code=codes.NO_ROUTE_TO_LOOPBACK)).note(Note(code=codes.NO_ROUTE))


def _why(world: World, setting: Setting) -> World:
    """A world thrown away for its addresses, with the settings that this hangs on."""
    loops = IntSet.between(*loopback(32))
    came, source = world.text("in"), world.number("src")
    own = source is not None and address_type(Known(value=source), setting) == "LOCAL"
    if came and source and not own and _is_filtered(world, came, setting):
        facts = (("address", format_address(source, 32)), ("interface", came))
        return world.note(Note(code=codes.RP_FILTER_THROWS_AWAY, facts=facts))
    world = world.note(Note(code=codes.SOURCE_NOT_FROM_NETWORK))
    looping = any_of(InSet(field=name, values=loops) for name in ("src", "dst"))
    if part(world, looping, setting)[0] is not None:
        return presumes_no_localnet(world, setting, "in")
    told = setting.host.sysctls.most(32, came or "", "accept_local") is not None
    return world if told or not own else world.assume(Note(code=codes.ACCEPT_LOCAL_OFF))


def _is_filtered(world: World, came: str, setting: Setting) -> bool:
    """Whether it is thrown away by `rp_filter`, and by nothing else."""
    sysctls = replace(setting.host.sysctls, values={})
    there = replace(setting, host=replace(setting.host, sysctls=sysctls))
    plain = any_of((martian4(there), unfit(there)))
    without, _other = astray(world, plain, setting)
    return without is None and bool(rp_filter(setting.host, came))


def _filtered(world: World, setting: Setting) -> World:
    """Where nobody told of `rp_filter` it is taken to be off, and told where that matters."""
    source, came, host = world.number("src"), world.text("in"), setting.host
    if setting.width != 32 or not source or came is None:
        return world
    mode = rp_filter(host, came)
    facts = (("address", format_address(source, 32)), ("interface", came))
    if not host.tells_routes(32):
        # What is told to be on cannot be asked without the routes.
        return world.assume(Note(code=codes.RP_FILTER_FINDS, facts=facts)) if mode else world
    if mode is not None:
        return world
    lost, _kept = part(world, strange(host, came, 1, local=False), setting)
    return world if lost is None else world.assume(Note(code=codes.RP_FILTER_OFF, facts=facts))


def martian4(setting: Setting, *, sure: bool = False) -> Predicate:
    """What routing throws away for its addresses; with `sure` whatever `route_localnet` is."""
    loops, groups, host = IntSet.between(*loopback(32)), MULTICAST[32], setting.host
    names = [n for n in ("src", "dst") if not (sure and n in setting.localnet_open)]
    told = {"src": negate(_own_to_all(host)), "dst": ALWAYS}
    looping = (
        (InSet(field=n, values=loops), negate(localnet(setting, "in", n)), told[n]) for n in names
    )
    lost: list[Predicate] = [
        InSet(field="src", values=groups | IntSet.single(_ALL_ONES)),
        *map(all_of, looping),
        all_of((equals("src", _ZERO), negate(_takes_nobody()))),
        all_of((equals("dst", _ZERO), negate(equals("src", _ZERO)))),
    ]
    if host.tells_addresses(32):
        if not asks_way_in(host):
            lost.append(all_of((wrong_sources(host), negate(equals("src", _ZERO)))))
        kinds = type4(host, "ANYCAST") | (host.fib(32).of_kind("multicast") - groups)
        lost.append(InSet(field="dst", values=kinds))
    return any_of(lost)


def _own_to_all(host: Host) -> Predicate:
    """What is for 255.255.255.255 is sorted before loopback sources are (ip_route_input_slow).

    The look at sources takes them for own ones then.
    """
    names = host.sysctls.interfaces(32, "accept_local")
    takes = (on("in", name) for name in names if host.sysctls.most(32, name, "accept_local"))
    return all_of((equals("dst", _ALL_ONES), any_of(takes)))


def _takes_nobody() -> Predicate:
    """The destinations that a packet may have that has no source yet."""
    limited = InSet(field="dst", values=BROADCASTS)
    near = InSet(field="dst", values=_CONTROL_GROUPS)
    igmp = all_of((equals("proto", _IGMP), InSet(field="dst", values=MULTICAST[32])))
    return any_of((limited, near, igmp))


def sortable(world: World, setting: Setting) -> bool:
    """Whether enough is told to say whose the destination is."""
    kind = address_type(world.fields["dst"], setting)
    return kind is not None or setting.host.tells_addresses(setting.width)


def delivered(setting: Setting, fib: Fib | None = None) -> Predicate:
    """What this host takes for its own, as far as its addresses are told.

    `fib` are the routes that decide where rules of `ip rule` do.
    """
    fib, groups = fib or setting.host.fib(setting.width), MULTICAST[setting.width]
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
    """What an unknown destination turned out to be; one for many at once stays that."""
    if world.number("dst") is not None or world.text("dst_type") in ("BROADCAST", "MULTICAST"):
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
    return world.assume(Note(code=codes.LISTENS_TO_GROUP, facts=(("address", text),)))


def _member(value: int, world: World, setting: Setting) -> bool:
    if setting.width == 32:
        return value == _ALL_HOSTS or world.number("proto") == _IGMP
    own = setting.host.of(world.text("in") or "", 128)
    solicited = {_SOLICITED | a.address & 0xFFFFFF for a in own}
    return value == _ALL_NODES or value in solicited


def presumed(world: World, setting: Setting) -> tuple[list[World], list[World]]:
    """A destination that a rule rewrote is taken to be another host's, an untouched one as told."""
    if "dst" not in world.gone and not world.sent:
        return ([world], []) if setting.here else ([], [world])
    return [], [world.assume(not_ours(world, setting))]


def not_ours(world: World, setting: Setting) -> Note:
    """The note that an address is taken not to be of this host."""
    value = world.number("dst")
    if value is None:
        return Note(code=codes.NEW_DESTINATION_NOT_OURS)
    return Note(
        code=codes.ADDRESS_NOT_OURS, facts=(("address", format_address(value, setting.width)),)
    )


def from_elsewhere(setting: Setting, *fields: str) -> None:
    """A packet by another interface than lo has no loopback address (martian, or not routed).

    But where 127.0.0.0/8 is routed, or may be and that is told apart.
    """
    loops = IntSet.between(*loopback(setting.width))
    for name in fields:
        if setting.width == 128 or not may_route_localnet(setting, name):
            _without(setting, name, loops)


def from_another(setting: Setting) -> None:
    """Addresses that nobody gave, of a packet that arrives at a host whose addresses are told.

    They are taken to be such that routing lets the packet through: its source is no group, not all
    hosts and, in IPv4, neither nobody nor the host itself nor all of one of its networks (only a
    unicast source is valid, fib_frontend.c, __fib_validate_source); its destination is not nobody,
    and no group of a scope narrower than a link.
    """
    own = setting.host.local(setting.width)
    if own is None:
        return
    groups = MULTICAST[setting.width]
    if setting.width == 32 and may_route_localnet(setting, "src"):
        own = own - IntSet.between(*loopback(32))
    if setting.width == 32:
        groups |= own | BROADCASTS | setting.host.fib(32).of_kind("broadcast", "anycast")
    _without(setting, "src", groups)
    _without(setting, "dst", IntSet.single(_ZERO) if setting.width == 32 else _UNHEARD)


def _without(setting: Setting, name: str, values: IntSet) -> None:
    domain = setting.domains[name]
    if isinstance(domain, NumberSet):
        narrowed = domain.narrowed(InSet(field=name, values=values), False)
        setting.domains.limit(name, narrowed or domain)
