"""Hosts with many addresses and routes, as `ip` commands, and packets to all they have."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from iptsim.kernel import Judge, JudgeError
from iptsim.packet import Packet
from iptsim.values import parse_address

UDP = 17
_LOCAL = 0x80000000  # include/uapi/linux/ipv6_route.h, RTF_LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host: its `ip` commands on top of the judge's own, and addresses worth asking about.

    Packets go from each of `sources` to each of `near`, and from a neighbour to each of
    `destinations`, which the host itself sends to as well. `local` is whether somebody made local
    routes, which only `ip route show table all` tells.
    """

    family: int
    commands: str
    destinations: str
    sources: str
    near: str
    local: bool = False


SPARE = """
link add spare type veth peer name other
link set spare addrgenmode none up group 7
link set other addrgenmode none up
"""
RICH4 = Place(
    family=4,
    commands=f"""{SPARE}
address add 172.16.0.1/12 dev spare
address add 192.168.5.1/24 brd + dev eth0
address add 10.0.0.77/24 brd + dev eth0
address add 192.168.5.9/24 dev eth0
address add 203.0.113.5/32 dev lo
address add 198.51.100.1 peer 198.51.100.99/32 dev spare
address add 10.200.0.1/31 dev spare
address add 10.201.0.1/30 dev spare scope link
address add 10.202.0.1/24 dev spare scope host
address add 10.203.0.1/24 brd 10.203.0.200 dev spare
address add 10.204.0.1/28 dev lo
route add unreachable 10.50.0.0/16
route add blackhole 10.51.0.0/16
route add prohibit 10.52.0.0/16
route add throw 10.53.0.0/16
route add multicast 10.56.0.0/16 dev eth0
route add 10.61.0.0/16 via 10.0.0.1 metric 100
route add 10.61.0.0/16 via 10.1.0.9 metric 50
route add 10.61.5.0/24 via 10.0.0.1
route add 10.62.0.0/16 via 10.0.0.1 src 10.0.0.77 mtu 1400
""",
    destinations="""
10.0.0.2 10.0.0.0 10.0.0.255 10.0.0.77 10.0.0.1 192.168.5.255 192.168.5.9 255.255.255.255 0.0.0.0
224.0.0.1 127.0.0.1 127.5.5.5 127.255.255.255 203.0.113.5 172.16.0.1 172.31.255.255 198.51.100.1
10.200.0.1 10.201.0.3 10.201.0.1 10.202.0.1 10.202.0.255 10.203.0.1 10.203.0.200 10.203.0.255
10.204.0.1 10.204.0.7 10.204.0.15 10.50.0.1 10.51.0.1 10.52.0.1 10.53.0.1 10.56.0.1 10.61.0.1
10.61.5.1 10.62.0.1 8.8.8.8 0.1.2.3 240.0.0.1
""",
    sources="""
10.0.0.2 10.1.0.2 127.0.0.1 0.0.0.0 0.1.2.3 255.255.255.255 224.0.0.1 240.0.0.1 10.0.0.255
10.0.0.0 10.50.0.1 10.56.0.1 10.204.0.7 203.0.113.5 8.8.8.8
""",
    near="10.0.0.2 10.1.0.9 10.0.0.1 224.0.0.1 10.0.0.255 255.255.255.255 0.0.0.0",
)
LOCAL4 = Place(
    family=4,
    commands="""
route add local 10.54.0.0/16 dev lo
route add broadcast 10.55.0.0/16 dev eth0
route add 10.54.5.0/24 via 10.1.0.9
route add anycast 10.58.0.0/16 dev eth0
route del default
link set eth1 down
link set eth1 up
route add 10.1.0.128/25 via 10.0.0.1
""",
    destinations="""
10.54.0.1 10.54.5.1 10.55.0.1 10.58.0.1 8.8.8.8 10.1.0.200 10.1.0.9 10.0.0.255 224.0.0.1
""",
    sources="10.54.0.1 10.55.0.1 10.0.0.255 10.1.0.255 10.58.0.1 10.0.0.2 8.8.8.8",
    near="10.0.0.2 10.1.0.9 10.0.0.1 10.0.0.255",
    local=True,
)
DOWN4 = Place(
    family=4,
    commands="link set eth1 down",
    destinations="10.1.0.2 10.1.0.255 10.1.0.9 10.0.0.1 8.8.8.8 255.255.255.255",
    sources="10.1.0.2 10.1.0.255 10.1.0.9",
    near="10.0.0.2 10.0.0.1",
)
RICH6 = Place(
    family=6,
    commands=f"""{SPARE}
address add fd00:5::1/64 dev eth0 nodad
address add fd00:0:0:1::99/64 dev eth0 nodad
address add fd00:6::1/128 dev lo nodad
address add fe80::2/64 dev eth0 nodad
address add fe80::3/64 dev eth1 nodad
address add fd00:7::1/127 dev eth1 nodad
address add fd00:8::1 peer fd00:8::9 dev eth1 nodad
address add fd00:9::1/64 dev eth0 nodad preferred_lft 0
address add fd00:a::1/64 dev spare nodad
route add unreachable fd00:50::/32
route add blackhole fd00:51::/32
route add prohibit fd00:52::/32
route add throw fd00:53::/32
route add fd00:61::/32 via fd00:0:0:1::1 metric 2000
route add fd00:61::/32 via fd00:0:0:2::9 metric 50
route add fd00:63::/32 dev eth0
""",
    destinations="""
fd00:0:0:1::2 fd00:0:0:1:: fd00:0:0:1::99 fd00:0:0:1::1 fd00:5:: fd00:5::1 fd00:6::1 fd00:7::
fd00:7::1 fd00:8::1 fd00:9::1 fd00:a:: fd00:a::1 fe80::2 fe80::3 ::1 :: ::ffff:10.0.0.2 ff02::1
ff02::1:ff00:2 ff01::1 ff00::1 ff11::1 fd00:50::1 fd00:51::1 fd00:52::1 fd00:53::1 fd00:61::1
fd00:61:: fd00:63:: 2001:db8::1 ::2 ::1.2.3.4 fec0::1
""",
    sources="""
fd00:0:0:1::2 fd00:0:0:1:: ::1 :: ff02::1 fe80::1 fe80::2 fe80:: fd00:50::1 ::ffff:1.2.3.4
::1.2.3.4 2001:db8::1 fd00:63::
""",
    near="fd00:0:0:1::2 fd00:0:0:2::9 fd00:0:0:1::1 ff02::1 fe80::2 fe80::77",
)
LOCAL6 = Place(
    family=6,
    commands="""
route add local fd00:54::/32 dev lo
route add fd00:54:5::/48 via fd00:0:0:2::9
route del default
link set eth1 down
link set eth1 up
""",
    destinations="""
fd00:54::1 fd00:54:5::1 fd00:54:: 2001:db8::1 fd00:0:0:2::2 fd00:0:0:2::9 fd00:0:0:1::1 fe80::9
""",
    sources="fd00:54::1 2001:db8::1 :: fe80::9",
    near="fd00:0:0:1::2 fd00:0:0:1::1",
    local=True,
)
PLACES = {"rich4": RICH4, "local4": LOCAL4, "down4": DOWN4, "rich6": RICH6, "local6": LOCAL6}


