"""The host's routes, read from the output of `ip -j route`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.fib import DEAD_ENDS, MAIN, NextHop, Route
from iptsim.netfilter.reading.ip_json import (
    Entry,
    address_of,
    arrays,
    list_of,
    number_of,
    objects_of,
    text_of,
    wrong,
)
from iptsim.netfilter.reading.ip_text import is_json, route_entries
from iptsim.netfilter.reading.route_table import is_table, table_entries
from iptsim.values import Network, parse_network

_KINDS = DEAD_ENDS | {"unicast", "local", "broadcast", "multicast", "anycast"}
_TABLES = {"255": "local", "254": MAIN, "253": "default"}
_BAD = codes.WRONG_ROUTE_TOLD
_METRIC_MOST = (1 << 32) - 1


def read_routes(text: str) -> tuple[Route, ...]:
    """The routes that `ip route`, `ip -j route`, `route -n` or `netstat -rn` printed.

    Of one family or both, of any tables.

    A route that the kernel takes for some sources or TOS values only is of a table of its own,
    which no address takes. Raises `UsageError`.
    """
    if is_json(text) or not text.strip():
        lists: list[Sequence[Entry]] = list(arrays(text, "route"))
    elif is_table(text):
        lists = [list(table_entries(text))]
    else:
        lists = [list(route_entries(text))]
    return tuple(dict.fromkeys(route for entries in lists for route in _routes(entries)))


def _routes(entries: Sequence[Entry]) -> Iterator[Route]:
    usual = _usual_width(entries)
    for entry in entries:
        if not entry:
            continue
        if "dst" not in entry:
            wrong("route", entry, "dst", "a network or default", _BAD)
        route = _route(entry, usual)
        if route is not None:
            yield route


def _usual_width(entries: Sequence[Entry]) -> int:
    """The family of routes to `default` that do not tell theirs: that of the others."""
    nets = [str(e.get("dst", "")) for e in entries if e.get("dst") != "default"]
    return 128 if nets and all(":" in net for net in nets) else 32


def _network(entry: Entry, usual: int) -> Network:
    text = entry["dst"]
    if text == "default":
        return Network(value=0, mask=0, width=_default_width(entry, usual))
    if isinstance(text, str):
        try:
            found = parse_network(text)
        except ValueError:
            pass
        else:
            if found.prefix_length is not None:
                return found
    return wrong("route", entry, "dst", "a network or default", _BAD)


def _default_width(entry: Entry, usual: int) -> int:
    """IPv6 routes have a `pref`; a `via` is a gateway of the other family (ip/iproute.c)."""
    hops = [entry, *(h for h in list_of(entry, "nexthops", "route", _BAD) if isinstance(h, dict))]
    gates = [str(hop["gateway"]) for hop in hops if "gateway" in hop]
    if gates or "via" in entry:
        return 128 if any(":" in gate for gate in gates) else 32
    if "pref" in entry:
        return 128
    return 32 if "scope" in entry and entry["scope"] != "global" else usual


def _route(entry: Entry, usual: int) -> Route | None:
    """The route, None for one that is dead."""
    kind = text_of(entry, "type", "route", _BAD, "unicast")
    if kind not in _KINDS:
        wrong("route", entry, "type", "a type of route", _BAD)
    network = _network(entry, usual)
    base = Route(
        network=network,
        interface=None,
        metric=number_of(entry, "metric", _METRIC_MOST, "route", _BAD),
        kind=kind,
        table=_table(entry),
        made=entry.get("protocol") in ("kernel", "2", 2),
    )
    if kind in DEAD_ENDS:
        return base
    return _with_ways(_with_realm(base, entry), entry)


def _with_ways(route: Route, entry: Entry) -> Route | None:
    told = objects_of(entry, "nexthops", "route", _BAD)
    if not told:
        if _dead(entry):
            return None
        hop = _hop(entry, route.network.width)
        return replace(route, interface=hop.interface, gateway=hop.gateway)
    hops = tuple(_hop(hop, route.network.width) for hop in told if not _dead(hop))
    if any("flow" in hop for hop in told):
        route = replace(route, realm="of a next hop")
    if len(hops) == 1:
        return replace(route, interface=hops[0].interface, gateway=hops[0].gateway)
    return replace(route, interface=hops[0].interface, hops=hops) if hops else None


def _hop(entry: Entry, width: int) -> NextHop:
    gateway = None
    if "gateway" in entry:
        gateway = address_of(entry, "gateway", width, "route", _BAD)[0]
    return NextHop(interface=text_of(entry, "dev", "route", _BAD), gateway=gateway)


def _dead(entry: Entry) -> bool:
    """`linkdown` alone is still used (taken as given: `ignore_routes_with_linkdown` is off)."""
    return "dead" in list_of(entry, "flags", "route", _BAD)


def _table(entry: Entry) -> str:
    table = text_of(entry, "table", "route", _BAD, MAIN)
    for key in ("from", "tos"):
        if key in entry and entry[key] not in ("all", "default", 0, "0"):
            table = f"{table}, {key} {text_of(entry, key, 'route', _BAD)[:60]}"
    return table_named(table)


def table_named(text: str) -> str:
    """A routing table by its name or number, as `Route.table` has it."""
    return _TABLES.get(text, text)


def _with_realm(route: Route, entry: Entry) -> Route:
    flow = entry.get("flow", {})
    if not isinstance(flow, dict):
        wrong("route", entry, "flow", "realms", _BAD)
    return replace(route, realm=_realm(flow, "to"), source_realm=_realm(flow, "from"))


def _realm(flow: Entry, key: str) -> int | str:
    text = text_of(flow, key, "route", _BAD, "0")
    if text == "cosmos":
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else text
