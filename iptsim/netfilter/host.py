"""The host's addresses and routes, read from the output of `ip -j addr` and `ip -j route`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.errors import UsageError
from iptsim.host import Host, InterfaceAddress, Route
from iptsim.values import parse_address, parse_network


def read_host(addr_json: str | None = None, route_json: str | None = None) -> Host:
    """A host from the texts of `ip -j addr` and `ip -j route`; `UsageError` for anything else."""
    addresses = routes = None
    try:
        if addr_json is not None:
            addresses = tuple(_addresses(_entries(addr_json, "addr")))
        if route_json is not None:
            routes = tuple(_routes(_entries(route_json, "route")))
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"not what `ip -j` prints: {error}", code="IPT0140") from None
    return Host(addresses=addresses, routes=routes)


def _entries(text: str, what: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise UsageError(f"not the output of `ip -j {what}`: {error}", code="IPT0140") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"not the output of `ip -j {what}`: not a list", code="IPT0140")
    return entries


def _addresses(entries: Iterable[dict[str, Any]]) -> Iterator[InterfaceAddress]:
    for entry in entries:
        for info in entry.get("addr_info", ()):
            if "local" not in info:
                continue
            text, length = str(info["local"]), info.get("prefixlen", "")
            yield InterfaceAddress(
                interface=str(entry.get("ifname", "")),
                address=parse_address(text)[0],
                network=parse_network(f"{text}/{length}" if length != "" else text),
            )


def _routes(entries: Iterable[dict[str, Any]]) -> Iterator[Route]:
    for entry in entries:
        text = str(entry.get("dst", "default"))
        if text == "default":
            text = "::/0" if ":" in str(entry.get("gateway", "")) else "0.0.0.0/0"
        dead = entry.get("type") in ("unreachable", "blackhole", "prohibit")
        interface = None if dead else str(entry.get("dev", "")) or None
        yield Route(
            network=parse_network(text), interface=interface, metric=int(entry.get("metric", 0))
        )
