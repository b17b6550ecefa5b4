from __future__ import annotations

from typing import Any

import pytest
from every_row import every_row
from hypothesis import given as given_that
from hypothesis import strategies as st

from iptsim.cli.lines import read_packets
from iptsim.errors import DumpError, UsageError
from iptsim.extensions.matches.string import write_bytes
from iptsim.packet import CT_STATES, HOOKS, Packet, option_of
from iptsim.questions import KEYS, read_packet


def packet(**given: Any) -> Packet:
    if "in_" in given:
        given["in"] = given.pop("in_")
    return read_packet(given).packet


@every_row(
    ("given", "fields"),
    [
        ({"dport": "80"}, {"proto": 6, "dport": 80}),
        ({"sport": 65535}, {"proto": 6, "sport": 65535}),
        ({"dport": "domain", "proto": "UDP"}, {"proto": 17, "dport": 53}),
        ({"dport": 0, "proto": 132}, {"proto": 132, "dport": 0}),
        ({"proto": "all"}, {}),
        ({"proto": "0"}, {}),
        ({"proto": "47"}, {"proto": 47}),
        ({"tcp_flags": "SYN,ACK"}, {"proto": 6, "tcp_flags": 0x12}),
        ({"tcp_flags": "none"}, {"proto": 6, "tcp_flags": 0}),
        ({"tcp_flags": "SYN,ece,CWR"}, {"proto": 6, "tcp_flags": 0xC2}),
        ({"tcp_flags": "CWR"}, {"proto": 6, "tcp_flags": 0x80}),
        ({"tcp_flags": "ALL"}, {"proto": 6, "tcp_flags": 0x3F}),
        ({"tcp_options": "mss,8"}, {"proto": 6, "tcp_options": 1 << 2 | 1 << 8}),
        ({"tcp_options": "none"}, {"proto": 6, "tcp_options": 0}),
        ({"tcp_mss": 1460}, {"proto": 6, "tcp_mss": 1460}),
        ({"spi": 256, "proto": "esp"}, {"proto": 50, "spi": 256}),
        ({"spi": "0x10", "proto": "ipcomp"}, {"proto": 108, "cpi": 16}),
        ({"icmp_type": "8/0"}, {"proto": 1, "icmp_type": 8, "icmp_code": 0}),
        ({"icmp_type": 3}, {"proto": 1, "icmp_type": 3}),
        ({"icmp_type": "echo-request"}, {"proto": 1, "icmp_type": 8}),
        ({"icmp_type": "Host-Unreachable"}, {"proto": 1, "icmp_type": 3, "icmp_code": 1}),
        ({"mark": "0x10"}, {"mark": 16}),
        ({"mark": 16}, {"mark": 16}),
        ({"uid": "1337", "gid": 0}, {"uid": 1337, "gid": 0}),
        ({"ctstate": "established"}, {"ctstate": "ESTABLISHED"}),
        ({"in": "eth0", "out": "br-0123456789ab"}, {"in": "eth0", "out": "br-0123456789ab"}),
        ({"ttl": "255", "tos": "0x10", "length": 20}, {"ttl": 255, "tos": 16, "length": 20}),
        ({"mac_src": "02:42:AC:11:00:02"}, {"mac_src": 0x0242AC110002}),
        ({"src": "10.0.0.7"}, {"src": 0x0A000007}),
        ({"dport": None, "id": 3}, {}),
    ],
)
def test_reads(given: dict[str, Any], fields: dict[str, int | str]) -> None:
    question = read_packet(given)
    assert question.packet.given() == fields
    assert question.packet.family == 4


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"dport": 80}, None),
        ({"src": "10.0.0.7"}, 4),
        ({"dst": "fd00::1"}, 6),
        ({"proto": "icmp"}, 4),
        ({"proto": "icmpv6"}, 6),
        ({"proto": "ipv6-icmp", "icmp_type": "128/0"}, 6),
    ],
)
def test_family(given: dict[str, Any], told: int | None) -> None:
    question = read_packet(given)
    assert question.family == told
    assert question.packet.family == (told or 4)


@pytest.mark.parametrize(
    ("text", "bits"), [("hop", 0x80), ("frag,DST", 0x50), ("hop,dst,route,frag", 0xF0), ("none", 0)]
)
def test_extension_headers_make_an_ipv6_packet(text: str, bits: int) -> None:
    question = read_packet({"ext_headers": text})
    assert question.packet.given() == {"ext_headers": bits}
    assert (question.family, question.packet.family) == (6, 6)


def test_family_that_the_user_tells() -> None:
    question = read_packet({"icmp_type": "echo-request"}, 6)
    assert (question.family, question.packet.proto) == (6, 58)
    assert question.packet.icmp_type == 128


def test_hook_and_id() -> None:
    question = read_packet({"hook": "output", "id": {"any": "thing"}})
    assert (question.hook, question.id) == ("OUTPUT", {"any": "thing"})
    for hook in HOOKS:
        assert read_packet({"hook": hook}).hook == hook


