"""Matches on IPsec and IPv6 extension headers: each rule's answer is the kernel's."""

from __future__ import annotations

import pytest
from agreeing import ELSEWHERE, Fields, agree, arriving, rules

from iptsim.kernel import Judge
from iptsim.kernel.events.events import WATCH_TABLE
from iptsim.packet import EXT_HEADERS, Packet

pytestmark = pytest.mark.kernel

TCP, UDP, ESP, AH, ICMP6, NONE, IPCOMP, MOBILITY = 6, 17, 50, 51, 58, 59, 108, 135
HOP, DST, ROUTE, FRAG = (EXT_HEADERS[name] for name in ("hop", "dst", "route", "frag"))

IPSEC = (
    "-p ah", "! -p ah", "-p esp", "-p ah -m ah", "-p ah -m ah --ahspi 256",
    "-p ah -m ah ! --ahspi 256", "-p ah -m ah --ahspi 256:300", "-p ah -m ah ! --ahspi 257:300",
    "-p esp -m esp", "-p esp -m esp --espspi 256", "-p esp -m esp ! --espspi 256",
    "-p esp -m esp --espspi 0:255", "-p esp -m esp ! --espspi 300:4294967295",
    "-p ipcomp -m ipcomp", "-p ipcomp -m ipcomp --ipcompspi 18",
    "-p ipcomp -m ipcomp ! --ipcompspi 18", "-p ipcomp -m ipcomp --ipcompspi 18:20 --compres",
)  # fmt: skip


@pytest.mark.parametrize("family", [4, 6])
def test_ipsec(judge: Judge, family: int) -> None:
    spis = (0, 255, 256, 257, 300, 301, 0xFFFFFFFF)
    packets: list[Fields] = [{"proto": proto, "spi": spi} for proto in (AH, ESP) for spi in spis]
    packets += [{"proto": IPCOMP, "cpi": cpi} for cpi in (0, 17, 18, 20, 21, 0xFFFF)]
    more: tuple[Fields, ...] = (
        {"proto": AH, "ah_next": "esp"},
        {"proto": AH, "ah_next": "none"},
        {"proto": TCP},
    )
    agree(judge, family, rules("filter", "INPUT", IPSEC), arriving(family, *packets, *more))


EXTENSIONS = (
    "-m ah", "-m ah --ahspi 256 --ahres", "-m ah ! --ahspi 256", "-m ah --ahlen 24",
    "-m ah ! --ahlen 24", "-m ah --ahlen 42", "-m ah ! --ahlen 42", "-m ah --ahres",
    "-m hbh", "-m hbh --hbh-len 8", "-m hbh ! --hbh-len 8", "-m hbh --hbh-len 16",
    "-m hbh ! --hbh-len 12", "-m dst", "-m dst --dst-len 8", "-m dst ! --dst-len 8",
    "-m rt", "-m rt --rt-type 2", "-m rt ! --rt-type 2", "-m rt --rt-type 0 --rt-len 24",
    "-m rt ! --rt-len 24", "-m rt --rt-segsleft 0", "-m rt ! --rt-segsleft 1:5",
    "-m srh", "-m srh --srh-hdr-len-eq 2",
    "-m srh --srh-hdr-len-gt 2", "-m srh ! --srh-hdr-len-lt 4", "-m srh --srh-segs-left-eq 1",
    "-m srh ! --srh-segs-left-gt 1", "-m srh --srh-segs-left-lt 1", "-m srh --srh-hdr-len-lt 0",
    "-m frag", "-m frag ! --fragid 7", "-m eui64",
    "-p mobility-header", "-p mobility-header -m mh", "-p mobility-header -m mh --mh-type 5",
    "-p mobility-header -m mh ! --mh-type 5:6", "-p ipv6-nonxt", "-p tcp", "-p udp", "-p ah",
    "-p ipv6-route", "! -p ipv6-route", "-p ipv6-opts", "-p ipv6-frag", "-p ipv6-icmp",
)  # fmt: skip
WITH_HEADERS: tuple[Fields, ...] = (
    {"proto": TCP}, {"proto": UDP, "ext_headers": HOP}, {"proto": TCP, "ext_headers": HOP},
    {"ext_headers": HOP, "hbh_length": 16}, {"ext_headers": DST}, {"ext_headers": HOP | DST},
    {"ext_headers": DST, "dst_length": 1024, "proto": ICMP6}, {"ext_headers": ROUTE},
    {"ext_headers": ROUTE, "rt_type": 0, "rt_segsleft": 1}, {"ext_headers": ROUTE, "rt_length": 8},
    {"ext_headers": ROUTE, "rt_segsleft": 5, "rt_length": 40, "proto": UDP},
    {"ext_headers": ROUTE, "rt_segsleft": 6, "rt_type": 3},
    {"ext_headers": ROUTE, "rt_type": 4}, {"ext_headers": ROUTE, "rt_type": 4, "rt_segsleft": 1},
    {"ext_headers": ROUTE, "rt_type": 4, "rt_segsleft": 2, "rt_length": 32},
    {"ext_headers": ROUTE, "rt_type": 4, "rt_segsleft": 3, "rt_length": 40},
    {"ext_headers": HOP | DST | ROUTE, "proto": AH}, {"ext_headers": HOP | DST, "proto": ESP},
    {"proto": AH}, {"proto": AH, "ah_length": 16}, {"proto": AH, "ah_reserved": 1},
    {"proto": AH, "ah_length": 1028}, {"proto": AH, "ah_next": "esp", "spi": 1},
    {"proto": AH, "ah_next": "none"}, {"proto": ESP},
    {"proto": MOBILITY}, {"proto": MOBILITY, "mh_type": 5}, {"proto": MOBILITY, "mh_type": 6},
    {"proto": MOBILITY, "mh_type": 7, "ext_headers": DST},
)  # fmt: skip


