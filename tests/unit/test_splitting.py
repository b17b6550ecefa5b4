"""The values that a field has in a set, one by one."""

from __future__ import annotations

import pytest
from every_row import every_row

from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.traces.by_value import first_values
from iptsim.values import IntSet
from iptsim.worlds.domains import domain_of


@every_row("manager", [OxiddManager, PureManager])
@every_row("values", [{5}, {1, 3}, {0, 2, 9}, {80, 81, 82, 1080, 65535}])
def test_every_value_once(manager: type[Manager], values: set[int]) -> None:
    universe = Universe(manager(), ())
    block = universe.declare("dport", domain_of("dport", 4))
    held = universe.numbers(block, IntSet.of((value, value) for value in values))
    assert sorted(first_values(universe, block, held)) == sorted(values)


@pytest.mark.parametrize("manager", [OxiddManager, PureManager])
def test_no_more_than_asked(manager: type[Manager]) -> None:
    universe = Universe(manager(), ())
    block = universe.declare("src", domain_of("src", 4))
    found = first_values(universe, block, universe.manager.true, 3)
    assert len(set(found)) == 3
