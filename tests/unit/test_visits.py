"""What is met again is another unknown; what else was met on the way makes none."""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.packet import Packet
from iptsim.predicate import ANY
from iptsim.tracer import Trace, Tracer
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address
from iptsim.worlds.visits import again, most, times


def met(*places: str) -> str:
    text = ""
    for place in places:
        text = again(text, place)
    return text


@pytest.mark.parametrize(
    ("places", "asked", "many"),
    [
        ((), "filter A", 0),
        (("filter A",), "filter A", 1),
        (("filter A", "filter B", "filter A"), "filter A", 2),
        (("filter A", "filter B", "filter A"), ANY, 3),
        (("a; b ×2", "c"), "a; b ×2", 1),
        (("a; b ×2", "c"), "b", 0),
    ],
)
def test_visits_are_counted(places: tuple[str, ...], asked: str, many: int) -> None:
    assert times(met(*places), asked) == many


def test_the_order_of_visits_makes_no_difference() -> None:
    assert met("a", "b", "a") == met("a", "a", "b")


def test_what_ways_met_together_is_the_most_of_each() -> None:
    assert most([met("a", "a", "b"), met("a", "c")]) == met("a", "a", "b", "c")


HEADS = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n"


def asked(rules: str) -> Trace:
    (ruleset,) = read_text(f"{HEADS}{rules}COMMIT\n").rulesets
    packet = Packet(proto=17, src=parse_address("192.0.2.1")[0], dport=53, in_="eth0", ttl=64)
    return trace_grouped(Tracer.of(ruleset), packet)


def test_an_absent_chain_that_let_a_packet_pass_may_drop_it_when_met_again() -> None:
    found = asked("-A INPUT -j GONE\n-A INPUT -j LOG\n-A INPUT -j GONE\n")
    dropped = [o for o in found.outcomes if o.verdict == "DROP"]
    keys = {fact.key for o in dropped for cube in o.when for fact, true in cube.facts if true}
    assert len(keys) == 2  # at once, or the second time
    assert any("2 visits" in key for key in keys)


def test_ways_to_the_same_place_ask_the_same() -> None:
    between = "".join(f"-A INPUT -s 192.0.2.{n} -j GONE{n}\n" for n in range(1, 6))
    found = asked(f"{between}-A INPUT -j LAST\n")
    facts = {fact.key for o in found.outcomes for cube in o.when for fact, _ in cube.facts}
    assert 0 < sum("LAST" in key for key in facts) <= 3
