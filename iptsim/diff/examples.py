"""A packet out of a set, as ordinary as the set allows."""

from __future__ import annotations

from iptsim.packet import Packet
from iptsim.tracer.outcomes import USUAL
from iptsim.tracer.regions import Region
from iptsim.tracer.sets import ADDRESS_FIELDS, NumberSet
from iptsim.values import parse_address

_PORTS = frozenset({6, 17, 33, 132, 136})
# Always told, so that the example can be traced; the rest only where the set asks for it.
_TOLD = ("proto", "src", "dst")
_GIVEN = frozenset(Packet.__dataclass_fields__) - {"family"}
# What a packet cannot have at a hook. With an outgoing interface told, one that arrives is taken
# to be forwarded (iptsim.tracer.start).
_UNTOLD = {
    "PREROUTING": frozenset({"uid", "gid", "out"}),
    "FORWARD": frozenset({"uid", "gid"}),
    "OUTPUT": frozenset({"in"}),
}
_USUAL_6 = {"src": 0x20010DB8 << 96 | 1, "dst": 0x20010DB8 << 96 | 2 << 64}
# Hosts of networks for documentation and of private ones. The first address of a set, 0.0.0.0 or a
# group, may be one that routing throws away.
_HOSTS = tuple(
    parse_address(text)
    for text in (
        "192.0.2.1", "198.51.100.2", "203.0.113.3", "10.0.0.9", "172.16.0.9", "192.168.0.9",
        "8.8.8.8", "2001:db8::1", "2001:db8:0:2::1", "fd00::9",
    )
)  # fmt: skip


def example(region: Region, family: int, hook: str) -> Packet:
    """A member of the region with the addresses, the protocol and its ports told."""
    usual = {**USUAL, **(_USUAL_6 if family == 6 else {})}
    names = [*_TOLD, *(name for name in region.sets if name not in _TOLD)]
    values = {name: _value(region, name, usual) for name in names if _field(name) in _GIVEN}
    if values["proto"] in _PORTS:
        values = {**values, **{n: _value(region, n, usual) for n in ("sport", "dport")}}
    values = {name: value for name, value in values.items() if name not in _UNTOLD[hook]}
    # Which addresses are of another type than unicast depends on the host, which nobody told.
    for end in ("src", "dst"):
        if f"{end}_type" in region.sets and "UNICAST" not in region.sets[f"{end}_type"]:
            values[end] = None
    told = {_field(name): value for name, value in values.items() if value is not None}
    return Packet(family=family).with_(**told)


def _field(name: str) -> str:
    return "in_" if name == "in" else name


def _value(region: Region, name: str, usual: dict[str, int | str]) -> int | str | None:
    held = region.sets.get(name)
    wanted = usual.get(name)
    if held is None or wanted in held:
        return wanted
    if name in ADDRESS_FIELDS and isinstance(held, NumberSet):
        hosts = (host for host, width in _HOSTS if width == held.width and host in held)
        return next(hosts, held.pick())
    return held.pick()
