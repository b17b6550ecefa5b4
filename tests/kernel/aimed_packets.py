"""Packets on both sides of a condition: one for each way in which it holds or fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from iptsim.host import Host
from iptsim.packet import Packet
from iptsim.predicate import Fact, Predicate, atoms
from iptsim.tracer.host.arrival import Question, begin
from iptsim.worlds.domains import InterfaceSet, NameSet, NumberSet, VariableSet
from iptsim.worlds.regions import EVERYTHING, Region, split
from iptsim.worlds.terms import resolve

_MOST = 5
_PROTOCOLS = (6, 17, 1, 58, 132, 33, 136, 50, 51, 47, 108, 135, 99)
_LINKS = ("eth0", "eth1")
# What only a local packet can be given.
_OF_SENDERS = frozenset({"mark", "uid", "gid"})
_TOLD = frozenset(field.name.rstrip("_") for field in fields(Packet)) - {"ctstate", "out"}
# What a header has to hold at the least, and what fits into a frame.
_LEAST = {"length": 100, "ttl": 1, "ah_length": 12}
_MOST_OF = {"uid": 65534, "gid": 65534}
_MOST_LENGTH = 1400
_EVERY_HOST = {32: 0xE0000001, 128: 0xFF02 << 112 | 1}


def asks_a_sender(condition: Predicate) -> bool:
    """Whether only a packet that the host itself sends can be on both sides."""
    asked = {atom.field for atom in atoms(condition) if not isinstance(atom, Fact)}
    return bool(asked & _OF_SENDERS)


def aimed(condition: Predicate, family: int, hook: str, host: Host) -> Iterator[Packet]:
    """Packets of which it holds and packets of which it does not, at the ends of its ranges.

    What no packet tells (a state, a fact) is left to the kernel.
    """
    question = Question(packet=Packet(family=family), hook=hook, host=host)
    setting, world = begin(question)
    told = resolve(condition, world.fields, {})
    seen: set[Packet] = set()
    for side in split(EVERYTHING, told, setting.domains):
        for region in side[:_MOST]:
            for last in (False, True):
                packet = _packet(region, family, hook, last)
                if packet is not None and packet not in seen:
                    seen.add(packet)
                    yield packet


def _packet(region: Region, family: int, hook: str, last: bool) -> Packet | None:
    """A packet of the region, None where none can be sent."""
    values: dict[str, int | str] = {}
    for name, held in region.sets.items():
        if name not in _TOLD or (name in _OF_SENDERS and hook == "PREROUTING"):
            continue
        value = _value(name, held, last)
        if value is None:
            return None
        values["in_" if name == "in" else name] = value
    if hook != "PREROUTING":
        values.pop("in_", None)
    return Packet(family=family).with_(**_possible(values, family))


def _value(name: str, held: VariableSet, last: bool) -> int | str | None:
    if isinstance(held, InterfaceSet):
        return next((link for link in _LINKS if link in held), None)
    if isinstance(held, NameSet):
        return held.pick()
    if name == "proto":
        return next((number for number in _PROTOCOLS if number in held), None)
    value = _number(name, held, last)
    if name == "dst" and value is not None and _is_group(value, held.width):
        # The only group that every host is a member of; of others the tracer takes it as given.
        value = _EVERY_HOST[held.width]
    return value if value in held else None


def _is_group(value: int, width: int) -> bool:
    return value >> (width - 4) == 0xE if width == 32 else value >> 120 == 0xFF


def _number(name: str, held: NumberSet, last: bool) -> int | None:
    """An end of the set, where such a packet can be."""
    if name == "length" and any(low < _MOST_LENGTH for low, _ in held.ranges.ranges):
        # Lengths from some 60 to some 1400 bytes can be made of any packet.
        ends = [
            (max(low, _LEAST[name]), min(high, _MOST_LENGTH)) for low, high in held.ranges.ranges
        ]
        fitting = [pair for pair in ends if pair[0] <= pair[1]]
        return (fitting[-1][1] if last else fitting[0][0]) if fitting else None
    value = held.ranges.ranges[-1][1] if held.ranges else None
    if not last or value not in held:
        value = held.pick()
    if value is None or value > _MOST_OF.get(name, value):
        return None
    least = max(value, _LEAST.get(name, 0))
    return least if least in held else None


def _possible(values: Mapping[str, int | str], family: int) -> dict[str, int | str]:
    """Without ports or flags where the protocol has none, with a type where it has one."""
    proto, icmp = values.get("proto", 6), 1 if family == 4 else 58
    done = dict(values)
    if proto not in (6, 17, 33, 132, 136):
        done = {name: value for name, value in done.items() if name not in ("sport", "dport")}
    if proto != 6:
        done = {name: value for name, value in done.items() if not name.startswith("tcp_")}
    if proto != icmp:
        done = {name: value for name, value in done.items() if not name.startswith("icmp_")}
    return done
