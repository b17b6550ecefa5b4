"""`iptsim replay`: captures made byte by byte, and what is told of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from called_program import started
from capture_bytes import (
    ACK,
    COOKED,
    COOKED2,
    ETHERNET,
    FIN,
    ICMP,
    ICMP6,
    NULL,
    RAW,
    SYN,
    TCP,
    UDP,
    cooked,
    cooked2,
    ethernet,
    icmp,
    ip,
    loopback,
    pcap,
    pcapng,
    tcp,
    udp,
    written,
)
from cli_program import iptsim

RULES = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p udp -m udp --dport 53 -j ACCEPT
-A INPUT -p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-port-unreachable
COMMIT
"""
RULES6 = "# ip6tables-save\n" + RULES.replace(
    "-p icmp -m icmp --icmp-type 8", "-p ipv6-icmp -m icmp6 --icmpv6-type 128"
).replace("icmp-port", "icmp6-port")
ME, YOU = "192.0.2.1", "198.51.100.7"
ADDR = """2: eth0: <UP> mtu 1500 state UP
    link/ether 02:00:00:00:00:02
    inet 192.0.2.1/24 scope global eth0
"""


def _to(payload: bytes, proto: int = TCP, **header: int) -> bytes:
    return ip(YOU, ME, proto, payload, **header)


def _from(payload: bytes, proto: int = TCP, **header: int) -> bytes:
    return ip(ME, YOU, proto, payload, **header)


HANDSHAKE = [
    _to(tcp(40000, 22, SYN)), _from(tcp(22, 40000, SYN | ACK)), _to(tcp(40000, 22, ACK)),
]  # fmt: skip


