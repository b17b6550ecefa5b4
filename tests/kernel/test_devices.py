"""Chains of nftables at devices: where packets come from one, and are handed to one."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from test_native_rules import problem, rules_of

from iptsim.kernel import Journey, Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.values import parse_address

pytestmark = pytest.mark.kernel

_CLIENT, _HOST, _SERVER = (parse_address(text)[0] for text in ("10.0.0.1", "10.0.0.2", "10.1.0.9"))
_AT_DEVICES = """
table netdev gate {
  chain user {
    udp dport 5 drop
    meta mark set meta mark | 0x100
  }
  chain in {
    type filter hook ingress device "eth0" priority 0; policy accept;
    udp dport 1 drop
    udp dport 2 meta mark set 0x7 accept
    udp dport { 3, 5 } jump user
    meta length 28 ip ttl set 40
    oif 0 iifname "eth0" meta pkttype host ether type ip ether saddr 02:00:00:00:00:02
    vlan id 5 drop
    udp dport 9 reject
  }
  chain out {
    type filter hook egress device "eth1" priority 5; policy accept;
    iifname "eth0" drop
    iif 0 oifname "eth1" meta mark set meta mark | 0x1000
    udp dport 6 drop
    ip saddr & 0.0.0.3 == 0.0.0.1 meta skuid 0-9999 counter
  }
}
table inet own {
  chain early {
    type filter hook ingress devices = { eth0, lo } priority -5; policy accept;
    meta nfproto ipv4 ct state invalid counter
    ct state new drop
    udp dport 8 drop
  }
  chain raw {
    type filter hook prerouting priority -300; policy accept;
    meta mark & 0xff == 0x7 counter
  }
  chain last {
    type filter hook postrouting priority 300; policy accept;
    ct state new meta mark set 0x22
  }
}
"""
_TO_ANOTHER = """
table netdev gate {
  chain in {
    type filter hook ingress device "eth0" priority 0; policy accept;
    udp dport 1 fwd to "eth1"
    udp dport 2 fwd ip to 10.1.0.9 device "eth1"
    udp dport 3 dup to "eth1"
  }
}
table inet own {
  chain p {
    type filter hook prerouting priority -300; policy drop;
  }
}
"""


@pytest.fixture
def gate(judge: Judge) -> Iterator[Judge]:
    judge.clear()
    judge.load_native(_AT_DEVICES)
    yield judge
    judge.clear()


def _packet(port: int, dst: int = _SERVER) -> Packet:
    return Packet(proto=17, src=_CLIENT, dst=dst, sport=40000, dport=port, ttl=64, in_="eth0")


def _journeys(judge: Judge) -> tuple[Journey, ...]:
    arriving = [(_packet(p, to), "PREROUTING") for p in range(1, 10) for to in (_HOST, _SERVER)]
    sent = [
        (Packet(proto=17, src=src, dst=to, sport=40000, dport=p, ttl=64, uid=0, gid=0), "OUTPUT")
        for p in (6, 7, 8)
        for src, to in ((parse_address("10.1.0.2")[0], _SERVER), (_HOST, _HOST))
    ]
    return judge.send([*arriving, *sent])


def test_packets_meet_the_chains_of_their_devices(gate: Judge) -> None:
    host = read_host(gate.addresses(), gate.routes(family=4))
    tracer = Tracer.of(rules_of(gate, "", 4))
    journeys = _journeys(gate)
    for journey in journeys:
        wrong = problem(tracer, journey, host)
        assert wrong is None, wrong
    hooks = {step.hook for journey in journeys for step in journey.steps}
    assert {"INGRESS", "EGRESS"} <= hooks
    dropped = {j.packet.dport for j in journeys if j.verdict == "DROP" and j.packet.dst == _SERVER}
    assert dropped == {1, 5, 6, 8, 9}


def test_what_another_device_sends_goes_no_further_here(judge: Judge) -> None:
    judge.clear()
    judge.load_native(_TO_ANOTHER)
    host = read_host(judge.addresses(), judge.routes(family=4))
    tracer = Tracer.of(rules_of(judge, "", 4))
    far = judge.trio.server.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with far:
        far.bind(("p1", 0x0800))
        far.settimeout(1)
        told = [_packet(1), _packet(2), _packet(2).with_(ttl=1), _packet(3)]
        journeys = judge.send([(packet, "PREROUTING") for packet in told])
        seen = [_seen(far) for _each in range(3)]
    assert [journey.verdict for journey in journeys] == ["STOLEN", "STOLEN", "DROP", "DROP"]
    for journey in journeys:
        wrong = problem(tracer, journey, host)
        assert wrong is None, wrong
    assert seen == [(1, 64), (2, 63), (3, 64)]
    judge.clear()


def _seen(far: socket.socket) -> tuple[int, int]:
    """The port and the TTL of the next UDP packet to the server."""
    while True:
        frame = far.recv(2048)
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            return int.from_bytes(frame[36:38], "big"), frame[22]
