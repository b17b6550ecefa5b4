"""Which of our ways have the values that the kernel chose, as far as it tells them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from iptsim import codes
from iptsim.kernel.events.events import Journey
from iptsim.predicate import Fact
from iptsim.regex import regex
from iptsim.values import parse_network
from iptsim.worlds.outcome import Cube, Outcome

_CODE = codes.CHOSEN_VALUE
"""The facts on what a field holds that something chose (worlds/cubes.py, _chosen)."""
_FACT = regex(r"(?P<field>src|dst|sport|dport) as .* chose.* is (?P<values>.*)", re.DOTALL)
_Told = Mapping[str, int]


def may_be(outcome: Outcome, journey: Journey) -> bool:
    """Whether some condition of the outcome allows what the kernel chose."""
    told = _told(outcome, journey)
    return not outcome.when or any(_allows(cube, told) for cube in outcome.when)


def alike(outcomes: Sequence[Outcome], journey: Journey) -> int:
    """The most of the outcomes that end in the same packet.

    Those that part by a choice which the kernel does not tell (of a dropped packet, or which way
    a new route led) count as one.
    """
    hidden = {one.packet for one in outcomes if _is_hidden(one, journey)}
    seen = Counter(one.packet for one in outcomes if not _is_hidden(one, journey))
    return max((seen + Counter(hidden)).values(), default=0)


def _told(outcome: Outcome, journey: Journey) -> _Told:
    """What was chosen, by field: at its end a packet has that of fields rewritten just once."""
    if journey.verdict != "ACCEPT":
        return {}
    rewritten = [rewrite.field for rewrite in outcome.rewrites]
    seen = journey.sightings[-1].packet.given()
    return {n: v for n, v in seen.items() if isinstance(v, int) and rewritten.count(n) == 1}


def _is_hidden(outcome: Outcome, journey: Journey) -> bool:
    told = _told(outcome, journey)
    choices = [[f for f, _true in cube.facts if f.code == _CODE] for cube in outcome.when]
    return bool(choices) and all(any(_value(f, told) is None for f in of) for of in choices)


def _allows(cube: Cube, told: _Told) -> bool:
    return all(_holds(fact, told) in (None, true) for fact, true in cube.facts)


def _holds(fact: Fact, told: _Told) -> bool | None:
    """Whether the fact is so; None where the kernel does not tell."""
    value, found = _value(fact, told), _FACT.fullmatch(fact.detail)
    if value is None or found is None:
        return None
    return all(_within(value, part) for part in found["values"].split(" and "))


def _value(fact: Fact, told: _Told) -> int | None:
    found = _FACT.fullmatch(fact.detail) if fact.code == _CODE else None
    return None if found is None else told.get(found["field"])


def _within(value: int, part: str) -> bool:
    negate = part.startswith("not ")
    return any(_in(value, text) for text in part.removeprefix("not ").split(",")) is not negate


def _in(value: int, text: str) -> bool:
    if "/" in text:
        return value in parse_network(text)
    low, _, high = text.partition("-")
    return _number(low) <= value <= _number(high or low)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else int(ip_address(text))
