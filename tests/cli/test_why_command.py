"""`iptsim why`: the story in a few sentences."""

from __future__ import annotations

import json
from pathlib import Path

from cli_program import CASE, iptsim

AFTER = CASE / "1.8.9" / "after.txt"


def test_the_fate_is_told_first_and_then_the_rules() -> None:
    first, *others = iptsim("why", "--dport", "8088", AFTER, COLUMNS="200").out.splitlines()
    assert first == "tcp to this host, port 8088: REDIRECT to port 15001."
    assert others[0].startswith("Decided by nat PREROUTING 1 (tcp, jump to ISTIO_INBOUND); nat ")
    assert "Envoy" in others[1]


def test_the_likely_way_stands_before_the_doubt() -> None:
    asked = ("--uid", "1337", "--dst", "10.9.9.9", "--dport", "80")
    out = iptsim("why", *asked, AFTER, COLUMNS="200").out
    assert out.startswith("Most likely tcp from this host to 10.9.9.9, port 80: ACCEPT, unchanged.")
    assert out.index("`-o lo`") < out.index("it could also be REDIRECT to 127.0.0.1 port 15001")
    chinese = iptsim("why", *asked, AFTER, "--lang", "zh").out
    assert chinese.startswith("很可能是 ")


def test_a_rule_s_own_comment_is_told(tmp_path: Path) -> None:
    rule = '-A INPUT -p tcp --dport 80 -m comment --comment "web has no endpoints" -j REJECT'
    text = f"*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n{rule}\nCOMMIT\n"
    out = iptsim("why", "--dport", "80", stdin=text, COLUMNS="200").out
    assert "The comment of filter INPUT 1 says: «web has no endpoints»." in out.splitlines()


def test_each_fate_has_its_condition() -> None:
    text = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
    rules = "-A INPUT -p tcp --dport 22 -j ACCEPT\n"
    out = iptsim("why", "--proto", "tcp", stdin=text.format(rules)).out
    first, second, *_ = out.splitlines()
    assert first == "? DROP, but ACCEPT if the port is 22"
    assert second.startswith("1: DROP, by the policy of filter INPUT")
    assert "if the port is 22." in out


def test_data_for_programs_has_the_sentences_beside_the_trace() -> None:
    answer = json.loads(iptsim("why", "--dport", "8088", "--format", "json", AFTER).out)
    assert answer["schema"] == "iptsim.why/1"
    assert answer["sentences"][0] == "tcp to this host, port 8088: REDIRECT to port 15001."
    assert answer["outcomes"][0]["rewrites"][0]["to"] == 15001
