"""What a host tells of its sockets decides as in the kernel."""

from __future__ import annotations

import itertools
import socket

import pytest
from host_checking import Sent, check, dump_of
from kernel_packets import packet

from iptsim.host import Host
from iptsim.kernel import Judge
from iptsim.netfilter.reading.typed import read_sockets

pytestmark = pytest.mark.kernel


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
