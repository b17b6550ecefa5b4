"""Addresses and routes of a host as `ip -batch` takes them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.fib import DEAD_ENDS, LOCAL, MAIN, NextHop, Route
from iptsim.host import Host, InterfaceAddress, loopback
from iptsim.ipsec_policy import GOTO, LOOKUP, RoutingRule
from iptsim.values import Network, format_address

_ASKED = (MAIN, LOCAL, "default")  # other tables need an `ip rule`
_FIRST_NAMED = 1000


def address_words(address: InterfaceAddress) -> str:
    """What `ip address add` takes, without the device."""
    width, length = address.width, address.network.prefix_length
    text = format_address(address.address, width)
    if address.address in address.network:
        words = f"{text}/{length}"
    else:
        words = f"{text} peer {format_address(address.network.value, width)}/{length}"
    if address.broadcast is not None:
        words += f" broadcast {format_address(address.broadcast, width)}"
    if address.scope != "global":
        words += f" scope {address.scope}"
    if width == 128:
        words += " nodad"
    return words + (" preferred_lft 0" if address.deprecated else "")


def routes_for(host: Host, addresses: tuple[InterfaceAddress, ...], default: str) -> Iterator[str]:
    """What follows `ip route`: the routes that are told; for a family without, the usual ones.

    Those are to the networks of the addresses, and the default by that interface.
    """
    for width in (32, 128):
        told = [r for r in host.routes or () if r.network.width == width]
        if host.tells_routes(width):
            asked = {*_ASKED, *(rule.table for rule in host.rules_of(width) or ())}
            among = [r for r in told if r.table in asked and not _made(r, host)]
            yield from (_words(r, table_number(r.table, host)) for r in among)
            continue
        for own in addresses:
            if own.width == width and own.interface != "lo" and host.is_up(own.interface):
                yield _words(Route(network=own.network, interface=own.interface))
        everything = Network(value=0, mask=0, width=width)
        yield _words(Route(network=everything, interface=default))


def _made(route: Route, host: Host) -> bool:
    """Whether the kernel makes the route itself, of an address."""
    width = route.network.width
    first, last = loopback(width)
    if route.table != LOCAL or first <= route.network.value <= last:
        return route.table == LOCAL
    if route.kind == "local":
        full = (1 << width) - 1
        own = {a.address for a in host.of(None, width)}
        return route.network.mask == full and route.network.value in own
    return width == 128 or host.addresses is not None


def table_number(table: str, host: Host) -> str:
    """A table by its number, where only the dumping host's files could tell it some number."""
    if table in _ASKED or table.isdigit():
        return table
    named = sorted({rule.table for rule in host.rules or () if not rule.table.isdigit()})
    return str(_FIRST_NAMED + named.index(table))


def rules_for(host: Host) -> Iterator[tuple[int, str]]:
    """What follows `ip rule add`, with its family, where other rules are told than every host's."""
    for family, width in ((4, 32), (6, 128)):
        for rule in host.rules_of(width) or () if host.custom_rules(width) else ():
            yield family, " ".join(_rule_words(rule, host))


def _rule_words(rule: RoutingRule, host: Host) -> Iterator[str]:
    yield f"pref {rule.priority}" + (" not" if rule.negate else "")
    yield f"from {rule.source or 'all'}"
    if rule.destination is not None:
        yield f"to {rule.destination}"
    for word, name in (("iif", rule.iif), ("oif", rule.oif)):
        if name is not None:
            yield f"{word} {name}"
    if rule.mark is not None:
        yield f"fwmark {rule.mark.value}/{rule.mark.mask}"
    if rule.tos is not None:
        yield f"tos {rule.tos:#x}"
    if rule.proto is not None:
        yield f"ipproto {rule.proto}"
    for word, pair in (("sport", rule.sport), ("dport", rule.dport), ("uidrange", rule.uids)):
        if pair is not None:
            yield f"{word} {pair[0]}-{pair[1]}"
    yield from _does(rule, host)


def _does(rule: RoutingRule, host: Host) -> Iterator[str]:
    if rule.action == GOTO:
        yield f"goto {rule.to}"
    elif rule.action != LOOKUP:
        yield rule.action
    else:
        yield f"lookup {table_number(rule.table, host)}"
        if rule.shorter is not None:
            yield f"suppress_prefixlength {rule.shorter}"


def _words(route: Route, table: str = MAIN) -> str:
    # Several routes to one network: the first wins, or they share its packets, as was told.
    words = "append " + (f"{route.kind} " if route.kind != "unicast" else "") + str(route.network)
    if route.metric:
        words += f" metric {route.metric}"
    if table != MAIN:
        words += f" table {table}"
    if route.kind in DEAD_ENDS:
        return words
    if isinstance(route.realm, int) and isinstance(route.source_realm, int):
        realms = f"{route.source_realm}/{route.realm}" if route.source_realm else route.realm
        words += f" realm {realms}" if realms else ""
    width = route.network.width
    if len(route.ways) == 1:
        return f"{words} {_hop(route.ways[0], width)}"
    return words + "".join(f" nexthop {_hop(way, width)}" for way in route.ways)


def _hop(way: NextHop, width: int) -> str:
    if way.gateway is None:
        return f"dev {way.interface}"
    # A gateway need not be in a network of the interface here.
    return f"via {format_address(way.gateway, width)} dev {way.interface} onlink"
