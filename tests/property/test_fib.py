"""The segments of a routing table say of every address what a search of all routes says."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from iptsim.fib import Fib, Route
from iptsim.values import Network

FULL = (1 << 32) - 1


def network(value: int, length: int) -> Network:
    mask = FULL ^ (FULL >> length)
    return Network(value=value & mask, mask=mask, width=32)


# Few values, so that networks nest and meet, at both ends of the address space too.
VALUES = st.sampled_from([0, 1, 5, 0x0A000000, 0x0A000100, 0x0A000101, 0x0A0001FF, FULL - 1, FULL])
NETWORKS = st.builds(network, VALUES, st.sampled_from([0, 1, 7, 8, 23, 24, 25, 30, 31, 32]))
ROUTES = st.builds(
    lambda net, name, metric, table, kind: Route(
        network=net, interface=name, metric=metric, table=table, kind=kind
    ),
    NETWORKS,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([0, 1]),
    st.sampled_from(["local", "main", "default", "77"]),
    st.sampled_from(["unicast", "local", "throw", "unreachable"]),
)
TABLES = {True: (("main", "local"), ("default",)), False: (("local",), ("main",), ("default",))}


def searched(routes: list[Route], address: int) -> tuple[Route, ...]:
    """The routes an address takes, by looking at each."""
    merged = all(route.table != "77" for route in routes)
    for tables in TABLES[merged]:
        fitting = [r for r in routes if r.table in tables and address in r.network]
        if not fitting:
            continue
        longest = max(r.network.mask for r in fitting)
        best = [r for r in fitting if r.network.mask == longest]
        local = [r for r in best if r.table == "local"]
        best = local or best
        metric = min(r.metric for r in best)
        best = [r for r in best if r.metric == metric]
        if best[0].kind != "throw":
            return tuple(best[:1])
    return ()


@given(st.lists(ROUTES, max_size=12), st.lists(st.integers(0, FULL) | VALUES, max_size=8))
def test_an_address_takes_the_best_route(routes: list[Route], addresses: list[int]) -> None:
    fib = Fib.of(routes, 32)
    ends = [end for route in routes for end in route.network.addresses.ranges[0]]
    for address in (*addresses, *ends, *(e + 1 for e in ends if e < FULL)):
        assert fib.entry(address) == searched(routes, address)


@given(st.lists(ROUTES, max_size=12))
def test_segments_are_apart_and_in_order(routes: list[Route]) -> None:
    segments = Fib.of(routes, 32).segments
    assert all(low <= high and entry for low, high, entry in segments)
    assert all(left[1] < right[0] for left, right in pairwise(segments))
