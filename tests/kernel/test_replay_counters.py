"""The kernel's own counters after real flows are what a replay of their capture counts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from called_program import called
from replay_lab import Lab, flows, has, lab

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]

NAT = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i lan -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.2.0.2:80
-A PREROUTING -i lan -p tcp -m tcp --dport 8088 -j REDIRECT --to-ports 9000
-A POSTROUTING -o wan -j MASQUERADE
COMMIT
"""
MANGLE = """*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:MARKED - [0:0]
-A PREROUTING -i lan -p tcp -j MARKED
-A PREROUTING -p udp -m length --length 0:64
-A POSTROUTING -m mark --mark 0x5 -m ttl --ttl-lt 64
-A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1400:1500
-A MARKED -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN
-A MARKED -j MARK --set-xmark 0x5/0xffffffff
COMMIT
"""
FILTER = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:LAN - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lan -g LAN
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i lan -o wan -p tcp -m tcp --dport 80 -j ACCEPT
-A FORWARD -i lan -p udp -m udp --dport 53 -j ACCEPT
-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT
-A OUTPUT -m conntrack --ctstate INVALID
-A LAN -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A LAN -p tcp -m tcp --dport 9000 -j ACCEPT
-A LAN -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset
-A LAN -p udp -m udp --dport 5353 -j REJECT --reject-with icmp-port-unreachable
COMMIT
"""
RAW = """*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -i lan -p udp -j CT --notrack
-A OUTPUT -o lan -p udp -j CT --notrack
COMMIT
"""
PLAIN = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 9000
-A FORWARD -p tcp -m tcp --sport 80
-A FORWARD -p udp -j DROP
COMMIT
"""
SETS = {
    "gateway": NAT + FILTER,
    "marks": MANGLE + NAT + FILTER,
    "untracked": RAW + NAT + FILTER,
    "plain": PLAIN,
}
_RULE = re.compile(r"\[(\d+):\d+\] -A (\S+)")
_CHAIN = re.compile(r":(\S+) \S+ \[(\d+):")
Counters = Mapping[tuple[str, str, int | None], int]


@pytest.fixture
def made(real_kernel: None) -> Iterator[Lab]:
    with lab() as fresh:
        yield fresh


def _kernels(text: str) -> Counters:
    """The counters of rules, and of the policies of built-in chains."""
    found: dict[tuple[str, str, int | None], int] = {}
    table, numbers = "", dict[str, int]()
    for line in text.splitlines():
        if line.startswith("*"):
            table, numbers = line[1:], {}
        elif rule := _RULE.match(line):
            chain = rule[2]
            numbers[chain] = numbers.get(chain, 0) + 1
            found[table, chain, numbers[chain]] = int(rule[1])
        elif (policy := _CHAIN.match(line)) and " - " not in line:
            found[table, policy[1], None] = int(policy[2])
    return found


def _replayed(folder: Path, rules: str, capture: str, *options: str) -> dict[str, Any]:
    (folder / "rules").write_text(rules)
    told = ("--addr", str(folder / "addr"), "--route", str(folder / "route"))
    words = ("replay", "--format", "json", *told, *options)
    files = (str(folder / "rules"), str(folder / capture))
    done = called([*words, *files], b"", os.environ)
    assert done.code == 0, done.err
    totals: dict[str, Any] = json.loads(done.out.splitlines()[-1])["totals"]
    return totals


def _ours(totals: dict[str, Any]) -> Counters:
    return {(r["table"], r["chain"], r["rule"]): r["packets"] for r in totals["rules"]}


@pytest.mark.parametrize("tool", ["tcpdump", "socket"])
@pytest.mark.parametrize("name", SETS)
def test_rules_count_what_the_kernel_counted(
    made: Lab, tmp_path: Path, name: str, tool: str
) -> None:
    if tool == "tcpdump" and not has(tool):
        pytest.skip("tcpdump is not installed")
    flows(made, SETS[name], tmp_path, tool)
    totals = _replayed(tmp_path, SETS[name], "any.pcap")

    assert totals["packets"] > 60
    kernels, ours = _kernels((tmp_path / "after").read_text()), _ours(totals)
    assert {key: ours.get(key, 0) for key in kernels} == dict(kernels)
    assert all(fate["verdict"] for fate in totals["fates"])


def test_one_side_s_capture_counts_the_packets_of_that_side(made: Lab, tmp_path: Path) -> None:
    if not has("tcpdump"):
        pytest.skip("tcpdump is not installed")
    flows(made, SETS["gateway"], tmp_path, "tcpdump")
    totals = _replayed(tmp_path, SETS["gateway"], "lan.pcap", "--in", "lan")

    ours, kernels = _ours(totals), _kernels((tmp_path / "after").read_text())
    asked_by_lan = [("filter", "LAN", n) for n in (1, 2, 3, 4)]
    asked_by_lan += [("nat", "PREROUTING", n) for n in (1, 2)]
    assert {key: ours[key] for key in asked_by_lan} == {key: kernels[key] for key in asked_by_lan}
