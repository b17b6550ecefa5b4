"""The packets that follow a packet in its connection."""

from __future__ import annotations

from typing import Any

import pytest
from every_row import every_row

from iptsim.dialects import read_text
from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.notebook import read
from iptsim.packet import Packet
from iptsim.render.outputs.trace_json import trace_json
from iptsim.tracer import FOLLOWING, Outcome, Trace, Tracer, trace
from iptsim.values import parse_address

CLIENT, HOST, BEHIND = (parse_address(t)[0] for t in ("10.0.0.7", "10.0.0.2", "10.1.0.9"))
SYN, ACK, SYN_ACK = 0x02, 0x10, 0x12
NAT = """\
*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A PREROUTING -p tcp --dport 8088 -j REDIRECT --to-ports 15001
-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.1.0.9:8080
-A OUTPUT -p udp --dport 53 -j DNAT --to-destination 10.1.0.53
-A POSTROUTING -d 10.1.0.9 -j SNAT --to-source 10.1.0.2
COMMIT
"""
FILTER = """\
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
{rules}COMMIT
"""
RAW = "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n{rules}COMMIT\n"
MANGLE = (
    "*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"
    ":POSTROUTING ACCEPT\n{rules}COMMIT\n"
)
WHOLE = MANGLE.format(rules="") + "".join(NAT.splitlines(keepends=True)[:5]) + "COMMIT\n"


def rules(text: str) -> Ruleset:
    found = read_text(text, file="rules", family=4).family(4)
    assert found is not None
    return found


def arriving(**fields: int | str) -> Packet:
    return Packet(proto=6, src=CLIENT, dst=HOST, sport=40000, dport=80, in_="eth0").with_(**fields)


def followed(
    text: str, packet: Packet, *kinds: str, hook: str | None = None, host: Host | None = None
) -> list[Trace]:
    (outcome, *_) = trace(rules(text), packet, hook=hook, host=host, follow=kinds).outcomes
    found = [answer for _, answer in outcome.follows]
    assert all(found)
    return [answer for answer in found if answer is not None]


def told(found: Trace) -> list[dict[str, Any]]:
    data: dict[str, Any] = trace_json(found)
    return list(data["outcomes"])


def only(found: Trace) -> Outcome:
    (outcome,) = found.outcomes
    return outcome


def ends(outcome: Outcome) -> tuple[object, ...]:
    told = dict(outcome.packet)
    return tuple(told.get(name) for name in ("src", "sport", "dst", "dport"))


def carried(outcome: Outcome) -> list[tuple[str, list[str]]]:
    return [(done.hook, [r.field for r in done.rewrites]) for done in outcome.carried]


def test_an_answer_of_this_host_starts_at_output() -> None:
    (answer,) = followed(NAT, arriving(dport=8088), "reply")
    outcome = only(answer)
    assert answer.hook == "OUTPUT"
    assert (answer.packet.sport, answer.packet.dport) == (15001, 40000)
    assert ends(outcome) == ("10.0.0.2", 8088, "10.0.0.7", 40000)
    assert outcome.destination == "out"
    assert carried(outcome) == [("POSTROUTING", ["sport"])]
    assert dict(outcome.packet)["out"] == "eth0"


def test_an_answer_of_another_host_is_forwarded_back() -> None:
    packet = arriving(out="eth1")
    (answer,) = followed(NAT, packet, "reply")
    outcome = only(answer)
    assert (answer.hook, answer.packet.in_) == ("PREROUTING", "eth1")
    assert (answer.packet.src, answer.packet.sport) == (BEHIND, 8080)
    assert ends(outcome) == ("10.0.0.2", 80, "10.0.0.7", 40000)
    assert outcome.destination == "forward"
    assert carried(outcome) == [("PREROUTING", ["dst"]), ("POSTROUTING", ["src", "sport"])]


def test_an_answer_to_this_host_is_delivered() -> None:
    packet = Packet(proto=17, src=HOST, dst=CLIENT, sport=5353, dport=53, out="eth1")
    (answer,) = followed(NAT, packet, "reply", hook="OUTPUT")
    outcome = only(answer)
    assert (answer.hook, answer.packet.in_) == ("PREROUTING", "eth1")
    assert ends(outcome) == ("10.0.0.7", 53, "10.0.0.2", 5353)
    assert outcome.destination == "local"
    assert carried(outcome) == [("INPUT", ["src"])]


def test_an_answer_to_what_this_host_sent_under_another_address_is_delivered() -> None:
    sending = NAT.replace("-d 10.1.0.9 -j SNAT", "-j SNAT") + FILTER.format(rules="")
    packet = Packet(proto=17, src=HOST, dst=CLIENT, sport=5353, dport=9, out="eth1")
    (answer,) = followed(sending, packet, "reply", hook="OUTPUT")
    outcome = only(answer)
    assert ends(outcome) == ("10.0.0.7", 9, "10.0.0.2", 5353)
    assert outcome.destination == "local"
    assert carried(outcome) == [("PREROUTING", ["dst"])]


