"""Which of the ways that a listing leaves open is the likely one, by who wrote the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.regex import regex
from iptsim.worlds.outcome import Condition, Cube, Outcome, Trace

_DETAIL = regex(r"\S+ (?P<chain>\S+) «(?P<text>.*)»(?: \(no\. \d+\))?", re.DOTALL)
_LOOPBACK = (0x7F, 24), (1, 0)
"""By family the bits of loopback addresses above so many others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Who limits a rule, by title, and what it writes for that: `-o lo`."""

    system: str
    written: str


def likely_way(trace: Trace) -> Outcome | None:
    """The way of a packet by any interface but those to which who wrote the rules limits them.

    None where nothing is known of who wrote them, or it leaves more than one way open. Of a packet
    whose source nobody told it is the way of sources that no rule names.
    """
    known = limits(trace)
    if not known:
        return None
    exact = [way for way in trace.outcomes if any(_is_so(c, known, ()) for c in way.when)]
    ways = exact or [o for o in trace.outcomes if any(_is_so(c, known, ("src",)) for c in o.when)]
    return ways[0] if len(ways) == 1 else None


def likely_cube(trace: Trace, way: Outcome) -> Cube:
    """When the likely way is taken, of the sets of packets that take it the one that is likely."""
    known = limits(trace)
    return next(cube for cube in way.when if _is_so(cube, known, ("src",)))


def _is_so(cube: Cube, known: Mapping[Fact, Limited], fields: tuple[str, ...]) -> bool:
    """Whether the rules that are known to be limited are so, and no others.

    Of `fields` a cube may ask that a packet has none of some values.
    """
    told = {*cube.facts}
    as_known = all(
        fact.code == codes.HIDDEN_INTERFACE and true is (fact in known) for fact, true in told
    )
    return as_known and bool(told) and all(_is_usual(one, fields) for one in cube.conditions)


def _is_usual(condition: Condition, fields: tuple[str, ...]) -> bool:
    return condition.negate and condition.field in fields


def limits(trace: Trace) -> dict[Fact, Limited]:
    """The rules that may be limited to a hidden interface and, it is known, are, with its name.

    Not those that are for the very interface that the packet was said to come or go by.
    """
    cubes = (cube for outcome in trace.outcomes for cube in outcome.when)
    facts = dict.fromkeys(
        f for cube in cubes for f, _true in cube.facts if f.code == codes.HIDDEN_INTERFACE
    )
    return dict(_limits(facts, trace)) if facts else {}


def _limits(facts: Mapping[Fact, None], trace: Trace) -> Iterator[tuple[Fact, Limited]]:
    from iptsim.knowledge import limited_to  # noqa: PLC0415  # most dumps hide nothing

    for fact in facts:
        detail = _DETAIL.fullmatch(fact.detail)
        found = None if detail is None else limited_to(detail["chain"], detail["text"])
        if found is not None and not _is_for(found[1].names, found[1].field, trace):
            yield fact, Limited(system=found[0], written=found[1].written)


def _is_for(names: str, field: str, trace: Trace) -> bool:
    """Whether the packet is told to come or go by an interface that the rule is for."""
    packet = trace.packet
    told = packet.in_ if field == "in_" else packet.out
    if told is None and trace.hook == "OUTPUT" and _to_loopback(packet):
        told = "lo"
    return told is not None and re.fullmatch(names, told) is not None


def _to_loopback(packet: Packet) -> bool:
    value, bits = _LOOPBACK[packet.family != 4]  # by whether it is IPv6
    return packet.dst is not None and packet.dst >> bits == value