@every_row(
    "given",
    [
        {"dport": 65536},
        {"dport": -1},
        {"dport": "http/1"},
        {"dport": "2-1"},
        {"dport": 80, "proto": "icmp"},
        {"dport": 80, "proto": "47"},
        {"dport": True},
        {"dport": 80.0},
        {"dport": [80]},
        {"proto": 256},
        {"proto": "pigeon"},
        {"src": "10.0.0.0/33"},
        {"src": "localhost"},
        {"src": "10.0.0.1", "dst": "::1"},
        {"proto": "icmp", "dst": "::1"},
        {"proto": "ipv6-icmp", "dst": "10.0.0.1"},
        {"tcp_flags": "SYN", "proto": "udp"},
        {"tcp_flags": "SYN,SIN"},
        {"icmp_type": "8/0", "proto": "tcp"},
        {"tcp_flags": "ECE,SIN"},
        {"tcp_flags": "SYN,"},
        {"tcp_options": "mss", "proto": "udp"},
        {"tcp_options": "mss,2"},
        {"tcp_options": ""},
        {"tcp_options": "256"},
        {"tcp_mss": 65536},
        {"tcp_mss": 1460, "tcp_options": "wscale"},
        {"spi": 256},
        {"spi": 256, "proto": "tcp"},
        {"spi": 65536, "proto": "ipcomp"},
        {"ext_headers": "hop,auth"},
        {"ext_headers": ""},
        {"ext_headers": "hop", "src": "10.0.0.1"},
        {"proto": "ipv6-frag", "src": "::1"},
        {"proto": "ipv6-route", "ext_headers": "route"},
        {"icmp_type": "256"},
        {"icmp_type": "8/256"},
        {"icmp_type": "no-such-type"},
        {"mark": 1 << 32},
        {"mark": "0x1/0xff"},
        {"uid": "toor"},
        {"ctstate": "NEW,RELATED"},
        {"in": ""},
        {"in": "a-name-of-sixteen"},
        {"out": "eth 0"},
        {"ttl": 256},
        {"tos": 256},
        {"length": 19},
        {"length": 39, "dst": "::1"},
        {"mac_src": "02:42:ac:11:00"},
        {"mac_src": "02:42:ac:11:00:0g"},
        {"hook": "INGRESS"},
        {"port": 80},
        {"uid": 0, "hook": "PREROUTING"},
        {"gid": 0, "in": "eth0"},
        {"payload": "|0", "proto": "tcp"},
        {"payload": "|0x|", "proto": "tcp"},
        {"payload": "x", "proto": "gre"},
        {"payload": "x", "proto": "tcp", "length": 40},
        {"payload": "x" * 65500, "proto": "tcp", "src": "10.0.0.1"},
        {"length": 39, "proto": "tcp"},
        {"length": 47, "proto": "udp", "dst": "::1"},
        {"in": "eth0", "hook": "OUTPUT"},
        {"out": "eth0", "hook": "INPUT"},
    ],
    ids=str,
)
def test_refuses_and_names_the_option(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        read_packet(given)
    named = str(error.value).partition(":")[0]
    assert named in {option_of(key) for key in given} | set(given)
    assert error.value.facts["option"] == named


@every_row(
    ("given", "payload", "length"),
    [
        ({"dport": 80, "payload": " GET |2f 0d|"}, b" GET /\r", 47),
        ({"dport": 80, "payload": ""}, b"", 40),
        ({"proto": "udp", "payload": "é\\|"}, "é|".encode(), 31),
        ({"proto": "icmpv6", "payload": "x"}, b"x", 49),
        ({"proto": "sctp", "payload": "|00 03 00 04|"}, b"\0\3\0\4", 36),
        ({"proto": "udp", "payload": "x", "length": 29}, b"x", 29),
        ({"dport": 80, "payload": "x", "tcp_options": "mss"}, b"x", None),
        ({"proto": "udp", "payload": "x", "ext_headers": "hop"}, b"x", None),
        ({"payload": "x"}, b"x", None),
    ],
    ids=str,
)
def test_a_payload_tells_the_length(
    given: dict[str, Any], payload: bytes, length: int | None
) -> None:
    packet = read_packet(given).packet
    assert (packet.payload, packet.length) == (payload, length)


@given_that(st.binary(max_size=20))
def test_a_payload_is_written_as_it_is_read(payload: bytes) -> None:
    assert packet(payload=write_bytes(payload)).payload == payload


def test_every_state_is_known() -> None:
    assert [packet(ctstate=state.lower()).ctstate for state in CT_STATES] == list(CT_STATES)


def test_keys_are_the_interfaces() -> None:
    assert {option_of(key) for key in KEYS} == {
        "--fragment",
        "--proto",
        "--src",
        "--dst",
        "--sport",
        "--dport",
        "--in",
        "--out",
        "--tcp-flags",
        "--icmp-type",
        "--mark",
        "--uid",
        "--gid",
        "--ctstate",
        "--ttl",
        "--tos",
        "--length",
        "--mac-src",
        "--hook",
        "--tcp-options",
        "--tcp-mss",
        "--spi",
        "--ext-headers",
        "--payload",
    }


def test_lines() -> None:
    text = '{"id": 1, "dport": 80}\n\n  {"id": 2, "sport": 9}\n'
    questions = list(read_packets(text, "p.jsonl", None, {"dport": "443"}))
    assert [question.id for question in questions] == [1, 2]
    assert [question.packet.dport for question in questions] == [80, 443]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("{", 2),
        ("[1]", 1),
        ('{"id": 1, "dport": 70000}', 11),
        ('{"id": 1, "port": 1}', 11),
        ("[" * 100_000, 1),
    ],
    ids=["not JSON", "not an object", "no such port", "no such field", "too deep"],
)
def test_wrong_lines_are_placed(line: str, column: int) -> None:
    with pytest.raises(DumpError) as error:
        list(read_packets(f"{{}}\n{line}\n", "p.jsonl", None, {}))
    place = error.value.place
    assert (place.file, place.line, place.column) == ("p.jsonl", 2, column)
