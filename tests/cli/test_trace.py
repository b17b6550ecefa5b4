from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_program import CASE, iptsim

FIREWALL = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""


@pytest.fixture
def firewall(tmp_path: Path) -> Path:
    file = tmp_path / "fw.save"
    file.write_text(FIREWALL)
    return file


def answer(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_redirected_to_the_proxy() -> None:
    done = iptsim("trace", "--dport", "8088", CASE / "after.txt")
    assert done.code == 0
    assert done.out.splitlines()[0] == "✔ ACCEPT  tcp to this host, port 8088 → port 15001"
    chains = [line.split()[2] for line in done.out.splitlines() if " nat " in line]
    assert chains == ["PREROUTING", "ISTIO_INBOUND", "ISTIO_IN_REDIRECT", "INPUT"]


def test_reaches_the_application_before() -> None:
    done = iptsim("trace", "--dport", "8088", CASE / "before.txt")
    assert done.out.splitlines()[0] == "✔ ACCEPT  tcp to this host, port 8088"


def test_hidden_interface_shows_both_fates() -> None:
    packet = ("--uid", "1337", "--dst", "10.9.9.9", "--dport", "80")
    listed = iptsim("trace", *packet, CASE / "after.txt", "--format", "json")
    both = answer(listed.out)["outcomes"]
    assert [outcome["verdict"] for outcome in both] == ["ACCEPT", "ACCEPT"]
    assert [bool(outcome["rewrites"]) for outcome in both] == [True, False]
    assert any("interface" in key for key in both[0]["when"][0]["facts"])
    told = iptsim("trace", *packet, CASE / "after.v.txt", "--format", "json")
    assert [o["rewrites"] for o in answer(told.out)["outcomes"]] == [[]]


def test_hidden_interface_is_named_with_its_remedy() -> None:
    done = iptsim(
        "trace", "--uid", "1337", "--dst", "10.9.9.9", "--dport", "80", CASE / "after.txt"
    )
    assert done.out.startswith(
        "? most likely ACCEPT, as listed REDIRECT to 127.0.0.1 port 15001: depends on what the"
    )
    assert "if nat ISTIO_OUTPUT 2 is limited to an interface" in done.out
    assert "list with -v, or use iptables-save" in done.out


def test_json_as_the_interface_has_it() -> None:
    done = iptsim("trace", "--dport", "8088", "--format", "json", CASE / "after.txt")
    found = answer(done.out)
    assert found["schema"] == "iptsim.trace/1"
    assert "id" not in found
    assert found["packet"] == {"proto": "tcp", "dport": 8088}
    assert {"new connection", "addressed to this host"} <= set(found["assumed"])
    (outcome,) = found["outcomes"]
    assert (outcome["when"], outcome["verdict"], outcome["destination"]) == ([], "ACCEPT", "local")
    assert outcome["packet"]["dport"] == 15001
    assert outcome["rewrites"] == [
        {
            "field": "dport",
            "from": 8088,
            "to": 15001,
            "table": "nat",
            "chain": "ISTIO_IN_REDIRECT",
            "rule": 1,
        }
    ]
    assert outcome["steps"][1] == {
        "hook": "PREROUTING",
        "table": "nat",
        "chain": "ISTIO_INBOUND",
        "rule": 1,
        "line": 17,
        "text": "-A ISTIO_INBOUND -p tcp -m tcp --dport 8088 -j ISTIO_IN_REDIRECT",
        "action": "jump",
        "target": "ISTIO_IN_REDIRECT",
    }
    assert [step["action"] for step in outcome["steps"]] == ["jump", "jump", "rewrite", "policy"]


def test_packet_fields_of_the_answer_are_of_the_interfaces_types(firewall: Path) -> None:
    packet = (
        *("-p", "6", "-s", "10.0.0.7", "-d", "10.0.0.2", "--sport", "40000", "--dport", "ssh"),
        *("-i", "eth0", "--tcp-flags", "SYN", "--mark", "0x10", "--ttl", "64", "--tos", "0"),
        *("--length", "60", "--mac-src", "02:42:ac:11:00:02", "--ctstate", "new"),
    )
    done = iptsim("trace", *packet, "--format", "json", firewall)
    assert answer(done.out)["packet"] == {
        "proto": "tcp",
        "src": "10.0.0.7",
        "dst": "10.0.0.2",
        "sport": 40000,
        "dport": 22,
        "in": "eth0",
        "tcp_flags": "SYN",
        "mark": 16,
        "ctstate": "NEW",
        "ttl": 64,
        "tos": 0,
        "length": 60,
        "mac_src": "02:42:ac:11:00:02",
    }


def test_standard_input() -> None:
    done = iptsim("trace", "--dport", "22", "-", stdin=FIREWALL)
    assert done.code == 0
    assert done.out.startswith("✔ ACCEPT")


def test_several_files_are_one_host(firewall: Path) -> None:
    done = iptsim("trace", "--dport", "8088", "--format", "json", CASE / "after.txt", firewall)
    (outcome,) = answer(done.out)["outcomes"]
    assert outcome["verdict"] == "DROP"
    assert {step["table"] for step in outcome["steps"]} == {"nat", "filter"}


def test_dropped_by_a_policy(firewall: Path) -> None:
    done = iptsim("trace", "--dport", "23", firewall)
    first = done.out.splitlines()[0]
    assert first == "✘ DROP  tcp to this host, port 23, by the policy of filter INPUT"


def test_verbose_names_what_failed(firewall: Path) -> None:
    done = iptsim("trace", "--dport", "22", "--in", "eth0", "-v", firewall)
    skipped = [line.split() for line in done.out.splitlines() if line.strip().startswith("·")]
    assert [words[1:4] for words in skipped] == [["filter", "INPUT", "1"], ["filter", "INPUT", "2"]]
    assert "-i lo " in done.out
    assert "·" not in iptsim("trace", "--dport", "22", "--in", "eth0", firewall).out


@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("REDIRECT:15001", 0),
        ("REDIRECT", 0),
        ("ACCEPT", 0),
        ("REDIRECT:15006", 1),
        ("DROP", 1),
        ("DNAT:10.0.0.9:80", 1),
    ],
)
def test_expect(fate: str, code: int) -> None:
    done = iptsim("trace", "--dport", "8088", "--expect", fate, CASE / "after.txt")
    assert done.code == code
    assert (f"not as expected: {fate}" in done.err) == bool(code)


