"""What a host tells of its sets decides as in the kernel."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from host_checking import CHAINS, Sent, check, dump_of
from kernel_comparing import disagreement
from kernel_packets import packet

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.tracer import Tracer

pytestmark = pytest.mark.kernel

SETS = """\
create addr hash:ip netmask 24
add addr 10.0.0.7
create counted hash:ip timeout 300 counters comment
add counted 10.0.0.1 timeout 0 packets 3 bytes 100 comment "two words"
create holes hash:ip bitmask 255.0.255.255
add holes 10.7.0.1
create block bitmap:ip range 10.0.0.0/16 netmask 24
add block 10.0.0.0
create mac bitmap:ip,mac range 10.0.0.0/24
add mac 10.0.0.1,02:00:00:00:00:02
add mac 10.0.0.2
add mac 10.0.0.4,02:00:00:00:00:09
create port bitmap:port range 1-1000
add port 80-90
create ipport hash:ip,port
add ipport 10.0.0.1,80
add ipport 10.0.0.1,udp:53-55
add ipport 10.0.0.1,icmp:echo-request
add ipport 10.0.0.1,vrrp:0
add ipport 10.0.0.1,sctp:99
create two hash:ip,port,ip
add two 10.0.0.1,80,10.0.0.2
add two 10.0.0.1,81,10.0.0.3
create nets hash:net
add nets 10.0.0.0/8
add nets 10.0.0.0/24 nomatch
add nets 10.0.0.1
create netport hash:net,port
add netport 10.0.0.0/8,tcp:80
add netport 10.0.0.0/24,tcp:80 nomatch
add netport 10.0.0.0/24,udp:53
create ipnet hash:ip,port,net
add ipnet 10.0.0.1,80,10.0.0.0/8
add ipnet 10.0.0.1,80,10.0.0.2 nomatch
create iface hash:net,iface
add iface 10.0.0.0/8,eth0
add iface 10.1.0.0/24,et wildcard
add iface 10.0.0.1,eth1
add iface 10.0.0.9,eth0 nomatch
create all hash:net,iface
add all 0.0.0.0/0,eth0
create bridged hash:net,iface
add bridged 10.0.0.0/24,physdev:eth0
create list list:set
add list port
add list nets
"""
SIDES = {
    "addr": 1, "counted": 1, "holes": 1, "block": 1, "mac": 2, "port": 1, "ipport": 2, "two": 3,
    "nets": 1, "netport": 2, "ipnet": 3, "iface": 2, "all": 2, "bridged": 2, "list": 1,
}  # fmt: skip
SETS6 = """\
create addr hash:ip family inet6
add addr fd00:0:0:1::1
create ipport hash:ip,port family inet6
add ipport fd00:0:0:1::1,icmpv6:echo-request
add ipport fd00:0:0:1::1,tcp:80
create nets hash:net family inet6
add nets fd00:0:0:1::/64
add nets fd00:0:0:1::1 nomatch
create port bitmap:port range 1-1000
add port 85
"""
HEADERS: tuple[dict[str, int], ...] = (
    {"dport": 80}, {"sport": 85, "dport": 2000}, {"proto": 17, "dport": 53}, {"proto": 1},
    {"proto": 112}, {"proto": 132, "dport": 99}, {"proto": 136, "dport": 85},
)  # fmt: skip
ARRIVING = (
    *(packet(src, None, **h) for src in ("10.0.0.1", "10.0.0.9", "10.0.0.4") for h in HEADERS),
    packet("10.7.0.1", None, dport=80),
    packet("10.0.0.1", "10.1.0.9", dport=80),
    packet("10.0.0.9", "10.1.0.9", dport=80),
    packet("10.1.0.9", "10.1.0.2", dport=80, in_="eth1"),
    packet("10.0.0.1", "10.1.0.2", dport=80, in_="eth1"),
)
SENT = (
    packet(None, "10.0.0.1", dport=80),
    packet(None, "10.1.0.9", proto=17, dport=53),
    packet("127.0.0.1", "127.0.0.1", dport=80),
    packet("10.0.0.2", "10.0.0.2", dport=80),
)


def asked(names: dict[str, int]) -> list[str]:
    """Each set by every way to name its sides, with one too few and one too many of them."""
    return [
        f"-m set {negated}--match-set {name} {','.join(sides)}{more}"
        for name, count in names.items()
        for sides in ways(count)
        for negated in ("", "! ")
        for more in ("", " --return-nomatch")
    ]


def ways(count: int) -> list[tuple[str, ...]]:
    exact = list(itertools.product(("src", "dst"), repeat=count))
    return [*exact, *([("src",) * (count - 1)] if count > 1 else []), ("src",) * (count + 1)]


def set_names(names: dict[str, int], *wanted: str) -> dict[str, int]:
    return {name: names[name] for name in wanted}


def test_sets(judge: Judge) -> None:
    judge.ipset(SETS)
    told = Host(sets=read_sets(judge.trio.host.run("ipset", "save")))
    # The MAC address of the receiver is nowhere told.
    wanted = [rule for rule in asked(SIDES) if not (" mac " in rule and "dst" in rule)]
    sent = [*((p, "PREROUTING") for p in ARRIVING), *((p, "OUTPUT") for p in SENT)]
    check(judge, dump_of(CHAINS, wanted), sent, told)


def test_sets_of_ipv6(judge: Judge) -> None:
    judge.ipset(SETS6)
    told = Host(sets=read_sets(judge.trio.host.run("ipset", "list")))
    names = {"addr": 1, "ipport": 2, "nets": 1, "port": 1}
    here = "fd00:0:0:1::2"
    sources = ("fd00:0:0:1::1", "fd00:0:0:1::9")
    headers: tuple[dict[str, int], ...] = ({"dport": 80}, {"proto": 58}, {"proto": 17, "dport": 85})
    sent: Sent = [(packet(src, here, **h), "PREROUTING") for src in sources for h in headers]
    check(judge, dump_of(("PREROUTING", "INPUT"), asked(names)), sent, told, family=6)


def test_counters_of_a_set_without_any_ask_nothing(judge: Judge) -> None:
    judge.ipset(SETS)
    told = Host(sets=read_sets(judge.trio.host.run("ipset", "save")))
    rules = [f"-m set --match-set {n} src --packets-gt 3 --bytes-eq 7" for n in ("addr", "nets")]
    check(judge, dump_of(("PREROUTING",), rules), [(p, "PREROUTING") for p in ARRIVING], told)


def test_a_set_that_a_rule_changed_is_told_no_more(judge: Judge) -> None:
    judge.ipset(SETS)
    sets = read_sets(judge.trio.host.run("ipset", "save"))
    judge.load(
        "*mangle\n:INPUT ACCEPT\n"
        "-A PREROUTING -m set --match-set counted src\n"
        "-A PREROUTING -p tcp --dport 81 -j SET --add-set counted src\n"
        "-A PREROUTING -p tcp --dport 82 -j SET --add-set list src\n"
        "-A PREROUTING -m set --match-set counted src\n"
        "-A PREROUTING -m set ! --match-set nets src\n"
        "COMMIT\n"
    )
    (ruleset,) = read_text(judge.save()).rulesets
    host = replace(read_host(judge.addresses(), judge.routes()), sets=sets)
    ways = {80: 1, 81: 2, 82: 2}
    sent: Sent = [(packet(f"10.0.0.{port}", None, dport=port), "PREROUTING") for port in ways]
    for journey in judge.send(sent):
        trace = Tracer.of(ruleset).trace(journey.packet, host=host)
        assert len(trace.outcomes) == ways[journey.packet.dport or 0]
        problem = disagreement(trace, journey)
        assert problem is None, problem
