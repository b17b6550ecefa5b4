"""IP sets as values: type, members, and what a set says of all of its members.

`iptsim.netfilter.reading.ipset_text` reads them, `iptsim.extensions.shared.ipset_members` makes
conditions of them.
"""

from __future__ import annotations

from iptsim.dataclass import dataclass, field
from iptsim.values import InterfacePattern, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPorts:
    """Ports of a protocol (None: of tcp and of udp); of ICMP, type times 256 plus code."""

    proto: int | None
    ports: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInterface:
    """An interface, or all whose names begin so; `bridge_port` where it is a bridge's port."""

    pattern: InterfacePattern
    bridge_port: bool = False


SetPart = Range | SetPorts | SetInterface | int | str | None
"""What a set's member says of one dimension: addresses, ports, an interface, a MAC address or a
mark (int), the name of another set, or nothing (a MAC address that any packet may fill in)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMember:
    """A member of an IP set: its `parts`, one for each dimension. `nomatch`: an exception."""

    parts: tuple[SetPart, ...]
    nomatch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IpSet:
    """An IP set as ipset(8) knows it: name, type (`hash:ip,port`), members in listing order.

    `family` is 4 or 6, or None for a type without addresses. `mask` is the set's bitmask where it
    has holes (one without has widened the members already), `markmask` that of hash:ip,mark.
    `counters` and `skbinfo` tell whether its members have such.
    """

    name: str
    kind: str
    family: int | None
    # A set of many members is told apart by its name and type; hashing them all takes long.
    members: tuple[SetMember, ...] = field(hash=False)
    mask: int | None = None
    markmask: int = 0xFFFFFFFF
    counters: bool = False
    skbinfo: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What the type is made of: `("ip", "port")`."""
        return tuple(self.kind.partition(":")[2].split(","))
