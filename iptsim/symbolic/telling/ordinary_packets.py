"""A packet out of a set, as ordinary as the set allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iptsim.predicate import InSet, Interface, OneOf, Predicate
from iptsim.symbolic.sets.universe import Block, Class, Universe
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.tracer.outcomes import USUAL
from iptsim.values import InterfacePattern, IntSet, interface_names, parse_address
from iptsim.worlds.domains import ADDRESS_FIELDS

Picked = Mapping[str, int | str | bool]
ALWAYS_TOLD = ("proto", "src", "dst")
"""What an example tells so that it can be traced; the rest only where its set asks for it."""
UNTOLD = {
    "PREROUTING": frozenset({"uid", "gid", "out"}),
    "INPUT": frozenset({"uid", "gid", "out"}),
    "FORWARD": frozenset({"uid", "gid"}),
    "OUTPUT": frozenset({"in"}),
    "POSTROUTING": frozenset({"in"}),
}
"""What a packet cannot have at a hook.

With an outgoing interface told, one that arrives is taken to be forwarded (tracer/host/arrival.py).
"""
# Hosts of networks for documentation and of private ones. The first address of a set, 0.0.0.0 or a
# group, may be one that routing throws away.
_HOSTS = tuple(
    parse_address(text)[0]
    for text in (
        "192.0.2.1", "198.51.100.2", "203.0.113.3", "10.0.0.9", "172.16.0.9", "192.168.0.9",
        "8.8.8.8", "2001:db8::1", "2001:db8:0:2::1", "fd00::9",
    )
)  # fmt: skip
_PORTS = {
    "dport": (443, 22, 53, 8080, 1234), "sport": (50000, 1234),
    "ctorigdstport": (80, 443), "ctorigsrcport": (40000, 50000),
    "ctreplsrcport": (80, 443), "ctrepldstport": (40000, 50000),
}  # fmt: skip
_USUAL_6 = {"src": 0x20010DB8 << 96 | 1, "dst": 0x20010DB8 << 96 | 2 << 64}


def ordinary(universe: Universe, held: Any, family: int, *, facts: bool = True) -> Picked:
    """A value for each field that the universe knows, and with `facts` whether each fact is so.

    Precondition: `held` is not empty, and within what variables can be.
    """
    usual = {**USUAL, **(_USUAL_6 if family == 6 else {})}
    picked: dict[str, int | str | bool] = {**usual}
    # A packet that opens a connection needs no words on the connection that it is of.
    for name in sorted(universe.variables, key=lambda name: name != "ctstate"):
        block = universe.blocks[name]
        value, test = next(
            (value, test)
            for value, test in _candidates(universe, held, block, usual)
            if held & test != universe.manager.false
        )
        picked[name] = value
        held &= test
    return {**picked, **_facts(universe, held)} if facts else picked


def _facts(universe: Universe, held: Any) -> dict[str, bool]:
    """Whether facts are so: as usual, as far as the set allows. Few of many are asked about."""
    picked = {name: fact.usually for name, fact in universe.facts.items()}
    number = universe.manager.top(held)
    while number is not None:
        name = universe.block_of[number].name
        high, low = universe.manager.halves(held)
        first, other = (high, low) if picked.get(name) else (low, high)
        if first == universe.manager.false:
            first = other
            # The bits of fields have one way on: their values are picked already.
            if name in picked:
                picked[name] = not picked[name]
        held = first
        number = universe.manager.top(held)
    return picked


def _candidates(
    universe: Universe, held: Any, block: Block, usual: Mapping[str, int | str]
) -> Iterator[tuple[int | str, Any]]:
    """Values of a field, the most ordinary first; the last one is in the set."""
    name = block.name
    if name in usual:
        yield usual[name], universe.of(_is(universe, name, usual[name]))
    if name in ADDRESS_FIELDS:
        for host in _HOSTS:
            yield host, universe.numbers(block, IntSet.single(host))
    if name in _PORTS:
        for port in _PORTS[name]:
            yield port, universe.numbers(block, IntSet.single(port))
    number = Teller(universe).pick(universe.alone(held, block)).get(name, 0)
    if name in ADDRESS_FIELDS and not number & 0xFF:
        # The first address of a network is its name rather than a host's.
        for host in (number + 9, number + 1):
            yield host, universe.numbers(block, IntSet.single(host))
    yield _value(block, number), universe.numbers(block, IntSet.single(number))


def _is(universe: Universe, name: str, value: int | str) -> Predicate:
    if isinstance(value, int):
        return InSet(field=name, values=IntSet.single(value))
    if isinstance(universe.blocks[name].choices[0], Class):
        return Interface(field=name, pattern=InterfacePattern(text=value))
    return OneOf(field=name, names=frozenset({value}))


def _value(block: Block, number: int) -> int | str:
    if not block.choices:
        return number
    choice = block.choices[number]
    return _name(choice, block) if isinstance(choice, Class) else str(choice)


def _name(choice: Class, block: Block) -> str:
    """A name of the class: none of the names that rules know, nor of a longer pattern."""
    if choice.name is not None:
        return choice.name
    others = [c for c in block.choices if isinstance(c, Class) and c != choice]
    stem = choice.under or ""
    for name in interface_names(stem):
        if not any(_inside(name, other, choice) for other in others):
            return name
    return stem + "-"


def _inside(name: str, other: Class, own: Class) -> bool:
    if other.name is not None:
        return name == other.name
    if other.under is None or (own.under or "").startswith(other.under):
        return False
    return name.startswith(other.under)
