"""A packet that TPROXY took gets to its socket by its route alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_told_hosts import ask, codes

from iptsim.dialects import read_text
from iptsim.host import Host
from iptsim.many.answers import ManyAnswers
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.typed import read_sockets
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.questions import Question
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.shared.value_json import asked_json
from iptsim.tracer import Trace
from iptsim.tracing import Tracing

MAIN = """default via 10.4.1.1 dev eth1
10.4.0.0/24 dev eth0 scope link
10.4.1.0/24 dev eth1 scope link
"""
LOCAL = "local default dev lo table 88 scope host\n"
LINKS = """[{"ifname": "eth0", "addr_info": [{"local": "10.4.0.1", "prefixlen": 24}]},
{"ifname": "eth1", "addr_info": [{"local": "10.4.1.2", "prefixlen": 24}]}]"""
LISTENER = read_sockets(["tcp:*:9040,transparent"])
UNTOLD = replace(read_host(LINKS), sockets=LISTENER)
RULED = replace(
    read_host(LINKS, MAIN + LOCAL),
    sockets=LISTENER,
    rules=read_rules("70:\tfrom all fwmark 0x8/0xf lookup 88\n"),
)
HALF = replace(RULED, routes=read_host(LINKS, MAIN).routes)
"""A host of which the table is not told that the rule asks."""
TAKES = """*mangle
:PREROUTING ACCEPT
:INPUT ACCEPT
-A PREROUTING -p tcp -j TPROXY --on-port 9040 --on-ip 0.0.0.0 --tproxy-mark {0}/0xff
COMMIT
*nat
:PREROUTING ACCEPT
{1}
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
COMMIT
"""
ANEW = "-A PREROUTING -p tcp -m tcp --dport 443 -j MARK --set-xmark {0}/0xff"
NATIVE = """table ip proxy {{
    chain take {{
        type filter hook prerouting priority -150;
        meta l4proto tcp tproxy to :9040 meta mark set 0x8 accept
    }}
}}
table ip {0} {{
    chain change {{
        type filter hook prerouting priority -140;
        tcp dport 443 meta mark set 0x7
    }}
}}
"""


def found(rules: str, host: Host, dport: int = 443, dst: str = "198.51.100.4") -> Trace:
    given = {"proto": 6, "dport": dport, "src": "10.4.0.9", "dst": dst, "in_": "eth0"}
    return ask(rules, host, **given)  # type: ignore[arg-type]  # by name


def ends(trace: Trace) -> set[tuple[str, str | None]]:
    return {(one.verdict, one.destination) for one in trace.outcomes}


HERE, LOST = ("ACCEPT", "local"), ("DROP", None)


@pytest.mark.parametrize(
    ("first", "anew", "expected"),
    [
        ("0x8", "", HERE),
        ("0x6", "", LOST),
        ("0x0", "", LOST),
        ("0x8", "0x7", LOST),
        ("0x8", "0x18", HERE),
        ("0x6", "0x8", HERE),
    ],
)
def test_the_last_mark_decides_where_rules_of_routing_are_told(
    first: str, anew: str, expected: tuple[str, str | None]
) -> None:
    trace = found(TAKES.format(first, ANEW.format(anew) if anew else ""), RULED)
    assert ends(trace) == {expected}
    assert ("IPT0452" in codes(trace)) is (expected == LOST)
    assert "IPT0451" not in codes(trace)


@pytest.mark.parametrize("host", [UNTOLD, HALF])
def test_a_mark_of_tproxy_is_taken_to_be_delivered_and_that_is_told(host: Host) -> None:
    trace = found(TAKES.format("0x6", ""), host)
    assert ends(trace) == {HERE}
    assert "IPT0451" in codes(trace)


@pytest.mark.parametrize("host", [UNTOLD, HALF])
@pytest.mark.parametrize("rules", [TAKES.format("0x8", ANEW.format("0x7")), NATIVE.format("other")])
def test_of_a_mark_that_another_table_set_both_ways_are_shown(rules: str, host: Host) -> None:
    trace = found(rules, host)
    assert ends(trace) == {HERE, LOST}
    facts = {f.code for o in trace.outcomes for cube in o.when for f, _ in cube.facts}
    assert facts == {"IPT0453"}
    assert ends(found(rules, host, dport=80)) == {HERE}


def test_without_a_mark_nothing_says_that_it_is_delivered() -> None:
    assert ends(found(TAKES.format("0x0", ""), UNTOLD)) == {HERE, LOST}


def test_rules_of_the_same_table_may_set_its_mark_afterwards() -> None:
    one = NATIVE.replace("}}\n}}\ntable ip {0} {{\n    chain change", "}}\n    chain change")
    assert "table ip {0}" not in one
    trace = found(one.format(), UNTOLD)
    assert ends(trace) == {HERE}
    assert "IPT0451" in codes(trace)


@pytest.mark.parametrize("host", [UNTOLD, RULED])
def test_an_address_of_this_host_is_asked_for_before_any_mark(host: Host) -> None:
    rules = TAKES.format("0x8", ANEW.format("0x7"))
    assert ends(found(rules, host, dst="10.4.0.1")) == {HERE}


def test_what_nat_sends_elsewhere_goes_by_its_mark_as_before() -> None:
    rules = TAKES.format("0x8", "-A PREROUTING -p tcp -j DNAT --to-destination 203.0.113.7")
    assert ends(found(rules, RULED)) == {HERE}
    assert ends(found(rules.replace("0x8", "0x6"), RULED)) == {LOST}


@pytest.mark.parametrize(("host", "certain"), [(RULED, True), (UNTOLD, False)])
def test_a_query_tells_the_lost_ones_and_whether_that_is_certain(host: Host, certain: bool) -> None:
    ruleset = read_text(TAKES.format("0x8", ANEW.format("0x7")), file="rules").rulesets[0]
    packet = Packet(
        proto=6, in_="eth0", src=0x0A040009, dst=0xC6336404, dport=443, mark=0, ctstate="NEW"
    )
    lost = [a for a in query(ruleset, packet, "DROP", host=host).answers if a.decided_by is None]
    assert lost
    assert {a.certain for a in lost} == {certain}
    elsewhere = query(ruleset, packet.with_(dport=80), "DROP", host=host)
    assert [a for a in elsewhere.answers if a.decided_by is None] == []


@pytest.mark.parametrize("host", [RULED, UNTOLD, HALF])
@pytest.mark.parametrize("rules", [TAKES.format("0x8", ANEW.format("0x7")), NATIVE.format("other")])
def test_many_packets_fare_as_one(rules: str, host: Host) -> None:
    dump = read_text(rules, file="rules")
    many, plain = ManyAnswers(dump, host, lang="en", encode=json.dumps), Tracing(dump)
    for number in range(12):
        packet = Packet(
            proto=6, in_="eth0", src=0x0A040009, dst=0xC6336404, sport=40000 + number
        ).with_(dport=443 if number % 3 else 80)
        question = Question(packet=packet, family=4, hook="PREROUTING")
        given = {**asked_json(packet), "hook": "PREROUTING"}
        told = json.dumps(trace_json(plain.ask(question, host=host)))
        assert many.line(given, lambda one=question: one) == told  # type: ignore[misc]  # bound now
