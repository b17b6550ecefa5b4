"""rpfilter: whether an answer would leave by the interface that the packet came in by.

Sources: iptables-extensions(8), rpfilter; extensions/libxt_rpfilter.c;
net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import about
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.fib import Entry, Fib, Route
from iptsim.host import Host
from iptsim.model import Match
from iptsim.predicate import (
    Fact,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    equals,
    negate,
    negate_if,
)
from iptsim.selectors import back, way_back
from iptsim.values import InterfacePattern, IntSet

_FLAGS = ("loose", "validmark", "accept-local", "invert")
_OPTIONS = tuple(Opt(name=f"--{flag}") for flag in _FLAGS)
_PARTS = tuple(Part(f"--{flag}", flag) for flag in _FLAGS)
# Where a packet without a source goes: to all, or to a group on the link.
_UNBORN = IntSet.of(((0xFFFFFFFF, 0xFFFFFFFF), (0xE0000000, 0xE00000FF)))
_LINK_LOCAL = IntSet.between(0xFE80 << 112, (0xFEC0 << 112) - 1)


def _lower(match: Match, where: Context) -> Predicate:
    return negate_if(match.has("--invert"), _passes(match, where))


def _passes(match: Match, where: Context) -> Predicate:
    """The host's routes decide; marks only mean something to rules of `ip rule`.

    Those are a fact where nobody told them and other tables have routes; of IPv6 always.
    """
    width, host = 32 if where.family == 4 else 128, where.host
    fact = _fact(match, where)
    if not host.tells_routes(width) or not host.tells_addresses(width):
        return fact
    if host.custom_rules(width) and width == 32:
        return _decided(match, host, width)
    if host.custom_rules(width) or host.other_tables(width):
        return fact
    if host.rules_of(width) is not None:
        return _decided(match, host, width)
    decided = _decided(match, host, width)
    if not match.has("--validmark"):
        return decided
    unmarked = equals("mark", 0)
    return any_of((all_of((unmarked, decided)), all_of((negate(unmarked), fact))))


def _fact(match: Match, where: Context) -> Fact:
    """An ordinary packet passes."""
    reads = ("src", "in", "mark") if match.has("--validmark") else ("src", "in")
    fact = Fact(key="", code=codes.ROUTE_BACK, reads=reads, usually=True)
    upright = tuple(option for option in match.options if option.name != "--invert")
    return about(replace(match, options=upright), where, fact)


def _decided(match: Match, host: Host, width: int) -> Predicate:
    if width == 32:
        first = all_of((equals("src", 0), InSet(field="dst", values=_UNBORN)))
        ways: Callable[[str], Predicate] = _Reverse4(match, host).sources
    else:
        first = equals("src", 0)
        ways = _Reverse6(match, host).sources
    devices = [name for name in host.devices_with_routes(width) if name != "lo"]
    by = (all_of((_by(name), ways(name))) for name in devices)
    return any_of((_by("lo"), first, *by))


def _by(name: str) -> Predicate:
    return Interface(field="in", pattern=InterfacePattern(text=name))


class _Reverse4:
    """`rpfilter_lookup_reverse`: of a multipath route any next hop may be the interface."""

    def __init__(self, match: Match, host: Host) -> None:
        self.host, self.look = host, back(mark=match.has("--validmark"), ports=False)
        self.loose = match.has("--loose")
        self.kinds = {"unicast", *(["local"] if match.has("--accept-local") else [])}

    def sources(self, device: str) -> Predicate:
        """The packets that pass coming in by that device."""
        return way_back(
            self.host, 32, lambda entry: self._passes(entry, device), self.look, lost=False
        )

    def _passes(self, entry: Entry, device: str) -> bool:
        if entry[0].kind not in self.kinds:
            return False
        return self.loose or any(way.interface == device for way in entry[0].ways)


class _Reverse6:
    """`rpfilter_lookup_reverse6`: of the routes to the longest prefix one by the interface.

    Their metrics do not matter then, but with --loose, which names no interface, the first is taken
    (net/ipv6/route.c, rt6_device_match). A link-local source is looked for on the link alone.
    """

    def __init__(self, match: Match, host: Host) -> None:
        self.routes = tuple(map(_plain, host.every_route(128)))
        self.loose = match.has("--loose")
        self.fib = host.fib(128) if self.loose else Fib.of(self.routes, 128)
        self.local = match.has("--accept-local")

    def sources(self, device: str) -> Predicate:
        """The packets that pass coming in by that device."""
        link = Fib.of((r for r in self.routes if _by_device(r, device)), 128)
        wide = self.fib.where(lambda entry: self._passes(entry, device)) - _LINK_LOCAL
        near = link.where(lambda entry: self._passes(entry, device)) & _LINK_LOCAL
        return InSet(field="src", values=wide | near)

    def _passes(self, entry: Entry, device: str) -> bool:
        near = () if self.loose else (r for r in entry if _by_device(r, device))
        found = next(iter(near), entry[0])
        if found.kind == "local":
            return self.local
        # Of the kinds that are left, only what the kernel made anycast itself is flagged so.
        if not found.ways or (found.kind == "anycast" and found.made):
            return False
        return self.loose or _by_device(found, device)


def _plain(route: Route) -> Route:
    """A route without its metric; `throw` leads to no other table here (`ip6_route_lookup`)."""
    return replace(route, metric=0, kind="unreachable" if route.kind == "throw" else route.kind)


def _by_device(route: Route, device: str) -> bool:
    return any(way.interface == device for way in route.ways)


EXTENSIONS = (
    MatchExtension(
        name="rpfilter",
        demands=Demands(tables=("raw", "mangle"), hooks=frozenset({"PREROUTING"})),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="rpfilter", parts=_PARTS),
        lower=_lower,
    ),
)