def _replay(
    folder: Path, data: bytes, *options: str, rules: str = RULES
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines of the packets, and the totals."""
    dump = folder / "dump.txt"
    dump.write_text(rules)
    capture = written(folder, data)
    done = iptsim("replay", "--format", "json", *options, dump, capture)
    assert done.code == 0, done.err
    *lines, last = [json.loads(line) for line in done.out.splitlines()]
    return lines, last["totals"]


def _decided(line: dict[str, Any]) -> tuple[object, ...]:
    by = line["decided_by"] or {}
    return line["verdict"], by.get("chain"), by.get("rule")


def test_a_connection_is_new_then_answered_then_established(tmp_path: Path) -> None:
    lines, totals = _replay(tmp_path, pcap(map(ethernet, HANDSHAKE), ETHERNET))

    assert [line["connection"] for line in lines] == ["first", "answer", "next"]
    assert [line["hook"] for line in lines] == ["PREROUTING", "OUTPUT", "PREROUTING"]
    assert [_decided(line) for line in lines] == [
        ("ACCEPT", "INPUT", 2), ("ACCEPT", "OUTPUT", None), ("ACCEPT", "INPUT", 1),
    ]  # fmt: skip
    assert totals["connections"] == {"opened": 1, "forgotten": 0, "contradicted": 0}


@pytest.mark.parametrize(
    ("link", "wrapped"),
    [
        (ETHERNET, ethernet),
        (ETHERNET, lambda packet: ethernet(packet, 10)),
        (ETHERNET, lambda packet: ethernet(packet, 10, 20)),
        (RAW, lambda packet: packet),
        (COOKED, lambda packet: cooked(packet, 0)),
        (COOKED2, lambda packet: cooked2(packet, 0, 2)),
    ],
)
@pytest.mark.parametrize("form", [pcap, pcapng])
def test_each_link_and_form_of_file_tells_the_same_packet(
    tmp_path: Path, link: int, wrapped: Any, form: Any
) -> None:
    lines, _totals = _replay(tmp_path, form([wrapped(HANDSHAKE[0])], link))

    packet = lines[0]["packet"]
    assert (packet["src"], packet["sport"], packet["dport"]) == (YOU, 40000, 22)
    assert _decided(lines[0]) == ("ACCEPT", "INPUT", 2)


def test_a_loopback_s_packets_are_sent_by_lo_and_come_back(tmp_path: Path) -> None:
    packet = ip("127.0.0.1", "127.0.0.1", TCP, tcp(40000, 22, SYN))
    lines, totals = _replay(tmp_path, pcap([loopback(packet)], NULL))

    assert (lines[0]["hook"], lines[0]["packet"]["out"]) == ("OUTPUT", "lo")
    assert {"table": "filter", "chain": "INPUT", "rule": 2}.items() <= totals["rules"][0].items()


def test_ipv6_behind_extension_headers(tmp_path: Path) -> None:
    hop = bytes([TCP, 0, 1, 4, 0, 0, 0, 0])
    packet = ip("2001:db8::7", "2001:db8::1", 0, hop + tcp(40000, 22, SYN))
    echo = ip("2001:db8::7", "2001:db8::1", ICMP6, icmp(128))
    lines, _totals = _replay(tmp_path, pcap([packet, echo], RAW), rules=RULES6)

    assert lines[0]["packet"]["ext_headers"] == "hop"
    assert [_decided(line) for line in lines] == [("ACCEPT", "INPUT", 2), ("REJECT", "INPUT", 4)]


def test_packets_of_a_family_without_rules_are_counted_apart(tmp_path: Path) -> None:
    six = ip("2001:db8::7", "2001:db8::1", TCP, tcp(40000, 22, SYN))
    _lines, totals = _replay(tmp_path, pcap([six, HANDSHAKE[0]], RAW))

    assert (totals["asked"], totals["not_read"]) == (1, {"no_rules": 1})


def test_what_began_before_the_capture_is_never_firm_where_its_state_decides(
    tmp_path: Path,
) -> None:
    lines, _totals = _replay(tmp_path, pcap([_to(tcp(40000, 80, ACK))], RAW))

    assert (lines[0]["connection"], lines[0]["verdict"]) == ("middle", None)
    assert lines[0]["unknown"] == "state"
    assert {end["verdict"] for end in lines[0]["outcomes"]} == {"ACCEPT", "DROP"}


def test_it_is_firm_where_each_state_fares_alike(tmp_path: Path) -> None:
    rules = RULES.replace("-A INPUT -m", "-A INPUT -p tcp -m tcp --dport 80 -j DROP\n-A INPUT -m")
    lines, _totals = _replay(tmp_path, pcap([_to(tcp(40000, 80, ACK))], RAW), rules=rules)

    assert _decided(lines[0]) == ("DROP", "INPUT", 1)


def test_a_syn_after_the_end_opens_another_connection(tmp_path: Path) -> None:
    ended = [*HANDSHAKE, _to(tcp(40000, 22, FIN | ACK)), HANDSHAKE[0]]
    lines, totals = _replay(tmp_path, pcap(ended, RAW))

    assert [line["connection"] for line in lines][-2:] == ["next", "first"]
    assert totals["connections"]["opened"] == 2


def test_tracking_forgets_what_was_quiet_for_long(tmp_path: Path) -> None:
    asked, answer = _to(udp(5000, 53), UDP), _from(udp(53, 5000), UDP)
    quick, _ = _replay(tmp_path, pcap([asked, answer], RAW, times=[1000.0, 1001.0]))
    late, _ = _replay(tmp_path, pcap([asked, asked], RAW, times=[1000.0, 1031.0]))

    assert quick[1]["connection"] == "answer"
    assert [line["connection"] for line in late] == ["first", "first"]


def test_what_is_let_in_by_no_rule_stays_new(tmp_path: Path) -> None:
    dropped = [_to(tcp(40000, 80, SYN)), _to(tcp(40000, 80, SYN)), _from(tcp(80, 40000, SYN | ACK))]
    lines, totals = _replay(tmp_path, pcap(dropped, RAW))

    assert [line["connection"] for line in lines][:2] == ["first", "first"]
    assert (lines[2]["verdict"], lines[2]["unknown"]) == (None, "refused")
    assert totals["connections"]["contradicted"] == 1


def test_an_error_is_related_to_what_it_quotes(tmp_path: Path) -> None:
    rules = RULES.replace("ESTABLISHED", "RELATED")
    asked = _from(udp(5000, 9), UDP)
    error = _to(icmp(3, 3, 0, asked[:28]), ICMP)
    frames = [cooked(asked, 4), cooked(error, 0)]
    lines, _totals = _replay(tmp_path, pcap(frames, COOKED), rules=rules)

    assert [line["hook"] for line in lines] == ["OUTPUT", "PREROUTING"]
    assert _decided(lines[1]) == ("ACCEPT", "INPUT", 1)


def test_who_this_host_is_tell_its_addresses(tmp_path: Path) -> None:
    addr = tmp_path / "addr"
    addr.write_text(ADDR)
    frames = [ethernet(_from(tcp(5000, 80, SYN))), ethernet(_to(tcp(6000, 80, SYN)))]
    lines, _totals = _replay(tmp_path, pcap(frames, ETHERNET), "--addr", str(addr))

    assert [line["hook"] for line in lines] == ["OUTPUT", "PREROUTING"]


def test_a_number_of_an_interface_has_its_name(tmp_path: Path) -> None:
    addr = tmp_path / "addr"
    addr.write_text(ADDR)
    frames = [cooked2(HANDSHAKE[0], 0, 2)]
    lines, _totals = _replay(tmp_path, pcap(frames, COOKED2), "--addr", str(addr))

    assert lines[0]["packet"]["in"] == "eth0"


def test_a_forwarded_packet_that_leaves_again_is_counted_once(tmp_path: Path) -> None:
    rules = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -j MASQUERADE
COMMIT
"""
    addr = tmp_path / "addr"
    addr.write_text(ADDR)
    there = tcp(40000, 80, SYN)
    frames = [
        cooked(ip("10.0.0.9", YOU, TCP, there), 0),
        cooked(ip(ME, YOU, TCP, there, ttl=63), 4),
        cooked(ip(YOU, ME, TCP, tcp(80, 40000, SYN | ACK)), 0),
    ]
    lines, totals = _replay(tmp_path, pcap(frames, COOKED), "--addr", str(addr), rules=rules)

    assert lines[1]["not_read"] == "left_again"
    assert [lines[0]["connection"], lines[2]["connection"]] == ["first", "answer"]
    assert (lines[2]["destination"], totals["asked"]) == ("forward", 2)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (ethernet(HANDSHAKE[0])[:12] + b"\x08\x06" + b"\0" * 28, "not_ip"),
        (ethernet(HANDSHAKE[0])[:20], "wrong_header"),
        (ethernet(HANDSHAKE[0])[:36], "wrong_header"),
        (ethernet(_to(tcp(1, 22, SYN), length=900)), "wrong_header"),
        (ethernet(b"\x42" + HANDSHAKE[0][1:]), "wrong_header"),
        (ethernet(_to(udp(1, 53)[:2], UDP)), "wrong_header"),
        (b"", "wrong_header"),
    ],
)
def test_what_cannot_be_read_is_counted_with_its_reason(
    tmp_path: Path, frame: bytes, why: str
) -> None:
    lines, totals = _replay(tmp_path, pcap([frame, ethernet(HANDSHAKE[0])], ETHERNET))

    assert (lines[0]["not_read"], totals["not_read"]) == (why, {why: 1})
    assert _decided(lines[1]) == ("ACCEPT", "INPUT", 2)


