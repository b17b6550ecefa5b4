"""Rules of nftables that write to bytes of a header: what stands there is not known afterwards."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.tracer import trace

TABLE = """table inet edge {{
	chain first {{
		type filter hook output priority -150; policy accept;
		{0}
	}}
	chain then {{
		type filter hook output priority 0; policy drop;
		{1} accept
	}}
}}
"""


def fates(writes: str, asks: str, family: int) -> set[str]:
    packet = Packet(family=family).with_(
        proto=6, sport=40000, dport=80, ttl=64, tos=0, length=60, fragment=0, ext_headers=0
    )
    ruleset = read_text(TABLE.format(writes, asks)).family(family)
    assert ruleset is not None
    return {each.verdict for each in trace(ruleset, packet, hook="OUTPUT").outcomes}


@every_row(
    ("writes", "asks", "family"),
    [
        ("ip length set 20", "meta length 20", 4),
        ("ip6 length set 20", "ip6 length 20", 6),
        ("ip6 nexthdr set 17", "udp dport 80", 6),
        ("ip hdrlength set 6", "tcp dport 80", 4),
        ("@nh,72,8 set 17", "udp dport 80", 4),
        ("@nh,48,8 set 17", "udp dport 80", 6),
        ("@nh,64,16 set 17", "ip ttl 64", 4),
        ("@nh,0,8 set 70", "tcp dport 80", 4),
        ("@th,16,16 set 90", "tcp dport 80", 4),
        ("@ih,0,8 set 17 drop", "tcp dport 80", 4),
        ("@th,400,8 set 17 drop", "tcp sport 40000", 4),
    ],
)
def test_what_is_written_to_is_open_afterwards(writes: str, asks: str, family: int) -> None:
    assert fates(writes, asks, family) == {"ACCEPT", "DROP"}


@pytest.mark.parametrize(
    ("writes", "asks", "family", "fate"),
    [
        ("@nh,64,8 set 9", "tcp dport 80", 4, "ACCEPT"),
        ("@nh,64,8 set 9", "udp dport 80", 4, "DROP"),
        ("@nh,56,8 set 9", "tcp dport 80", 6, "ACCEPT"),
        ("@th,16,16 set 90", "ip ttl 64", 4, "ACCEPT"),
        ("ip length set 20", "tcp dport 80", 4, "ACCEPT"),
    ],
)
def test_the_rest_of_the_header_stays_known(writes: str, asks: str, family: int, fate: str) -> None:
    assert fates(writes, asks, family) == {fate}
