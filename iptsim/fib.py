"""Routes, and which of them the kernel takes for an address.

Sources: net/ipv4/fib_trie.c (fib_table_lookup), net/ipv6/route.c (fib6_table_lookup).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from iptsim.dataclass import dataclass, field
from iptsim.values import IntSet, Network

DEAD_ENDS = frozenset({"unreachable", "blackhole", "prohibit", "throw"})
"""The kinds of routes that throw a packet away; `throw` unless a later table has a route."""
MAIN, LOCAL, DEFAULT = "main", "local", "default"
TABLES = (MAIN, LOCAL, DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """One of the ways of a route: an interface, and the gateway behind it (None: on the link)."""

    interface: str
    gateway: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route to `network` by `interface` (None: by none, as of unreachable or blackhole).

    `kind` is the type as `ip route` names it, `gateway` the next router in the integer of its
    family (None: on the link, or of the other family), `hops` the ways of a multipath route, of
    which the kernel takes one by a hash that nobody can foresee. `realm` and `source_realm` are
    0 where nobody gave one, and a text where only the host's files could tell the number. `made`
    is whether the kernel made it of an address, `unordered` whether nobody told which of several
    such routes was there first: that one is taken.
    """

    network: Network
    interface: str | None
    metric: int = 0
    kind: str = "unicast"
    gateway: int | None = None
    hops: tuple[NextHop, ...] = ()
    table: str = MAIN
    realm: int | str = 0
    source_realm: int | str = 0
    made: bool = False
    unordered: bool = False

    @property
    def ways(self) -> tuple[NextHop, ...]:
        """Every next hop; none of a dead end."""
        if self.hops or self.interface is None:
            return self.hops
        return (NextHop(interface=self.interface, gateway=self.gateway),)


Entry = tuple[Route, ...]
"""The route of the longest prefix and the lowest metric; of IPv6 all such (see `chosen`).

Of several such routes IPv4 takes the first; they are kept where that is not told.
"""
Segment = tuple[int, int, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fib:
    """The routes as what they mean for each address: disjoint segments, in order, none empty.

    An address in no segment has no route.
    """

    width: int
    segments: tuple[Segment, ...]
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    _sets: dict[tuple[str, ...], IntSet] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        self._starts.extend(low for low, _high, _entry in self.segments)

    @classmethod
    def of(cls, routes: Iterable[Route], width: int, *, merged: bool = True) -> Fib:
        """The routes of that width: table local first, then main, then default.

        IPv4 without an `ip rule` (`merged`) keeps local and main in one trie, where the longer
        prefix wins, whichever it is of (fib_frontend.c, fib_unmerge; a dump with other tables has
        rules). Other tables are only asked where a rule says so.
        """
        told = [route for route in routes if route.network.width == width]
        merged = merged and width == 32 and all(route.table in TABLES for route in told)
        segments: list[Segment] = []
        for tables in ((DEFAULT,), (MAIN, LOCAL)) if merged else ((DEFAULT,), (MAIN,), (LOCAL,)):
            among = [route for route in told if route.table in tables]
            segments = _over([s for s in _table(among) if not _thrown(s[2])], segments)
        return cls(width=width, segments=tuple(segments))

    @classmethod
    def of_table(cls, routes: Iterable[Route], width: int) -> Fib:
        """The routes of one table alone; where it has `throw` it has none."""
        return cls(width=width, segments=tuple(s for s in _table(routes) if not _thrown(s[2])))

    def entry(self, address: int) -> Entry:
        """The routes that an address takes; none where there is no way."""
        at = bisect_right(self._starts, address) - 1
        if at < 0 or address > self.segments[at][1]:
            return ()
        return self.segments[at][2]

    def where(self, test: Callable[[Entry], bool]) -> IntSet:
        """The addresses with routes of which `test` holds."""
        return IntSet.of((low, high) for low, high, entry in self.segments if test(entry))

    def of_kind(self, *kinds: str) -> IntSet:
        """The addresses whose route is of one of those kinds."""
        if kinds not in self._sets:
            self._sets[kinds] = self.where(lambda entry: entry[0].kind in kinds)
        return self._sets[kinds]


def chosen(entry: Entry, came: str | None) -> Entry:
    """The routes that a packet which came in by that interface may take; several: nobody tells.

    `came` is empty for a packet that this host sends, None where it is not known. IPv6 likes a
    route by the interface that the packet came in by, then the first (net/ipv6/route.c,
    rt6_score_route, which is given the incoming interface as the outgoing one).
    """
    if not entry or entry[0].network.width == 32 or came is None:
        return entry
    near = tuple(r for r in entry if any(way.interface == came for way in r.ways)) or entry
    return near if near[0].unordered else near[:1]


def _thrown(entry: Entry) -> bool:
    return all(route.kind == "throw" for route in entry)


def _best(routes: Iterable[Route]) -> dict[Network, Entry]:
    """For each network its routes of the lowest metric, in the order in which they were told.

    In a common trie a local route comes before one of main (fib_trie.c, fib_find_alias).
    """
    found: dict[Network, Entry] = {}
    for route in sorted(routes, key=lambda route: route.table != LOCAL):
        held = found.get(route.network, ())
        if not held or (route.metric < held[0].metric and route.table == held[0].table):
            found[route.network] = (route,)
        elif _alike(route, held[0]) and (route.network.width == 128 or route.unordered):
            found[route.network] = (*held, route)
    return found


def _alike(route: Route, held: Route) -> bool:
    return route.metric == held.metric and route.table == held.table


def _table(routes: Iterable[Route]) -> Iterator[Segment]:
    """One table's segments: prefixes nest, so a stack knows the longest at each address."""
    best = _best(routes)
    open_: list[tuple[int, Entry]] = []
    at = 0
    for network in sorted(best, key=lambda n: (n.value, n.mask.bit_count())):
        low, high = network.addresses.ranges[0]
        while open_ and open_[-1][0] < low:
            end, entry = open_.pop()
            if at <= end:
                yield at, end, entry
                at = end + 1
        if open_ and at < low:
            yield at, low - 1, open_[-1][1]
        at = low
        open_.append((high, best[network]))
    while open_:
        end, entry = open_.pop()
        if at <= end:
            yield at, end, entry
            at = end + 1


def _over(upper: list[Segment], lower: list[Segment]) -> list[Segment]:
    """`upper`, and `lower` where `upper` has none."""
    done = list(upper)
    gaps: list[tuple[int, int]] = []
    at = 0
    for low, high, _entry in upper:
        gaps.append((at, low - 1))
        at = high + 1
    gaps.append((at, (1 << 128) - 1))
    position = 0
    for low, high in gaps:
        while position < len(lower) and lower[position][1] < low:
            position += 1
        here = position
        while here < len(lower) and lower[here][0] <= high:
            first, last, entry = lower[here]
            if max(first, low) <= min(last, high):
                done.append((max(first, low), min(last, high), entry))
            here += 1
    return sorted(done, key=lambda segment: segment[0])
