"""A tracer that were wrong would be caught: our trace, doctored, beside a kernel's journey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from iptsim.dialects import read_text
from iptsim.kernel import Journey, KernelStep, Sighting
from iptsim.kernel.side_by_side import Comparison, compare, in_kernel_words
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Trace, trace

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:PROXY - [0:0]
-A PREROUTING -p tcp -j PROXY
-A PROXY -p tcp -m tcp --dport 8088 -j REDIRECT --to-ports 15001
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m limit --limit 1/sec -j DROP
COMMIT
"""
ADDRESSES = (
    '[{"ifname": "eth0", "addr_info": [{"family": "inet", "local": "10.0.0.2", "prefixlen": 24}]}]'
)
PACKET = Packet(
    proto=6, src=0x0A000001, dst=0x0A000002, sport=40000, dport=8088, in_="eth0", tcp_flags=2,
    mark=0, ttl=64, tos=0, length=40, mac_src=0x020000000001,
)  # fmt: skip
ARRIVED = PACKET.with_(dport=15001)
WITHIN_LIMIT, OVER_LIMIT = "drop", "accept"


def our_trace() -> Trace:
    ruleset = read_text(RULES, file="rules").family(4)
    assert ruleset is not None
    return trace(ruleset, PACKET, host=read_host(ADDRESSES))


def way(found: Trace, last: str) -> Outcome:
    """Our outcome whose last step in filter has that verdict."""
    return next(o for o in found.outcomes if in_kernel_words(o.steps[-1]).verdict == last)


def journey(*, last: str = OVER_LIMIT, packet: Packet = ARRIVED) -> Journey:
    """What a kernel tells that does as the rules say."""

    def nat(chain: str, rule: int | None, verdict: str, target: str = "") -> KernelStep:
        hook = "INPUT" if chain == "INPUT" else "PREROUTING"
        return KernelStep(
            hook=hook, table="nat", chain=chain, rule=rule, verdict=verdict, target=target
        )

    limit = None if last == OVER_LIMIT else 1
    end = KernelStep(hook="INPUT", table="filter", chain="INPUT", rule=limit, verdict=last)
    steps = [nat("PREROUTING", 1, "jump", "PROXY"), nat("PROXY", 1, "accept"), end]
    seen = [Sighting(hook="INPUT", packet=packet)] if last == OVER_LIMIT else []
    if last == OVER_LIMIT:
        steps.append(nat("INPUT", None, "accept"))
    return Journey(packet=PACKET, hook="PREROUTING", steps=tuple(steps), sightings=tuple(seen))


def without_last_step(outcome: Outcome) -> Outcome:
    return replace(outcome, steps=outcome.steps[:-1])


def another_rule(outcome: Outcome) -> Outcome:
    first, second, *rest = outcome.steps
    return replace(outcome, steps=(first, replace(second, rule=2), *rest))


def another_action(outcome: Outcome) -> Outcome:
    first, second, *rest = outcome.steps
    return replace(outcome, steps=(first, replace(second, action="drop"), *rest))


def another_chain(outcome: Outcome) -> Outcome:
    first, *rest = outcome.steps
    return replace(outcome, steps=(replace(first, target="PROXY2"), *rest))


def another_order(outcome: Outcome) -> Outcome:
    first, second, third, *rest = outcome.steps
    return replace(outcome, steps=(first, second, *rest, third))


def dropped(outcome: Outcome) -> Outcome:
    return replace(outcome, verdict="DROP", destination=None)


def forwarded(outcome: Outcome) -> Outcome:
    return replace(outcome, destination="forward")


def another_port(outcome: Outcome) -> Outcome:
    packet = {**dict(outcome.packet), "dport": 15006}
    return replace(outcome, packet=tuple(packet.items()))


def another_address(outcome: Outcome) -> Outcome:
    packet = {**dict(outcome.packet), "dst": "10.0.0.3"}
    return replace(outcome, packet=tuple(packet.items()))


