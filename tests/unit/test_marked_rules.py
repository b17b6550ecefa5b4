"""What somebody put before a rule does not make it vanish: it is told in part."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.questions import read_packet
from iptsim.tracer import Tracer
from iptsim.tracing import trace_grouped

SAVE = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n{}\nCOMMIT\n"
LISTING = """\
Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22
{}
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:23
"""
DROPS = "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:80"


def verdicts(text: str, port: int) -> set[str | None]:
    (ruleset,) = read_text(text).rulesets
    question = read_packet({"in": "eth0", "dport": port})
    return {each.verdict for each in trace_grouped(Tracer.of(ruleset), question.packet).outcomes}


@every_row("mark", ["=> ", "NEW: ", "(new) ", "→ ", "新增: ", "[x] ", "✅ ", "TODO "])
def test_a_marked_rule_of_a_save_is_one(mark: str) -> None:
    text = SAVE.format(f"{mark}-A INPUT -p tcp --dport 80 -j DROP")
    assert "DROP" in verdicts(text, 80)
    assert verdicts(text, 22) == {"ACCEPT"}


@pytest.mark.parametrize("line", ["A INPUT -p tcp --dport 80 -j DROP", "(some rules removed)"])
def test_what_may_have_been_a_rule_leaves_a_gap(line: str) -> None:
    assert "DROP" in verdicts(SAVE.format(line), 80)


@pytest.mark.parametrize("before", ["2    ", "the rule here: ", "NEW: "])
def test_a_row_with_something_before_it_may_do_anything(before: str) -> None:
    text = LISTING.format(before + DROPS)
    assert "DROP" in verdicts(text, 80)


@pytest.mark.parametrize(
    "line",
    ["Step 4: iptables -A INPUT -p tcp --dport 80 -j DROP",
     "and then: iptables -A INPUT -p tcp --dport 80 -j DROP"],
)  # fmt: skip
def test_a_call_that_is_not_read_is_told(line: str) -> None:
    dump = read_text(f"iptables -P INPUT ACCEPT\n{line}\n")
    assert ("IPT0155", 2) in {(n.code, n.place.line) for n in dump.notes if n.place}
