"""Walks that take over what an earlier one came to: the same answers, and fewer rules walked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from iptsim.dialects import read_text
from iptsim.model import Ruleset
from iptsim.packet import CT_STATES, FIELDS, Packet
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.sets.pure_diagrams import PureManager
from iptsim.symbolic.telling.set_cubes import possible as room
from iptsim.symbolic.walk.differences import Comparing, Differing, forgotten, groups
from iptsim.symbolic.walk.earlier_walks import EarlierWalks
from iptsim.symbolic.walk.engine import Engine, Fates
from iptsim.symbolic.walk.equal_worlds import Merging
from iptsim.tracer.chains import Walker

HOOKS = ("PREROUTING", "OUTPUT")
PLAIN = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:front - [0:0]
:marked - [0:0]
-A PREROUTING -j front
-A OUTPUT -j front
-A front -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.1:8080
-A front -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j marked
-A front -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.2:8080
-A front -d 10.0.0.3/32 -p udp -j DNAT --to-destination 10.9.0.3
-A front -d 10.0.0.4/32 -j DNAT --to-destination 10.9.0.4-10.9.0.7
-A front -d 10.0.0.5/32 -m statistic --mode random --probability 0.5 -j DNAT --to 10.9.0.8
-A front -d 10.0.0.5/32 -j DNAT --to-destination 10.9.0.9
-A front -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 8081
-A marked -j MARK --set-xmark 0x4000/0x4000
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
COMMIT
"""
ASKS_STATE = PLAIN.replace(
    "-A front -d 10.0.0.3/32 -p udp", "-A front -m conntrack --ctstate RELATED -p udp"
)
ASKS_STATUS = PLAIN.replace(
    "-A front -d 10.0.0.3/32 -p udp", "-A front -m conntrack --ctstatus EXPECTED -p udp"
)
MARKS = PLAIN.replace(
    "-A marked -j MARK --set-xmark 0x4000/0x4000",
    "-A marked -j CONNMARK --restore-mark\n-A marked -j CONNMARK --set-xmark 0x1/0x1",
)
FILTERS = (
    PLAIN
    + """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate NEW -p tcp -m tcp --dport 22 -j DROP
-A FORWARD -m conntrack --ctstate DNAT -d 10.9.0.0/30 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A OUTPUT -d 10.9.0.4/32 -j REJECT
COMMIT
"""
)
GREPPED = "\n".join(line for line in PLAIN.splitlines() if line.startswith("-A"))
TEXTS = (PLAIN, ASKS_STATE, ASKS_STATUS, MARKS, FILTERS)


def rules(text: str) -> Ruleset:
    (ruleset,) = read_text(text, file="rules").rulesets
    return ruleset


def asked(engine: Engine) -> dict[tuple[str, str], Fates]:
    return {
        (hook, state): engine.fates(0, Packet(ctstate=state), hook)
        for hook in HOOKS
        for state in CT_STATES
    }


def told(engine: Engine, fates: Fates) -> dict[Any, Any]:
    """The packets of each fate."""
    found = ((group.fate, forgotten(engine.universe, group.held)) for group in groups(fates.ends))
    return {fate: held for fate, held in found if held != engine.universe.manager.false}


def met(engine: Engine, fates: Fates) -> dict[Any, Any]:
    """The packets that met each rule or policy."""
    found: dict[Any, Any] = {}
    for record in fates.records:
        one = record.met
        place = one.hook, one.table, one.chain.name, one.ready and one.ready.at, one.action
        held = forgotten(engine.universe, record.held)
        found[place] = found.get(place, engine.universe.manager.false) | held
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_taken_over_is_what_a_walk_of_its_own_comes_to(text: str) -> None:
    engine = Engine(PureManager(), (rules(text),))
    shared = asked(engine)
    engine.earlier = None
    for question, alone in asked(engine).items():
        assert told(engine, shared[question]) == told(engine, alone), question
        assert met(engine, shared[question]) == met(engine, alone), question


def walked(monkeypatch: pytest.MonkeyPatch, text: str) -> Counter[str]:
    """How many rules of nat packets of each state were taken to, those that arrive."""
    counted: Counter[str] = Counter()
    state = ""
    plain = Walker._rule

    def rule(self: Walker, *given: Any) -> Any:
        counted[state] += self.hook == "PREROUTING"
        return plain(self, *given)

    monkeypatch.setattr(Walker, "_rule", rule)
    engine = Engine(PureManager(), (rules(text),))
    for state in ("NEW", "RELATED"):
        engine.fates(0, Packet(ctstate=state), "PREROUTING")
    return counted


