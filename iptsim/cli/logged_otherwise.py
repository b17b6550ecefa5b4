"""What speaks against a line of the kernel's log: typed options, and what is told of the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.fib import chosen
from iptsim.host import Host
from iptsim.model import Note
from iptsim.netfilter.reading.log_line import LogLine
from iptsim.packet import Packet, option_of
from iptsim.questions import read_packet
from iptsim.values import format_address

_LO = "lo"


def logged_otherwise(line: LogLine, typed: Mapping[str, str], host: Host) -> Iterator[Note]:
    """The contradictions: each field of the line that an option tells otherwise, then the way out.

    `typed` is what options tell of the packet, by the keys of a JSON packet.
    """
    for key in line.given:
        if key in typed and not _may_be(line.given, key, typed[key]):
            facts = (("option", option_of(key)), ("given", typed[key]), ("told", line.given[key]))
            yield Note(code=codes.LOG_LINE_OTHERWISE, facts=facts)
    if "out" in line.given and not {"out", "dst", "hook"} & typed.keys():
        yield from _way_out(line.given, host)


def _may_be(given: Mapping[str, str], key: str, text: str) -> bool:
    """Whether a packet as given is of those that the text tells; so it is where nobody can say."""
    with suppress(IptsimError):
        logged, asked = _packet(given), _packet({**given, key: text})
        sets = dict(asked.sets)
        values = logged.given()
        name = next((each for each in values if each.rstrip("_") == key), key)
        value = values.get(name)
        if name in sets:
            return not isinstance(value, int) or value in sets[name]
        return asked.given() == values
    return True


def _packet(given: Mapping[str, str]) -> Packet:
    return read_packet(given).packet


def _way_out(given: Mapping[str, str], host: Host) -> Iterator[Note]:
    """Where what is told of the host leads the packet elsewhere than out by that interface."""
    packet, out = _packet(given), given["out"]
    width, value = (32 if packet.family == 4 else 128), packet.dst
    if value is None or out == _LO:
        return
    if value in (host.local(width) or ()):
        facts = (("told", out), ("address", format_address(value, width)))
        yield Note(code=codes.LOGGED_OUT_BUT_OWN, facts=facts)
        return
    ways = _ways(host, value, width, given.get("in", ""))
    if ways and out not in ways:
        facts = (("told", out), ("ways", " / ".join(ways)))
        yield Note(code=codes.LOGGED_WAY_OUT_OTHERWISE, facts=facts)


def _ways(host: Host, value: int, width: int, came: str) -> tuple[str, ...]:
    """The interfaces that its destination is reached by; none where that is not told."""
    if host.custom_rules(width) or host.other_tables(width):
        return ()
    if not host.tells_routes(width):
        return host.connected(value, width)
    ways = (way for route in chosen(host.fib(width).entry(value), came) for way in route.ways)
    return tuple(dict.fromkeys(way.interface for way in ways if way.interface))
