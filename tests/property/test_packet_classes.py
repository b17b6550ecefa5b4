"""Packets whose addresses and ports are of the same classes fare alike; so do their followers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples
from small_rules import Rules, text_of

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import Dump
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.replay.asking import Asking, Given, NotAskedError
from iptsim.replay.ip_headers import Tuple
from iptsim.values import format_address, parse_address

HOST = read_host(
    json.dumps([{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]}]),
    json.dumps([{"dst": "default", "gateway": "10.0.0.1", "dev": "eth0"}]),
)
NAT = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -s 10.0.0.0/25 -p tcp -m tcp --dport 80:90 -j DNAT --to-destination 10.9.0.9:8080
-A PREROUTING -p tcp -m tcp --dport 100:110 -j REDIRECT --to-ports 9000
-A PREROUTING -d 10.3.0.0/24 -j NETMAP --to 10.4.0.0/24
-A POSTROUTING ! -s 10.0.0.2/32 -o eth0 -j SNAT --to-source 10.0.0.2
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 9000 -m multiport --sports 1:1023 -j REJECT
-A INPUT -p tcp -m tcp --dport 9000 -j ACCEPT
-A FORWARD -m conntrack --ctorigdst 10.3.0.7 -j DROP
-A FORWARD -d 10.9.0.9/32 -m conntrack --ctorigdstport 85 -j DROP
-A FORWARD -p tcp -m tcp --sport 8080 -d 10.0.0.64/26 -j DROP
-A OUTPUT -p tcp -m tcp --sport 9000 --dport 2000:3000 -j DROP
COMMIT
"""
PORTS = (1, 79, 80, 85, 90, 91, 100, 105, 111, 1023, 1024, 2000, 3001, 8080, 9000, 40000)
ADDRESSES = (
    "10.0.0.2", "10.0.0.7", "10.0.0.63", "10.0.0.64", "10.0.0.127", "10.0.0.130", "10.3.0.7",
    "10.3.0.8", "10.9.0.9", "192.0.2.1", "198.51.100.7", "224.0.0.1",
)  # fmt: skip


def _packets(random: Random, count: int) -> Iterator[tuple[Given, Tuple]]:
    """Each with one beside it, whose numbers are the next ones."""
    for _ in range(count):
        src, dst = (_number(address) for address in random.choices(ADDRESSES, k=2))
        sport, dport = random.choices(PORTS, k=2)
        proto, way = random.choice((6, 6, 17)), random.choice(WAYS)
        for step in (0, 1):
            yield _packet((4, proto, src + step, dst, sport + step, dport + step), way)


WAYS: tuple[Given, ...] = ({"hook": "PREROUTING", "in": "eth0"}, {"hook": "OUTPUT"})


def _number(address: str) -> int:
    return parse_address(address)[0]


def _packet(tuple_: Tuple, way: Given) -> tuple[Given, Tuple]:
    _family, proto, src, dst, sport, dport = tuple_
    told: Given = {
        "proto": {6: "tcp", 17: "udp"}[proto], "src": format_address(src, 32),
        "dst": format_address(dst, 32), "sport": sport, "dport": dport, **way,
    }  # fmt: skip
    return told | ({"tcp_flags": "SYN"} if proto == 6 else {}), tuple_


def _check(dump: Dump, host: Host, random: Random, count: int) -> int:
    """Asked by its class, and by itself: one answer. How many needed no asking is returned."""
    asking = Asking(dump, host, lang="en", encode=json.dumps)
    for told, tuple_ in _packets(random, count):
        try:
            alone = asking._first(told, 4)
        except NotAskedError:
            continue
        assert asking.first(told, tuple_) == alone
        for kind in ("again", "reply", "next"):
            assert _followed(asking, told, tuple_, kind) is _follows(asking, told, kind)
    return 2 * count - len(asking._firsts)


def _followed(asking: Asking, told: Given, tuple_: Tuple, kind: str) -> object:
    try:
        return asking.following((told, tuple_), kind, {})
    except NotAskedError:
        return None


def _follows(asking: Asking, told: Given, kind: str) -> object:
    try:
        return asking._follow(told, 4, kind, {})
    except NotAskedError:
        return None


@pytest.mark.parametrize("host", [NOBODY, HOST])
def test_translated_connections(host: Host) -> None:
    random = Random(7)  # noqa: S311  # no secret
    _check(read_text(NAT), host, random, examples(30, at_length=600))
    plain = read_text(NAT.replace("-A PREROUTING -d 10.3.0.0/24 -j NETMAP --to 10.4.0.0/24\n", ""))
    count = examples(60, at_length=1200)
    assert _check(plain, host, random, count) > count // 12  # so many needed no asking


@settings(max_examples=examples(8, at_length=120), deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_random_rules(random: Random) -> None:
    _check(read_text(text_of(Rules(random).drawn())), HOST, random, 12)
