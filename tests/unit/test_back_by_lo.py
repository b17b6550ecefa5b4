"""Packets that come by lo: the kernel hands the same packet on, with its connection."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.model import Dump
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Trace, trace
from iptsim.values import parse_address

RAW = "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n{0}COMMIT\n"
FILTER = "*filter\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n{0}COMMIT\n"
LOOP = 0x7F000001


def asked(dump: Dump, **given: int | str) -> Trace:
    packet = Packet(in_="lo", src=LOOP, dst=LOOP, proto=17, dport=53, sport=5353)
    return trace(dump.rulesets[0], packet.with_(**given), hook="PREROUTING")


def verdicts(text: str, **given: int | str) -> list[str]:
    return [each.verdict for each in asked(read_text(text), **given).outcomes]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "NEW"),
        ({"ctstate": "ESTABLISHED"}, "ESTABLISHED"),
        ({"ctstate": "UNTRACKED"}, "UNTRACKED"),
        ({"ctstate": "INVALID"}, "INVALID"),
    ],
)
def test_raw_sees_the_state_that_it_had_when_it_left(
    given: dict[str, int | str], state: str
) -> None:
    for told in ("NEW", "ESTABLISHED", "UNTRACKED", "INVALID"):
        rule = f"-A PREROUTING -i lo -m conntrack --ctstate {told} -j DROP\n"
        assert verdicts(RAW.format(rule), **given) == ["DROP" if told == state else "ACCEPT"]


def test_from_the_network_it_has_no_connection_yet() -> None:
    rule = "-A PREROUTING -m conntrack --ctstate {0} -j DROP\n"
    given: dict[str, int | str] = {"in_": "eth0", "src": 0x0A000001, "dst": 0x0A000002}
    assert verdicts(RAW.format(rule.format("NEW")), **given) == ["ACCEPT"]
    assert verdicts(RAW.format(rule.format("INVALID")), **given) == ["DROP"]


def test_ct_notrack_leaves_its_connection() -> None:
    text = RAW.format("-A PREROUTING -j CT --notrack\n")
    text += FILTER.format("-A INPUT -m conntrack --ctstate UNTRACKED -j DROP\n")
    assert verdicts(text) == ["ACCEPT"]
    assert verdicts(text, in_="eth0", src=0x0A000001, dst=0x0A000002) == ["DROP"]


def test_it_is_confirmed_and_nat_was_asked_before() -> None:
    rule = "-A PREROUTING -p udp -j REDIRECT --to-ports 9\n"
    nat = f"*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n{rule}COMMIT\n"
    (one,) = asked(read_text(nat)).outcomes
    assert (one.verdict, one.rewrites, one.steps) == ("ACCEPT", (), ())
    status = "-A PREROUTING -i lo -m conntrack --ctstatus CONFIRMED -j DROP\n"
    assert verdicts(RAW.format(status)) == ["DROP"]


def test_that_output_is_not_asked_is_told_where_it_matters() -> None:
    codes = {note.code for note in asked(read_text(FILTER.format(""))).assumed}
    assert "IPT0385" in codes


OPENS_BEHIND_OUTPUT = """table {ip} t {{
    chain begin {{
        type filter hook output priority -50;
        tcp dport 80 tcp flags set syn
    }}
    chain back {{
        type nat hook prerouting priority -100;
        dnat to {to}
    }}
}}
"""
LINKS = """[{"ifname":"lo","addr_info":[{"local":"127.0.0.1","prefixlen":8},
{"local":"::1","prefixlen":128}]},
{"ifname":"eth0","addr_info":[{"local":"10.3.0.1","prefixlen":24},
{"local":"fd03::1","prefixlen":64}]}]"""
WAYS = """[{"dst":"10.3.0.0/24","dev":"eth0","scope":"link"},{"dst":"default","gateway":"10.3.0.9",
"dev":"eth0"}][{"dst":"fd03::/64","dev":"eth0"},{"dst":"default","gateway":"fd03::9","dev":"eth0"}]"""


@pytest.mark.parametrize(
    ("src", "dst", "to", "ttl", "expected"),
    [
        ("fd03::1", "fd03::1", "2001:db8::4", 64, ("ACCEPT", "forward")),
        ("fd03::1", "fd03::1", "2001:db8::4", 1, ("DROP", None)),
        ("fd03::1", "fd03::1", "::1", 1, ("ACCEPT", "local")),
        ("::1", "::1", "2001:db8::4", 64, ("DROP", None)),
        # What was sent to an address of eth0 came in by eth0, to IPv6 (ip6_rcv_core).
        ("::1", "fd03::1", "2001:db8::4", 64, ("ACCEPT", "forward")),
        # Routed anew it is looked at as what arrives: no source of this host's (ip_route_input).
        ("10.3.0.1", "10.3.0.1", "203.0.113.4", 64, ("DROP", None)),
        ("10.3.0.1", "10.3.0.1", "10.3.0.1", 64, ("ACCEPT", "local")),
    ],
)
def test_another_destination_that_nat_gives_there_is_routed_anew(
    src: str, dst: str, to: str, ttl: int, expected: tuple[str, str | None]
) -> None:
    six = ":" in src
    text = OPENS_BEHIND_OUTPUT.format(ip="ip6" if six else "ip", to=to)
    ruleset = read_text(text).family(6 if six else 4)
    assert ruleset is not None
    packet = Packet(family=6 if six else 4, proto=6, dport=80, sport=4000, tcp_flags=4, ttl=ttl)
    packet = packet.with_(src=parse_address(src)[0], dst=parse_address(dst)[0])
    found = trace(ruleset, packet, hook="OUTPUT", host=read_host(LINKS, WAYS))
    assert [(one.verdict, one.destination) for one in found.outcomes] == [expected]
