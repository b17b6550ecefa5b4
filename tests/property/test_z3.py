"""z3, asked for a packet that the engine has wrong, finds none: sets and differences are exact."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from every_row import every_row

z3 = pytest.importorskip("z3", reason="z3-solver is not installed; the dev extra has it")

from small_rules import Rules, ruleset_of  # noqa: E402  # after the skip, as all that follow
from z3_rules import (  # noqa: E402
    DROPPED,
    NAMES,
    PASSED,
    REJECTED,
    Meaning,
    differs,
    in_cubes,
    variable,
)

from iptsim.model import Ruleset  # noqa: E402
from iptsim.packet import Packet  # noqa: E402
from iptsim.render.shared.cube_json import cube_json  # noqa: E402
from iptsim.symbolic.sets.diagrams import OxiddManager  # noqa: E402
from iptsim.symbolic.telling.set_cubes import cubes  # noqa: E402
from iptsim.symbolic.walk.differences import Comparing, groups  # noqa: E402
from iptsim.symbolic.walk.engine import Engine, Fates  # noqa: E402
from iptsim.worlds.domains import NumberSet  # noqa: E402

CASES = range(25)
STATES = ("NEW", "ESTABLISHED", "INVALID")
_VERDICTS = {"DROP": DROPPED, "REJECT": REJECTED, "ACCEPT": PASSED}


def drawn(seed: int) -> tuple[str, Rules]:
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    return random.choice(STATES), Rules(random, tables=("mangle", "filter"))


def possible(fates: Fates) -> Any:
    """What packets that are delivered here can be: the fields are within their domains."""
    parts = [z3.ULT(variable("in"), len(NAMES)), variable("fragment") == 0]
    for name in ("src", "dst"):
        domain = fates.setting.domains[name]
        assert isinstance(domain, NumberSet)
        held = variable(name)
        ranges = [z3.And(z3.UGE(held, a), z3.ULE(held, b)) for a, b in domain.ranges.ranges]
        parts.append(z3.Or(ranges))
    return z3.And(parts)


def refuted(*claims: Any) -> Any:
    """A packet of which all claims hold; None where there is none."""
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*claims)
    found = solver.check()
    assert found != z3.unknown
    return None if found == z3.unsat else solver.model()


def told(engine: Engine, held: Any, fates: Fates, state: str) -> Any:
    where = [cube_json(cube) for cube in cubes(engine.universe, held, fates.setting)]
    return in_cubes(where, state)


def asked(*sides: Ruleset, state: str) -> tuple[Engine, list[Fates]]:
    engine = Engine(OxiddManager(), sides, interfaces=NAMES)
    packet = Packet(ctstate=state)
    return engine, [engine.fates(which, packet, "INPUT") for which in range(len(sides))]


@every_row("seed", CASES)
def test_z3_finds_no_packet_with_another_verdict(seed: int) -> None:
    state, rules = drawn(seed)
    side = ruleset_of(rules.drawn())
    meaning = Meaning(side, state)
    engine, (fates,) = asked(side, state=state)
    for verdict, number in _VERDICTS.items():
        held: Any = engine.universe.manager.false
        for group in groups(fates.ends):
            if group.fate.verdict == verdict:
                held |= group.held
        wrong = refuted(
            possible(fates), told(engine, held, fates, state) != (meaning.verdict == number)
        )
        assert wrong is None, f"{verdict} in {state}: {wrong}"


@every_row("seed", CASES)
def test_z3_finds_no_packet_on_the_wrong_side_of_a_difference(seed: int) -> None:
    state, rules = drawn(seed)
    first = rules.drawn()
    sides = ruleset_of(first), ruleset_of(rules.mutated(first))
    while seed % 4 and refuted(differs(*(Meaning(side, state) for side in sides))) is None:
        # Few changes of random rules touch a packet; three cases of four are of those that do.
        first = rules.drawn()
        sides = ruleset_of(first), ruleset_of(rules.mutated(first))
    engine, fates = asked(*sides, state=state)
    held: Any = engine.universe.manager.false
    for one in Comparing(engine.universe, fates[0], fates[1]).differing():
        held |= one.held
    changed = differs(*(Meaning(side, state) for side in sides))
    wrong = refuted(possible(fates[0]), told(engine, held, fates[0], state) != changed)
    assert wrong is None, f"in {state}: {wrong}"


def test_z3_can_find_a_packet() -> None:
    """Its formulas are no tautologies: where one rule set drops and the other does not."""
    with_drop = ruleset_of({"filter": ["-A INPUT -p tcp -m tcp --dport 80 -j DROP"]})
    without = ruleset_of({"filter": []})
    changed = differs(Meaning(with_drop, "NEW"), Meaning(without, "NEW"))
    found = refuted(changed, variable("fragment") == 0)
    assert found[variable("dport")].as_long() == 80
    assert found[variable("proto")].as_long() == 6
