"""An owner match where iptables refuses it: another kernel's, so what it says is unknown."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.model import BUILTIN_CHAINS, Ruleset
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import trace

CALLED = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:whose - [0:0]
{rules}
-A whose -m owner ! --uid-owner 7 -j DROP
COMMIT
"""


def _rules(*rules: str) -> Ruleset:
    return read_text(CALLED.format(rules="\n".join(rules))).rulesets[0]


def _verdicts(ruleset: Ruleset, packet: Packet, hook: str) -> set[str]:
    return {outcome.verdict for outcome in trace(ruleset, packet, hook=hook).outcomes}


@pytest.mark.parametrize("hook", ["INPUT", "FORWARD"])
def test_a_packet_that_arrives_may_be_of_any_owner(hook: str) -> None:
    direct = _rules(f"-A {hook} -m owner --gid-owner 3 -j REJECT")
    packet = Packet(proto=6, dport=80, in_="wlan1", out="eth0" if hook == "FORWARD" else None)
    assert _verdicts(direct, packet, hook) == {"ACCEPT", "REJECT"}
    assert _verdicts(_rules(f"-A {hook} -j whose"), packet, hook) == {"ACCEPT", "DROP"}


def test_a_query_names_what_the_rule_hangs_on() -> None:
    rules = _rules("-A INPUT -m owner --uid-owner 44 -j REJECT")
    (answer,) = query(rules, fate="REJECT", hook="PREROUTING").answers
    ((fact, true),) = answer.hangs_on
    assert (fact.code, fact.detail, true) == ("IPT0472", "-m owner --uid-owner 44", True)


def test_a_chain_that_output_alone_leads_to_stays_certain() -> None:
    ruleset = _rules("-A OUTPUT -j whose")
    assert _verdicts(ruleset, Packet(proto=6, uid=7, out="eth0"), "OUTPUT") == {"ACCEPT"}
    assert _verdicts(ruleset, Packet(proto=6, uid=8, out="eth0"), "OUTPUT") == {"DROP"}


def test_sent_packets_stay_certain_in_a_chain_that_input_leads_to_as_well() -> None:
    ruleset = _rules("-A INPUT -j whose", "-A OUTPUT -j whose")
    assert _verdicts(ruleset, Packet(proto=6, uid=7, out="eth0"), "OUTPUT") == {"ACCEPT"}
    assert _verdicts(ruleset, Packet(proto=6, in_="eth0"), "INPUT") == {"ACCEPT", "DROP"}


def test_a_forwarded_packet_has_no_owner_where_it_leaves() -> None:
    heads = "".join(f":{name} ACCEPT [0:0]\n" for name in BUILTIN_CHAINS["mangle"])
    dump = f"*mangle\n{heads}-A POSTROUTING -m owner {{}} -j DROP\nCOMMIT\n"
    packet = Packet(proto=6, in_="eth0", out="eth1")
    for asked, verdict in (("--socket-exists", "ACCEPT"), ("! --uid-owner 7", "DROP")):
        ruleset = read_text(dump.format(asked)).rulesets[0]
        assert _verdicts(ruleset, packet, "FORWARD") == {verdict}
