"""Random packets that have a chance to meet the rules of `random_rules`."""

from __future__ import annotations

from random import Random

from value_pools import HOSTS

from iptsim.packet import Packet
from iptsim.values import parse_address

TCP, UDP, ICMP, ICMP6, SCTP = 6, 17, 1, 58, 132
_RARE = (132, 33, 136, 47, 50, 51)  # sctp, dccp, udplite, gre, esp, ah
_PORTED = (TCP, UDP, 132, 33, 136)
_FLAGS = (0x02, 0x02, 0x02, 0x02, 0xC2, 0x10, 0x18, 0x12, 0x01, 0x04, 0x11, 0x14, 0x00, 0x29, 0x3F)
_KINDS = {
    4: (8, 8, 8, 13, 15, 17, 0, 3, 5, 11, 14, 18, 40),
    6: (128, 128, 128, 139, 129, 1, 2, 3, 4, 133, 134, 135, 136, 143, 151, 200),
}
_OPTIONS = (0, 0, 0, 1 << 2, 1 << 2 | 1 << 3, 1 << 8)
# Hop-by-hop options, destination options, a routing header; fragments come in no first packet.
_EXTENSIONS = (0, 0, 0, 0, 0, 0x80, 0x40, 0x20)
_PAYLOADS = (b"", b"", b"abc", b"GET /evil HTTP/1.1\r\n\r\n" + b"x" * 140)
_FAR = {4: ("10.0.0.255", "224.0.0.1", "255.255.255.255"), 6: ("ff02::1",)}
_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def packets(random: Random, family: int, count: int) -> list[tuple[Packet, str]]:
    """Packets and where they enter. Each may open a connection."""
    return [_packet(random, family) for _ in range(count)]


def _packet(random: Random, family: int) -> tuple[Packet, str]:
    hook = random.choice(("PREROUTING", "OUTPUT"))
    source, destination = (
        _arriving(random, family) if hook == "PREROUTING" else _sent(random, family)
    )
    packet = Packet(
        family=family,
        src=parse_address(source)[0],
        dst=parse_address(destination)[0],
        ttl=random.choice((64, 64, 10, 11, 2, 1)),
        tos=random.choice((0, 0x10, 0x14, 0xB8, 0x03)),
    )
    packet = _transport(random, packet.with_(payload=random.choice(_PAYLOADS)))
    if hook == "PREROUTING":
        return packet.with_(in_=random.choice(("eth0", "eth0", "eth1"))), hook
    user = random.choice((0, 1000, 1337))
    group = random.choice((user, 1337))
    return packet.with_(uid=user, gid=group, mark=random.choice((0, 0, 1, 0x10, 0x539))), hook


def _arriving(random: Random, family: int) -> tuple[str, str]:
    """The host's own address is no source for what arrives: routing calls it a martian."""
    hosts = HOSTS[family]
    source = random.choice((hosts[0], hosts[-1]))
    if random.random() < 0.05:
        return source, random.choice(_FAR[family])
    return source, random.choice(hosts[1:])


def _sent(random: Random, family: int) -> tuple[str, str]:
    hosts = HOSTS[family]
    if random.random() < 0.12:
        return _LOOPBACK[family], _LOOPBACK[family]
    return random.choice(hosts[1:3]), random.choice(hosts)


def _transport(random: Random, packet: Packet) -> Packet:
    icmp = ICMP if packet.family == 4 else ICMP6
    if packet.family == 6:
        packet = packet.with_(ext_headers=random.choice(_EXTENSIONS))
    proto = random.choice((TCP, TCP, TCP, TCP, UDP, UDP, icmp, random.choice(_RARE)))
    packet = packet.with_(proto=proto)
    if proto == icmp:
        kind, code = random.choice(_KINDS[packet.family]), random.choice((0, 0, 0, 1, 4))
        return packet.with_(icmp_type=kind, icmp_code=code)
    if proto == TCP:
        packet = packet.with_(tcp_flags=random.choice(_FLAGS), tcp_options=random.choice(_OPTIONS))
    if proto == SCTP:
        packet = packet.with_(payload=None)  # the judge's own chunk, INIT
    if proto in _PORTED:
        ports = (22, 53, 80, 443, 8088, 40000)
        return packet.with_(sport=random.choice((53, 40000)), dport=random.choice(ports))
    return packet