_MANY4 = """
address flush dev eth1
address add 10.9.0.1/24 dev eth1
address add 10.9.0.2/24 dev eth1
address add 10.1.0.2/24 dev eth1
address add 10.1.0.3/24 dev eth1
address add 10.7.0.1/24 dev eth1 scope link
route add 10.77.0.0/16 via 10.9.0.9 dev eth1
route add 10.78.0.0/16 via 10.1.0.9 dev eth1 src 10.9.0.2
route add 10.79.0.0/16 dev eth1
route add default via 10.1.0.9
neighbour replace 10.1.0.9 lladdr 02:00:00:00:01:02 dev eth1 nud permanent
neighbour add 10.9.0.9 lladdr 02:00:00:00:01:02 dev eth1 nud permanent
"""
_NEAR4 = "8.8.8.8 10.1.0.9 10.9.0.9 10.77.0.1 10.78.0.1 10.79.0.1 10.7.0.9 10.0.0.2 10.0.0.1"
NATS = {
    "many4": Place(
        family=4, commands=_MANY4, sources="10.0.0.1", near="10.0.0.2", destinations=_NEAR4
    ),
    "loopback4": Place(
        family=4,
        commands="""
address flush dev eth1
address add 10.44.0.1/24 dev lo
route add default dev eth1
""",
        destinations="8.8.8.8 10.44.0.1 10.0.0.1",
        sources="10.0.0.1",
        near="10.0.0.2",
    ),
    "narrow4": Place(
        family=4,
        commands="""
address flush dev eth1
address flush dev eth0
address add 10.0.0.50/24 dev eth0 scope link
route add default dev eth1
""",
        destinations="8.8.8.8 10.0.0.50 10.0.0.1",
        sources="10.0.0.1",
        near="10.0.0.50",
    ),
    "none4": Place(
        family=4,
        commands="address flush dev eth1\naddress flush dev eth0\nroute add default dev eth1\n",
        destinations="8.8.8.8",
        sources="10.0.0.1",
        near="8.8.8.8",
    ),
    "many6": Place(
        family=6,
        commands="""
address add fe80::5/64 dev eth1 nodad
address add fe80::4/64 dev eth0 nodad
address add fd00:5::1/64 dev eth1 nodad
address add 2001:db8:7::1/64 dev eth1 nodad
address add 2001:db8:9::1/64 dev eth1 nodad preferred_lft 0
address add 2002:db8:9::1/64 dev eth1 nodad
address add fd00:0:0:2::77/64 dev eth1 nodad
address add fd00:6::1/128 dev lo nodad
address add fd00:9::1/64 dev eth0 nodad preferred_lft 0
""",
        destinations="""
fd00:0:0:2::9 2001:db8::9 2001:db8:9::9 2003::1 2002::1 fd00:6666::1 3ffe::1 2001:0::1 fec0::1
2001:10::1 ::ffff:1.2.3.4 ::1 fd00:6::1 2001:db8:7::1 fd00:0:0:2:: fd00:0:0:1::1 fe80::4 ff02::1
""",
        sources="fe80::9 2001:db8::1",
        near="fd00:0:0:1::2 2001:db8::9 fe80::4 ff02::1",
    ),
    "none6": Place(
        family=6,
        commands="address flush dev eth1\nroute replace default dev eth1\n",
        destinations="fd00:0:0:2::9 2001:db8::9",
        sources="fd00:0:0:1::1",
        near="fd00:0:0:1::2",
    ),
}
"""Hosts among whose addresses REDIRECT and MASQUERADE have to choose."""
REALMS = Place(
    family=4,
    commands="""
route add 10.61.0.0/16 via 10.1.0.9 realm 7
route add 10.62.0.0/16 via 10.1.0.9 realm 3/4
route add 10.63.0.0/16 via 10.0.0.1 realm 4
""",
    destinations="10.61.0.1 10.62.0.1 10.63.0.1 10.1.0.9 10.0.0.2 8.8.8.8",
    sources="10.61.0.1 10.62.0.1 10.63.0.1 10.0.0.1",
    near="10.61.0.1 10.62.0.1 10.63.0.1 10.1.0.9 10.0.0.2 10.0.0.255",
)


