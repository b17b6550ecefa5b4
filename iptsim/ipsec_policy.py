"""The rules of `ip rule`: which routing tables a packet asks, in turn.

Sources: net/core/fib_rules.c (fib_rules_lookup, fib_rule_match), net/ipv4/fib_rules.c
(fib4_rule_match, fib4_rule_action, fib4_rule_suppress), net/ipv6/fib6_rules.c.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import dataclass
from iptsim.fib import DEAD_ENDS, DEFAULT, LOCAL, MAIN, Fib, Route
from iptsim.values import IntSet, Masked, Network

LOOKUP, GOTO, NOP = "lookup", "goto", "nop"
ENDS = frozenset({"unreachable", "blackhole", "prohibit"})
"""What a rule may do besides: throw the packet away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """A rule for IPv4 (`width` 32) or IPv6 (128): what it asks of a packet, and what it does.

    `action` is lookup (of `table`), goto (the rule of priority `to`), nop, or one of `ENDS`. `oif`
    is the interface that the sender's socket is bound to; `tos` the DSCP bits as the TOS has them;
    `ports` and `uids` are ranges. `shorter` suppresses routes whose prefix is as long or shorter.
    """

    width: int
    priority: int
    action: str = LOOKUP
    table: str = MAIN
    to: int = 0
    negate: bool = False
    source: Network | None = None
    destination: Network | None = None
    iif: str | None = None
    oif: str | None = None
    mark: Masked | None = None
    tos: int | None = None
    proto: int | None = None
    sport: tuple[int, int] | None = None
    dport: tuple[int, int] | None = None
    uids: tuple[int, int] | None = None
    shorter: int | None = None

    @property
    def usual(self) -> bool:
        """Whether it is one of those that every host has (fib_default_rules_init)."""
        plain = RoutingRule(width=self.width, priority=self.priority, table=self.table)
        return self == plain and _USUAL.get(self.table) == self.priority

    @property
    def asks(self) -> frozenset[str]:
        """The fields of a packet that it asks besides addresses and interfaces."""
        told = {"mark": self.mark, "tos": self.tos, "uid": self.uids, "proto": self.proto}
        return frozenset(name for name, value in told.items() if value is not None)


_USUAL = {LOCAL: 0, MAIN: 32766, DEFAULT: 32767}


def usual_rules(width: int) -> tuple[RoutingRule, ...]:
    """Those that every host has; IPv6 has none for table default."""
    tables = (LOCAL, MAIN, DEFAULT) if width == 32 else (LOCAL, MAIN)
    return tuple(RoutingRule(width=width, priority=_USUAL[t], table=t) for t in tables)


def taken(rule: RoutingRule, routes: Iterable[Route]) -> Fib:
    """The routes by which a rule ends the search: those of its table that it does not suppress.

    The packets to all other addresses go on to the next rule.
    """
    full = (1 << rule.width) - 1
    among = [r for r in routes if r.table == rule.table and r.network.width == rule.width]
    found = Fib.of_table(among, rule.width)
    least = rule.shorter
    if least is None:
        return found
    kept = (s for s in found.segments if _length(s[2][0], full) > least or _ends(s[2][0]))
    return Fib(width=rule.width, segments=tuple(kept))


def _length(route: Route, full: int) -> int:
    return (route.network.mask & full).bit_count()


def _ends(route: Route) -> bool:
    """A dead end is an error, which nothing suppresses (fib_rules_lookup)."""
    return route.kind in DEAD_ENDS


def routed(fib: Fib) -> IntSet:
    """The addresses that it has a route for, dead ends too."""
    return IntSet.of((low, high) for low, high, _entry in fib.segments)
