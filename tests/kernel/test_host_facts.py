"""What a host tells decides sets, time and sockets as the kernel does."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time

import pytest
from kernel_comparing import disagreement
from kernel_packets import packet

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.tracer import Tracer

pytestmark = pytest.mark.kernel

CHAINS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
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
Sent = list[tuple[Packet, str]]


def dump_of(chains: Iterable[str], conditions: Iterable[str], table: str = "mangle") -> str:
    """A rule for each condition in each chain, which lets the packet go on."""
    rules = [f"-A {chain} {each}" for chain in chains for each in conditions]
    there = CHAINS if table == "mangle" else ("PREROUTING", "OUTPUT")
    return "\n".join((f"*{table}", *(f":{chain} ACCEPT" for chain in there), *rules, "COMMIT", ""))


def check(judge: Judge, dump: str, sent: Sent, told: Host, *, family: int = 4) -> None:
    """The kernel and the tracer agree on every packet, and nothing is left open."""
    judge.load(dump, family=family)
    (ruleset,) = read_text(judge.save(family=family)).rulesets
    known = read_host(judge.addresses(), judge.routes(family=family))
    host = replace(known, sets=told.sets, time=told.time, sockets=told.sockets)
    tracer = Tracer.of(ruleset)
    for journey in judge.send(sent):
        trace = tracer.trace(journey.packet, hook=journey.hook, host=host)
        assert len(trace.outcomes) == 1, trace.outcomes
        problem = disagreement(trace, journey)
        assert problem is None, problem


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


def moment(now: datetime, **shift: float) -> str:
    return (now + timedelta(**shift)).strftime("%Y-%m-%dT%H:%M:%S")


def clock(now: datetime, **shift: float) -> str:
    return (now + timedelta(**shift)).strftime("%H:%M:%S")


def time_rules(now: datetime) -> list[str]:
    today, yesterday = now.strftime("%a"), (now - timedelta(days=1)).strftime("%a")
    before, after, long_before = clock(now, hours=-2), clock(now, hours=2), clock(now, hours=-5)
    spans = [(before, after), (after, before), (after, clock(now, hours=5)), (long_before, before)]
    days = [
        f"--weekdays {today}", f"! --weekdays {today}", f"--weekdays {yesterday}",
        f"--monthdays {now.day}", f"! --monthdays {now.day}",
    ]  # fmt: skip
    rules = [f"--timestart {start} --timestop {stop}" for start, stop in spans]
    rules += [f"{span} {day}" for span in rules[:2] for day in days]
    rules += [
        f"{span} {day} --contiguous"
        for start, stop in spans
        if start > stop
        for span in (f"--timestart {start} --timestop {stop}",)
        for day in ("", *days)
    ]
    rules += [
        f"--datestart {moment(now, minutes=-9)}", f"--datestart {moment(now, minutes=9)}",
        f"--datestop {moment(now, minutes=-9)}", f"--datestop {moment(now, minutes=9)}",
        f"--datestart {moment(now, days=-3)} --kerneltz", "--kerneltz",
    ]  # fmt: skip
    return [f"-m time {rule}" for rule in (*rules, *days)]


def test_time(judge: Judge) -> None:
    stamp = int(time())
    dump = dump_of(("PREROUTING",), time_rules(datetime.fromtimestamp(stamp, UTC)))
    check(judge, dump, [(packet(dport=80), "PREROUTING")], Host(time=stamp))


def listeners(judge: Judge, spec: str) -> list[socket.socket]:
    """The real sockets of `--socket` values."""
    found = []
    for told in read_sockets(spec.split()):
        family = socket.AF_INET6 if told.family == 6 or told.family is None else socket.AF_INET
        kind = socket.SOCK_STREAM if told.proto == 6 else socket.SOCK_DGRAM
        made = judge.trio.host.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if told.transparent:
            level = socket.SOL_IP if family == socket.AF_INET else socket.IPPROTO_IPV6
            made.setsockopt(level, 19 if family == socket.AF_INET else 75, 1)
        if told.family == 6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        width = 4 if family == socket.AF_INET else 16
        address = socket.inet_ntop(family, (told.address or 0).to_bytes(width, "big"))
        made.bind((address, told.port))
        if told.proto == 6:
            made.listen()
        elif told.peer:
            made.connect(
                (socket.inet_ntop(family, told.peer[0].to_bytes(width, "big")), told.peer[1])
            )
        found.append(made)
    return found


SOCKETS = (
    "tcp:10.0.0.2:80 tcp:0.0.0.0:81,transparent tcp:*:82 tcp:10.0.0.2:83,transparent "
    "udp:10.0.0.2:53 udp:0.0.0.0:54 udp:10.0.0.2:55-10.0.0.1:40000 tcp:[::]:85 "
    "tcp:[fd00:0:0:1::2]:80 udp:[fd00:0:0:1::2]:53,transparent tcp:0.0.0.0:80,transparent"
)
SOCKET_RULES = [
    f"-m socket {' '.join(flags)}"
    for count in range(3)
    for flags in itertools.combinations(("--transparent", "--nowildcard"), count)
]


@pytest.mark.parametrize("family", [4, 6])
def test_sockets(judge: Judge, family: int) -> None:
    here = None if family == 4 else "fd00:0:0:1::2"
    told = Host(sockets=read_sockets(SOCKETS.split()))
    sent: Sent = [
        (packet(None, here, proto=proto, dport=port, sport=sport), "PREROUTING")
        for proto, ports in ((6, (80, 81, 82, 83, 84, 85)), (17, (53, 54, 55, 80)))
        for port in ports
        for sport in (40000, 40001)
    ]
    sent.append((packet(None, here, proto=1 if family == 4 else 58), "PREROUTING"))
    opened = listeners(judge, SOCKETS)
    try:
        dump = dump_of(("PREROUTING", "INPUT"), SOCKET_RULES)
        check(judge, dump, sent, told, family=family)
    finally:
        for each in opened:
            each.close()


TAKERS = (
    "tcp:0.0.0.0:8001,transparent tcp:0.0.0.0:8002 tcp:10.0.0.2:8003,transparent tcp:*:8003 "
    "tcp:10.0.0.2:8004 tcp:0.0.0.0:8004,transparent tcp:10.1.0.2:8005,transparent "
    "tcp:*:8006,transparent tcp:0.0.0.0:8009,transparent tcp:[::]:8009 tcp:0.0.0.0:8010 "
    "tcp:[::]:8010,transparent tcp:[::]:8007,transparent tcp:[fd00:0:0:1::2]:8008,transparent "
    "udp:0.0.0.0:8001,transparent udp:10.0.0.2:8002-10.0.0.1:40000,transparent udp:*:8003 "
    "udp:10.0.0.2:9-10.0.0.1:40009,transparent udp:10.0.0.2:8004-10.0.0.1:40000"
)
BY = [
    f"-p {proto} -m {proto} --dport {port} -j TPROXY --on-port {port}"
    for proto in ("tcp", "udp")
    for port in range(8001, 8011)
]


@pytest.mark.parametrize(
    ("family", "own"), [(4, ""), (4, "10.0.0.2"), (4, "10.1.0.2"), (6, ""), (6, "fd00:0:0:1::2")]
)
def test_tproxy_drops_what_no_transparent_socket_takes(judge: Judge, family: int, own: str) -> None:
    here = None if family == 4 else "fd00:0:0:1::2"
    to = f" --on-ip {own}" if own else ""
    rules = [
        *(f"{rule}{to}" for rule in BY),
        "-p tcp -m tcp --dport 1:8000 -j TPROXY --on-port 0",
        "-p udp -m udp --dport 1:8000 -j TPROXY --on-port 8002",
    ]
    sports = itertools.count(41000)
    sent: Sent = [
        (packet(None, here, proto=proto, dport=port, sport=sport or next(sports)), "PREROUTING")
        for proto in (6, 17)
        for port in (9, 80, *range(8001, 8011))
        for sport in (0, 40000 if proto == 17 else 0, 40009 if proto == 17 else 0)
    ]
    opened = listeners(judge, TAKERS)
    try:
        told = Host(sockets=read_sockets(TAKERS.split()))
        check(judge, dump_of(("PREROUTING",), rules), sent, told, family=family)
    finally:
        for each in opened:
            each.close()


OPENING = [
    "-m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original",
    "-m connbytes --connbytes 2 --connbytes-mode packets --connbytes-dir both",
    "-m connbytes ! --connbytes 2 --connbytes-mode packets --connbytes-dir both",
    "-m connbytes --connbytes 0:0 --connbytes-mode packets --connbytes-dir reply",
    "-m connbytes --connbytes 40:60 --connbytes-mode bytes --connbytes-dir original",
    "-m connbytes --connbytes 41 --connbytes-mode avgpkt --connbytes-dir both",
    "-m connbytes ! --connbytes 1 --connbytes-mode avgpkt --connbytes-dir reply",
    "-m helper --helper ftp",
    "-m helper ! --helper ftp",
    "-m connlabel --label 7 --set",
    "-m connlabel ! --label 7 --set",
]
GROUPS = ["-m cgroup --cgroup 1", "-m cgroup ! --cgroup 1"]
TRACKED = ("PREROUTING", "INPUT", "FORWARD", "POSTROUTING")


def test_the_packet_that_opens_a_connection(judge: Judge) -> None:
    raw = dump_of(("PREROUTING",), OPENING, table="raw").replace(
        "COMMIT", "-A PREROUTING -p tcp --dport 9 -j NOTRACK\nCOMMIT"
    )
    sent: Sent = [
        (packet(None, dst, **header), "PREROUTING")
        for dst in (None, "10.1.0.9")
        for header in ({"dport": 21}, {"dport": 9}, {"proto": 17, "dport": 53}, {"proto": 1})
    ]
    check(judge, raw + dump_of(TRACKED, OPENING), sent, Host())
    check(judge, dump_of(("OUTPUT", "POSTROUTING"), OPENING), [(SENT[0], "OUTPUT")], Host())
    judge.clear()
    check(judge, dump_of(("INPUT", "POSTROUTING"), GROUPS), sent, Host())


MARKS = [
    f"-j CONNMARK --set-xmark {value} {shift}"
    for value in ("0x1234/0xffff", "0xff00ff", "0x80000001/0x0")
    for shift in ("", "--left-shift-mark 4", "--right-shift-mark 12")
]
COPIES = [
    f"-j CONNMARK --{way}-mark --nfmask {nf} --ctmask {ct} {shift}"
    for way in ("save", "restore")
    for nf, ct in (("0xffffffff", "0xffffffff"), ("0xff00", "0xff"), ("0xf0f0", "0xffff0000"))
    for shift in ("", "--left-shift-mark 8", "--right-shift-mark 3")
]
CONNMARKS = ("0x1234", "0xff00ff", "0x800/0xf00", "0x0/0xff")


@pytest.mark.parametrize("first", MARKS)
def test_marks_go_between_packet_and_connection(judge: Judge, first: str) -> None:
    asked_for = [f"-m connmark --mark {value}" for value in CONNMARKS]
    asked_for += [f"-m mark --mark {value}" for value in CONNMARKS]
    rules = [first, *(rule for copy in COPIES for rule in (copy, *asked_for))]
    dump = dump_of(("PREROUTING",), ["-j MARK --set-xmark 0xa5c3f00d", *rules])
    check(judge, dump, [(packet(dport=80), "PREROUTING")], Host())


SETTINGS = ("--zone 5", "--zone-orig 7", "--ctevents new,mark", "--zone mark --expevents new")


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_a_connection_leave_the_packet_as_it_is(judge: Judge, setting: str) -> None:
    rules = [
        "-m conntrack --ctstate NEW", "-m conntrack --ctstate UNTRACKED,INVALID", "-m helper "
        "--helper ftp", "-m helper ! --helper ftp", "-m conntrack --ctstatus NONE",
    ]  # fmt: skip
    raw = dump_of(("PREROUTING",), [f"-j CT {setting}", "-j CT --notrack"], table="raw")
    sent: Sent = [(packet(dport=21), "PREROUTING"), (packet(proto=17, dport=69), "PREROUTING")]
    check(judge, raw + dump_of(("PREROUTING", "INPUT"), rules), sent, Host())


def test_recent_matches_what_it_enters(judge: Judge) -> None:
    rules = ["-m recent --set --name s --rsource", "-m recent ! --set --name s --rsource"]
    check(judge, dump_of(("PREROUTING",), rules), [(packet(dport=21), "PREROUTING")], Host())
