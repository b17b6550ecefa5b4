"""Which sources come by which interface: packets that do not exist, and spoofed ones that do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.explain.lint_sentences import example, message
from iptsim.host import NOBODY, Host
from iptsim.lint import Kind, Passage, lint
from iptsim.model import Dump
from iptsim.netfilter.reading.typed_sources import read_sources
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.questions import read_packet
from iptsim.render.outputs.lint_json import lint_json
from iptsim.render.outputs.lint_text import lint_text
from iptsim.render.shared.terminal import Style
from iptsim.tracer import trace
from iptsim.values import IntSet

HEAD = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
OFFICE = (
    "-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
    "-A INPUT -i lan0 -s 10.20.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT\n"
    "-A FORWARD -i lan0 ! -s 10.20.0.0/16 -j DROP\n-A FORWARD -i lan0 -o wan0 -j ACCEPT\n"
)


def rules_of(rules: str) -> Dump:
    return read_text(f"{HEAD}{rules}COMMIT\n", family=4)


def host_of(*told: str) -> Host:
    return replace(NOBODY, sources=read_sources(told))


def passage(rules: str, *told: str) -> Passage:
    (found,) = lint(rules_of(rules), host=host_of(*told)).passages
    return found


def test_sets_of_an_interface_are_read_as_those_of_a_source() -> None:
    told = read_sources(["lan0=10.0.0.0/8,192.0.2.1", "lan0=172.16.0.1-172.16.0.9", "t+=fd00::/8"])
    assert [(one.interface, one.width) for one in told] == [("lan0", 32), ("t+", 128)]
    assert told[0].addresses == IntSet.of(
        [(10 << 24, (11 << 24) - 1), (0xC0000201, 0xC0000201), (0xAC100001, 0xAC100009)]
    )
    (others,) = read_sources(["wan0=!10.0.0.0/8"])
    assert others.addresses == IntSet.between(0, (1 << 32) - 1) - IntSet.between(
        10 << 24, (11 << 24) - 1
    )


@pytest.mark.parametrize("text", ["lan0=", "lan0=10.0.0.0/40", "=10.0.0.0/8", "a b=10.0.0.1"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--in"):
        read_sources([text])


def test_a_packet_from_elsewhere_does_not_exist() -> None:
    ruleset = rules_of(OFFICE).rulesets[0]
    packet = read_packet({"in": "lan0", "src": "192.0.2.9", "dport": 22}).packet
    with pytest.raises(UsageError, match="no packet that comes by lan0") as refused:
        trace(ruleset, packet, host=host_of("lan0=10.20.0.0/16"))
    assert refused.value.code == "IPT0399"
    assert trace(ruleset, packet, host=host_of("wan0=10.20.0.0/16")).outcomes


def test_what_is_told_leaves_one_way_and_is_taken_for_granted() -> None:
    ruleset = rules_of(OFFICE).rulesets[0]
    packet = Packet(proto=6, dport=22, in_="lan0")
    assert len(trace(ruleset, packet).outcomes) == 2
    found = trace(ruleset, packet, host=host_of("lan0=10.20.0.0/16"))
    (outcome,) = found.outcomes
    assert (outcome.verdict, outcome.when) == ("ACCEPT", ())
    (note,) = (note for note in found.assumed if note.code == "IPT0398")
    assert dict(note.facts) == {"interface": "lan0", "sources": "10.20.0.0/16"}


def test_an_interface_that_nobody_told_may_still_be_any() -> None:
    ruleset = rules_of(OFFICE).rulesets[0]
    found = trace(ruleset, Packet(proto=6, dport=22), host=host_of("lan0=10.20.0.0/16"))
    assert {outcome.verdict for outcome in found.outcomes} == {"ACCEPT", "DROP"}
    held = [cube for one in found.outcomes for cube in one.when]
    fields = [{c.field: (c.values, c.negate) for c in cube.conditions} for cube in held]
    assert {"in": (("lan0",), True)} in fields


def test_a_query_asks_packets_that_exist() -> None:
    found = query(
        rules_of(OFFICE), Packet(in_="lan0", proto=6, dport=22, ctstate="NEW"), "DROP",
        host=host_of("lan0=10.20.0.0/16"),
    )  # fmt: skip
    assert found.answers == ()
    assert "IPT0398" in {note.code for note in found.assumed}


def test_other_families_and_packets_that_leave_are_not_spoken_of() -> None:
    ruleset = rules_of(OFFICE).rulesets[0]
    packet = read_packet({"out": "lan0", "src": "192.0.2.9"}).packet
    assert trace(ruleset, packet, host=host_of("lan0=10.20.0.0/16")).outcomes
    arrives = read_packet({"in": "lan0", "src": "192.0.2.9"}).packet
    assert trace(ruleset, arrives, host=host_of("lan0=fd00::/8")).outcomes


def test_a_firewall_that_keeps_spoofed_packets_out_is_certified() -> None:
    assert passage(OFFICE, "lan0=10.20.0.0/16").finding is None
    report = lint(rules_of(OFFICE), host=host_of("lan0=10.20.0.0/16"))
    told = "By lan0 no packet opens a connection whose source is not 10.20.0.0/16."
    assert told in lint_text(report, Style(width=100))
    assert lint_json(report)["spoofing"] == [
        {"family": 4, "interface": "lan0", "sources": "10.20.0.0/16", "kept_out": True}
    ]


@pytest.mark.parametrize(
    ("more", "chain", "rule"),
    [
        ("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n", "INPUT", 4),
        ("-I FORWARD -p udp -j ACCEPT\n", "FORWARD", 1),
        ("-I INPUT -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -p udp -j ACCEPT\n", "INPUT", 1),
    ],
)
def test_the_first_rule_that_lets_one_in_is_named(more: str, chain: str, rule: int) -> None:
    found = passage(f"{OFFICE}{more}", "lan0=10.20.0.0/16").finding
    assert found is not None
    assert (found.kind, found.at.chain, found.at.rule) == (Kind.SPOOFED, chain, rule)
    assert message(found).startswith(f"by lan0 spoofed packets come in, first by filter {chain}")
    packet = found.example
    assert packet is not None
    assert packet.in_ == "lan0"
    assert packet.src is not None
    assert packet.src >> 16 != 10 << 8 | 20
    assert ("this host" in example(found)) == (chain == "INPUT")


def test_the_example_is_let_in_by_that_rule() -> None:
    rules = f"{OFFICE}-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n"
    found = passage(rules, "lan0=10.20.0.0/16").finding
    assert found is not None
    assert found.example is not None
    (outcome,) = trace(rules_of(rules).rulesets[0], found.example).outcomes
    assert outcome.verdict == "ACCEPT"
    assert outcome.decided_by is not None
    assert (outcome.decided_by.chain, outcome.decided_by.rule) == ("INPUT", found.at.rule)


def test_what_hangs_on_a_fact_is_no_certain_finding() -> None:
    rules = f"{OFFICE}-A INPUT -m limit --limit 3/min -j ACCEPT\n"
    found = passage(rules, "lan0=10.20.0.0/16").finding
    assert found is not None
    assert found.kind is Kind.MAY_BE_SPOOFED
    report = lint(rules_of(rules), host=host_of("lan0=10.20.0.0/16"))
    data: Any = lint_json(report)
    assert [one["kept_out"] for one in data["spoofing"]] == [None]


def test_what_another_table_drops_does_not_come_in() -> None:
    rule = "-A PREROUTING -i lan0 ! -s 10.20.0.0/16 -j DROP"
    raw = f"*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n"
    text = f"{raw}{HEAD}-A INPUT -j ACCEPT\n-A FORWARD -j ACCEPT\nCOMMIT\n"
    report = lint(
        read_text(text, family=4), host=host_of("lan0=10.20.0.0/16", "wan0=!10.20.0.0/16")
    )
    kept = {one.interface: one.finding is None for one in report.passages}
    assert kept == {"lan0": True, "wan0": False}
    assert [one.sources for one in report.passages] == ["10.20.0.0/16", "!10.20.0.0/16"]


def test_patterns_stand_for_all_interfaces_that_fit() -> None:
    rules = "-A INPUT -i tap1 -j ACCEPT\n"
    found = passage(rules, "tap+=10.20.0.0/16").finding
    assert found is not None
    assert found.example is not None
    assert found.example.in_ == "tap1"
    assert passage(rules, "tun+=10.20.0.0/16").finding is None


@pytest.mark.parametrize("rules", [OFFICE, f"{OFFICE}-A FORWARD -o dmz0 -j ACCEPT\n"])
def test_a_certificate_says_what_a_query_of_all_spoofed_packets_says(rules: str) -> None:
    every = IntSet.between(0, (1 << 32) - 1)
    spoofed = every - read_sources(["lan0=10.20.0.0/16"])[0].addresses
    asked = Packet(in_="lan0", ctstate="NEW", sets=(("src", spoofed),))
    met = [
        query(rules_of(rules), asked, "ACCEPT", hook=hook).answers
        for hook in ("PREROUTING", "FORWARD")
    ]
    assert (passage(rules, "lan0=10.20.0.0/16").finding is None) == (not any(met))