def test_expect_is_missed_where_the_fate_depends() -> None:
    packet = ("--uid", "1337", "--dst", "10.9.9.9", "--dport", "80")
    done = iptsim("trace", *packet, "--expect", "REDIRECT:15001", CASE / "after.txt")
    assert done.code == 1


def test_hook(firewall: Path) -> None:
    done = iptsim("trace", "--dport", "22", "--hook", "forward", "--format", "json", firewall)
    (outcome,) = answer(done.out)["outcomes"]
    assert [step["hook"] for step in outcome["steps"]] == ["FORWARD"]


def test_packets_one_answer_a_line_in_order(firewall: Path, tmp_path: Path) -> None:
    lines = [
        {"id": 7, "dport": 22},
        {"id": "x", "dport": "23", "in": "eth0"},
        {"id": None, "icmp_type": "8/0"},
        {"id": [1], "proto": "udp", "dst": "10.0.0.2", "mark": "0x1"},
    ]
    packets = tmp_path / "packets"
    packets.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    done = iptsim("trace", "--packets", packets, firewall)
    answers = [answer(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert [found.get("id") for found in answers] == [7, "x", None, [1]]
    verdicts = [found["outcomes"][0]["verdict"] for found in answers]
    assert verdicts == ["ACCEPT", "DROP", "ACCEPT", "DROP"]
    assert answers[2]["packet"]["icmp_type"] == "8/0"
    assert answers[3]["packet"]["mark"] == 1


def test_packets_share_the_options(firewall: Path) -> None:
    packets = '{"id": 1}\n{"id": 2, "dport": 23}\n'
    done = iptsim("trace", "--packets", "-", "--dport", "22", firewall, stdin=packets)
    assert [answer(line)["packet"]["dport"] for line in done.out.splitlines()] == [22, 23]


def test_a_wrong_packet_is_placed(firewall: Path) -> None:
    packets = '{"id": 1, "dport": 22}\n{"id": 2, "dport": 70000}\n'
    done = iptsim("trace", "--packets", "-", firewall, stdin=packets)
    assert (done.code, [json.loads(line)["id"] for line in done.out.splitlines()]) == (2, [1])
    assert "-:2:11" in done.err
    assert "          ^^^^^^^" in done.err


def test_in_chinese() -> None:
    done = iptsim("trace", "--dport", "8088", "--lang", "zh", CASE / "after.txt")
    assert done.out.splitlines()[0] == "✔ ACCEPT  tcp 发往本机，端口 8088 → 端口 15001"
    same = iptsim("trace", "--dport", "8088", CASE / "after.txt", LC_ALL="zh_CN.UTF-8")
    assert same.out == done.out


@pytest.mark.parametrize("columns", ["60", "100"])
def test_no_line_is_wider_than_the_terminal(columns: str) -> None:
    packet = ("--uid", "1337", "--dst", "10.9.9.9", "--dport", "80", "-v")
    done = iptsim("trace", *packet, CASE / "after.txt", COLUMNS=columns)
    assert max(map(len, done.out.splitlines())) <= int(columns)


def test_addresses_of_the_host(firewall: Path, tmp_path: Path) -> None:
    addresses = [
        {
            "ifname": "eth0",
            "addr_info": [{"family": "inet", "local": "10.0.0.2", "prefixlen": 24}],
        }
    ]
    file = tmp_path / "addr.json"
    file.write_text(json.dumps(addresses))
    packet = ("--dport", "22", "--addr", file, "--format", "json", firewall)
    here = answer(iptsim("trace", "--dst", "10.0.0.2", *packet).out)
    there = answer(iptsim("trace", "--dst", "10.0.0.3", *packet).out)
    assert here["outcomes"][0]["destination"] == "local"
    assert there["outcomes"][0]["steps"][0]["chain"] == "FORWARD"
