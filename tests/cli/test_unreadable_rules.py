"""One rule that cannot be read, on the command line: told, not fatal; refused with --strict."""

from __future__ import annotations

import json

import pytest
from cli_program import iptsim

SAVE = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT
-A INPUT -p udp -m udp --dport @DNS@ -j ACCEPT
COMMIT
"""
INPUT = "*filter\n-A INPUT -p tcp --dport 443 -j ACCEPT\n-A INPUT -p udp --frob 1 -j DROP\nCOMMIT\n"


def test_the_answer_goes_on_and_the_rule_is_told_with_a_caret() -> None:
    done = iptsim("trace", "-i", "eth0", "--dport", "443", "--format", "json", "-", stdin=SAVE)
    assert done.code == 0
    answer = json.loads(done.out)
    assert [outcome["verdict"] for outcome in answer["outcomes"]] == ["ACCEPT"]
    assert [n["line"] for n in answer["notes"] if n["code"] == "IPT0504"] == [6]
    lines = done.err.splitlines()
    assert lines[0].startswith("warning: ")
    assert lines[1] == "  -:6:32"
    assert lines[3].index("^") == lines[2].index("@DNS@")


@pytest.mark.parametrize("command", ["trace", "query", "lint", "graph", "convert"])
def test_strict_refuses_everywhere(command: str) -> None:
    asked = {"trace": ["-i", "eth0"], "query": ["--fate", "DROP"]}.get(command, [])
    done = iptsim(command, "--strict", *asked, "-", stdin=SAVE)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "  -:6:32" in done.err


def test_convert_writes_it_as_a_comment() -> None:
    done = iptsim("convert", "-", stdin=SAVE)
    assert done.code == 0
    assert (
        "\n# -A INPUT -p udp -m udp --dport @DNS@ -j ACCEPT … (cannot be read whole)\n" in done.out
    )
    assert "IPT" not in done.out
    again = iptsim("convert", "-", stdin=done.out)
    assert "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT" in again.out


def test_lint_holds_what_a_user_wrote_to_what_iptables_takes() -> None:
    done = iptsim("lint", "--format", "json", "-", stdin=INPUT)
    found = {each["code"]: each for each in json.loads(done.out)["findings"]}
    assert done.code == 1
    assert found["IPT0733"]["level"] == "error"
    assert found["IPT0733"]["place"]["line"] == 3


def test_lint_does_not_so_of_what_a_host_printed() -> None:
    done = iptsim("lint", "--format", "json", "-", stdin=SAVE)
    assert "IPT0733" not in done.out


def test_the_warning_is_in_the_readers_language() -> None:
    done = iptsim("trace", "-i", "eth0", "--dport", "443", "--lang", "zh", "-", stdin=SAVE)
    assert "无法完整读取" in done.out
