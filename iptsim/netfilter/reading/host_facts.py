"""The host's addresses, interfaces and routes, read from what `ip` and `ifconfig` print."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.host import Device, Host, InterfaceAddress
from iptsim.netfilter.reading.addr_text import read_addresses
from iptsim.netfilter.reading.ip_json import (
    Entry,
    address_of,
    arrays,
    list_of,
    network,
    number_of,
    objects_of,
    text_of,
    wrong,
)
from iptsim.netfilter.reading.ip_text import is_json
from iptsim.netfilter.reading.routes import read_routes

_FAMILIES = {"inet": 32, "inet6": 128}


def read_host(addr: str | None = None, *route_texts: str | None) -> Host:
    """A host from the texts of `ip addr` or `ifconfig` and of `ip route` or `route -n`.

    Texts of `ip -j` may hold several arrays, as of `ip -j route` and `ip -j -6 route`, one after
    the other; with `table all` they tell the host's own addresses too. A text that speaks of one
    family alone (`ip -4 addr`) tells nothing of the other. Raises `UsageError` for anything else.
    """
    told = [read_routes(text) for text in route_texts if text is not None]
    routes = tuple(dict.fromkeys(route for each in told for route in each)) if told else None
    if addr is None:
        return Host(routes=routes)
    entries, widths, linked = _entries(addr)
    bridges = frozenset(_bridges(entries))
    devices = {one.name: one for one in (_device(entry, bridges) for entry in entries)}
    found = dict.fromkeys(address for entry in entries for address in _addresses(entry))
    return Host(
        addresses=tuple(found),
        devices=tuple(devices.values()) if linked else None,
        routes=routes,
        widths=widths,
    )


def _entries(text: str) -> tuple[list[Entry], frozenset[int], bool]:
    """The entries, the widths of the addresses they tell, and whether all interfaces are there."""
    if is_json(text) or not text.strip():
        entries = [entry for array in arrays(text, "addr") for entry in array if entry]
        return entries, frozenset(_FAMILIES.values()), True
    read = read_addresses(text)
    widths = frozenset(_FAMILIES[family] for family in read.families)
    return list(read.entries), widths, read.linked and len(widths) > 1


def _bridges(entries: list[Entry]) -> Iterator[str]:
    """What is told to be a bridge, and what others have for master that is not told to be none."""
    kinds = {str(entry.get("ifname")): _link_info(entry, "info_kind") for entry in entries}
    yield from (name for name, kind in kinds.items() if kind == "bridge")
    for entry in entries:
        master = entry.get("master")
        slave = _link_info(entry, "info_slave_kind") or "bridge"
        if isinstance(master, str) and slave == (kinds.get(master) or "bridge") == "bridge":
            yield master


def _link_info(entry: Entry, name: str) -> str | None:
    """What `ip -d` tells of a link's kind."""
    told = entry.get("linkinfo")
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _device(entry: Entry, bridges: frozenset[str]) -> Device:
    name = text_of(entry, "ifname", "addr", codes.WRONG_INTERFACE_TOLD)
    untold = entry.get("group", "default") is None
    group = "" if untold else text_of(entry, "group", "addr", codes.WRONG_INTERFACE_TOLD, "default")
    flags = list_of(entry, "flags", "addr", codes.WRONG_INTERFACE_TOLD)
    return Device(
        name=name,
        group=None if untold else _group(group),
        up="UP" in flags or "flags" not in entry,
        bridge=name in bridges,
        kind=text_of(entry, "link_type", "addr", codes.WRONG_INTERFACE_TOLD)
        if "link_type" in entry
        else None,
    )


def _group(text: str) -> int | str:
    return 0 if text == "default" else int(text) if _decimal(text) else text


def _decimal(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _addresses(entry: Entry) -> Iterator[InterfaceAddress]:
    for info in objects_of(entry, "addr_info", "addr", codes.WRONG_INTERFACE_TOLD):
        family = info.get("family")
        if "local" in info and (family is None or family in ("inet", "inet6")):
            yield _address(text_of(entry, "ifname", "addr", codes.WRONG_INTERFACE_TOLD), info)


def _address(interface: str, info: Entry) -> InterfaceAddress:
    family = info.get("family")
    told = None if family is None else _FAMILIES[family]
    local, width = address_of(info, "local", told, "addr", codes.WRONG_ADDRESS_TOLD)
    length = width
    if "prefixlen" in info:
        length = number_of(info, "prefixlen", width, "addr", codes.WRONG_ADDRESS_TOLD)
    peer = (
        address_of(info, "address", width, "addr", codes.WRONG_ADDRESS_TOLD)[0]
        if "address" in info
        else local
    )
    broadcast = None
    if "broadcast" in info:
        broadcast = address_of(info, "broadcast", 32, "addr", codes.WRONG_ADDRESS_TOLD)[0]
    return InterfaceAddress(
        interface=interface,
        address=local,
        network=network(peer, length, width),
        broadcast=broadcast,
        scope=text_of(info, "scope", "addr", codes.WRONG_ADDRESS_TOLD, _usual_scope(local, width)),
        secondary=_flag(info, "secondary"),
        deprecated=_flag(info, "deprecated"),
        tentative=_flag(info, "tentative") or _flag(info, "dadfailed"),
        optimistic=_flag(info, "optimistic"),
        temporary=_flag(info, "temporary"),
        routed=not _flag(info, "noprefixroute"),
    )


def _usual_scope(address: int, width: int) -> str:
    """Where nobody names one (ip/ipaddress.c, default_scope; net/ipv6/addrconf_core.c)."""
    if width == 128:
        return "host" if address == 1 else "link" if address >> 118 == _LINK_LOCAL else "global"
    return "host" if address >> 24 == 127 else "global"


_LINK_LOCAL = 0xFE80 >> 6


def _flag(info: Entry, key: str) -> bool:
    value = info.get(key, False)
    if not isinstance(value, bool):
        wrong("addr", info, key, "true or false", codes.WRONG_ADDRESS_TOLD)
    return value