def furnish(judge: Judge, commands: str, family: int, *, strict: bool = True) -> None:
    """Carry out `ip` commands on the judge's host; unless `strict` it may refuse some."""
    run = judge.trio.host.run
    if strict:
        run("ip", f"-{family}", "-batch", "-", stdin=commands)
    else:
        with suppress(JudgeError):
            run("ip", "-force", f"-{family}", "-batch", "-", stdin=commands)
    deadline = time.monotonic() + 5
    # The kernel makes the routes of an IPv6 address in a work of its own (addrconf_dad_work).
    while _unrouted(judge) and time.monotonic() < deadline:
        time.sleep(0.02)


def _unrouted(judge: Judge) -> bool:
    """Whether an address of IPv6 is not yet routed to the host itself.

    By the kernel's own tables (net/ipv6/addrconf.c, if6_seq_show; net/ipv6/ip6_fib.c,
    ipv6_route_native_seq_show), for which `ip` would be started twice.
    """

    def work() -> tuple[list[str], ...]:
        folder = Path("/proc/thread-self/net")
        return tuple(
            (folder / name).read_text().splitlines() for name in ("if_inet6", "ipv6_route")
        )

    addresses, routes = judge.trio.host.do(work)
    own = {line.split()[0] for line in addresses}
    rows = [line.split() for line in routes]
    return not own <= {row[0] for row in rows if row[1] == "80" and int(row[8], 16) & _LOCAL}


def packets(place: Place) -> list[tuple[Packet, str]]:
    """Every packet of the place, and where it enters."""
    away, here = place.destinations.split(), place.near.split()
    pairs = [(source, near) for source in place.sources.split() for near in here]
    arriving = [_packet(place.family, None, to, "eth0") for to in away]
    arriving += [_packet(place.family, source, near, "eth0") for source, near in pairs]
    sent = [_packet(place.family, None, to, None) for to in away]
    return [(p, "PREROUTING") for p in arriving] + [(p, "OUTPUT") for p in sent]


def _packet(family: int, source: str | None, destination: str, interface: str | None) -> Packet:
    packet = Packet(family=family, proto=UDP, dport=99, in_=interface)
    if source is not None:
        packet = packet.with_(src=parse_address(source)[0])
    return packet.with_(dst=parse_address(destination)[0])


CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}


def rules(tables: dict[str, list[str]]) -> str:
    """Restore input of rules by table, every built-in chain with its policy."""
    parts: list[str] = []
    for table, held in tables.items():
        policies = [f":{chain} ACCEPT [0:0]" for chain in CHAINS[table]]
        parts += [f"*{table}", *policies, *held, "COMMIT", ""]
    return "\n".join(parts)
