"""What the rules of `ip rule` ask of a packet, as conditions, and which way back it has by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iptsim.dataclass import dataclass
from iptsim.fib import DEAD_ENDS, Entry, Fib
from iptsim.host import Host
from iptsim.ipsec_policy import ENDS, GOTO, LOOKUP, RoutingRule, routed
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    between,
    bits,
    equals,
    in_network,
    named,
    negate,
    negate_if,
)
from iptsim.values import InterfacePattern, IntSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """From which of a packet's fields a lookup takes what rules ask for.

    `iif` None says that the lookup is as of a packet of this host, `mark` None that it asks without
    the mark, `proto` None without protocol and ports. `of_program` is whether a packet of this host
    is looked up for the user who sends it; all others count as root's (sock_net_uid).
    """

    src: str = "src"
    dst: str = "dst"
    iif: str | None = "in"
    mark: str | None = "mark"
    proto: str | None = "proto"
    sport: str = "sport"
    dport: str = "dport"
    of_program: bool = False


def onward(width: int, *, again: bool = False) -> Lookup:
    """The lookup for a packet on its way; `again` is after OUTPUT.

    There IPv4 names no user (net/ipv4/netfilter.c, ip_route_me_harder), IPv6 the sender.
    """
    return Lookup(of_program=not again or width == 128)


def back(*, iif: str | None = None, mark: bool = False, ports: bool = True) -> Lookup:
    """The lookup for the way back to a packet's source (net/ipv4/fib_frontend.c)."""
    return Lookup(
        src="dst",
        dst="src",
        iif=iif,
        mark="mark" if mark else None,
        proto="proto" if ports else None,
        sport="dport",
        dport="sport",
    )


def selects(rule: RoutingRule, look: Lookup) -> Predicate:
    """The packets that a rule is about, whatever routes its table has."""
    return negate_if(rule.negate, all_of(_asked(rule, look)))


def _asked(rule: RoutingRule, look: Lookup) -> Iterator[Predicate]:
    if rule.source is not None:
        yield in_network(look.src, rule.source)
    if rule.destination is not None:
        yield in_network(look.dst, rule.destination)
    if rule.iif is not None:
        yield _incoming(rule.iif, look)
    if rule.oif is not None:
        yield NEVER  # taken as given: no program binds its socket to an interface
    if rule.mark is not None:
        yield _marked(rule, look)
    if rule.tos is not None:
        mask = 0x1C if rule.width == 32 else 0xFC  # INET_DSCP_LEGACY_TOS_MASK
        yield bits("tos", rule.tos & mask, mask)
    yield from _layer4(rule, look)
    if rule.uids is not None:
        yield _of_user(rule.uids, look)


def _incoming(name: str, look: Lookup) -> Predicate:
    """What this host sends came in by lo (flowi_iif is LOOPBACK_IFINDEX)."""
    if look.iif is None:
        return ALWAYS if name == "lo" else NEVER
    by = on(look.iif, name)
    return any_of((by, on(look.iif, ""))) if name == "lo" else by


def _marked(rule: RoutingRule, look: Lookup) -> Predicate:
    assert rule.mark is not None
    value, mask = rule.mark.value, rule.mark.mask
    if look.mark is None:
        return ALWAYS if value & mask == 0 else NEVER
    return bits(look.mark, value & mask, mask)


def _layer4(rule: RoutingRule, look: Lookup) -> Iterator[Predicate]:
    if rule.proto is not None:
        yield NEVER if look.proto is None else equals(look.proto, rule.proto)
    for field, ports in ((look.sport, rule.sport), (look.dport, rule.dport)):
        if ports is not None:
            yield NEVER if look.proto is None else between(field, *ports)


def _of_user(uids: tuple[int, int], look: Lookup) -> Predicate:
    of_root = ALWAYS if uids[0] == 0 else NEVER
    if not look.of_program:
        return of_root
    # What no socket sent is root's there (include/net/sock.h, sock_net_uid).
    sent = all_of((on("in", ""), named("socket", "yes")))
    others = all_of((negate(sent), of_root))
    return any_of((all_of((sent, between("uid", *uids))), others))


def on(field: str, name: str) -> Predicate:
    """The interface in that field has that name; '' is none."""
    return Interface(field=field, pattern=InterfacePattern(text=name))


def way_back(
    host: Host, width: int, passes: Callable[[Entry], bool], look: Lookup, *, lost: bool
) -> Predicate:
    """The packets whose route back `passes`; `lost` is whether those without one do, too.

    A dead end counts as no route. Precondition: the host's routes or addresses are told.
    """
    back_by = _WayBack(passes=passes, look=look, lost=lost)
    if not host.custom_rules(width):
        return back_by.fib(host.fib(width))[1]
    rules = host.rules_of(width) or ()
    rest: dict[int, Predicate] = {len(rules): ALWAYS if lost else NEVER}
    for at in reversed(range(len(rules))):
        rest[at] = _from(at, rules, rest, host, back_by)
    return rest[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WayBack:
    """What is asked of the way back."""

    passes: Callable[[Entry], bool]
    look: Lookup
    lost: bool

    def fib(self, fib: Fib) -> tuple[Predicate, Predicate]:
        """The addresses that a table has routes for, and those that pass by it."""
        dead = fib.where(lambda entry: entry[0].kind in DEAD_ENDS)
        good = fib.where(lambda entry: entry[0].kind not in DEAD_ENDS and self.passes(entry))
        has, field = routed(fib), self.look.dst
        if self.lost:
            good = good | dead | (IntSet.width(fib.width) - has)
        return InSet(field=field, values=has), InSet(field=field, values=good)


def _from(
    at: int,
    rules: tuple[RoutingRule, ...],
    rest: dict[int, Predicate],
    host: Host,
    asked: _WayBack,
) -> Predicate:
    """The packets that pass from rule number `at` on."""
    rule, after = rules[at], rest[at + 1]
    met = selects(rule, asked.look)
    if rule.action == GOTO:
        return _either(met, rest[target(rule, rules)], after)
    if rule.action in ENDS:
        return _either(met, ALWAYS if asked.lost else NEVER, after)
    if rule.action != LOOKUP:
        return after
    has, good = asked.fib(host.fib_of(rule))
    return _either(all_of((met, has)), good, after)


def target(rule: RoutingRule, rules: tuple[RoutingRule, ...]) -> int:
    """The number of the rule that a goto leads to."""
    places = (n for n, other in enumerate(rules) if other.priority >= rule.to)
    return next(places, len(rules))


def _either(asked: Predicate, then: Predicate, otherwise: Predicate) -> Predicate:
    if then == otherwise:
        return then
    return any_of((all_of((asked, then)), all_of((negate(asked), otherwise))))
