"""Docker's rule for a network tells its bridge: the way by it leads, and is never certain."""

from __future__ import annotations

import json

from called_program import called
from every_row import every_row

MASKED = "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n"
DUMP = f"""\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
{MASKED}COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
"""
ASKED = ("--dport", "8080", "--in", "eth0", "--src", "192.0.2.9")
OTHER = DUMP.replace(MASKED, "-A POSTROUTING -s 172.30.0.0/16 ! -o br-x -j MASQUERADE\n")
UNMASKED = DUMP.replace(MASKED, MASKED.replace("! -o", "-o"))


def _said(dump: str, *words: str) -> str:
    return " ".join(called(["trace", *words, "-"], dump.encode(), {}).out.split())


def test_the_way_by_the_bridge_of_the_network_leads() -> None:
    said = _said(DUMP, *ASKED)
    assert said.startswith("? most likely DNAT to 172.17.0.2 port 80, otherwise DROP")
    assert "nat POSTROUTING 1 tells that 172.17.0.0/16 lies behind docker0" in said


def test_in_chinese_and_in_two_sentences() -> None:
    assert _said(DUMP, *ASKED, "--lang", "zh").startswith("? 很可能 DNAT 到 172.17.0.2 端口 80")
    why = called(["why", *ASKED, "-"], DUMP.encode(), {}).out
    assert "lies behind docker0" in " ".join(why.split())


@every_row("dump", [OTHER, UNMASKED, DUMP.replace(MASKED, "")])
def test_no_rule_no_likely_way(dump: str) -> None:
    assert _said(dump, *ASKED).startswith("? DROP, but DNAT")


@every_row(("out", "first"), [("docker0", "✔ ACCEPT"), ("br-x", "✘ DROP"), ("eth0", "✘ DROP")])
def test_a_told_interface_decides(out: str, first: str) -> None:
    assert _said(DUMP, *ASKED, "--out", out).startswith(first)


def test_what_is_likely_is_not_certain() -> None:
    answer = called(["trace", *ASKED, "--format", "json", "-"], DUMP.encode(), {})
    assert {one["verdict"] for one in json.loads(answer.out)["outcomes"]} == {"DROP", "ACCEPT"}
    expected = called(["trace", *ASKED, "--expect", "DNAT", "-"], DUMP.encode(), {})
    assert expected.code != 0


SIX = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    "-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination [fd00:1::2]:80\n"
    "-A POSTROUTING -s fd00:{}::/64 ! -o br-x -j MASQUERADE\nCOMMIT\n"
    "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -d fd00:1::2/128 -o br-x -j ACCEPT\nCOMMIT\n"
)


@every_row(("network", "first"), [(1, "? most likely DNAT to fd00:1::2"), (2, "? DROP, but DNAT")])
def test_networks_of_ipv6(network: int, first: str) -> None:
    asked = ("-6", "--in", "eth0", "--src", "2001:db8::9", "--dport", "8080")
    assert _said(SIX.format(network), *asked).startswith(first)
