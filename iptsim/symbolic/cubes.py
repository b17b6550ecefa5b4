"""Packet sets as cubes: the texts that programs and people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product as every_choice
from typing import Any

from iptsim.packet import FIELDS
from iptsim.predicate import Fact
from iptsim.symbolic.telling import Product, Teller
from iptsim.symbolic.universe import Block, Class, Universe, Values
from iptsim.tracer.cubes import conditions, masked_text
from iptsim.tracer.outcome import Condition, Cube
from iptsim.tracer.sets import NameSet, NumberSet
from iptsim.tracer.world import Setting

Told = list[Condition]


def cubes(universe: Universe, held: Any, setting: Setting) -> tuple[Cube, ...]:
    """The set as a union of cubes; what no packet can be is left out of the conditions."""
    impossible = ~possible(universe, setting)
    found = Teller(universe).products(held & ~impossible, held | impossible)
    return tuple(cube for one in found for cube in _cubes(universe, one, setting))


def possible(universe: Universe, setting: Setting) -> Any:
    """Where every variable is within its domain."""
    held: Any = universe.manager.true
    for name in universe.blocks:
        if name in setting.domains:
            held &= universe.within(name, setting.domains[name])
    return held


def _cubes(universe: Universe, one: Product, setting: Setting) -> Iterator[Cube]:
    order = {name: index for index, name in enumerate(FIELDS)}
    names = sorted((n for n in one if n in FIELDS), key=lambda n: order[n])
    ways = [list(_ways(universe.blocks[name], one[name], setting)) for name in names]
    facts = tuple(
        (universe.facts[name], bool(values.parts[0].value))
        for name, values in one.items()
        if name in universe.facts
    )
    choices = [
        _choice(name, values, setting)
        for name, values in one.items()
        if name not in FIELDS and name not in universe.facts
    ]
    for way in every_choice(*ways):
        told = tuple(condition for part in way for condition in part)
        yield Cube(conditions=told, facts=(*facts, *choices))


def _ways(block: Block, values: Values, setting: Setting) -> Iterator[Told]:
    """The conditions on one field, each way a list of conditions that hold together."""
    if not block.choices:
        yield _numbers(block.name, values, setting)
        return
    chosen = [block.choices[n] for n in _indices(values, len(block.choices))]
    if isinstance(block.choices[0], Class):
        inside = [choice for choice in chosen if isinstance(choice, Class)]
        outside = [c for c in block.choices if isinstance(c, Class) and c not in inside]
        yield from _interfaces(block.name, inside, outside)
        return
    every = frozenset(map(str, block.choices))
    held = NameSet(names=frozenset(map(str, chosen)), every=every)
    yield list(conditions(block.name, held, setting))


def _indices(values: Values, count: int) -> Iterable[int]:
    return (n for n in range(count) if any(n in part for part in values.parts))


def _numbers(name: str, values: Values, setting: Setting) -> Told:
    ranges = values.ranges
    if ranges is not None:
        held = NumberSet(width=values.width, ranges=ranges)
        return list(conditions(name, held, setting))
    texts = tuple(masked_text(name, part, setting) for part in values.parts)
    return [Condition(field=name, values=texts)]


def _interfaces(name: str, inside: list[Class], outside: list[Class]) -> Iterator[Told]:
    """By what is left out where the rest is in; else by patterns and what they cover too much."""
    if Class() in inside:
        texts = _patterns(outside)
        buried = [c for c in inside if c != Class() and any(_covers(o, c) for o in outside)]
        yield [Condition(field=name, values=texts, negate=True)] if texts else []
    else:
        buried = [c for c in inside if any(_covers(o, c) for o in outside if _inner(o, inside))]
        plain = [c for c in inside if c not in buried]
        extra = _patterns([o for o in outside if any(_covers(c, o) for c in plain)])
        told = [Condition(field=name, values=_patterns(plain))] if plain else []
        cut = [Condition(field=name, values=extra, negate=True)] if extra else []
        if plain:
            yield [*told, *cut]
    for one in buried:
        yield [Condition(field=name, values=_patterns([one]))]


def _inner(outer: Class, inside: list[Class]) -> bool:
    return any(_covers(one, outer) for one in inside)


def _covers(outer: Class, inner: Class) -> bool:
    """Whether the pattern of `outer` takes `inner`'s names in as well."""
    if outer == inner or outer.under is None:
        return False
    return (inner.name or inner.under or "").startswith(outer.under)


def _patterns(found: list[Class]) -> tuple[str, ...]:
    """The texts, without those that another's pattern covers."""
    kept = [one for one in found if not any(_covers(other, one) for other in found)]
    return tuple(sorted(c.name if c.name is not None else f"{c.under}+" for c in kept))


def _choice(name: str, values: Values, setting: Setting) -> tuple[Fact, bool]:
    """A choice of the kernel is no field of the packet that arrives; so it is told as a fact."""
    field = name.split(" ", maxsplit=1)[0]
    texts = [
        f"{'not ' if c.negate else ''}{','.join(c.values)}"
        for c in _numbers(field, values, setting)
    ]
    text = f"{name} is {' and '.join(texts)}"
    return Fact(key=text, code="IPT0406", detail=text), True
