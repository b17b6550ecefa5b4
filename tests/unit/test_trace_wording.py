"""Sentences of a trace: why routing threw a packet away, lists that can be parted, no stutter."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.explain.untold_facts import place_words
from iptsim.host import Host
from iptsim.model import Note, Ruleset
from iptsim.netfilter.reading.sysctl_text import read_sysctls
from iptsim.packet import Packet
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.headline import headline
from iptsim.render.shared.journey_rows import remarks
from iptsim.render.shared.terminal import Style
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import trace
from iptsim.values import parse_address
from iptsim.worlds.outcome import Trace

OPEN = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
ROUTED = Packet(in_="eth7", out="eth8")
LED = """Chain HOUSE (1 references)
num  target     prot opt source               destination
1    RETURN     all  --  198.51.100.0/24      0.0.0.0/0
2    DROP       udp  --  0.0.0.0/0            0.0.0.0/0
3    ACCEPT     sctp --  0.0.0.0/0            0.0.0.0/0
4    MARK       47   --  0.0.0.0/0            0.0.0.0/0            MARK set 0x1
"""


def _address(text: str) -> int:
    return parse_address(text)[0]


def _ruleset(text: str) -> Ruleset:
    return read_text(text, family=4).rulesets[0]


def _line(packet: Packet, *settings: str, lang: str = "en") -> str:
    host = Host(sysctls=read_sysctls(settings))
    rules = _ruleset(OPEN)
    found = trace(rules, packet, hook="PREROUTING", host=host)
    return headline(TraceAnswer(trace=found, ruleset=rules, style=Style(width=400, lang=lang)))


@pytest.mark.parametrize(
    ("packet", "settings", "cause"),
    [
        (Packet(dst=_address("127.0.0.9"), in_="eth7"), (), "nothing from the network has such"),
        (Packet(src=_address("239.1.1.1"), in_="eth7"), (), "nothing from the network has such"),
        (ROUTED.with_(ttl=1), (), "its TTL runs out"),
        (ROUTED, ("net.ipv4.ip_forward=0",), "forwarding is off"),
    ],
)
def test_the_first_line_says_why_routing_throws_it_away(
    packet: Packet, settings: tuple[str, ...], cause: str
) -> None:
    line = _line(packet, *settings)
    assert line.startswith("✘ DROP")
    assert f", by routing: {cause}" in line
    assert "被路由丢弃：" in _line(packet, *settings, lang="zh")


def test_a_packet_that_a_rule_drops_names_the_rule_alone() -> None:
    rules = _ruleset(OPEN.replace("COMMIT", "-A FORWARD -j DROP\nCOMMIT"))
    found = trace(rules, ROUTED, hook="PREROUTING")
    assert headline(TraceAnswer(trace=found, ruleset=rules, style=Style(width=400))).endswith(
        "by filter FORWARD 1"
    )


@pytest.mark.parametrize(
    ("packet", "told"),
    [
        (Packet(proto=17, src=_address("192.0.2.1")), "HOUSE 2 (led:4) DROP."),
        (Packet(proto=6, src=_address("198.51.100.1")), "HOUSE 1 (led:3) RETURN to the caller."),
        (Packet(proto=132, src=_address("192.0.2.1")), "HOUSE 3 (led:5) ACCEPT."),
        (Packet(proto=47, src=_address("192.0.2.1")), "0x1, RETURN."),
    ],
)
def test_what_a_chain_does_is_said_once(packet: Packet, told: str) -> None:
    rules = read_text(LED, file="led", table="mangle", family=4).rulesets[0]
    found = trace(rules, packet.with_(in_="eth7", out="eth8"), hook="FORWARD")
    lines = trace_text(TraceAnswer(trace=found, ruleset=rules, style=Style(width=400))).splitlines()
    (line,) = (one for one in lines if "If it comes to" in one)
    assert line.endswith(told)


def _taken(count: int, lang: str) -> str:
    notes = [Note(code="IPT0310")]
    notes += [
        Note(code="IPT0313", facts=(("address", f"192.0.2.{n}"),)) for n in range(1, count + 1)
    ]
    rules = _ruleset(OPEN)
    found = trace(rules, ROUTED, hook="FORWARD")
    told = Trace(packet=found.packet, hook="FORWARD", outcomes=found.outcomes, assumed=(*notes,))
    return next(
        remarks(TraceAnswer(trace=told, ruleset=rules, style=Style(width=400, lang=lang)), ())
    )[0]


@pytest.mark.parametrize(
    ("count", "lang", "told"),
    [
        (1, "en", "new connection, 192.0.2.1 is not of this host."),
        (2, "en", "new connection, 192.0.2.1 and 192.0.2.2 are not of this host."),
        (3, "en", "3 addresses (192.0.2.1, 192.0.2.2, 192.0.2.3) are not of this host."),
        (5, "en", "5 addresses (192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more) are not of this host."),
        (2, "zh", "新连接、192.0.2.1 和 192.0.2.2 都不属于本机。"),
    ],
)
def test_addresses_of_others_do_not_run_into_what_else_is_given(
    count: int, lang: str, told: str
) -> None:
    assert _taken(count, lang).endswith(told)


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("filter INPUT rule 3", "filter INPUT 第 3 条规则"),
        ("filter INPUT rules 3-5", "filter INPUT 第 3-5 条规则"),
        ("nat HOUSE after rule 2", "nat HOUSE 第 2 条规则之后"),
        ("nat HOUSE before its rules", "nat HOUSE 的规则之前"),
    ],
)
def test_what_is_left_out_is_told_in_the_readers_language(label: str, told: str) -> None:
    assert place_words(label, "zh") == told
    assert place_words(label, "en") == label


def test_what_is_no_place_of_rules_stays_as_it_is() -> None:
    assert place_words("-m owner --uid-owner 7", "zh") == "-m owner --uid-owner 7"


def test_conditions_in_chinese_are_parted_from_names() -> None:
    cut = OPEN.replace("COMMIT", "-A FORWARD -p tcp -j DROP\n...\n-A FORWARD -j ACCEPT\nCOMMIT")
    rules = _ruleset(cut)
    found = trace(rules, ROUTED.with_(proto=17), hook="FORWARD")
    text = trace_text(TraceAnswer(trace=found, ruleset=rules, style=Style(width=400, lang="zh")))
    assert "filter FORWARD 第 1 条规则之后" in text
    assert "，并且filter" not in text
