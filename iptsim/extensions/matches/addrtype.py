"""addrtype: what kind of address source and destination are to this host's routing.

Sources: iptables-extensions(8), addrtype; extensions/libxt_addrtype.c;
net/netfilter/xt_addrtype.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.extensions.meaning import value_of
from iptsim.extensions.names import NameSet
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.packet import ADDRESS_TYPES
from iptsim.predicate import (
    Fact,
    Predicate,
    all_of,
    any_of,
    equals,
    in_network,
    named,
    negate,
    negate_if,
)
from iptsim.values import parse_network

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
        negate_if(option.negate, _is(option, field, limit, where.family))
        for option, field in asked
        if option is not None
    )


def _is(option: Option, field: str, limit: str | None, family: int) -> Predicate:
    names = frozenset(value_of(option.value, tuple))
    if limit is not None:
        return _on_interface(option, names, field, limit)
    if family == 4:
        return named(f"{field}_type", *names)
    if names - _ROUTED6 - _SCOPED6:
        return _fact(option, (field, f"{field}_type"))
    return all_of(_v6(names, field))


def _on_interface(option: Option, names: frozenset[str], field: str, limit: str) -> Predicate:
    """Only the addresses of the interface are LOCAL then; rules do not tell which."""
    fact = _fact(option, (field, f"{field}_type", limit), f" --limit-iface-{limit}")
    return all_of((named(f"{field}_type", "LOCAL"), fact)) if names == {"LOCAL"} else fact


def _fact(option: Option, reads: tuple[str, ...], more: str = "") -> Fact:
    text = f"{option.name} {_TYPES.write(option.value, 4)}{more}"
    return Fact(key=text, detail=text, reads=reads)


def _v6(names: frozenset[str], field: str) -> Iterator[Predicate]:
    """IPv6 wants all of the scopes that are named, and one of the routed types (match_type6)."""
    multicast = in_network(field, _MULTICAST6)
    if "MULTICAST" in names:
        yield multicast
    if "UNICAST" in names:
        yield negate(any_of((multicast, equals(field, 0), in_network(field, _MAPPED6))))
    if "UNSPEC" in names:
        yield equals(field, 0)
    if names & _ROUTED6:
        yield named(f"{field}_type", *(names & _ROUTED6))


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
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="ADDRTYPE match", parts=_PARTS),
        lower=_lower,
    ),
)
