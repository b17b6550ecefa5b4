"""An example of a packet tells a mark and a TTL only where they decide."""

from __future__ import annotations

import pytest

from iptsim.explain.effect_sentences import example_words
from iptsim.packet import Packet
from iptsim.worlds.outcome import Condition, Cube

PACKET = Packet(proto=6, src=0xC0000201, sport=40000, dport=22, mark=0, ttl=64)
PORT = Condition(field="dport", values=("22",))
MARK = Condition(field="mark", values=("0x0/0x4000",))
TTL = Condition(field="ttl", values=("2-255",))
FEW = Condition(field="ttl", values=("60-70",))


@pytest.mark.parametrize(
    ("hook", "asked", "told"),
    [
        ("PREROUTING", (PORT,), ""),
        ("PREROUTING", (PORT, MARK), ""),  # what arrives has no mark
        ("PREROUTING", (PORT, TTL), ""),  # what runs out is not forwarded, which goes unsaid
        ("PREROUTING", (PORT, FEW), " ttl 64"),
        ("OUTPUT", (PORT,), ""),
        ("OUTPUT", (PORT, MARK), " mark 0x0"),
    ],
)
def test_what_anybody_takes_it_for_is_left_out(
    hook: str, asked: tuple[Condition, ...], told: str
) -> None:
    words = example_words(PACKET, hook, where=(Cube(conditions=asked),))
    assert words.partition(":22")[2] == told


def test_other_values_are_told() -> None:
    packet = PACKET.with_(mark=5, ttl=1)
    words = example_words(packet, "PREROUTING", where=(Cube(conditions=(PORT,)),))
    assert words.endswith(":22 mark 0x5 ttl 1")
