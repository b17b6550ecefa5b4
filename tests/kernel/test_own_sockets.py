"""What follows in a connection that TPROXY took finds its own socket, as in the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from kernel_comparing import disagreement
from test_told_sockets import listeners

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Journey, Judge
from iptsim.kernel.side_by_side import compare
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.tracer import Trace, Tracer
from iptsim.values import parse_address

pytestmark = pytest.mark.kernel

AWAY = {4: "10.9.9.9", 6: "2001:db8::7"}
LISTENERS = {
    4: "tcp:0.0.0.0:15006,transparent udp:0.0.0.0:15006,transparent tcp:0.0.0.0:81",
    6: "tcp:[::]:15006,transparent udp:[::]:15006,transparent tcp:[::]:81",
}
CHAINS = "".join(f":{c} ACCEPT\n" for c in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT"))
TABLE = (
    f"*mangle\n{CHAINS}:POSTROUTING ACCEPT\n:DIVERT - [0:0]\n{{0}}\n"
    "-A PREROUTING -p {1} -m {1} --dport 80 -j TPROXY --on-port 15006 --tproxy-mark 0x1/0x1\n"
    "-A DIVERT -j MARK --set-xmark 0x1/0xffffffff\n-A DIVERT -j ACCEPT\nCOMMIT\n"
)
DIVERTS = [
    "",
    "-A PREROUTING -m socket -j MARK --set-xmark 0x9/0xffffffff",
    *(
        f"-A PREROUTING -p {{1}} -m socket {flags} -j DIVERT"
        for flags in ("", "--transparent", "--nowildcard", "--transparent --restore-skmark")
    ),
    "-A PREROUTING -m socket --transparent -j ACCEPT",
]
NATIVE = """table {ip} t {{
    chain divert {{
        type filter hook prerouting priority -150;
        {match} meta mark set 1 accept
        meta l4proto {proto} th dport 80 tproxy to :15006 meta mark set 1 accept
    }}
}}
"""
MATCHES = ["socket transparent 1", "socket transparent 0", "socket wildcard 0"]
TCP, SYN, ACK = 6, 0x02, 0x10
SPORTS = count(43000)
"""One for each: the kernel keeps what a first packet began."""


def host_of(judge: Judge, family: int) -> Host:
    """What is told of the host: all but whether its programs open more sockets."""
    told = read_host(judge.addresses(), judge.routes(family=family, every=True))
    rules = read_rules(judge.trio.host.run("ip", "-j", f"-{family}", "rule"))
    return replace(told, rules=rules, sockets=read_sockets(LISTENERS[family].split()))


def follows(judge: Judge, listed: str, first: Packet, host: Host) -> list[tuple[Trace, Journey]]:
    """A packet, the same again, and the next one, each beside the kernel's."""
    rules = read_text(listed).family(first.family)
    assert rules is not None
    tracer = Tracer.of(rules)
    with judge.conversation() as say:
        journey = say(first, "PREROUTING")
        trace = tracer.trace(journey.packet, hook=journey.hook, host=host)
        met = compare(trace, journey).outcome
        found = [(trace, journey)]
        again = say(journey.packet, journey.hook)
        on = journey.packet.with_(length=None, tcp_options=None, tcp_mss=None)
        after = say(on.with_(tcp_flags=ACK) if first.proto == TCP else on, journey.hook)
    for kind, later in (("again", again), ("next", after)):
        if kind == "next" and tracer.follow(met, "next") is None:
            continue
        told = tracer.follow(met, kind, told=None if kind == "again" else later.packet)
        assert told is not None
        found.append((told, later))
    return found


def compared(judge: Judge, listed: str, family: int, proto: int, firm: bool) -> None:
    dst, _width = parse_address(AWAY[family])
    own, _width = parse_address("10.0.0.2" if family == 4 else "fd00:0:0:1::2")
    for to, port in ((dst, 80), (own, 80), (own, 81)):
        first = Packet(family=family, proto=proto, dst=to, dport=port, sport=next(SPORTS))
        first = first.with_(tcp_flags=SYN) if proto == TCP else first
        for trace, journey in follows(judge, listed, first, host_of(judge, family)):
            problem = disagreement(trace, journey)
            assert problem is None, f"{listed}\n{first}\n{problem}"
            if firm and trace.packet.tcp_flags == ACK:
                assert len(trace.outcomes) == 1, [o.when for o in trace.outcomes]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("proto", [6, 17])
def test_what_follows_finds_the_socket_of_its_connection(
    backend_judge: Judge, family: int, proto: int
) -> None:
    judge = backend_judge
    judge.deliver_marked(1, family=family)
    opened = listeners(judge, LISTENERS[family])
    for divert in DIVERTS:
        name = "tcp" if proto == TCP else "udp"
        judge.load(TABLE.format(divert.format("", name), name), family=family)
        firm = divert.endswith("-j DIVERT") and "restore" not in divert
        compared(judge, judge.save(family=family), family, proto, firm)
    for each in opened:
        each.close()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("match", MATCHES)
def test_native_rules_find_it_too(judge: Judge, family: int, match: str) -> None:
    judge.deliver_marked(1, family=family)
    opened = listeners(judge, LISTENERS[family])
    ip = "ip" if family == 4 else "ip6"
    for proto, name in ((6, "tcp"), (17, "udp")):
        judge.clear()
        judge.load_native(NATIVE.format(ip=ip, match=match, proto=name))
        compared(judge, judge.list_native(), family, proto, "transparent" in match)
    for each in opened:
        each.close()


@pytest.fixture(params=["nft", "legacy"])
def backend_judge(real_kernel: None, request: pytest.FixtureRequest) -> Iterator[Judge]:
    with Judge(backend=request.param) as judge:
        yield judge
