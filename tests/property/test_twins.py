"""The engine in plain Python and the one of oxidd say the same of all packets.

Their fates, the rules that decide, their differences, and the conditions in which these are told.
"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_rules import Rules, ruleset_of

from iptsim.host import NOBODY, Host
from iptsim.model import Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.render.shared.cube_json import cube_json
from iptsim.symbolic.sets.diagrams import Manager, OxiddManager
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.telling.ordinary_packets import ordinary
from iptsim.symbolic.telling.set_cubes import cubes, possible
from iptsim.symbolic.walk.deciding_rules import Deciders, step_of
from iptsim.symbolic.walk.differences import Comparing, forgotten, groups
from iptsim.symbolic.walk.engine import Engine
from iptsim.symbolic.walk.state_groups import states_of
from iptsim.worlds.world import Setting

HOOKS = ("PREROUTING", "FORWARD", "OUTPUT")
TOLD = read_host(
    json.dumps([{"ifname": "eth0", "addr_info": [{"local": "10.0.0.2", "prefixlen": 24}]}])
)


def fates(manager: Manager, rules: Ruleset, hook: str, host: Host) -> list[object]:
    """What the engine answers of one rule set, as values that managers can be compared by."""
    engine = Engine(manager, (rules,), host=host, interfaces=("eth0", "eth1"))
    universe = engine.universe
    found: list[object] = []
    for states in states_of(engine):
        asked = engine.fates(0, Packet(ctstate=states[0]), hook)
        records = [replace(r, held=forgotten(universe, r.held)) for r in asked.records]
        decided = Deciders(records, universe.manager.false)
        for group in groups(asked.ends):
            held, passed = forgotten(universe, group.held), group.fate.destination is not None
            for record, part in decided.of(held, passed=passed):
                by = None if record is None else step_of(record)
                told = _told(engine, part, asked.setting)
                found.append((states, group.fate, group.shown(asked.setting), by, told))
    return found


def _told(engine: Engine, held: Any, setting: Setting) -> tuple[object, object]:
    """The cubes of a set, and an ordinary packet of it where there is one."""
    universe = engine.universe
    where = [cube_json(cube) for cube in cubes(universe, held, setting)]
    room: Any = held & possible(universe, setting)
    return where, ordinary(universe, room, 4) if room != universe.manager.false else None


def differences(
    manager: Manager, sides: tuple[Ruleset, Ruleset], hook: str, host: Host
) -> list[object]:
    """The same of the difference of two, for packets that open a connection."""
    engine = Engine(manager, sides, host=host, interfaces=("eth0", "eth1"))
    packet = Packet(ctstate="NEW")
    asked = [engine.fates(which, packet, hook) for which in (0, 1)]
    comparing = Comparing(engine.universe, asked[0], asked[1])
    found: list[object] = []
    for one in comparing.differing():
        where: Any = cubes(engine.universe, one.held, asked[0].setting)
        found.append((one.before, one.after, [cube_json(cube) for cube in where]))
    return found


def maker(seed: int) -> Rules:
    """Few rules of two tables: plain Python has to be done in seconds."""
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    tables = random.choice((("mangle", "filter"), ("raw", "filter"), ("nat", "filter")))
    return Rules(random, tables=tables, counts=(0, 0, 1, 1))


@pytest.mark.parametrize("hook", HOOKS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_both_engines_answer_alike(hook: str, seed: int) -> None:
    rules = ruleset_of(maker(seed).drawn())
    plain, quick = (
        fates(manager, rules, hook, NOBODY) for manager in (PureManager(), OxiddManager())
    )
    assert plain == quick
    assert plain


@pytest.mark.parametrize("hook", HOOKS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_both_engines_tell_the_same_difference(hook: str, seed: int) -> None:
    rules = maker(seed)
    first = rules.drawn()
    sides = ruleset_of(first), ruleset_of(rules.mutated(rules.mutated(first)))
    plain, quick = (
        differences(manager, sides, hook, NOBODY) for manager in (PureManager(), OxiddManager())
    )
    assert plain == quick


@pytest.mark.parametrize("hook", HOOKS)
def test_both_engines_answer_alike_of_a_host_that_is_told(hook: str) -> None:
    rules = {
        "mangle": ["-A PREROUTING -s 10.0.0.0/8 -j MARK --set-xmark 0x1/0x1"],
        "nat": [
            "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.9.9:8443",
            "-A OUTPUT -p tcp -j REDIRECT --to-ports 15001",
        ],
        "filter": ["-A INPUT -m mark --mark 0x1/0x3 -j DROP", "-A FORWARD -i eth0 -j REJECT"],
    }
    plain, quick = (
        fates(manager, ruleset_of(rules), hook, TOLD) for manager in (PureManager(), OxiddManager())
    )
    assert plain == quick
    assert len(plain) > 1
