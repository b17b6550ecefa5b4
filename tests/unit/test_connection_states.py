"""The state that connection tracking gives a packet of no known connection, as kernel 6.18 does."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.model import BUILTIN_CHAINS
from iptsim.netfilter.new_connections import answer_flags, first_state, next_status
from iptsim.packet import TCP_FLAGS, Packet
from iptsim.tracer import Trace, trace

FIN, SYN, RST, PSH, ACK, URG = TCP_FLAGS.values()
ECN = 0xC0
OPENING = {
    SYN, SYN | PSH, SYN | URG, SYN | PSH | URG,
    ACK, ACK | PSH, ACK | URG, ACK | PSH | URG,
}  # fmt: skip
RULES = (
    "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n{raw}COMMIT\n"
    "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n"
    "-A POSTROUTING -j MASQUERADE\nCOMMIT\n"
)


def traced(packet: Packet, raw: str = "") -> Trace:
    rules = read_text(RULES.format(raw=raw), file="rules", family=packet.family)
    ruleset = rules.family(packet.family)
    assert ruleset is not None
    return trace(ruleset, packet)


def state(answer: Trace) -> object:
    (outcome,) = answer.outcomes
    return dict(outcome.packet)["ctstate"]


@pytest.mark.parametrize("more", [0, ECN])
def test_tcp_flags(more: int) -> None:
    told = {flags: first_state(4, 6, flags=flags | more) for flags in range(64)}
    assert told == {flags: "NEW" if flags in OPENING else "INVALID" for flags in range(64)}


def test_icmp_types() -> None:
    told = {kind: first_state(4, 1, icmp_type=kind) for kind in range(256)}
    assert told == {kind: "NEW" if kind in (8, 13, 15, 17) else "INVALID" for kind in range(256)}


def test_icmpv6_types() -> None:
    told = {kind: first_state(6, 58, icmp_type=kind) for kind in range(256)}
    untracked = (130, 131, 132, 133, 134, 135, 136, 143, 151, 152)
    known = {**dict.fromkeys((128, 139), "NEW"), **dict.fromkeys(untracked, "UNTRACKED")}
    assert told == {kind: known.get(kind, "INVALID") for kind in range(256)}


@pytest.mark.parametrize(
    ("family", "proto", "expected"),
    [(4, 17, "NEW"), (4, 47, "NEW"), (4, 59, "NEW"), (6, 59, "INVALID"), (6, 132, "NEW")],
)
def test_other_protocols(family: int, proto: int, expected: str) -> None:
    assert first_state(family, proto) == expected


@pytest.mark.parametrize("proto", [None, 1, 6, 58])
def test_what_is_not_told_opens_a_connection(proto: int | None) -> None:
    assert first_state(6 if proto == 58 else 4, proto) == "NEW"


@pytest.mark.parametrize(
    ("asked", "expected"), [(SYN, SYN | ACK), (None, SYN | ACK), (ACK, ACK), (ACK | PSH, ACK)]
)
def test_the_flags_of_an_answer(asked: int | None, expected: int) -> None:
    assert answer_flags(asked) == expected


@pytest.mark.parametrize(
    ("proto", "expected"), [(6, (14, 0)), (47, (14, 0)), (1, (10, 0)), (17, (10, 4))]
)
def test_the_status_after_an_answer(proto: int, expected: tuple[int, int]) -> None:
    assert next_status(proto) == expected


@every_row(
    ("packet", "expected", "code"),
    [
        (Packet(proto=6), "NEW", "IPT0310"),
        (Packet(proto=6, tcp_flags=SYN), "NEW", "IPT0310"),
        (Packet(proto=6, tcp_flags=ACK), "NEW", "IPT0339"),
        (Packet(proto=6, tcp_flags=FIN | ACK), "INVALID", "IPT0330"),
        (Packet(tcp_flags=RST), "INVALID", "IPT0330"),
        (Packet(icmp_type=3), "INVALID", "IPT0330"),
        (Packet(icmp_type=8), "NEW", "IPT0310"),
        (Packet(family=6, proto=58, icmp_type=135), "UNTRACKED", "IPT0331"),
    ],
)
def test_the_state_is_told_as_taken_for_given(packet: Packet, expected: str, code: str) -> None:
    found = traced(packet)
    assert state(found) == expected
    assert code in [note.code for note in found.assumed]


def test_a_state_that_was_told_is_taken() -> None:
    found = traced(Packet(proto=6, tcp_flags=FIN, ctstate="NEW"))
    assert state(found) == "NEW"
    assert not {"IPT0310", "IPT0330"} & {note.code for note in found.assumed}


def test_raw_may_leave_untracked_what_would_be_invalid() -> None:
    found = traced(Packet(proto=6, tcp_flags=FIN), "-A PREROUTING -j NOTRACK\n")
    assert state(found) == "UNTRACKED"


def test_only_a_packet_of_a_new_connection_asks_nat() -> None:
    tables = [
        {step.table for outcome in traced(packet).outcomes for step in outcome.steps}
        for packet in (Packet(proto=6, tcp_flags=SYN), Packet(proto=6, tcp_flags=RST))
    ]
    assert tables == [{"raw", "nat"}, {"raw"}]


@pytest.mark.parametrize(
    ("state", "proto", "told"),
    [("ESTABLISHED", 17, True), ("RELATED", 1, True), ("RELATED", 17, False),
     ("INVALID", 17, False), ("UNTRACKED", 17, False), ("NEW", 17, False)],
)  # fmt: skip
def test_what_nat_did_before_is_told_to_be_unknown(state: str, proto: int, told: bool) -> None:
    found = traced(Packet(proto=proto, ctstate=state))
    assert ("IPT0302" in [note.code for note in found.notes]) is told


def test_the_template_of_ct_reads_as_a_new_connection_of_nobody() -> None:
    matches = (
        "-m conntrack --ctstate NEW",
        "-m conntrack --ctstatus CONFIRMED",
        "-m connmark ! --mark 0x1",
        "-m conntrack --ctorigsrc 0.0.0.0",
        "-m conntrack --ctstate INVALID",
        "-m conntrack --ctproto 17",
    )
    raw = "-A PREROUTING -j CT --zone 5\n"
    raw += "".join(f"-A PREROUTING {match}\n" for match in matches)
    (outcome,) = traced(Packet(proto=17, dport=53), raw).outcomes
    met = [step.rule for step in outcome.steps if step.table == "raw" and step.rule]
    assert met == [1, 2, 3, 4, 5]


def test_a_known_connection_has_its_own_mark_behind_a_template() -> None:
    raw = "-A PREROUTING -j CT --zone 5\nCOMMIT\n*mangle\n"
    raw += "".join(f":{name} ACCEPT\n" for name in BUILTIN_CHAINS["mangle"])
    raw += "-A PREROUTING -m connmark --mark 0x0\n"
    matched = traced(Packet(proto=17, ctstate="ESTABLISHED"), raw).outcomes
    assert len(matched) == 2