@pytest.mark.parametrize("last", [WITHIN_LIMIT, OVER_LIMIT])
def test_the_kernels_way_tells_what_we_leave_open(last: str) -> None:
    found = compare(our_trace(), journey(last=last))
    assert (found.agrees, found.problem, found.takers) == (True, "", 1)
    assert found.outcome == way(found.trace, last)
    (told,) = [dict(cube.facts) for cube in found.implied]
    assert list(told.values()) == [last == WITHIN_LIMIT]
    assert all(row.same for row in found.rows)


@pytest.mark.parametrize(
    "doctor",
    [
        without_last_step, another_rule, another_action, another_chain, another_order,
    ],
)  # fmt: skip
def test_a_trace_with_other_steps_is_caught(doctor: Callable[[Outcome], Outcome]) -> None:
    found = with_doctored(doctor)
    assert not found.agrees
    assert found.takers == 0
    assert any(not row.same for row in found.rows)


@pytest.mark.parametrize(
    ("doctor", "fields"),
    [
        (dropped, ["verdict", "destination"]),
        (forwarded, ["destination"]),
        (another_port, ["dport"]),
        (another_address, ["dst"]),
    ],
)
def test_a_trace_with_another_end_is_caught(
    doctor: Callable[[Outcome], Outcome], fields: list[str]
) -> None:
    found = with_doctored(doctor)
    assert not found.agrees
    assert [each.field for each in found.differences] == fields
    assert all(row.same for row in found.rows)


def with_doctored(doctor: Callable[[Outcome], Outcome]) -> Comparison:
    ours = our_trace()
    outcomes = tuple(map(doctor, ours.outcomes))
    return compare(replace(ours, outcomes=outcomes), journey())


def test_a_kernel_that_loses_the_packet_is_no_agreement() -> None:
    lost = replace(journey(), sightings=())
    (first, *_) = compare(our_trace(), lost).differences
    assert (first.field, first.ours, first.kernel) == ("verdict", "ACCEPT", "LOST")


def test_what_we_have_queued_the_kernel_has_not_dropped() -> None:
    ours, lost = our_trace(), replace(journey(), sightings=())
    queued = tuple(replace(one, verdict="QUEUE", destination=None) for one in ours.outcomes)
    found = compare(replace(ours, outcomes=queued), lost)
    assert [(each.field, each.ours) for each in found.differences] == [("verdict", "QUEUE")]


def test_two_outcomes_without_an_open_fact_are_caught() -> None:
    ours = our_trace()
    closed = tuple(replace(outcome, when=()) for outcome in ours.outcomes)
    found = compare(replace(ours, outcomes=closed), journey())
    assert (found.undecided, found.agrees) == (True, False)


def test_two_outcomes_of_one_way_are_caught() -> None:
    ours = our_trace()
    twice = replace(ours, outcomes=(*ours.outcomes, way(ours, OVER_LIMIT)))
    found = compare(twice, journey())
    assert (found.takers, found.agrees) == (2, False)


def test_rows_stand_hook_by_hook_and_rule_by_rule() -> None:
    found = with_doctored(another_rule)
    told = [(row.hook, row.ours and row.ours.rule, row.kernel and row.kernel.rule, row.same)
            for row in found.rows]  # fmt: skip
    assert told == [
        ("PREROUTING", 1, 1, True),
        ("PREROUTING", 2, None, False),
        ("PREROUTING", None, 1, False),
        ("INPUT", None, None, True),
        ("INPUT", None, None, True),
    ]


def test_a_verdict_that_the_kernel_does_not_tell_is_no_difference() -> None:
    told = journey()
    first, *rest = told.steps
    untold = replace(told, steps=(replace(first, verdict="", target=""), *rest))
    assert compare(our_trace(), untold).agrees
    elsewhere = replace(told, steps=(replace(first, verdict="", rule=2), *rest))
    assert not compare(our_trace(), elsewhere).agrees
