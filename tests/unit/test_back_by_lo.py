"""Packets that come by lo: the kernel hands the same packet on, with its connection."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.model import Dump
from iptsim.packet import Packet
from iptsim.tracer import Trace, trace

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
