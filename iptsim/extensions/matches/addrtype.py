"""addrtype: what kind of address source and destination are to this host's routing.

Sources: iptables-extensions(8), addrtype; extensions/libxt_addrtype.c;
net/netfilter/xt_addrtype.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.address_types import type4, type6
from iptsim.extensions.demands import ARRIVING, LEAVING, Demands
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.short_lists import NameSet
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.host import Host
from iptsim.model import Match, Option
from iptsim.packet import ADDRESS_TYPES
from iptsim.predicate import (
    Fact,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    equals,
    in_network,
    named,
    negate,
    negate_if,
)
from iptsim.values import InterfacePattern, parse_network

_TYPES = NameSet(names=ADDRESS_TYPES)
_LIMITS = {"--limit-iface-in": "in", "--limit-iface-out": "out"}
# Those for which IPv6 asks the routing; it refuses BROADCAST, BLACKHOLE and all after UNREACHABLE.
_ROUTED6 = frozenset({"LOCAL", "ANYCAST", "UNREACHABLE"})
_SCOPED6 = frozenset({"UNICAST", "MULTICAST", "UNSPEC"})
_MULTICAST6 = parse_network("ff00::/8")
_MAPPED6 = parse_network("::ffff:0:0/96")


def _lower(match: Match, where: Context) -> Predicate:
    limit = next((field for name, field in _LIMITS.items() if match.has(name)), None)
    sides = (("--src-type", "src"), ("--dst-type", "dst"))
    asked = ((match.option(name), field) for name, field in sides)
    return all_of(
        negate_if(option.negate, _is(option, field, limit, where))
        for option, field in asked
        if option is not None
    )


def _is(option: Option, field: str, limit: str | None, where: Context) -> Predicate:
    names = frozenset(value_of(option.value, tuple))
    if where.host.tells_addresses(32 if where.family == 4 else 128):
        told = _told4 if where.family == 4 else _told6
        return told(option, names, field, limit, where.host)
    if limit is not None:
        return _on_interface(option, names, field, limit)
    if where.family == 4:
        return named(f"{field}_type", *names)
    if names - _ROUTED6 - _SCOPED6:
        return _fact(option, (field, f"{field}_type"))
    return all_of(_v6(names, field))


def _told4(
    _option: Option, names: frozenset[str], field: str, limit: str | None, host: Host
) -> Predicate:
    """The host's addresses and routes decide (net/ipv4/fib_frontend.c, __inet_dev_addr_type).

    With a limit an address is of a type by the interface's own routes alone, else UNICAST; an
    interface that has none of them knows only the types that need no route.
    """
    if limit is None:
        return _any4(names, field, host, None)
    known = [(device, _by(limit, device)) for device in host.devices_with_routes(32)]
    elsewhere = all_of(negate(here) for _device, here in known)
    cases = [all_of((here, _any4(names, field, host, device))) for device, here in known]
    return any_of((*cases, all_of((elsewhere, _any4(names, field, host, "")))))


def _by(limit: str, device: str) -> Predicate:
    return Interface(field=limit, pattern=InterfacePattern(text=device))


def _any4(names: frozenset[str], field: str, host: Host, device: str | None) -> Predicate:
    return any_of(InSet(field=field, values=type4(host, name, device)) for name in sorted(names))


def _told6(
    option: Option, names: frozenset[str], field: str, limit: str | None, host: Host
) -> Predicate:
    """What it asks of the routes is decided, where they are told."""
    if names - _ROUTED6 - _SCOPED6:
        return _fact(option, (field, f"{field}_type"))
    scopes = list(_scopes6(names, field))
    if not names & _ROUTED6:
        return all_of(scopes)
    if limit is not None:
        routed = _limited6(option, names, field, limit, host)
    else:
        known = {name: type6(host, name) for name in sorted(names & _ROUTED6)}
        parts = [InSet(field=field, values=held) for held in known.values() if held is not None]
        untold = [name for name, held in known.items() if held is None]
        routed = any_of((*parts, *(_fact_of(name, field) for name in untold)))
    return all_of((*scopes, routed))


def _limited6(
    option: Option, names: frozenset[str], field: str, limit: str, host: Host
) -> Predicate:
    """An address of the interface itself is LOCAL; the other types hang on a lookup of their own.

    Source: net/netfilter/xt_addrtype.c, match_lookup_rt6 with a device.
    """
    if names & _ROUTED6 != {"LOCAL"}:
        return _fact(option, (field, limit), f" --limit-iface-{limit}")
    return any_of(
        all_of((_by(limit, device), InSet(field=field, values=held)))
        for device in host.devices_with_routes(128)
        if (held := type6(host, "LOCAL", device)) is not None
    )


def _fact_of(name: str, field: str) -> Fact:
    text = f"--{field}-type {name}"
    return Fact(key=text, detail=text, reads=(field,))


def _on_interface(option: Option, names: frozenset[str], field: str, limit: str) -> Predicate:
    """Only the addresses of the interface are LOCAL then; rules do not tell which."""
    fact = _fact(option, (field, f"{field}_type", limit), f" --limit-iface-{limit}")
    return all_of((named(f"{field}_type", "LOCAL"), fact)) if names == {"LOCAL"} else fact


def _fact(option: Option, reads: tuple[str, ...], more: str = "") -> Fact:
    text = f"{option.name} {_TYPES.write(option.value, 4)}{more}"
    return Fact(key=text, detail=text, reads=reads)


def _v6(names: frozenset[str], field: str) -> Iterator[Predicate]:
    """IPv6 wants all of the scopes that are named, and one of the routed types (match_type6)."""
    yield from _scopes6(names, field)
    if names & _ROUTED6:
        yield named(f"{field}_type", *(names & _ROUTED6))


def _scopes6(names: frozenset[str], field: str) -> Iterator[Predicate]:
    multicast = in_network(field, _MULTICAST6)
    if "MULTICAST" in names:
        yield multicast
    if "UNICAST" in names:
        yield negate(any_of((multicast, equals(field, 0), in_network(field, _MAPPED6))))
    if "UNSPEC" in names:
        yield equals(field, 0)


_OPTIONS = (
    Opt(name="--src-type", value=_TYPES, negatable=True),
    Opt(name="--dst-type", value=_TYPES, negatable=True),
    Opt(name="--limit-iface-in"),
    Opt(name="--limit-iface-out"),
)
_PARTS = (
    Part("--src-type", "src-type {!}{}"),
    Part("--dst-type", "dst-type {!}{}"),
    Part("--limit-iface-in", "limit-in"),
    Part("--limit-iface-out", "limit-out"),
)

EXTENSIONS = (
    MatchExtension(
        name="addrtype",
        demands=Demands(
            one_of=(("--src-type", "--dst-type"),),
            exclusive=(("--limit-iface-in", "--limit-iface-out"),),
            option_hooks={"--limit-iface-in": ARRIVING, "--limit-iface-out": LEAVING},
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ADDRTYPE match", parts=_PARTS),
        lower=_lower,
    ),
)