def test_extension_headers(judge: Judge) -> None:
    agree(judge, 6, rules("filter", "INPUT", EXTENSIONS), arriving(6, *WITH_HEADERS))


def test_extension_headers_of_what_is_passed_on(judge: Judge) -> None:
    there = {"dst": ELSEWHERE[6]}
    sent = arriving(6, *({**given, **there} for given in WITH_HEADERS))
    agree(judge, 6, rules("mangle", "FORWARD", EXTENSIONS), sent)


HEADERS = ("hop", "dst", "route", "auth", "esp", "prot", "hop,prot", "hop,dst,prot", "auth,esp",
           "route,dst", "hop,esp", "none", "auth,none", "hop,dst,route,auth,prot")  # fmt: skip


def test_ipv6header(judge: Judge) -> None:
    parts = [
        f"-m ipv6header {negated}--header {names}{soft}"
        for names in HEADERS
        for negated in ("", "! ")
        for soft in ("", " --soft")
    ]
    agree(judge, 6, rules("filter", "INPUT", parts), arriving(6, *WITH_HEADERS))


def test_a_packet_without_next_header(judge: Judge) -> None:
    parts = ["-p ipv6-nonxt", "! -p tcp", "-m ipv6header --header none", "-m hbh",
             "-m ipv6header ! --header prot --soft"]  # fmt: skip
    sent = arriving(6, {"proto": NONE}, {"proto": NONE, "ext_headers": HOP})
    agree(judge, 6, rules("filter", "INPUT", parts), sent)


FRAGMENTS = ("-m frag", "-m frag --fragid 7", "-m frag ! --fragid 7", "-m frag --fragid 0:6",
             "-m frag --fraglen 99", "-m frag ! --fraglen 8", "-m frag --fragres",
             "-m frag --fragfirst", "-m frag --fragmore", "-m frag --fraglast", "-p tcp",
             "-m ipv6header --header frag,prot", "-m ipv6header --header frag --soft",
             "-p tcp -m tcp --dport 80", "-p ipv6-frag")  # fmt: skip


def test_fragment_headers_where_nothing_tracks_connections(judge: Judge) -> None:
    """Connection tracking puts fragments together before any rule is asked."""
    judge.trio.host.run("nft", "flush", "chain", "inet", WATCH_TABLE, "start_output")
    sent = arriving(
        6,
        {}, {"ext_headers": FRAG}, {"ext_headers": FRAG, "frag_id": 7},
        {"ext_headers": FRAG | HOP, "frag_id": 6}, {"ext_headers": FRAG, "frag_more": 1},
        {"ext_headers": FRAG, "frag_reserved": 1}, {"ext_headers": FRAG, "frag_reserved": 4},
    )  # fmt: skip
    agree(judge, 6, rules("filter", "FORWARD", FRAGMENTS), [
        (packet.with_(dst=ELSEWHERE[6]), hook) for packet, hook in sent
    ])  # fmt: skip


def test_eui64(judge: Judge) -> None:
    net = 0xFD00_0000_0000_0001 << 64
    sent = arriving(
        6,
        {"mac_src": 0x021122334455, "src": net | 0x001122FFFE334455},
        {"mac_src": 0x001122334455, "src": net | 0x021122FFFE334455},
        {"mac_src": 0x021122334455, "src": net | 0x021122FFFE334455},
        {"mac_src": 0x021122334455, "src": net | 0x001122FFFE334456},
        {"mac_src": 0x021122334455, "src": net | 0x001122FEFF334455},
    )
    agree(judge, 6, rules("filter", "INPUT", ["-m eui64", "-p tcp"]), sent)
    agree(judge, 6, rules("mangle", "PREROUTING", ["-m eui64", "-p tcp"]), sent)
    own = Packet(family=6, src=1, dst=1)
    agree(judge, 6, rules("mangle", "PREROUTING", ["-m eui64", "-p tcp"]), [(own, "OUTPUT")])
