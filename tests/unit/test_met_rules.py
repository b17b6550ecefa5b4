"""Records of a walk asked one by one and as a tree, and packets that met alike: the same answers.

Sets are bits of a number here: the code asks of them no more than that.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iptsim.diff.deciders import Naming, _Unions
from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.symbolic.walk.met_rules import RARELY, Tree

MET: Any = None
SETS = st.integers(0, 255)


@given(st.lists(SETS, max_size=12), SETS, st.integers(1, 5))
def test_a_tree_answers_as_its_records_do(sets: list[int], held: int, levels: int) -> None:
    tree = Tree([Record(met=MET, held=one) for one in sets], 0, levels)
    expected = [held & one for one in sets if held & one]
    for _ in range(RARELY + 2):
        assert list(tree.within(held)) == expected


@given(st.lists(SETS, max_size=8), st.lists(SETS, max_size=8), SETS, st.integers(0, 7))
def test_packets_met_alike_whatever_is_asked_first(
    ended: list[int], counting: list[int], held: int, bit: int
) -> None:
    packet = 1 << bit
    alike = Naming([], frozenset(), 0)._alike(packet, held, ended, _Unions(counting, 0))
    for one in range(8):
        other = 1 << one
        same = all(bool(other & c) == bool(packet & c) for c in counting)
        ends = all(other & e for e in ended if packet & e)
        assert bool(alike & other) == bool(held & other and same and ends)
