"""Who decides for some packets of a set is found without following one of each class.

Sets are the bits of a number here, and records policies of chains that have some of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iptsim.diff.deciders import Naming, StepKey, key_of
from iptsim.model import Chain
from iptsim.symbolic.walk.deciding_rules import step_of
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.tracer.rules.worlds_at_a_rule import Met
from iptsim.worlds.outcome import Step

ALL = 0xFF
SETS = st.integers(0, ALL)
PLACES = st.lists(st.integers(0, 3), min_size=8, max_size=8)
"""At which end each packet's way ends."""


def record(name: str, held: int, policy: str) -> Record:
    chain = Chain(name=name, policy=policy)
    met = Met(hook="INPUT", table="filter", chain=chain, ready=None, action="policy", target=policy)
    return Record(met=met, held=held)


class Packets:
    """Decides as a tracer does: the last that changed, else the end of a packet's way."""

    def __init__(self, changed: list[int], places: list[int], *, passed: bool) -> None:
        self.changed = [record(f"c{n}", held, "ACCEPT") for n, held in enumerate(changed)]
        ends = [sum(1 << bit for bit in range(8) if places[bit] == n) for n in range(4)]
        self.ends = [] if passed else [record(f"e{n}", held, "DROP") for n, held in enumerate(ends)]
        self.passed, self.followed = passed, 0

    def steps(self, packet: int) -> list[Step]:
        changed = [step_of(one) for one in self.changed if one.held & packet]
        ends = [step_of(one) for one in self.ends if one.held & packet]
        return changed[-1:] or ends

    def follow(self, held: int) -> tuple[int, Iterable[Step]]:
        self.followed += 1
        packet = held & -held
        return packet, self.steps(packet)

    def named(self) -> set[StepKey]:
        places = frozenset(("filter", one.met.chain.name, None) for one in self.changed)
        naming = Naming([(ALL, [*self.changed, *self.ends])], places, 0)
        return {key_of(step) for step in naming.named(ALL, self.follow, passed=self.passed)}


@given(st.lists(SETS, max_size=5), PLACES, st.booleans())
def test_all_who_decide_for_some_packet_are_named(
    changed: list[int], places: list[int], passed: bool
) -> None:
    packets = Packets(changed, places, passed=passed)
    everyone = {key_of(step) for bit in range(8) for step in packets.steps(1 << bit)}
    assert packets.named() == everyone


@pytest.mark.parametrize(
    ("changed", "passed", "followed"), [([0x0F, 0x33, 0x55], True, 5), ([ALL], False, 2)]
)
def test_no_more_are_followed_once_all_are_found(
    changed: list[int], passed: bool, followed: int
) -> None:
    # There are eight classes of the first, and four of the second.
    packets = Packets(changed, [0, 0, 1, 1, 2, 2, 3, 3], passed=passed)
    assert len(packets.named()) == len(changed)
    assert packets.followed == followed
