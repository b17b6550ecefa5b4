"""A packet of an effect as a user could have given it."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.packet import IN_FIRST_FRAGMENT, Packet
from iptsim.questions import WITH_PORTS
from iptsim.symbolic.telling.ordinary_packets import ALWAYS_TOLD, UNTOLD, Picked

_GIVEN = frozenset(Packet.__dataclass_fields__) - {"family", "payload", "socket"}


def packet_of(picked: Picked, names: Iterable[str], family: int, hook: str) -> Packet:
    """The addresses, the protocol and its ports, and what the set asks for besides."""
    told = {*ALWAYS_TOLD, *names}
    if picked["proto"] in WITH_PORTS:
        told |= {"sport", "dport"}
    if picked.get("fragment") == 1 and "fragment" in told:
        told -= IN_FIRST_FRAGMENT
    if picked.get("out") == "lo":
        told.add("out")
    # Which addresses are of another type than unicast depends on the host, which nobody told.
    for end in ("src", "dst"):
        if picked.get(f"{end}_type", "UNICAST") != "UNICAST":
            told.discard(end)
    wanted = {_field(name): picked[name] for name in sorted(told - UNTOLD[hook]) if name in picked}
    return Packet(family=family).with_(**{n: v for n, v in wanted.items() if n in _GIVEN})


def _field(name: str) -> str:
    return "in_" if name == "in" else name
