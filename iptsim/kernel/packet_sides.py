"""Whose a packet's addresses are, where nobody told the host's."""

from __future__ import annotations

from iptsim.host import loopback
from iptsim.packet import Packet

Address = tuple[int, int]
"""An address and its width in bits."""


def sides(packet: Packet, hook: str) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Which of the packet's addresses are the host's own and which are not, where nobody told.

    As the tracer takes it: what arrives is for this host unless it leaves again, what is sent is
    from this host, and to it by lo only; by lo nothing arrives from elsewhere.
    """
    width = 32 if packet.family == 4 else 128
    sent = hook == "OUTPUT" or packet.in_ == "lo"
    to_here = "lo" in (packet.in_, packet.out) if sent else packet.out is None
    told = {(packet.src, sent), (packet.dst, to_here)}
    own = {value for value, ours in told if value is not None and ours and _usual(value, width)}
    others = {value for value, _ours in told if value is not None} - own
    return tuple((value, width) for value in own), tuple((value, width) for value in others)


def _usual(value: int, width: int) -> bool:
    """Whether an interface can have the address: neither loopback, multicast nor broadcast."""
    low, high = loopback(width)
    last = value == (1 << width) - 1
    many = value >> (width - 4) == 0xE if width == 32 else value >> 120 == 0xFF
    return value != 0 and not (low <= value <= high or many or last)
