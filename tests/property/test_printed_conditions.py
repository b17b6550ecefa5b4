"""Whoever gives what a printed condition asks for meets the outcome that it promised."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples
from small_rules import Rules, ruleset_of
from test_grouped_traces import HOST, holding, opened, packet_of, rewritten

from iptsim.packet import Packet
from iptsim.render.shared.cube_json import cube_json
from iptsim.tracer import Outcome, Trace, Tracer
from iptsim.tracing import trace_grouped
from iptsim.worlds.outcome import Cube

PORTS = (22, 53, 80, 443, 8080, 8500, 15001, 40000, 65000)
# A TTL that nobody tells is taken to last, and a packet to come from outside: no 1, and no lo.
TRIED: dict[str, tuple[Any, ...]] = {
    "proto": (6, 17, 1, 47), "sport": PORTS, "dport": PORTS, "mark": (0, 1, 2, 3, 0x10, 0x13, 0x20),
    "ttl": (9, 10, 11, 64), "tos": (0, 0x10, 0x30), "length": (60,), "tcp_flags": (2, 0x10, 1),
    "in": ("eth0", "eth1", "wlan0"), "out": ("eth0", "eth1", "wlan0"),
    "src": (0x0A000001, 0x0A000005, 0x0A000007, 0x0A000063, 0x0A010009, 0xC6336402),
    "dst": (0x0A000002, 0xC0000207, 0xC6336402, 0x0A090909, 0xC0A80002),
}  # fmt: skip


def told(cube: Cube, asked: Packet, random: Random) -> Packet | None:
    """The packet with a value for each field that the cube asks for, if one of those tried fits."""
    given: dict[str, Any] = {}
    names = dict.fromkeys(condition.field for condition in cube.conditions)
    for name in names:
        parts = tuple(one for one in cube.conditions if one.field == name)
        fitting = [v for v in TRIED.get(name, ()) if _fits(Cube(conditions=parts), {name: v})]
        if not fitting:
            return None
        given["in_" if name == "in" else name] = random.choice(fitting)
    proto = given.get("proto", asked.proto)
    if "tcp_flags" in given and proto != 6:
        return None
    if {"sport", "dport"} & given.keys() and proto not in (6, 17):
        return None
    return asked.with_(**given)


def _fits(cube: Cube, values: dict[str, Any]) -> bool:
    outcome = Outcome(
        when=(cube,),
        verdict="",
        destination=None,
        packet=(),
        rewrites=(),
        steps=(),
        decided_by=None,
    )
    return holding(outcome, values, {})


def promises(found: Trace) -> Iterator[tuple[Outcome, Cube]]:
    for outcome in found.outcomes:
        for cube in outcome.when:
            yield outcome, cube


@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(25, at_length=240), deadline=None)
def test_a_condition_that_is_given_keeps_its_promise(seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    tracer = Tracer.of(ruleset_of(Rules(random).drawn()))
    asked = opened(packet_of(random), random)
    found = trace_grouped(tracer, asked, host=HOST)
    for outcome, cube in promises(found):
        packet = told(cube, asked, random)
        if packet is None:
            continue
        # Note IPT0766: --out alone is of a packet that this host sends.
        answer = trace_grouped(tracer, packet, hook=found.hook, host=HOST)
        met = [one for one in answer.outcomes if _same(one, packet, outcome)]
        assert met, (cube_json(cube), outcome.verdict, [o.verdict for o in answer.outcomes])
        # What the condition does not ask for makes no difference, but for what nobody can tell.
        assert cube.facts or len(met) == len(answer.outcomes), cube_json(cube)


def _same(one: Outcome, packet: Packet, promised: Outcome) -> bool:
    """Whether an outcome has the promised verdict, and leaves what was promised to be rewritten."""
    if (one.verdict, one.destination) != (promised.verdict, promised.destination):
        return False
    # A text says what is not certain: `an address of eth0`.
    certain = {n: v for n, v in rewritten(promised).items() if " " not in str(v) and n != "ttl"}
    # What was translated to the address it had is not rewritten, but holds it.
    held = {**packet.given(), **dict(one.packet), **rewritten(one)}
    return all(held.get(name) == value for name, value in certain.items())
