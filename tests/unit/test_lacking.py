"""What of a dump that does not tell all is loaded, and when a packet's way hangs on the rest."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.extensions.arming import tracks
from iptsim.kernel.lacking import as_dumped, hanging_on, lacks, strange
from iptsim.kernel.loading import Loadable
from iptsim.kernel.standing import Originals
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.tracer import Trace, Tracer

HEADS = ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
WHOLE = f"*filter\n{HEADS}-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
GAP = WHOLE.replace("COMMIT", "...\n-A INPUT -p tcp -j ACCEPT\nCOMMIT")
CUT = WHOLE.replace("COMMIT\n", "-A OUTPUT -p udp -m udp --dport 5")
ABSENT = WHOLE.replace("COMMIT", "-A INPUT -p udp -j GONE\nCOMMIT")
ADDON = WHOLE.replace("COMMIT", "-A INPUT -p udp -j TARPIT --tarpit\nCOMMIT")
SPOILED = WHOLE.replace("COMMIT", "-A INPUT -p udp --dport @PORT@ -j ACCEPT\nCOMMIT")
HIDDEN = WHOLE.replace("COMMIT", "-A INPUT -s x.x.x.x -p udp -j ACCEPT\nCOMMIT")
VAGUE = (
    WHOLE.replace("filter", "nat")
    .replace("FORWARD", "PREROUTING")
    .replace("COMMIT", "-A PREROUTING -p udp -j DNAT [unsupported revision]\nCOMMIT")
)
ALONE = """\
Chain DOCKER-USER (1 references)
num  target     prot opt source               destination
1    DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:5432
"""
MARKING = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
COMMIT
"""


def rules(text: str) -> Ruleset:
    return read_text(text, file="rules", family=4, table="filter").rulesets[0]


def traced(text: str, proto: int = 6, dport: int = 22) -> Trace:
    packet = Packet(family=4, proto=proto, dport=dport)
    return Tracer.of(as_dumped(rules(text))).trace(packet)


def hangs(text: str, proto: int = 6, dport: int = 22) -> tuple[str, ...]:
    return hanging_on(traced(text, proto, dport), rules(text))


@pytest.mark.parametrize("text", [GAP, CUT, ABSENT, ADDON, ALONE])
def test_a_text_that_stops_telling_lacks_something(text: str) -> None:
    assert lacks(rules(text))


@pytest.mark.parametrize("text", [WHOLE, "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n"])
def test_a_whole_text_lacks_nothing(text: str) -> None:
    assert not lacks(rules(text))
    assert hangs(text) == ()


@pytest.mark.parametrize(
    ("text", "proto", "what"),
    [
        (GAP, 17, ("filter INPUT after rule 1",)),
        (ABSENT, 17, ("filter GONE",)),
        (ADDON, 17, ("filter INPUT 2",)),
        (ALONE, 17, ("filter INPUT",)),
    ],
)
def test_what_a_packet_hangs_on_is_named(text: str, proto: int, what: tuple[str, ...]) -> None:
    assert hangs(text, proto) == what


@pytest.mark.parametrize("text", [GAP, CUT, ABSENT, ADDON])
def test_a_packet_that_does_not_come_there_hangs_on_nothing(text: str) -> None:
    assert hangs(text) == ()


def test_what_may_have_connections_tracked_is_named_where_nat_hangs_on_it() -> None:
    assert hangs(GAP + MARKING) == ("filter INPUT after rule 1",)
    assert hangs(WHOLE + MARKING) == ()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (GAP, None),
        (CUT, None),
        (ALONE, None),
        (WHOLE, False),
        ("*filter\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n", False),
    ],
    ids=["gap", "cut", "alone", "whole", "restore input"],
)
def test_what_is_not_told_may_have_connections_tracked(text: str, known: bool | None) -> None:
    assert tracks(rules(text)) is known


def test_a_target_that_nobody_knows_is_told_from_a_chain_that_is_absent() -> None:
    assert strange(traced(ADDON, 17)) == {"filter INPUT 2"}
    assert strange(traced(ABSENT, 17)) == frozenset()


@pytest.mark.parametrize("text", [GAP, CUT, ABSENT, ADDON])
@pytest.mark.parametrize("known", [True, False])
def test_no_rule_is_loaded_as_one_without_a_target(text: str, known: bool) -> None:
    found = Loadable.of(rules(text), Originals({"rules": text} if known else {}))
    loaded = [line for line in found.text.split("\n") if line.startswith("-A")]
    assert len(loaded) == sum(1 for _ in rules(text).rules())
    assert all(" -j " in line for line in loaded)
    assert any(line.endswith("-j RETURN") for line in loaded)


def test_a_stand_in_asks_what_was_read() -> None:
    (line,) = (x for x in Loadable.of(rules(ABSENT)).text.split("\n") if "RETURN" in x)
    assert line == "-A INPUT -p udp -j RETURN"


@pytest.mark.parametrize("text", [SPOILED, HIDDEN, VAGUE])
def test_a_packet_that_may_meet_what_cannot_be_read_is_not_judged(text: str) -> None:
    ruleset = read_text(text, file="rules", family=4).rulesets[0]
    assert lacks(ruleset)
    tracer = Tracer.of(as_dumped(ruleset))
    udp, tcp = (Packet(family=4, proto=n, dport=22, in_="eth0") for n in (17, 6))
    assert hanging_on(tracer.trace(udp), ruleset)
    assert not hanging_on(tracer.trace(tcp), ruleset)


@pytest.mark.parametrize("text", [SPOILED, HIDDEN])
def test_no_packet_meets_what_stands_for_a_condition_that_cannot_be_read(text: str) -> None:
    loaded = Loadable.of(rules(text), Originals({"rules": text})).text
    assert "-A INPUT ! -i + -j RETURN\n" in loaded


def test_a_text_with_notes_behind_its_rules_is_not_loaded_as_it_stands() -> None:
    text = WHOLE.replace("ACCEPT\nCOMMIT", "ACCEPT  <-- here\nCOMMIT")
    assert "<--" not in Loadable.of(rules(text), Originals({"rules": text})).text