def test_an_answer_through_lo_comes_back_in() -> None:
    loopback = 127 << 24 | 1
    packet = Packet(proto=6, src=loopback, dst=loopback, sport=40000, dport=22)
    (answer,) = followed(NAT, packet, "reply", hook="OUTPUT")
    outcome = only(answer)
    assert (answer.hook, outcome.destination) == ("OUTPUT", "local")
    assert dict(outcome.packet)["in"] == "lo"


@pytest.mark.parametrize(
    ("proto", "family", "kind", "answered"),
    [(1, 4, 8, 0), (1, 4, 13, 14), (1, 4, 15, 16), (1, 4, 17, 18), (58, 6, 128, 129),
     (58, 6, 139, 140)],
)  # fmt: skip
def test_icmp_is_answered_by_its_own_type(
    proto: int, family: int, kind: int, answered: int
) -> None:
    text = FILTER.format(rules="")
    ruleset = read_text(text, file="rules", family=family).family(family)
    assert ruleset is not None
    packet = Packet(family=family, proto=proto, icmp_type=kind, icmp_code=0)
    (outcome,) = trace(ruleset, packet, follow=("reply",)).outcomes
    ((_, answer),) = outcome.follows
    assert answer is not None
    assert (answer.packet.icmp_type, answer.packet.icmp_code) == (answered, 0)


def test_nat_asks_no_rule_of_what_follows() -> None:
    for found in followed(NAT, arriving(dport=8088), *FOLLOWING):
        assert [step for step in only(found).steps if step.table == "nat"] == []


def test_what_comes_again_or_next_goes_the_first_ones_way() -> None:
    again, following = followed(NAT, arriving(dport=8088), "again", "next")
    for found in (again, following):
        assert ends(only(found)) == ("10.0.0.7", 40000, "10.0.0.2", 15001)
        assert carried(only(found)) == [("PREROUTING", ["dport"])]
    assert [dict(only(f).packet)["ctstate"] for f in (again, following)] == ["NEW", "ESTABLISHED"]
    assert following.packet.tcp_flags == ACK


@every_row(
    ("match", "met"),
    [
        ("-m conntrack --ctstate ESTABLISHED --ctdir REPLY", {"reply"}),
        ("-m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL", {"next"}),
        ("-m conntrack --ctstate NEW", {"again"}),
        ("-m conntrack --ctstatus CONFIRMED", {"again", "reply", "next"}),
        ("-m conntrack --ctstatus SEEN_REPLY", {"reply", "next"}),
        ("-m conntrack --ctstatus ASSURED", {"next"}),
        ("-m conntrack --ctorigdstport 80", {"again", "reply", "next"}),
        ("-p tcp --tcp-flags SYN,ACK SYN,ACK", {"reply"}),
        ("-p tcp --syn", {"again"}),
        ("-m connmark --mark 0x7", {"again", "reply", "next"}),
    ],
)
def test_what_tracking_gives_each(match: str, met: set[str]) -> None:
    mangle = MANGLE.format(rules="-A PREROUTING -p tcp --syn -j CONNMARK --set-mark 7\n")
    text = FILTER.format(rules=f"-A INPUT {match}\n-A OUTPUT {match}\n") + mangle
    found = dict(zip(FOLLOWING, followed(text, arriving(), *FOLLOWING), strict=True))
    matched = {
        kind
        for kind, answer in found.items()
        if any(step.table == "filter" and step.rule for step in only(answer).steps)
    }
    assert matched == met


def test_what_a_host_sends_to_its_own_port_again_is_an_answer() -> None:
    loopback = 127 << 24 | 1
    for port, state in ((5354, "NEW"), (5353, "ESTABLISHED")):
        packet = Packet(proto=17, src=loopback, dst=loopback, sport=5353, dport=port)
        (again,) = followed(FILTER.format(rules="") + WHOLE, packet, "again", hook="OUTPUT")
        assert dict(only(again).packet)["ctstate"] == state


def test_next_has_the_mark_that_the_answer_left() -> None:
    mark = "-A OUTPUT -j CONNMARK --set-mark 9\n-A INPUT -m connmark --mark 9\n"
    (found,) = followed(MANGLE.format(rules=mark), arriving(), "next")
    assert [step.rule for step in only(found).steps] == [None, 1, None]


def test_a_drop_has_no_answer() -> None:
    found = trace(rules(FILTER.format(rules="-A INPUT -j DROP\n")), arriving(), follow=FOLLOWING)
    assert dict(only(found).follows) == dict.fromkeys(FOLLOWING)
    assert "IPT0334" in [note.code for note in found.notes]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (Packet(proto=1, icmp_type=0), "IPT0335"),
        (Packet(proto=1, icmp_type=3, ctstate="RELATED"), "IPT0335"),
        (Packet(proto=17, dst=0xFFFFFFFF, dport=67), "IPT0336"),
    ],
)
def test_what_nothing_answers(packet: Packet, code: str) -> None:
    found = trace(rules(FILTER.format(rules="")), packet, follow=("reply",))
    assert only(found).follows == (("reply", None),)
    assert code in [note.code for note in found.notes]


