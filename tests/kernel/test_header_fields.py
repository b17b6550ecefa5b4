"""Matches on fields of common headers, and targets that change them, beside the kernel's."""

from __future__ import annotations

import struct

import pytest
from agreeing import ELSEWHERE, Fields, Sent, agree, arriving, rules

from iptsim.kernel import Judge
from iptsim.packet import EXT_HEADERS, Packet

pytestmark = pytest.mark.kernel

TCP, UDP, ICMP, ICMP6, SCTP, DCCP, UDPLITE = 6, 17, 1, 58, 132, 33, 136
SYN, ECE, CWR = 0x02, 0x40, 0x80
HOP, DST = EXT_HEADERS["hop"], EXT_HEADERS["dst"]

ECN = (
    "-p tcp -m ecn --ecn-tcp-ece", "-p tcp -m ecn ! --ecn-tcp-ece",
    "-p tcp -m ecn --ecn-tcp-cwr", "-p tcp -m ecn ! --ecn-tcp-cwr --ecn-tcp-ece",
    "-m ecn --ecn-ip-ect 0", "-m ecn --ecn-ip-ect 1", "-m ecn ! --ecn-ip-ect 2",
    "-p tcp -m ecn ! --ecn-ip-ect 3 ! --ecn-tcp-cwr", "-p tcp -m tcp --syn",
    "-p tcp -m tcp --tcp-flags ALL SYN",
    "-m tos --tos 0x10/0x3f", "-m tos ! --tos 0x03/0x03", "-m tos --tos 0xb8/0xff",
    "-m dscp --dscp 0x2e", "-m dscp ! --dscp 0x2e", "-m dscp --dscp-class BE",
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_congestion_and_type_of_service(judge: Judge, family: int) -> None:
    flags = [{"tcp_flags": SYN | more} for more in (0, ECE, CWR, ECE | CWR)]
    tos = [{"tos": value} for value in (1, 2, 3, 0x10, 0x13, 0xB8, 0xBB, 0xFF)]
    mixed = [{"tos": 3, "tcp_flags": SYN | ECE}, {"tos": 2, "proto": UDP}]
    sent = arriving(family, *flags, *tos, *mixed)
    agree(judge, family, rules("filter", "INPUT", ECN), sent)


TCP_OPTIONS = (
    "-p tcp -m tcp --tcp-option 2", "-p tcp -m tcp ! --tcp-option 2",
    "-p tcp -m tcp --tcp-option 8", "-p tcp -m tcp ! --tcp-option 19",
    "-p tcp -m tcp --tcp-option 1", "-p tcp -m tcp --tcp-option 255",
    "-p tcp -m tcpmss --mss 1400:1500", "-p tcp -m tcpmss ! --mss 1400:1500",
    "-p tcp -m tcpmss --mss 0", "-p tcp -m tcpmss --mss 65535", "-p tcp -m tcpmss ! --mss 536",
)  # fmt: skip
OPTIONS: tuple[Fields, ...] = (
    {}, {"tcp_mss": 1460}, {"tcp_mss": 1399}, {"tcp_mss": 1400}, {"tcp_mss": 1500},
    {"tcp_mss": 1501}, {"tcp_mss": 0}, {"tcp_mss": 65535}, {"tcp_mss": 536},
    {"tcp_options": 1 << 8}, {"tcp_options": 1 << 2 | 1 << 3 | 1 << 4 | 1 << 8, "tcp_mss": 1460},
    {"tcp_options": 1 << 19}, {"tcp_options": 1 << 255}, {"tcp_options": 1 << 1},
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_tcp_options(judge: Judge, family: int) -> None:
    agree(judge, family, rules("filter", "INPUT", TCP_OPTIONS), arriving(family, *OPTIONS))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    "target",
    [
        "-p tcp -m tcp --syn -j TCPMSS --set-mss 1400",
        "-p tcp -j TCPOPTSTRIP --strip-options 8",
        "-p tcp -j TCPOPTSTRIP --strip-options 2,4,19",
        "-p tcp -j TCPOPTSTRIP --strip-options 3,255",
    ],
)
def test_targets_that_change_tcp_options(judge: Judge, family: int, target: str) -> None:
    parts = ["-m length --length 40:64", target, *TCP_OPTIONS, "-m length --length 40:64"]
    lengths = [{"length": 200, "tcp_mss": 1460}, {"length": 64}, {"length": 44 + 20}]
    sent = arriving(family, *OPTIONS, *lengths)
    agree(judge, family, rules("mangle", "PREROUTING", parts), sent)


def test_what_ecn_sets_later_rules_see(judge: Judge) -> None:
    flags = [{"tcp_flags": SYN | more, "tos": 1} for more in (0, ECE, CWR, ECE | CWR)]
    sent = arriving(4, *flags, {"tos": 0x10}, {"proto": UDP, "tos": 3})
    for target in (
        "-p tcp -j ECN --ecn-tcp-remove",
        "-p tcp -j ECN --ecn-tcp-ece 1 --ecn-tcp-cwr 0",
        "-p tcp -j ECN --ecn-tcp-cwr 1 --ecn-ip-ect 2",
        "-j ECN --ecn-ip-ect 3",
    ):
        agree(judge, 4, rules("mangle", "INPUT", [*ECN[:4], target, *ECN]), sent)


CHANGES = (
    "-j TOS --set-tos 0x10/0x3f", "-m tos --tos 0x10/0x3f", "-j TOS --xor-tos 0x11",
    "-m tos --tos 0x01/0x3f", "-j TOS --and-tos 0xf0", "-m tos --tos 0x00/0x0f",
    "-j DSCP --set-dscp 0x2e", "-m dscp --dscp 0x2e", "-m tos --tos 0xb8/0xff",
    "-p udp -j CHECKSUM --checksum-fill", "-j MARK --set-mark 3",
    "-m mark --mark 3", "-j MARK --xor-mark 2", "-m mark --mark 1", "-m mark ! --mark 2/0x2",
    "-j CONNMARK --save-mark", "-m connmark --mark 1", "-m connmark ! --mark 1",
    "-j CONNMARK --set-xmark 0x10/0xff", "-m connmark --mark 0x10/0xf0", "-m length --length 0:99",
)  # fmt: skip
HOPS = {
    4: ("-j TTL --ttl-dec 1", "-m ttl --ttl-eq 9", "-m ttl --ttl-lt 9", "-j TTL --ttl-inc 250",
        "-m ttl --ttl-gt 254", "-m ttl ! --ttl-eq 255", "-j TTL --ttl-set 33",
        "-m ttl --ttl-eq 33"),
    6: ("-j HL --hl-dec 1", "-m hl --hl-eq 9", "-m hl --hl-lt 9", "-j HL --hl-inc 250",
        "-m hl --hl-gt 254", "-m hl ! --hl-eq 255", "-j HL --hl-set 33", "-m hl --hl-eq 33"),
}  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_what_targets_change_later_rules_see(judge: Judge, family: int) -> None:
    ways = [{"ttl": ttl, "tos": tos} for ttl, tos in ((9, 0), (10, 0x13), (11, 0xFF), (2, 0xB8))]
    ways += [{"proto": UDP, "length": 99}, {"proto": UDP, "length": 100}]
    text = rules("mangle", "PREROUTING", (*CHANGES, *HOPS[family]))
    agree(judge, family, text, arriving(family, *ways))
    there = {"dst": ELSEWHERE[family]}
    text = rules("mangle", "FORWARD", ("-j CLASSIFY --set-class 1:10", *CHANGES, *HOPS[family]))
    agree(judge, family, text, arriving(family, *({**given, **there} for given in ways)))


LENGTHS = (
    "-m length --length 60",
    "-m length ! --length 60",
    "-m length --length 61:",
    "-m length --length :59",
    "-m length --length 0:65535",
    "-m length ! --length 100:200",
)
PORTS = (
    "-p tcp -m multiport --dports 22,80:90", "-p tcp -m multiport ! --dports 22,80:90",
    "-p udp -m multiport --ports 53,40000", "-p udp -m multiport ! --ports 53,40000",
    "-p tcp -m multiport --sports 40000", "-p tcp -m multiport ! --sports 1:39999,40001:65535",
    "-p udplite -m multiport --dports 80", "-p udplite -m multiport ! --ports 53:90",
    "-p udp -m udp --sport :53", "-p udp -m udp ! --sport 53",
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_lengths_and_ports(judge: Judge, family: int) -> None:
    packets: list[Fields] = [
        {"length": n, "proto": UDP} for n in (48, 59, 60, 61, 99, 100, 200, 201, 1500)
    ]
    packets += [
        {"proto": proto, "sport": sport, "dport": dport}
        for proto in (TCP, UDP, UDPLITE)
        for sport, dport in ((40000, 80), (53, 22), (53, 40000), (1, 91), (65535, 90), (0, 0))
    ]
    extended: list[Fields] = [
        {"length": 100, "ext_headers": DST},
        {"ext_headers": HOP, "dport": 22},
    ]
    packets += extended if family == 6 else []
    agree(judge, family, rules("filter", "INPUT", (*LENGTHS, *PORTS)), arriving(family, *packets))


RANGES = {
    4: ("10.0.0.1-10.0.0.1", "10.0.0.2-10.0.0.9", "9.0.0.0-10.0.0.0", "10.0.0.0-11.0.0.0"),
    6: ("fd00:0:0:1::1-fd00:0:0:1::1", "fd00:0:0:1::2-fd00:0:0:1::9", "fc00::-fd00:0:0:1::",
        "fd00::-fd00:0:0:2::"),
}  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_ranges_of_addresses(judge: Judge, family: int) -> None:
    low = 0x0A000000 if family == 4 else 0xFD00_0000_0000_0001 << 64
    parts = [f"-m iprange {n}--{way}-range {ends}" for ends in RANGES[family]
             for n in ("", "! ") for way in ("src", "dst")]  # fmt: skip
    sent = arriving(family, *({"src": low + host} for host in (1, 3, 9, 10, 255)))
    agree(judge, family, rules("filter", "INPUT", parts), sent)


OWNERS = (
    "-m owner --socket-exists", "-m owner ! --socket-exists", "-m owner --uid-owner 1000",
    "-m owner ! --uid-owner 1000", "-m owner --uid-owner 999-1001", "-m owner ! --uid-owner 0-999",
    "-m owner --gid-owner 100", "-m owner ! --gid-owner 100 --uid-owner 1000",
    "-m owner --socket-exists ! --gid-owner 100-200", "-m owner --gid-owner 100 --suppl-groups",
    "-m owner ! --gid-owner 100 --suppl-groups",
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_owners(judge: Judge, family: int) -> None:
    pairs = ((0, 0), (999, 99), (1000, 100), (1001, 200), (1002, 201))
    sent = [(Packet(family=family, uid=uid, gid=gid), "OUTPUT") for uid, gid in pairs]
    agree(judge, family, rules("filter", "OUTPUT", OWNERS), sent)
    agree(judge, family, rules("mangle", "POSTROUTING", OWNERS), [*sent, *_passed_on(family)])


def _passed_on(family: int) -> list[Sent]:
    return arriving(family, {"dst": ELSEWHERE[family]})


MACS = (
    "-m mac --mac-source 02:11:22:33:44:55", "-m mac ! --mac-source 02:11:22:33:44:55",
    "-m pkttype --pkt-type unicast", "-m pkttype ! --pkt-type unicast",
    "-m pkttype --pkt-type broadcast", "-m pkttype --pkt-type multicast",
    "-m pkttype ! --pkt-type multicast", "-m physdev --physdev-in eth0",
    "-m physdev ! --physdev-in eth0", "-m physdev ! --physdev-is-in",
    "-m physdev ! --physdev-is-bridged", "-m physdev --physdev-is-in",
)  # fmt: skip


# To everybody on the link, and to every host (a group that each has joined).
EVERYBODY = {4: (0x0A0000FF, 0xFFFFFFFF, 0xE0000001), 6: (0xFF02 << 112 | 1,)}


@pytest.mark.parametrize("family", [4, 6])
def test_frames(judge: Judge, family: int) -> None:
    macs = [{"mac_src": 0x021122334455}, {"mac_src": 0x021122334456}, {"proto": UDP}]
    groups = [{"dst": dst, "proto": UDP} for dst in EVERYBODY[family]]
    sent = arriving(family, *macs, *groups, {"dst": ELSEWHERE[family]})
    agree(judge, family, rules("filter", "INPUT", MACS), sent)
    own = 0x0A000002 if family == 4 else (0xFD00_0000_0000_0001 << 64) | 2
    local = [(Packet(family=family, src=own, dst=own), "OUTPUT")]
    agree(judge, family, rules("mangle", "PREROUTING", MACS), [*sent, *local])


MESSAGES = {
    4: ("-p icmp -m icmp --icmp-type any", "-p icmp -m icmp --icmp-type 8",
        "-p icmp -m icmp ! --icmp-type 8/0", "-p icmp -m icmp --icmp-type 3/1",
        "-p icmp -m icmp ! --icmp-type 13", "-p icmp -m icmp --icmp-type 255/255"),
    6: ("-p ipv6-icmp -m icmp6 --icmpv6-type 128", "-p ipv6-icmp -m icmp6 ! --icmpv6-type 128/0",
        "-p ipv6-icmp -m icmp6 --icmpv6-type 255", "-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4"),
}  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_icmp(judge: Judge, family: int) -> None:
    proto = ICMP if family == 4 else ICMP6
    kinds = (0, 1, 3, 8, 13, 128, 129, 255)
    packets: list[Fields] = [
        {"proto": proto, "icmp_type": k, "icmp_code": c} for k in kinds for c in (0, 1, 4)
    ]
    agree(judge, family, rules("raw", "PREROUTING", MESSAGES[family]), arriving(family, *packets))


def chunk(kind: int, flags: int = 0, size: int = 0) -> bytes:
    """An SCTP chunk with `size` bytes of data, padded."""
    return struct.pack("!BBH", kind, flags, 4 + size) + b"\1" * size + b"\0" * (-size % 4)


CHUNKS = ("ALL", "NONE", "DATA", "INIT", "DATA,INIT", "DATA:UbE", "DATA:IuBe,INIT", "DATA:I",
          "ABORT:T,SHUTDOWN_COMPLETE:t", "ASCONF,I_DATA,PAD")  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_sctp_chunks(judge: Judge, family: int) -> None:
    parts = [
        f"-p sctp -m sctp {negated}--chunk-types {mode} {names}"
        for mode in ("any", "all", "only")
        for negated in ("", "! ")
        for names in CHUNKS
    ]
    lists = [chunk(0, flags, flags) for flags in (0, 5, 7, 10, 15)]
    lists += [chunk(1, 0, 16), chunk(0, 3, 1) + chunk(1, 0, 16), chunk(10, 0, 4) + chunk(0, 8, 2)]
    lists += [chunk(kind, flags) for kind in (6, 14) for flags in (0, 1)]
    lists += [chunk(193) + chunk(64) + chunk(132), chunk(200, 0, 3)]
    packets: list[Fields] = [{"proto": SCTP, "payload": payload} for payload in lists]
    sent = arriving(family, *packets)
    agree(judge, family, rules("raw", "PREROUTING", parts), sent)


DCCP_TYPES = ("REQUEST", "RESPONSE,ACK", "DATA,DATAACK,CLOSEREQ", "CLOSE,RESET", "SYNC,SYNCACK",
              "INVALID")  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_dccp_types(judge: Judge, family: int) -> None:
    parts = [f"-p dccp -m dccp {n}--dccp-types {t}" for t in DCCP_TYPES for n in ("", "! ")]
    parts += ["-p dccp -m dccp --sport 5 ! --dport 7:9", "-p dccp -m dccp ! --sport 5"]
    packets: list[Fields] = [{"proto": DCCP, "dccp_type": kind} for kind in range(16)]
    packets += [{"proto": DCCP, "sport": 5, "dport": port} for port in (6, 7, 9, 10)]
    agree(judge, family, rules("raw", "PREROUTING", parts), arriving(family, *packets))


NOT_OF_IT = (
    "! -p tcp -m tcp --dport 4711", "! -p tcp -m tcp ! --dport 4711",
    "! -p udp -m udp --sport 4000:4999", "! -p udp -m udp ! --sport 0:4710 --dport 4711",
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_ports_behind_a_not_of_their_protocol(judge: Judge, family: int) -> None:
    ends = [(4711, 4711), (4711, 9), (9, 4711)]
    sent = [
        {"proto": proto, "sport": sport, "dport": dport}
        for proto in (TCP, UDP, SCTP, DCCP, UDPLITE)
        for sport, dport in ends
    ]
    others = [{"proto": ICMP if family == 4 else ICMP6}, {"proto": 47}]
    agree(judge, family, rules("filter", "INPUT", NOT_OF_IT), arriving(family, *sent, *others))
