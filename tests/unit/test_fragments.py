"""Which rules a second or later fragment comes to, and how one is told."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import UsageError
from iptsim.explain.query_sentences import example_of
from iptsim.lint import Kind, lint
from iptsim.model import Dump
from iptsim.packet import IN_FIRST_FRAGMENT, Packet
from iptsim.query import query
from iptsim.questions import read_packet
from iptsim.tracer import trace

FILTER = ("INPUT", "FORWARD", "OUTPUT")
MANGLE = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
TRACKED = "-A aside -m state --state NEW"
PIECE = Packet(proto=17, fragment=1, in_="eth0")


def _dump(*rules: str, table: str = "filter", family: int = 4) -> Dump:
    heads = [f":{chain} ACCEPT [0:0]" for chain in (FILTER if table == "filter" else MANGLE)]
    lines = [f"*{table}", *heads, ":aside - [0:0]", *rules, "COMMIT", ""]
    return read_text("\n".join(lines), file="rules", family=family)


def _verdict(dump: Dump, packet: Packet, hook: str = "PREROUTING") -> str:
    (outcome,) = trace(dump.rulesets[0], packet, hook=hook).outcomes
    return outcome.verdict


@pytest.mark.parametrize(
    ("chain", "tracked", "met"),
    [
        ("PREROUTING", False, True), ("INPUT", False, False), ("FORWARD", False, True),
        ("PREROUTING", True, False), ("INPUT", True, False), ("FORWARD", True, False),
    ],
)  # fmt: skip
def test_where_a_later_fragment_comes_to(chain: str, tracked: bool, met: bool) -> None:
    rules = (f"-A {chain} -f -j DROP", *((TRACKED,) if tracked else ()))
    dump = _dump(*rules, table="mangle")
    packet = PIECE.with_(out="eth1") if chain == "FORWARD" else PIECE
    assert _verdict(dump, packet) == ("DROP" if met else "ACCEPT")
    assert bool(query(dump, fate="DROP").answers) is met
    dead = Kind.CONTRADICTION in {finding.kind for finding in lint(dump).findings}
    assert dead is not met
    assert bool(diff(_dump(*rules[1:], table="mangle"), dump).effects) is met


def test_a_chain_that_input_alone_leads_to_sees_none_either() -> None:
    called = _dump("-A INPUT -j aside", "-A aside -f -j DROP")
    assert _verdict(called, PIECE) == "ACCEPT"
    both = _dump("-A INPUT -j aside", "-A FORWARD -j aside", "-A aside -f -j DROP")
    assert _verdict(both, PIECE) == "ACCEPT"
    assert _verdict(both, PIECE.with_(out="eth1")) == "DROP"


def test_all_but_later_fragments_are_all_where_none_comes() -> None:
    assert _verdict(_dump("-A INPUT ! -f -j DROP"), PIECE) == "DROP"


@pytest.mark.parametrize("chain", ["INPUT", "FORWARD"])
def test_ipv6_gathers_for_tracking_alone(chain: str) -> None:
    rule = f"-A {chain} -m frag --fraglast -j DROP"
    packet = Packet(family=6, proto=17, fragment=1, frag_more=0, in_="eth0")
    packet = packet.with_(out="eth1") if chain == "FORWARD" else packet
    assert _verdict(_dump(rule, family=6), packet) == "DROP"
    assert _verdict(_dump(rule, TRACKED, family=6), packet) == "ACCEPT"


def test_sent_fragments_may_be_left_alone() -> None:
    dump = _dump("-A OUTPUT -f -j DROP", TRACKED)
    assert _verdict(dump, Packet(proto=17, fragment=1, out="eth0"), "OUTPUT") == "DROP"


def test_what_is_taken_as_given_and_what_is_done_is_told() -> None:
    plain = trace(_dump("-A FORWARD -f -j DROP").rulesets[0], PIECE.with_(out="eth1"))
    assert "IPT0351" in {note.code for note in plain.assumed}
    for dump in (_dump(TRACKED), _dump()):
        found = trace(dump.rulesets[0], PIECE)
        assert [note.code for note in found.notes] == ["IPT0374"]
    tracked = trace(_dump(TRACKED).rulesets[0], PIECE)
    assert "IPT0351" not in {note.code for note in tracked.assumed}


def test_a_fragment_meets_no_port_before_it_is_put_together() -> None:
    dump = _dump("-A FORWARD -p udp -m udp --dport 53 -j DROP", "-A FORWARD -p udp -j ACCEPT")
    assert _verdict(dump, PIECE.with_(out="eth1")) == "ACCEPT"
    inside = trace(_dump("-A INPUT -p udp -m udp --dport 53 -j DROP").rulesets[0], PIECE)
    assert {outcome.verdict for outcome in inside.outcomes} == {"ACCEPT", "DROP"}


def test_an_example_of_a_fragment_is_one() -> None:
    dump = _dump("-A FORWARD -p udp -f -j DROP")
    (answer,) = query(dump, fate="DROP").answers
    (effect,) = diff(dump, _dump()).effects
    for example in (answer.example, effect.example):
        assert example is not None
        assert example.fragment == 1
        assert not any(getattr(example, name) is not None for name in IN_FIRST_FRAGMENT)
        assert _verdict(dump, example, "FORWARD") == "DROP"
    assert "a second or later fragment" in example_of(answer)


@pytest.mark.parametrize(
    "more", [{"dport": 53}, {"tcp_flags": "SYN"}, {"icmp_type": "8/0"}, {"payload": "GET"}]
)
def test_a_fragment_has_no_transport_header(more: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_packet({"fragment": "1", "proto": "icmp" if "icmp_type" in more else "tcp", **more})
    assert caught.value.code == "IPT0005"
    assert read_packet({"fragment": "0", "proto": "tcp", "dport": "53"}).packet.fragment == 0