def test_the_answer_to_an_untracked_packet_is_on_its_own() -> None:
    raw = RAW.format(rules="-A PREROUTING -j NOTRACK\n")
    for proto, state in ((6, "INVALID"), (17, "NEW")):
        (answer,) = followed(NAT + raw, arriving(proto=proto, dport=9), "reply")
        assert dict(only(answer).packet)["ctstate"] == state


def test_an_untracked_answer_leaves_the_connection_as_it_is() -> None:
    raw = RAW.format(rules="-A OUTPUT -j NOTRACK\n")
    for proto, state in ((6, "INVALID"), (17, "NEW")):
        (found,) = followed(raw, arriving(proto=proto), "next")
        assert dict(only(found).packet)["ctstate"] == state


def test_a_zone_that_only_one_direction_has_parts_the_answer_from_it() -> None:
    raw = RAW.format(rules="-A PREROUTING -j CT --zone 5\n{back}")
    for back, state in (("", "INVALID"), ("-A OUTPUT -j CT --zone 5\n", "ESTABLISHED")):
        (answer,) = followed(raw.format(back=back), arriving(), "reply")
        assert dict(only(answer).packet)["ctstate"] == state


def test_what_is_not_told_of_the_first_packet_stays_open() -> None:
    text = FILTER.format(rules="-A INPUT -p tcp --dport 80 -j ACCEPT\n-A OUTPUT -d 10.0.0.0/8\n")
    (answer,) = followed(text, Packet(proto=6, dport=80), "reply")
    matched = {len([s for s in outcome.steps if s.rule]) for outcome in answer.outcomes}
    assert matched == {0, 1}
    conditions = {c.field for o in answer.outcomes for cube in o.when for c in cube.conditions}
    assert conditions == {"dst"}


def test_an_answer_is_of_the_packets_that_went_that_way() -> None:
    text = FILTER.format(rules="-A INPUT -p tcp --dport 80 -j DROP\n-A OUTPUT -p tcp --sport 80\n")
    found = trace(rules(text), Packet(proto=6), follow=("reply",))
    (passed,) = (outcome for outcome in found.outcomes if outcome.destination)
    ((_, answer),) = passed.follows
    assert answer is not None
    assert [step.rule for step in only(answer).steps] == [None]


def test_what_is_told_of_the_answer_must_be_of_the_connection() -> None:
    tracer = Tracer.of(rules(FILTER.format(rules="-A INPUT -p tcp ! --dport 80 -j DROP\n")))
    (first, *_) = tracer.trace(Packet(proto=6)).outcomes
    with pytest.raises(UsageError) as error:
        tracer.follow(first, "reply", told=Packet(sport=81))
    assert error.value.code == "IPT0150"
    told = tracer.follow(first, "reply", told=Packet(sport=80, uid=7))
    assert told is not None
    assert (told.packet.sport, told.packet.uid) == (80, 7)


def test_flags_and_mark_of_an_answer_are_told_where_they_decide() -> None:
    asked = ("-p tcp --tcp-flags SYN,ACK SYN,ACK -j ACCEPT", "-m mark --mark 0x0 -j ACCEPT")
    for match, code in zip(asked, ("IPT0337", "IPT0338"), strict=True):
        text = FILTER.format(rules=f"-A OUTPUT {match}\n") + WHOLE
        (answer,) = followed(text, arriving(), "reply")
        assert [note.code for note in answer.assumed] == [code]
    (plain,) = followed(FILTER.format(rules="") + WHOLE, arriving(), "reply")
    assert plain.assumed == ()


def test_json_has_each_packet_within_its_outcome() -> None:
    found = trace(rules(NAT), arriving(dport=8088), follow=FOLLOWING)
    (outcome,) = told(found)
    for kind in FOLLOWING:
        assert set(outcome[kind]) == {"packet", "hook", "assumed", "outcomes", "notes"}
    (answer,) = outcome["reply"]["outcomes"]
    assert answer["rewrites"] == [
        {"field": "sport", "from": 15001, "to": 8088, "table": "nat", "chain": None, "rule": None}
    ]
    (plain,) = told(trace(rules(NAT), arriving(dport=22)))
    assert not set(plain) & set(FOLLOWING)
    assert [(step["rule"], step["line"]) for step in plain["steps"]] == [(None, 2), (None, 3)]


def test_a_drop_is_null_in_json() -> None:
    found = trace(rules(FILTER.format(rules="-A INPUT -j DROP\n")), arriving(), follow=("reply",))
    (outcome,) = told(found)
    assert outcome["reply"] is None


def test_a_notebook_shows_the_answer_too() -> None:
    walk = read(text=NAT).trace(dport=8088, follow=("reply",))
    assert "<strong>The answer</strong>" in walk._repr_html_()
    assert "\nThe answer\n" in str(walk)
