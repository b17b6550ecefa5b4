"""Where findings are, and packets for examples."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from iptsim.chain_graph import Leap
from iptsim.lint.finding import At, Other
from iptsim.lint.flow import Flow, Passed
from iptsim.model import Chain, Ruleset
from iptsim.packet import HOOKS, Packet
from iptsim.predicate import InSet, Interface, OneOf
from iptsim.symbolic.sets.universe import Universe
from iptsim.symbolic.telling.ordinary_packets import Picked, ordinary
from iptsim.tracer.outcomes import USUAL
from iptsim.tracer.rules.ready import Ready, rule_text
from iptsim.values import InterfacePattern, IntSet

_PORTS = frozenset({6, 17, 33, 132, 136})
_NEEDED = frozenset({"proto", "src", "dst"})
_GIVEN = frozenset(Packet.__dataclass_fields__) - {"family", "payload", "names", "socket"}
_USUAL = {**USUAL, "ctstate": "NEW"}
_PORTS_BEFORE_0 = (80, 8080, 443, 22, 50000)
# As iptsim.tracer.host.arrival does, `presume`; then what is ordinary.
_PRESUMED: tuple[InSet | OneOf | Interface, ...] = (
    InSet(field="fragment", values=IntSet.single(0)),
    OneOf(field="bridged", names=frozenset({"no"})),
    Interface(field="physdev_in", pattern=InterfacePattern(text="")),
    Interface(field="physdev_out", pattern=InterfacePattern(text="")),
    InSet(field="ext_headers", values=IntSet.single(0)),
    OneOf(field="ctstate", names=frozenset({"NEW"})),
    *(InSet(field="proto", values=IntSet.single(number)) for number in (6, 17)),
    *(InSet(field="dport", values=IntSet.single(port)) for port in _PORTS_BEFORE_0),
)


def at_rule(ready: Ready) -> At:
    """The place of a rule."""
    where = ready.where
    return At(
        family=where.family,
        table=where.table,
        chain=where.chain,
        rule=ready.number,
        place=ready.rule.place,
        text=rule_text(ready.rule, where),
    )


def at_chain(ruleset: Ruleset, table: str, chain: Chain) -> At:
    """The place of a chain."""
    return At(family=ruleset.family, table=table, chain=chain.name, place=chain.place)


def at_policy(ruleset: Ruleset, table: str, chain: Chain) -> At:
    """The place of a chain's policy."""
    text = f"-P {chain.name} {chain.policy}"
    return At(family=ruleset.family, table=table, chain=chain.name, place=chain.place, text=text)


def others_of(flow: Flow, leaps: Iterable[Leap]) -> tuple[Other, ...]:
    """Rules that lead to a chain."""
    found = []
    for leap in leaps:
        chain = flow.sets.table.by_name[leap.chain]
        ready = flow.sets.library.chain(flow.sets.table, chain)[leap.at - 1]
        found.append(Other(at=at_rule(ready), deed="goto" if leap.goto else "jump"))
    return tuple(found)


def example(flow: Flow, passed: Passed, held: Any) -> tuple[Packet | None, str]:
    """A packet of `held`, whatever facts hold, as a user could give it, and where it begins.

    None where there is none, or where the fields are no longer those that it came with.
    """
    sets, ready = flow.sets, passed.ask.ready
    if passed.ask.fresh:
        return None, ""
    for hook in sorted(flow.hooks[ready.where.chain], key=HOOKS.index):
        room: Any = _whatever_holds(sets.universe, held & sets.start(hook))
        if room != sets.universe.manager.false:
            fields = fields_alone(sets.universe)
            picked = ordinary(fields, usual_part(fields, room), sets.ruleset.family)
            return packet_of(picked, ready.asks, ready.where.family), hook
    return None, ""


def usual_part(universe: Universe, room: Any) -> Any:
    """What a trace presumes where nobody can tell, and an ordinary port, where there are such."""
    for test in _PRESUMED:
        if test.field in universe.blocks:
            narrower = room & universe.of(test)
            room = room if narrower == universe.manager.false else narrower
    return room


def _whatever_holds(universe: Universe, held: Any) -> Any:
    facts = [n for name in universe.facts for n in universe.blocks[name].numbers]
    return ~universe.manager.without(~held, facts) if facts else held


def fields_alone(universe: Universe) -> Universe:
    """The same universe to whom knows no facts, of which there may be thousands."""
    fields = copy(universe)
    fields.blocks = {n: block for n, block in universe.blocks.items() if n not in universe.facts}
    fields.facts = {}
    return fields


def packet_of(picked: Picked, asks: Iterable[str], family: int) -> Packet:
    """What a rule asks for, and what is not usual, for rules before it may ask for that."""
    asked = {*_NEEDED, *asks}
    asked |= {n for n, value in picked.items() if value != _USUAL.get(n, value)}
    if picked["proto"] in _PORTS:
        asked |= {"sport", "dport"}
    else:
        asked -= {"sport", "dport"}
    told = {n: picked[n] for n in sorted(asked) if picked.get(n, "") != ""}
    values: dict[str, Any] = {"in_" if n == "in" else n: v for n, v in told.items()}
    given = {n: v for n, v in values.items() if n in _GIVEN}
    return Packet(family=family).with_(**given)
