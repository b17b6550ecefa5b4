"""What settings of the kernel do to packets, as far as they are told, and what is presumed else.

Sources: include/linux/inetdevice.h; net/ipv4/fib_frontend.c (fib_validate_source,
__fib_validate_source); net/ipv4/route.c; net/ipv6/ip6_output.c (ip6_forward).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.fib import Entry
from iptsim.host import Host, loopback
from iptsim.model import Note
from iptsim.predicate import (
    NEVER,
    Fact,
    InSet,
    Predicate,
    all_of,
    any_of,
    negate,
)
from iptsim.values import IntSet
from iptsim.worlds.splits import Routed, astray, on, part
from iptsim.worlds.world import Setting, World

LOOPS4 = IntSet.between(*loopback(32))
LOCALNET = Fact(
    key="route_localnet",
    code=codes.ROUTE_LOCALNET,
    detail="net.ipv4.conf.all.route_localnet",
)
"""Whether 127.0.0.0/8 is routed like any other network, where nobody told."""
NO_LOCALNET = Note(code=codes.ROUTE_LOCALNET_OFF)
FORWARDING = {32: "net.ipv4.ip_forward", 128: "net.ipv6.conf.all.forwarding"}


def _where(names: Iterable[str], field: str, test: Callable[[str], bool]) -> Predicate:
    """The packets by interfaces of which `test` holds: those named, and '' for all others."""
    held = {name: test(name) for name in dict.fromkeys(names)}
    if not test(""):
        return any_of(on(field, name) for name, yes in held.items() if yes)
    return all_of(negate(on(field, name)) for name, yes in held.items() if not yes)


def _on(host: Host, name: str, field: str, width: int = 32) -> Predicate:
    """The packets by interfaces where a setting that combines with that of `all` is told on."""
    told = host.sysctls
    names = told.interfaces(width, name)
    return _where(names, field, lambda each: bool(told.most(width, each, name)))


def tells_localnet(host: Host, interface: str | None = None) -> bool:
    """Whether it is told if route_localnet is on, at that interface."""
    return host.sysctls.most(32, interface or "", "route_localnet") is not None


def settles_localnet(host: Host) -> bool:
    """Whether it is told if route_localnet is on, of all interfaces at once.

    Where that of `all` is told, an interface of which nothing is told has it off, as the kernel
    begins with it.
    """
    return tells_localnet(host) or host.sysctls.conf(32, "all", "route_localnet") is not None


def with_localnet(host: Host) -> Host:
    """The host with route_localnet on."""
    on_ = host.sysctls.written("net/ipv4/conf/all/route_localnet", 1)
    return replace(host, sysctls=on_)


def may_route_localnet(setting: Setting, *names: str) -> bool:
    """Whether packets with a loopback address in one of these fields may come by a wire."""
    return any(localnet(setting, "in", name) != NEVER for name in names)


def localnet(setting: Setting, field: str, name: str) -> Predicate:
    """The packets that route_localnet lets through with a loopback address as `name` (src, dst).

    `field` has the interface whose setting that is.
    """
    on_ = _on(setting.host, "route_localnet", field)
    if name in setting.localnet_open:
        return any_of((on_, LOCALNET))
    return on_


def presumes_no_localnet(world: World, setting: Setting, field: str) -> World:
    """A world thrown away for a loopback address, with what that hangs on."""
    if setting.exact or tells_localnet(setting.host, world.text(field)):
        return world
    return world.assume(NO_LOCALNET)


def loops_lost(setting: Setting, field: str) -> Predicate:
    """The packets that routing throws away for a loopback source."""
    lost = negate(any_of((on(field, "lo"), localnet(setting, field, "src"))))
    return all_of((InSet(field="src", values=LOOPS4), lost))


def forwards(world: World, setting: Setting) -> Routed:
    """What is forwarded at all; presumed and told where nobody told."""
    done, width, told = Routed(), setting.width, setting.host.sysctls
    lost, kept = part(world, _stays(setting.host, width), setting)
    facts = (("name", FORWARDING[width]),)
    done.lose(lost, Note(code=codes.FORWARDING_OFF, facts=facts))
    if kept is not None:
        came = (kept.text("in") or "") if width == 32 else "all"
        if told.own(width, came, "forwarding") is None:
            kept = kept.assume(Note(code=codes.FORWARDING_ON, facts=facts))
        done.going.append(kept)
    return done


def _stays(host: Host, width: int) -> Predicate:
    """The packets that are not forwarded: IPv6 asks `all`, IPv4 the interface it came in by."""
    told = host.sysctls
    if width == 32:
        names = told.interfaces(32, "forwarding")
        return _where(names, "in", lambda each: told.own(32, each, "forwarding") == 0)
    if told.conf(128, "all", "forwarding") != 0:
        return NEVER
    names = told.interfaces(128, "force_forwarding")
    return _where(names, "in", lambda each: not told.own(128, each, "force_forwarding"))


def disabled6(host: Host) -> Predicate:
    """The packets by interfaces that have no IPv6 (net/ipv6/ip6_input.c, ip6_rcv_core)."""
    told = host.sysctls
    names = told.interfaces(128, "disable_ipv6")
    return _where(names, "in", lambda each: bool(told.own(128, each, "disable_ipv6")))


def rp_filter(host: Host, interface: str) -> int | None:
    """0 off, 1 strict, 2 loose; None where nobody told and it may be on."""
    return host.sysctls.most(32, interface, "rp_filter")


def wrong_sources(host: Host, out: str | None = None) -> Predicate:
    """The sources that no packet by the interface it came in by may have, 0.0.0.0 aside.

    `out` is the field with the outgoing interface of what is forwarded. Precondition: the host's
    addresses are told.
    """
    names = [*_settings_of(host), *_interfaces(host)]
    plain = all(_plain(host, each) for each in (*names, ""))
    if plain:
        return _wrong(host, "", out)
    parts = [all_of((on("in", n), _wrong(host, n, out))) for n in dict.fromkeys(names)]
    others = [negate(on("in", n)) for n in dict.fromkeys(names)]
    return any_of((*parts, all_of((*others, _wrong(host, "", out)))))


def asks_way_in(host: Host) -> bool:
    """Whether rules of `ip rule` ask for a packet's incoming interface.

    The look at a source is then had after routing: it is as of a packet that comes in where this
    one goes out, or else as of one of this host (__fib_validate_source, flowi4_iif).
    """
    return any(rule.iif is not None for rule in host.rules_of(32) or ())


_LOOKS = ("rp_filter", "accept_local", "src_valid_mark")
"""The settings of an interface that say how a source is looked at."""


def _settings_of(host: Host) -> Iterator[str]:
    for name in _LOOKS:
        yield from host.sysctls.interfaces(32, name)


def _interfaces(host: Host) -> Iterator[str]:
    yield from (device.name for device in host.devices or () if device.name != "lo")
    yield from (name for name in host.devices_with_routes(32) if name != "lo")


def _plain(host: Host, interface: str) -> bool:
    """Whether an interface has nothing on that looks at sources."""
    return not any(host.sysctls.most(32, interface, name) for name in _LOOKS)


def _wrong(host: Host, interface: str, out: str | None) -> Predicate:
    told = host.sysctls
    strict = (told.most(32, interface, "rp_filter") or 0) if host.tells_routes(32) else 0
    local = bool(told.most(32, interface, "accept_local"))
    if not strict and local:
        return NEVER
    if not strict and not checks_sources(host):
        return InSet(field="src", values=host.own(32))
    return strange(host, interface, strict, local=local, out=out)


def strange(
    host: Host, interface: str, strict: int, *, local: bool, out: str | None = None
) -> Predicate:
    """The sources that do not stand the whole look (__fib_validate_source), `strict` 0, 1 or 2."""
    from iptsim.selectors import back, way_back  # noqa: PLC0415  # where routes are told

    homeless = host.addresses is not None and not host.of(interface, 32)

    def passes(entry: Entry) -> bool:
        kind = entry[0].kind
        if kind != "unicast" and not (kind == "local" and local):
            return True
        return not _by(entry, interface) and (strict == 1 or (bool(strict) and homeless))

    marked = bool(host.sysctls.most(32, interface, "src_valid_mark"))
    return way_back(host, 32, passes, back(iif=out, mark=marked), lost=bool(strict))


def _by(entry: Entry, interface: str) -> bool:
    return any(way.interface == interface for way in entry[0].ways)


def checks_sources(host: Host) -> bool:
    """Whether the kernel looks a source's route up even without rp_filter.

    It does where somebody made local routes, rules or realms (fib_validate_source).
    """
    if host.custom_rules(32):
        return True
    others = host.other_tables(32)
    told = [route for route in host.routes or () if route.network.width == 32]
    return bool(others) or any(
        (route.kind == "local" and not route.made and route not in others)
        or bool(route.realm or route.source_realm)
        for route in told
    )


def within_loops(routed: Routed, setting: Setting) -> Routed:
    """A loopback source leaves by lo, or with route_localnet (route.c, __mkroute_output)."""
    if setting.width == 128:
        return routed
    done = Routed(lost=routed.lost)
    for world in routed.going:
        apart = part if _sent_to_loops(world) else astray
        lost, going = apart(world, loops_lost(setting, "out"), setting)
        if lost is not None:
            done.lose(
                presumes_no_localnet(lost, setting, "out"), Note(code=codes.LOOPBACK_LEAVES_BY_LO)
            )
        done.going.extend([] if going is None else [going])
    return done


def _sent_to_loops(world: World) -> bool:
    """Whether it was sent to a loopback address, so that its source is most likely one, too.

    Nobody knows it of an untold destination where rules that are not here may ask the source.
    """
    first = world.number("ctorigdst")
    return "*" in world.gone if first is None else first in LOOPS4
