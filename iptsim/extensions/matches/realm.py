"""realm: the routing realm of the packet's route.

Sources: iptables-extensions(8), realm; extensions/libipt_realm.c; net/netfilter/xt_realm.c.
"""

from __future__ import annotations

from collections.abc import Callable

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.shared.opaque import about, unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.named_numbers import NamedNumber
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.fib import Fib, Route
from iptsim.model import Match
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    negate,
    negate_if,
)
from iptsim.values import InterfacePattern, IntSet, Masked

_REALM = NamedNumber(names=((0, "cosmos"),), file="/etc/iproute2/rt_realms")
_OPTIONS = (Opt(name="--realm", value=_REALM, negatable=True),)


def _lower(match: Match, where: Context) -> Predicate:
    """The host's routes decide, where all of them are told, and their realms as numbers."""
    option, host = match.option("--realm"), where.host
    wanted = None if option is None else option.value
    told = host.tells_routes(32) and host.tells_addresses(32)
    told = told and not host.other_tables(32) and not host.custom_rules(32)
    # A route is in realm 0 unless somebody gave it another.
    usual = isinstance(wanted, Masked) and 0 in wanted
    fact = Fact(key="", code=codes.ROUTING_REALM, reads=("src", "dst"), usually=usual)
    if option is None or not told or not isinstance(wanted, Masked):
        return unless_negated("--realm", fact)(match, where)
    upright = replace(match, options=(replace(option, negate=False),))
    found = _Realms(host.fib(32), wanted).matches(about(upright, where, fact))
    return negate_if(option.negate, found)


class _Realms:
    """`tclassid` of a packet: the realms of the route to its destination.

    Where that has no source realm, the realm of the route back to the source takes its place, for
    packets that were received (net/ipv4/fib_frontend.c, fib_combine_itag; route.c, set_class_tag).
    """

    def __init__(self, fib: Fib, wanted: Masked) -> None:
        self.wanted = wanted
        self.there = _sets(fib, _of_destination)
        self.back = _sets(fib, _of_source)

    def matches(self, fact: Fact) -> Predicate:
        """The packets with the realms wanted; `fact` where only the host's files know a number."""
        if self.there.keys() | self.back.keys() == {0}:
            return ALWAYS if 0 in self.wanted else NEVER
        return any_of(self._to(value, fact) for value in self.there)

    def _to(self, value: int | None, fact: Fact) -> Predicate:
        there = InSet(field="dst", values=self.there[value])
        if value is None:
            return all_of((there, fact))
        sent = ALWAYS if value in self.wanted else NEVER
        if value >> 16 or not self.wanted.mask >> 16:
            return all_of((there, sent))
        own = any_of((_in(""), _in("lo")))
        received = any_of(self._from(value, source, fact) for source in self.back)
        return all_of((there, any_of((all_of((own, sent)), all_of((negate(own), received))))))

    def _from(self, value: int, source: int | None, fact: Fact) -> Predicate:
        back = InSet(field="src", values=self.back[source])
        if source is None:
            return all_of((back, fact))
        return back if (value | source << 16) in self.wanted else NEVER


def _in(name: str) -> Predicate:
    return Interface(field="in", pattern=InterfacePattern(text=name))


def _of_destination(route: Route) -> int | None:
    if isinstance(route.realm, str) or isinstance(route.source_realm, str):
        return None
    return route.source_realm << 16 | route.realm


def _of_source(route: Route) -> int | None:
    return None if isinstance(route.realm, str) else route.realm


def _sets(fib: Fib, value: Callable[[Route], int | None]) -> dict[int | None, IntSet]:
    """The addresses by a value of their route; an address without one has 0."""
    found: dict[int | None, list[tuple[int, int]]] = {}
    for low, high, entry in fib.segments:
        found.setdefault(value(entry[0]), []).append((low, high))
    routed = IntSet.of((low, high) for low, high, _entry in fib.segments)
    found.setdefault(0, []).extend((IntSet.width(32) - routed).ranges)
    return {key: IntSet.of(ranges) for key, ranges in found.items()}


EXTENSIONS = (
    MatchExtension(
        name="realm",
        demands=Demands(
            hooks=frozenset({"INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}), one_of=(("--realm",),)
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=(Part("--realm", "{!}realm {}"),)),
        families=(4,),
        lower=_lower,
    ),
)
