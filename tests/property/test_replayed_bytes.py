"""Whatever bytes a capture holds, each packet is asked of the rules, or a reason is told."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from capture_bytes import (
    ACK,
    SYN,
    cooked,
    cooked2,
    ethernet,
    icmp,
    ip,
    loopback,
    tcp,
    udp,
)

from iptsim.cli.output import json_lines
from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.replay.asking import Asking
from iptsim.replay.links import LINKS
from iptsim.replay.not_read import REASONS
from iptsim.replay.replaying import Replay
from iptsim.replay.seen_connections import Connections
from iptsim.replay.ways_in import Ways

RULES = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 --tcp-option 8 -j ACCEPT
-A INPUT -p udp -m length --length 20:100 -m ttl --ttl-gt 5 -j ACCEPT
COMMIT
"""
ASKED = ip("198.51.100.7", "192.0.2.1", 17, udp(5000, 53))
PACKETS = (
    ip("198.51.100.7", "192.0.2.1", 6, tcp(40000, 8080, SYN, options=b"\x02\x04\x05\xb4")),
    ip("198.51.100.7", "192.0.2.1", 6, tcp(40000, 8080, ACK)),
    ASKED,
    ip("192.0.2.1", "198.51.100.7", 1, icmp(3, 3, 0, ASKED)),
    ip("2001:db8::7", "2001:db8::1", 0, b"\x06\0\1\4\0\0\0\0" + tcp(1, 80, SYN)),
    ip("2001:db8::7", "2001:db8::1", 44, b"\x11\0\0\1\0\0\0\1" + udp(1, 53)),
)
FRAMES: dict[int, Callable[[bytes], bytes]] = {
    0: loopback, 1: ethernet, 12: bytes, 113: lambda packet: cooked(packet, 0),
    276: lambda packet: cooked2(packet, 4, 2),
}  # fmt: skip


def _replay(link: int) -> Replay:
    dump = read_text(RULES)
    return Replay(
        asking=Asking(dump, Host(), lang="en", encode=json_lines()),
        host=Host(),
        ways=Ways(host=Host()),
        read=LINKS[link],
        wanted=lambda _fared: True,
        connections=Connections(most=50),
    )


def _spoilt(frame: bytes, chance: random.Random) -> bytes:
    data = bytearray(frame)
    for _ in range(chance.randrange(4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.4 else data)


@pytest.mark.parametrize("link", FRAMES)
def test_spoilt_packets_are_told_with_a_reason(link: int) -> None:
    chance, going = random.Random(link), _replay(link)  # noqa: S311  # no secret
    for number in range(1500):
        frame = FRAMES[link](chance.choice(PACKETS))
        data = _spoilt(frame, chance)
        length = chance.choice((len(frame), len(data)))
        told = going.one((number, 1_700_000_000 + number / 10, data, length))
        assert (told.fared is None) == (told.why in REASONS)


def test_what_is_kept_of_connections_is_bounded() -> None:
    going = _replay(12)
    for number in range(500):
        packet = ip("198.51.100.7", "192.0.2.1", 17, udp(1000 + number, 53))
        going.one((number, 1_700_000_000.0, packet, len(packet)))
    kept = going.connections
    assert (kept.opened, kept.forgotten, len(kept)) == (500, 450, 50)
