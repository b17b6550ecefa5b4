"""Ways that part by what the kernel chose: told apart where the packet's end shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.kernel.events.chosen_values import alike, may_be
from iptsim.kernel.events.events import Journey, Sighting
from iptsim.kernel.side_by_side import compare, in_kernel_words
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.tracer import Trace, Tracer
from iptsim.values import parse_address
from iptsim.worlds.outcome import Cube

HEADS = "".join(f":{name} ACCEPT [0:0]\n" for name in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT"))
PREFIX = (
    f"*mangle\n{HEADS}:POSTROUTING ACCEPT [0:0]\n"
    "-A OUTPUT -j DNPT --src-pfx dead::/64 --dst-pfx 1c3::/64\nCOMMIT\n"
)
SENT = Packet(
    family=6, proto=6, src=parse_address("fd00:2::2")[0], dst=parse_address("fd00:2::9")[0],
    sport=40000, dport=80, mark=0, ttl=64, tos=0, uid=0, gid=0,
)  # fmt: skip


def chosen(values: str) -> Cube:
    text = f"dst as mangle OUTPUT «-j DNPT» chose (DNPT) of 5 is {values}"
    return Cube(facts=((Fact(key=text, code="IPT0406", detail=text), True),))


def traced() -> Trace:
    """Two ways out that part by the new destination alone."""
    (ruleset,) = read_text(PREFIX, file="rules", family=6).rulesets
    found = Tracer.of(ruleset).trace(SENT, hook="OUTPUT")
    (one,) = found.outcomes
    ways = ("ff00::/8", "not ff00::/8,fd00::1-fd00::9")
    return replace(found, outcomes=tuple(replace(one, when=(chosen(way),)) for way in ways))


def journey(trace: Trace, dst: str | None) -> Journey:
    """Our way, as the kernel would tell it, to that destination, if any."""
    outcome = trace.outcomes[0]
    last = SENT if dst is None else SENT.with_(dst=parse_address(dst)[0])
    seen = () if dst is None else (Sighting(hook="POSTROUTING", packet=last),)
    steps = tuple(map(in_kernel_words, outcome.steps))
    return Journey(packet=SENT, hook="OUTPUT", steps=steps, sightings=seen)


@pytest.mark.parametrize(("dst", "number"), [("ff02::9", 0), ("1c3::9", 1)])
def test_only_the_way_with_the_value_chosen_is_taken(dst: str, number: int) -> None:
    trace = traced()
    told = journey(trace, dst)
    assert [may_be(outcome, told) for outcome in trace.outcomes] == [number == 0, number == 1]
    found = compare(trace, told)
    assert found.agrees, found.problem
    assert found.outcome == trace.outcomes[number]


def test_a_value_that_no_way_allows_leaves_both() -> None:
    trace = traced()
    assert compare(trace, journey(trace, "fd00::5")).takers == 2


def test_ways_that_part_by_a_choice_of_a_packet_that_is_lost_are_one() -> None:
    trace = traced()
    assert alike(trace.outcomes, journey(trace, None)) == 1


def test_ways_that_part_by_no_choice_are_several() -> None:
    trace = traced()
    ways = [replace(outcome, when=()) for outcome in trace.outcomes]
    assert alike(ways, journey(trace, None)) == 2


@pytest.mark.parametrize(
    ("dst", "allowed"), [("fd00::4", True), ("fd00::5", False), ("::1", False)]
)
def test_all_that_is_said_of_a_choice_counts(dst: str, allowed: bool) -> None:
    trace = traced()
    one = replace(trace.outcomes[0], when=(chosen("fd00::/64 and not fd00::5/128"),))
    assert may_be(one, journey(trace, dst)) is allowed


@pytest.mark.parametrize(("dst", "allowed"), [("fd00::9", True), ("fd01::9", False)])
def test_a_choice_is_compared_with_a_mask_that_has_holes(dst: str, allowed: bool) -> None:
    outcome = replace(traced().outcomes[0], when=(chosen("fd00::9/ffff::ffff"),))
    assert may_be(outcome, journey(traced(), dst)) is allowed
