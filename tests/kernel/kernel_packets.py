"""For each fixture the host that it is a dump of, and packets worth asking about."""

from __future__ import annotations

from dataclasses import dataclass

from iptsim.kernel import LINKS, Link
from iptsim.packet import Packet
from iptsim.values import parse_address


def packet(src: str | None = None, dst: str | None = None, **fields: int | str) -> Packet:
    """A packet with its addresses as text; its family is theirs, else IPv4."""
    given = dict(fields)
    family = 4
    for name, text in (("src", src), ("dst", dst)):
        if text is not None:
            given[name], width = parse_address(text)
            family = 4 if width == 32 else 6
    return Packet(family=family).with_(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The host, the packets that arrive and those that it sends."""

    links: tuple[Link, ...] = LINKS
    arriving: tuple[Packet, ...]
    sent: tuple[Packet, ...]
    tproxy: tuple[int, int] | None = None  # the mark that is delivered here, the listener's port


UDP, ICMP, ICMP6 = 17, 1, 58
_POD_SENDS = (
    packet(dst="10.9.9.9", dport=80, uid=1000, gid=1000),
    packet(dst="10.9.9.9", dport=80, uid=1337, gid=1337),
    packet(dst="10.9.9.9", dport=80, uid=1000, gid=1337),
    packet(dst="10.0.0.2", dport=8088, uid=1337, gid=1337),
    packet(dst="10.0.0.2", dport=8088, uid=1000, gid=1000),
    packet(src="127.0.0.1", dst="127.0.0.1", dport=15000, uid=1000, gid=1000),
    packet(src="127.0.0.6", dst="10.0.0.2", dport=8088, uid=1337, gid=1337),
    packet(dst="10.96.0.10", proto=UDP, dport=53, uid=1000, gid=1000),
    packet(dst="10.96.0.10", proto=UDP, dport=53, uid=1337, gid=1337),
    packet(dst="10.96.0.10", dport=53, uid=1000, gid=1000),
    packet(dst="10.9.9.9", proto=ICMP),
)
_POD_GETS = (
    packet(dport=8088),
    packet(dport=8089),
    packet(dport=22),
    packet(dport=15008),
    packet(dport=15021),
    packet(dport=15090),
    packet(proto=UDP, dport=8088),
    packet(proto=UDP, sport=53, dport=40000),
    packet(proto=ICMP),
    packet(src="169.254.7.127", dport=8088),
)
_POD = Scene(arriving=_POD_GETS, sent=_POD_SENDS)
_OUTWARD = LINKS[1]
_BRIDGES = (
    LINKS[0],
    Link(name="docker0", address="172.17.0.1/16", peer="172.17.0.2"),
    Link(name="br-shop", address="172.18.0.1/16", peer="172.18.0.2"),
    _OUTWARD,
)
_NODE = Scene(
    arriving=(
        packet(dst="10.96.0.1", dport=443),
        packet(dst="10.96.45.10", dport=80),
        packet(src="10.244.1.9", dst="10.96.45.10", dport=80),
        packet(src="10.244.1.5", dst="10.96.45.10", dport=80),
        packet(dst="10.96.45.10", dport=81),
        packet(dst="10.96.77.7", dport=5672),
        packet(dport=30080),
        packet(dport=30081),
        packet(proto=UDP, dport=30080),
    ),
    sent=(
        packet(dst="10.96.45.10", dport=80),
        packet(dst="10.96.77.7", dport=5672),
        packet(dst="10.96.0.1", dport=443),
        packet(dst="10.0.0.2", dport=30080),
        packet(dst="8.8.8.8", dport=53, proto=UDP),
    ),
)

SCENES: dict[str, Scene] = {
    "istio/both-directions": _POD,
    "istio/dns-1.10": _POD,
    "istio/ports-1.30": Scene(
        arriving=(*_POD_GETS, packet(dport=8080), packet(dport=9090)),
        sent=(*_POD_SENDS, packet(dst="10.9.9.9", dport=5432, uid=1000, gid=1000)),
    ),
    "istio/upgrade": _POD,
    "istio/tproxy-1.10": Scene(arriving=_POD_GETS, sent=_POD_SENDS, tproxy=(1337, 15006)),
    "istio/ambient-1.25": Scene(
        arriving=_POD_GETS, sent=(*_POD_SENDS, packet(dst="10.9.9.9", dport=80, mark=0x539))
    ),
    "docker/published-port": Scene(
        links=_BRIDGES,
        arriving=(
            packet(dport=8080),
            packet(dport=5432),
            packet(dst="172.17.0.2", dport=80),
            packet(dst="172.18.0.2", dport=5432),
            packet(src="172.17.0.2", dst="8.8.8.8", in_="docker0", dport=443),
            packet(src="172.17.0.2", dst="172.18.0.2", in_="docker0", dport=5432),
            packet(src="172.17.0.2", dst="172.17.0.1", in_="docker0", dport=8080),
            packet(src="172.18.0.2", dst="10.0.0.2", in_="br-shop", dport=8080),
            packet(src="172.18.0.2", dst="8.8.8.8", in_="br-shop", proto=UDP, dport=53),
            packet(src="172.18.0.2", dst="8.8.8.8", in_="br-shop", proto=ICMP),
        ),
        sent=(
            packet(src="10.0.0.2", dst="10.0.0.2", dport=8080),
            packet(src="127.0.0.1", dst="127.0.0.1", dport=5432),
            packet(src="172.17.0.1", dst="172.17.0.2", dport=80),
            packet(dst="8.8.8.8", proto=UDP, dport=53),
        ),
    ),
    "kube-proxy/services": _NODE,
    "kube-proxy/local-policy": _NODE,
    "firewall/host": Scene(
        arriving=(
            packet(dport=22),
            packet(src="192.0.2.7", dport=22),
            packet(src="198.51.100.20", dport=22),
            packet(src="198.51.100.21", dport=22),
            packet(dport=443),
            packet(dport=8010),
            packet(dport=8011),
            packet(dport=443, tcp_flags=0x10),
            packet(proto=ICMP),
            packet(proto=ICMP, icmp_type=13),
            packet(proto=UDP, sport=67, dport=68),
            packet(proto=UDP, dport=514),
            packet(src="192.0.2.7", dport=5432),
            packet(proto=47),
            packet(dst="10.1.0.77", dport=80),
        ),
        sent=(
            packet(dport=25, uid=104, gid=104),
            packet(dport=25, uid=1000, gid=1000),
            packet(dst="169.254.169.254", uid=0, gid=0),
            packet(dst="169.254.169.254", uid=50, gid=50),
            packet(dst="169.254.169.254", uid=1000, gid=1000),
            packet(dport=443, mark=0x102),
            packet(dport=22, tos=0x03),
            packet(src="127.0.0.1", dst="127.0.0.1", dport=9),
        ),
    ),
    "firewall/ipv6": Scene(
        arriving=(
            packet(dst="fd00:0:0:1::2", dport=443),
            packet(dst="fd00:0:0:1::2", dport=8443),
            packet(dst="fd00:0:0:1::2", dport=22),
            packet(src="2001:db8:5::9", dst="fd00:0:0:1::2", dport=22),
            packet(src="fe80::1", dst="fd00:0:0:1::2", proto=UDP, sport=547, dport=546),
            packet(dst="fd00:0:0:1::2", proto=UDP, dport=9, ttl=1),
            packet(dst="fd00:0:0:1::2", proto=ICMP6),
            packet(dst="2001:db8:1::80", dport=80),
            packet(src="fd00:db8::9", dst="2001:db8:9::1", dport=80),
        ),
        sent=(
            packet(dst="2001:db8:9::1", dport=80),
            packet(src="::1", dst="::1", dport=443),
            packet(dst="fd00:0:0:1::2", proto=UDP, dport=9),
        ),
    ),
}
