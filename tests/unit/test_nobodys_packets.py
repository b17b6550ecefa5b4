"""A packet that no socket sent: `--uid none`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_told_hosts import FILTER, HOST, ask

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.explain.effect_sentences import example_words
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.questions import read_packet
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.trace_json import trace_json
from iptsim.tracer import trace

RULES = read_text(
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    "-A OUTPUT -m owner --uid-owner 0 -j REJECT\n"
    "-A OUTPUT -m owner --gid-owner 0-4294967294 -j REJECT\n"
    "-A OUTPUT -m owner --socket-exists -j REJECT\n"
    "-A OUTPUT -p tcp -m owner ! --uid-owner 33 -j DROP\nCOMMIT\n"
).rulesets[0]


@pytest.mark.parametrize("key", ["uid", "gid"])
def test_no_rule_on_its_sender_matches_but_a_negated_one(key: str) -> None:
    question = read_packet({key: "none", "dport": 80})
    assert question.packet == Packet(proto=6, dport=80, socket="no")
    answer = trace(RULES, question.packet)
    assert answer.hook == "OUTPUT"
    (outcome,) = answer.outcomes
    assert (outcome.verdict, [step.rule for step in outcome.steps]) == ("DROP", [4])


def test_some_socket_is_presumed_only_where_nobody_tells() -> None:
    told = trace(RULES, read_packet({"uid": "none", "proto": "udp"}).packet, hook="OUTPUT")
    assert {outcome.verdict for outcome in told.outcomes} == {"ACCEPT"}
    assert "IPT0319" not in {note.code for note in told.assumed}
    untold = trace(RULES, Packet(proto=17), hook="OUTPUT")
    assert "IPT0319" in {note.code for note in untold.assumed}


def test_what_arrives_may_be_told_so_too() -> None:
    answer = trace(RULES, read_packet({"uid": "none", "in": "eth0"}).packet)
    assert answer.hook == "PREROUTING"
    assert [outcome.verdict for outcome in answer.outcomes] == ["ACCEPT"]


@pytest.mark.parametrize(("users", "verdict"), [("0-0", "DROP"), ("1-4294967294", "ACCEPT")])
def test_routing_takes_it_for_roots(users: str, verdict: str) -> None:
    rules = read_rules(
        f"0:\tfrom all lookup local\n70:\tfrom all uidrange {users} unreachable\n"
        "32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    )
    told = {"src": "10.0.0.2", "dst": "10.0.1.7", "socket": "no"}
    found = ask(f"{FILTER}COMMIT\n", replace(HOST, rules=rules), hook="OUTPUT", **told)
    assert {outcome.verdict for outcome in found.outcomes} == {verdict}


def test_json_says_none() -> None:
    question = read_packet({"gid": "none", "dport": 80})
    assert trace_json(trace(RULES, question.packet))["packet"] == {
        "proto": "tcp", "dport": 80, "uid": "none",
    }  # fmt: skip
    found = query(RULES, question.packet, "DROP")
    data: Any = query_json(found)
    (answer,) = data["answers"]
    assert answer["where"] == [{"uid": ["none"], "proto": ["tcp"], "dport": ["80"]}]
    assert answer["example"]["uid"] == "none"
    assert "socket" not in answer["example"]


@pytest.mark.parametrize("other", [{"gid": "0"}, {"gid": 7}, {"uid": 0, "gid": "none"}])
def test_nobody_has_no_group(other: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="without a socket"):
        read_packet({"uid": "none", **other})


def test_both_may_say_none() -> None:
    assert read_packet({"uid": "none", "gid": "none"}).packet == Packet(socket="no")


@pytest.mark.parametrize(("lang", "told"), [("en", "uid none"), ("zh", "用户 none")])
def test_an_example_says_none(lang: str, told: str) -> None:
    packet = Packet(proto=6, src=1, dst=2, sport=3, dport=4, socket="no")
    assert example_words(packet, "OUTPUT", lang).endswith(told)
