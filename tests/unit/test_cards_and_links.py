"""Network cards and interfaces are told as people write them."""

from __future__ import annotations

import json

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.query import query
from iptsim.render.outputs.diff_json import diff_json
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.query_text import query_text
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import trace
from iptsim.values import interface_names

CARD = "52:54:00:0a:0b:0c"
NUMBER = int(CARD.replace(":", ""), 16)
BY_CARD = f"-A INPUT -m mac --mac-source {CARD} -j DROP"


def _dump(*rules: str) -> Dump:
    heads = "".join(f":{chain} ACCEPT [0:0]\n" for chain in ("INPUT", "FORWARD", "OUTPUT"))
    return read_text("\n".join(["*filter", heads + "\n".join(rules), "COMMIT", ""]), file="rules")


def _traced(packet: Packet) -> tuple[str, str]:
    ruleset = _dump(BY_CARD).rulesets[0]
    found = trace(ruleset, packet)
    return trace_text(
        TraceAnswer(trace=found, ruleset=ruleset, style=Style(width=100))
    ), json.dumps(trace_json(found))


def _told() -> list[str]:
    found = query(_dump(BY_CARD), fate="DROP")
    changed = diff(_dump(BY_CARD), _dump())
    return [
        *_traced(Packet(proto=6, dport=22, in_="eth0")),
        *_traced(Packet(proto=6, dport=22, in_="eth0", mac_src=NUMBER)),
        query_text(found, Style(width=100)),
        json.dumps(query_json(found)),
        diff_text(changed, Style(width=100)),
        json.dumps(diff_json(changed)),
    ]


def test_a_card_is_told_by_its_address_everywhere() -> None:
    for text in _told():
        assert CARD in text
        assert str(NUMBER) not in text


@pytest.mark.parametrize("rule", ["! -i eth+", "! -i wlan1", "-i veth+", "-i vlan10+", "! -i e+"])
def test_an_example_names_an_interface_as_hosts_have_them(rule: str) -> None:
    found = query(_dump(f"-A INPUT {rule} -j DROP"), fate="DROP", hook="PREROUTING")
    names = {one.example.in_ for one in found.answers if one.example is not None}
    assert names <= {"ens3", "eth0", "veth0", "vlan10", "wlan0", "lo", None}
    assert names != {None}


@pytest.mark.parametrize(
    ("fate", "rule", "name"), [("ACCEPT", 1, "eth1"), ("REJECT", 2, "eth0"), ("DROP", 3, "ens3")]
)
def test_an_example_fits_no_longer_pattern_than_its_rule(fate: str, rule: int, name: str) -> None:
    rules = ("-A INPUT -i eth1+ -j ACCEPT", "-A INPUT -i eth+ -j REJECT", "-A INPUT -j DROP")
    found = query(_dump(*rules), Packet(), fate, hook="INPUT")
    examples = {
        one.decided_by.rule: one.example.in_
        for one in found.answers
        if one.decided_by is not None and one.example is not None
    }
    assert examples[rule] == name


def test_names_of_interfaces_begin_as_asked_and_are_no_longer_than_names_can_be() -> None:
    for stem in ("", "e", "br-", "eth1.", "averylongname"):
        names = list(interface_names(stem))
        assert all(name.startswith(stem) and not name.isdigit() for name in names)
        assert len(names[0]) < 16