@pytest.mark.parametrize(("kept", "why"), [(10, "cut"), (30, "cut"), (40, "cut"), (54, None)])
def test_a_capture_may_keep_the_beginning_of_packets_alone(
    tmp_path: Path, kept: int, why: str | None
) -> None:
    frame = ethernet(_to(tcp(40000, 22, SYN, carried=b"x" * 100)))
    lines, _totals = _replay(tmp_path, pcap([frame], ETHERNET, kept=kept))

    assert lines[0].get("not_read") == why


def test_later_fragments_are_part_of_the_first_where_rules_gather_them(tmp_path: Path) -> None:
    first = _to(udp(5000, 53), UDP, place=0x2000)
    later = _to(b"\0" * 16, UDP, place=0x0002)
    lines, _totals = _replay(tmp_path, pcap([first, later], RAW))

    assert _decided(lines[0]) == ("ACCEPT", "INPUT", 3)
    assert lines[1]["not_read"] == "gathered"


def test_only_lists_the_packets_of_a_fate(tmp_path: Path) -> None:
    capture = written(tmp_path, pcap([*HANDSHAKE, _to(tcp(7, 80, SYN))], RAW))
    done = iptsim("replay", "-", capture, "--only", "DROP", stdin=RULES)

    first = done.out.splitlines()[0]
    assert first.startswith("4  22:13:20.030000  tcp 198.51.100.7:7 > 192.0.2.1:80 SYN")
    assert "198.51.100.7:40000" not in done.out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", ["60", "100", "200"])
def test_the_table_fits_and_has_the_largest_first(tmp_path: Path, lang: str, columns: str) -> None:
    frames = [_to(tcp(7, 80, SYN)), *(_to(udp(n, 53), UDP) for n in range(1, 6))]
    capture = written(tmp_path, pcap(frames, RAW))
    done = iptsim("replay", "-", capture, "--lang", lang, stdin=RULES, COLUMNS=columns)

    assert max(map(len, done.out.splitlines())) <= int(columns)
    assert done.out.index("ACCEPT") < done.out.index("DROP")
    assert "5   83%" in done.out


def test_a_cut_file_tells_the_packet_and_counts_what_came_before(tmp_path: Path) -> None:
    capture = written(tmp_path, pcap(HANDSHAKE, RAW)[:-20])
    done = iptsim("replay", "-", capture, stdin=RULES)

    assert done.code == 2
    assert "broken at packet 3" in done.err
    assert "2 packets" in done.out


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"no capture at all, a text", "not a capture"),
        (b"", "not a capture"),
        (pcap([], 147), "link type 147"),
        (pcap(HANDSHAKE, RAW)[:24] + b"\xff" * 64, "broken at packet 1"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    capture = written(tmp_path, data)
    done = iptsim("replay", "-", capture, stdin=RULES)

    assert done.code == 2
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = iptsim("replay", "-", tmp_path / "none.pcap", stdin=RULES)

    assert (done.code, "No such file" in done.err) == (2, True)


def test_a_folder_is_no_capture(tmp_path: Path) -> None:
    done = iptsim("replay", "-", tmp_path, stdin=RULES)

    assert (done.code, "Is a directory" in done.err) == (2, True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_its_library_it_says_how_to_install_it(tmp_path: Path, lang: str) -> None:
    (tmp_path / "pcapy.py").write_text("raise ImportError")
    capture = written(tmp_path, pcap(HANDSHAKE, RAW))
    done = iptsim("replay", "-", capture, "--lang", lang, stdin=RULES, PYTHONPATH=str(tmp_path))

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "pip install pcapy-ng" in done.err


def test_a_capture_comes_by_standard_input(tmp_path: Path) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text(RULES)
    done = started(["replay", str(dump), "-"], pcap(HANDSHAKE, RAW), os.environ)

    assert (done.code, "3 packets" in done.out) == (0, True)
