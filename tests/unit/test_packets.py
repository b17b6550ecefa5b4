from __future__ import annotations

from typing import Any

import pytest

from iptsim.cli.lines import read_packets
from iptsim.errors import DumpError, UsageError
from iptsim.packet import CT_STATES, HOOKS, Packet
from iptsim.questions import KEYS, option_of, read_packet


def packet(**given: Any) -> Packet:
    if "in_" in given:
        given["in"] = given.pop("in_")
    return read_packet(given).packet


@pytest.mark.parametrize(
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


def test_family_that_the_user_tells() -> None:
    question = read_packet({"icmp_type": "echo-request"}, 6)
    assert (question.family, question.packet.proto) == (6, 58)
    assert question.packet.icmp_type == 128


def test_hook_and_id() -> None:
    question = read_packet({"hook": "output", "id": {"any": "thing"}})
    assert (question.hook, question.id) == ("OUTPUT", {"any": "thing"})
    for hook in HOOKS:
        assert read_packet({"hook": hook}).hook == hook


@pytest.mark.parametrize(
    "given",
    [
        {"dport": 65536},
        {"dport": -1},
        {"dport": "http/1"},
        {"dport": "1-2"},
        {"dport": 80, "proto": "icmp"},
        {"dport": 80, "proto": "47"},
        {"dport": True},
        {"dport": 80.0},
        {"dport": [80]},
        {"proto": 256},
        {"proto": "pigeon"},
        {"src": "10.0.0.0/8"},
        {"src": "localhost"},
        {"src": "10.0.0.1", "dst": "::1"},
        {"proto": "icmp", "dst": "::1"},
        {"proto": "ipv6-icmp", "dst": "10.0.0.1"},
        {"tcp_flags": "SYN", "proto": "udp"},
        {"tcp_flags": "SYN,SIN"},
        {"icmp_type": "8/0", "proto": "tcp"},
        {"icmp_type": "256"},
        {"icmp_type": "8/256"},
        {"icmp_type": "no-such-type"},
        {"mark": 1 << 32},
        {"mark": "0x1/0xff"},
        {"uid": "root"},
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


def test_every_state_is_known() -> None:
    assert [packet(ctstate=state.lower()).ctstate for state in CT_STATES] == list(CT_STATES)


def test_keys_are_the_interfaces() -> None:
    assert {option_of(key) for key in KEYS} == {
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
