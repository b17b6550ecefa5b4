"""What a diff tells, through its public way: its cubes are where two traces differ, both ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from cubes_eval import in_cubes
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import examples
from scenes import SCENES, TOLD, Scene, mutated, packet_of, rules_of, ruleset_of, sane, ways

from iptsim.diff import diff
from iptsim.diff.difference import Difference, Effect, Way
from iptsim.host import Host
from iptsim.model import Dump, Ruleset
from iptsim.packet import Packet
from iptsim.render.outputs.diff_json import diff_json
from iptsim.sysctls import Sysctls
from iptsim.tracer import Outcome, Tracer

Json = dict[str, Any]


def dump(ruleset: Ruleset) -> Dump:
    return Dump(rulesets=(ruleset,))


def pair(random: Random, scene: Scene) -> tuple[Ruleset, Ruleset]:
    rules = rules_of(random, scene)
    return ruleset_of(rules), ruleset_of(mutated(rules, random, scene))


def compared(scene: Scene, seed: int) -> Difference:
    """The diff of the pair that the seed draws; some seeds are drawn by more tests than one."""
    return _compared(SCENES.index(scene), seed)


@cache
def _compared(place: int, seed: int) -> Difference:
    scene = SCENES[place]
    sides = pair(Random(seed), scene)  # noqa: S311  # a case must come out the same again
    return diff(*map(dump, sides), host=scene.host)


def fields(packet: Packet, scene: Scene) -> dict[str, int | str]:
    """What cubes can ask of a packet; for this host, where nobody told that it is for another."""
    told = {"ct_snat": "no", "ct_dnat": "no", "dst_type": "LOCAL", **packet.given()}
    if scene.hook == "OUTPUT" and scene.host is TOLD:
        del told["dst_type"]
    return told


def lies(effects: list[Json], packet: Packet, scene: Scene) -> bool | None:
    """Whether the packet is told to fare otherwise."""
    mine = [effect for effect in effects if effect["hook"] == scene.hook]
    found = [in_cubes(effect["where"], fields(packet, scene), {}) for effect in mine]
    return True if True in found else None if None in found else False


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(8, at_length=80), deadline=None)
def test_told_cubes_hold_the_packets_of_which_two_traces_differ(scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    sides = pair(random, scene)
    told_json: Json = diff_json(compared(scene, seed))
    effects = told_json["effect"]
    tracers = [Tracer.of(side) for side in sides]
    for packet in (packet_of(random, scene) for _ in range(6)):
        # Of the packets that only related connections have, nat's effects tell with new ones.
        if not sane(packet, scene) or packet.ctstate == "RELATED":
            continue
        fates = [ways(tracer, packet, scene) for tracer in tracers]
        told = lies(effects, packet, scene)
        if all(len(fate) == 1 for fate in fates) and told is not None:
            assert told == (fates[0] != fates[1])


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(4, at_length=40), deadline=None)
def test_a_diff_the_other_way_round_tells_the_same_backwards(scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # see above
    one, other = map(dump, pair(random, scene))
    there = compared(scene, seed).effects
    back = diff(other, one, host=scene.host).effects
    assert Counter(map(change, there)) == Counter(change(effect)[::-1] for effect in back)
    assert diff(one, one, host=scene.host).effects == ()


def change(effect: Effect) -> tuple[object, ...]:
    """Its two fates, and what they are of."""
    return outline(effect.before), (effect.hook, effect.certain), outline(effect.after)


def outline(way: Way) -> tuple[object, ...]:
    """Choices of the kernel are told by the rule, whose number may differ."""
    vague = {name: "?" if " " in str(held) else held for name, held in way.rewrites}
    return way.verdict, way.destination, tuple(sorted(vague.items()))


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.hook}-{s.host is TOLD}")
@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(4, at_length=40), deadline=None)
def test_every_example_fares_as_told_on_both_sides(scene: Scene, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # see above
    sides = pair(random, scene)
    for effect in compared(scene, seed).effects:
        for side, way in zip(sides, (effect.before, effect.after), strict=True):
            host = host_of(scene, effect)
            traced = Tracer.of(side).trace(effect.example, hook=effect.hook, host=host)
            assert any(fares(outcome, way) for outcome in traced.outcomes)


def host_of(scene: Scene, effect: Effect) -> Host:
    """The host on which the example fares so: an effect may hang on a setting that is open."""
    facts = (holding for cube in effect.where for holding in cube.facts)
    values = {
        f"net/ipv4/{fact.detail[9:].replace('.', '/')}": int(on)
        for fact, on in facts
        if fact.code == "IPT0449"
    }
    return replace(scene.host, sysctls=Sysctls(values=values))


def fares(outcome: Outcome, way: Way) -> bool:
    if (outcome.verdict, outcome.destination) != (way.verdict, way.destination):
        return False
    last = {r.field: r.after for r in outcome.rewrites} if outcome.destination else {}
    return all(" " in str(held) or last.get(name) == held for name, held in way.rewrites)