def test_no_rule_is_asked_again_where_none_tells_states_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = walked(monkeypatch, PLAIN)
    assert counted["NEW"] > 10
    assert counted["RELATED"] == 0


@pytest.mark.parametrize("text", [ASKS_STATE, ASKS_STATUS])
def test_rules_that_tell_states_apart_are_asked_in_each(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    counted = walked(monkeypatch, text)
    assert counted["RELATED"] > 5


SHORT = "".join(
    (
        "-A PREROUTING -j FRONT\n-A OUTPUT -j FRONT\n",
        *(f"-A FRONT -d 10.0.0.{n}/32 -j SERVICE{n}\n" for n in range(6)),
        *(f"-A SERVICE{n} -j DNAT --to-destination 10.9.0.{n}\n" for n in range(6)),
        "-A POSTROUTING -m mark --mark 0x4/0x4 -j MASQUERADE\n",
    )
)


def possible(engine: Engine, fates: Fates) -> dict[Any, Any]:
    """The packets that may end somehow, whatever nobody told turns out to be."""
    universe = engine.universe
    blocks = [block for name, block in universe.blocks.items() if name not in FIELDS]
    unknown = tuple(sorted((n for block in blocks for n in block.numbers), reverse=True))
    found: dict[Any, Any] = {}
    for group in groups(fates.ends):
        end = group.fate.verdict, group.fate.destination
        found[end] = found.get(end, universe.manager.false) | group.held
    return {end: universe.manager.without(held, unknown) for end, held in found.items()}


def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on what each untold rule may have done is a variable of its own."""
    monkeypatch.setattr(Merging, "_unknown", lambda _self, worlds, *_where: worlds)


def test_what_many_untold_rules_may_have_marked_is_one_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine(PureManager(), (rules(GREPPED),))
    joined = engine.fates(0, Packet(), "PREROUTING")
    engine.earlier = EarlierWalks()
    apart(monkeypatch)
    each = engine.fates(0, Packet(), "PREROUTING")
    assert len(joined.ends) < len(each.ends)
    assert possible(engine, joined) == possible(engine, each)


def faring_otherwise(engine: Engine) -> tuple[int, Any]:
    """The ends of both rule sets, and the packets that may fare otherwise in the second."""
    before, after = (engine.fates(side, Packet(), "PREROUTING") for side in (0, 1))
    universe, held = engine.universe, engine.universe.manager.false
    for one in Comparing(universe, before, after).differing():
        held |= one.held
    held &= room(universe, before.setting) & room(universe, after.setting)
    blocks = [block for name, block in universe.blocks.items() if name not in FIELDS]
    unknown = tuple(sorted((n for block in blocks for n in block.numbers), reverse=True))
    return len(before.ends) + len(after.ends), universe.manager.without(held, unknown)


@pytest.mark.parametrize(
    ("gone", "instead"),
    [
        ("10.9.0.2", "10.9.9.9"),
        ("-A FRONT -d 10.0.0.1/32 -j SERVICE1\n", ""),
        ("-A FRONT -d 10.0.0.1/32 -j SERVICE1\n", "-A FRONT -d 10.0.0.1/32 -j SERVICE2\n"),
    ],
)
def test_in_both_sides_it_is_the_same_variable_and_hides_no_difference(
    gone: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = (rules(SHORT), rules(SHORT.replace(gone, instead)))

    def asked(manager: Manager) -> bool:
        engine = Engine(manager, sides)
        ends, held = faring_otherwise(engine)
        with monkeypatch.context() as patched:
            apart(patched)
            of_each, all_of_them = faring_otherwise(engine)
        assert ends < of_each
        return bool(held == all_of_them != engine.universe.manager.false)

    assert growing(asked, *sides)


@pytest.mark.parametrize("which", ["PREROUTING", "OUTPUT"])
def test_of_the_same_rules_shown_in_part_nothing_differs(which: str) -> None:
    pair = (rules(SHORT), rules(SHORT))

    def asked(manager: Manager) -> list[Differing]:
        engine = Engine(manager, pair)
        sides = [engine.fates(side, Packet(), which) for side in (0, 1)]
        return list(Comparing(engine.universe, *sides).differing())

    assert not growing(asked, *pair)
