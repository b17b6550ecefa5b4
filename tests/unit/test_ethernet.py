"""Rules see a MAC address over Ethernet alone: what a link is decides, and may be open."""

from __future__ import annotations

import json

import pytest

from iptsim.dialects import read_text
from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.tracer import Trace, trace

NOT_ITS = "-m mac ! --mac-source 52:54:00:00:00:01 -j DROP"
KINDS = {"eth7": "ether", "wg7": "none", "dsl": "ppp", "lo": "loopback", "tun9": "ether"}
TOLD = read_host(json.dumps([{"ifname": name, "link_type": KINDS[name]} for name in KINDS]))


def _rules(*rules: str) -> Ruleset:
    lines = ("*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]")
    return read_text("\n".join([*lines, *rules, "COMMIT", ""]), file="rules").rulesets[0]


def _asked(link: str | None, host: Host = NOBODY, card: int | None = 7) -> Trace:
    packet = Packet(proto=17, dport=53, in_=link, mac_src=card)
    return trace(_rules(f"-A INPUT {NOT_ITS}"), packet, hook="INPUT", host=host)


def _codes(found: Trace) -> set[str]:
    return {note.code for note in found.assumed}


@pytest.mark.parametrize(
    ("link", "verdict"),
    [("eth7", "DROP"), ("tun9", "DROP"), ("wg7", "ACCEPT"), ("dsl", "ACCEPT"), ("lo", "ACCEPT")],
)
def test_the_link_as_ip_tells_it_decides(link: str, verdict: str) -> None:
    found = _asked(link, TOLD)
    assert [outcome.verdict for outcome in found.outcomes] == [verdict]
    assert "IPT0370" not in _codes(found)


def test_lo_is_no_ethernet_whoever_tells() -> None:
    assert [outcome.verdict for outcome in _asked("lo").outcomes] == ["ACCEPT"]


@pytest.mark.parametrize("link", ["wg0", "tun3", "ppp0", "sit1"])
def test_a_tunnel_by_its_name_alone_is_open(link: str) -> None:
    found = _asked(link)
    assert {outcome.verdict for outcome in found.outcomes} == {"ACCEPT", "DROP"}
    assert {c.field for o in found.outcomes for cube in o.when for c in cube.conditions} == {
        "ethernet"
    }


def test_any_other_name_is_taken_for_an_ethernet_and_said_to_be() -> None:
    found = _asked("enp3s0")
    assert [outcome.verdict for outcome in found.outcomes] == ["DROP"]
    assert "IPT0370" in _codes(found)


def test_where_rules_name_a_tunnel_the_open_interface_is_told_apart() -> None:
    ruleset = _rules("-A INPUT -i ppp+ -m comment --comment dialled", f"-A INPUT {NOT_ITS}")
    found = trace(ruleset, Packet(proto=17, mac_src=7), hook="INPUT")
    by_name = {
        outcome.verdict: {
            (c.field, c.values, c.negate) for cube in outcome.when for c in cube.conditions
        }
        for outcome in found.outcomes
    }
    assert ("in", ("ppp+",), False) in by_name["ACCEPT"]
    assert ("ethernet", ("no",), False) in by_name["ACCEPT"]


def test_a_query_leaves_out_what_is_no_ethernet() -> None:
    found = query(_rules(f"-A INPUT {NOT_ITS}"), fate="DROP", hook="INPUT", host=TOLD)
    (cube,) = (cube for answer in found.answers for cube in answer.where)
    (links,) = (c for c in cube.conditions if c.field == "in")
    assert links.negate
    assert {"wg7", "dsl"} <= set(links.values)
