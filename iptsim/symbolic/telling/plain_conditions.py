"""How the values of one field are told in the fewest and plainest conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.packet import BIT_FIELDS
from iptsim.regex import regex
from iptsim.symbolic.sets import numbered_facts
from iptsim.symbolic.sets.universe import ONE_FACT, Block, Class, Universe, Values
from iptsim.symbolic.telling.short_conditions import Teller
from iptsim.values import IntSet, blocks, pattern_of
from iptsim.worlds.cubes import masked_text, range_text
from iptsim.worlds.domains import ADDRESS_FIELDS, NameSet, NumberSet
from iptsim.worlds.outcome import Condition
from iptsim.worlds.world import Setting

Told = list[Condition]
"""Conditions on one field that hold together."""

# What a negation, a range that is no prefix, and a second condition cost beside one more value.
_NOT, _RANGE, _MORE = 0.3, 0.8, 0.1
_ENDS = regex(r"[0-9a-fx.:]+-[0-9a-fx.:]+")
# A range of addresses that falls into more prefixes than these is told by its ends.
_PREFIXES = 2
# A mask with more holes than these, or more ranges than these, stays a mask.
_HOLES, _RANGES = 10, 1 << 14
_MASKED = BIT_FIELDS | ADDRESS_FIELDS | {"mark", "connmark", "tos"}
# Cutting a set of values out of a prefix is worth the trouble for few cuts only.
_CUTS = 8


class Phrasing:
    """Tells fields of one universe; remembers what it told."""

    def __init__(self, universe: Universe, setting: Setting) -> None:
        self._universe, self._setting = universe, setting
        self._teller = Teller(universe)
        self._prices: dict[tuple[str, Any], float] = {}
        self._ways: dict[tuple[str, Any], list[Told]] = {}
        self._chosen: dict[tuple[str, Any, Any], tuple[Any, ...]] = {}

    def price(self, block: Block, held: Any) -> float:
        """What it costs a reader that the field lies in `held`, a diagram of that field alone."""
        key = (block.name, held)
        if key not in self._prices:
            ways = self.ways(block, held)
            extra = 2 * max(0, len(ways) - 1)
            self._prices[key] = extra + sum(map(_price, ways))
        return self._prices[key]

    def choices(self, block: Block, need: Any, allowed: Any) -> tuple[Any, ...]:
        """Values that are told as ranges: what is needed, each run of it made one range."""
        key = (block.name, need, allowed)
        if key not in self._chosen:
            self._chosen[key] = tuple(self._made_ranges(block, need, allowed))
        return self._chosen[key]

    def _made_ranges(self, block: Block, need: Any, allowed: Any) -> Iterator[Any]:
        if block.choices or block.of is None:
            return
        least = _ranges(self._teller.values(block.name, need))
        most = _ranges(self._teller.values(block.name, allowed))
        if least is None or most is None:
            return
        runs = [(low, high) for low, high in most.ranges if least & IntSet.between(low, high)]
        ends = [(least & IntSet.between(*run)).ranges for run in runs]
        hulls = IntSet.of((found[0][0], found[-1][1]) for found in ends)
        yield self._universe.numbers(block, hulls)
        yield self._universe.numbers(block, IntSet.of(runs))

    def ways(self, block: Block, held: Any) -> list[Told]:
        """The conditions on the field, each way a list of conditions that hold together.

        `held` is a diagram of the field alone.
        """
        key = (block.name, held)
        if key not in self._ways:
            self._ways[key] = self._told(block, self._teller.values(block.name, held))
        return self._ways[key]

    def _told(self, block: Block, values: Values) -> list[Told]:
        if block.name == ONE_FACT:
            ways = numbered_facts.ways(self._universe, values)
            return [[Condition(field=f.key, values=(str(so),)) for f, so in way] for way in ways]
        if not block.choices:
            return [self._numbers(block, values)]
        chosen = [c for n, c in enumerate(block.choices) if any(n in part for part in values.parts)]
        if isinstance(block.choices[0], Class):
            inside = [choice for choice in chosen if isinstance(choice, Class)]
            outside = [c for c in block.choices if isinstance(c, Class) and c not in inside]
            return list(_interfaces(block.name, inside, outside))
        return [self._names(block, frozenset(map(str, chosen)))]

    def _names(self, block: Block, chosen: frozenset[str]) -> Told:
        domain = self._setting.domains.get(block.name)
        every = domain.names if isinstance(domain, NameSet) else frozenset(map(str, block.choices))
        told = [
            Condition(field=block.name, values=tuple(sorted(names)), negate=negate)
            for names, negate in ((chosen & every, False), (every - chosen, True))
        ]
        return min(([one] for one in told), key=_price)

    def _numbers(self, block: Block, values: Values) -> Told:
        """As ranges, or with a mask where the field's options take one and that is shorter."""
        ranges = _ranges(values)
        if ranges is None:
            return self._masks(block, values)
        told = [self._ranged(block, ranges)]
        if values.ranges is None and _field(block) in _MASKED:
            told.append(self._masks(block, values))
        return min(told, key=_price)

    def _masks(self, block: Block, values: Values) -> Told:
        """By the values, or by those that it has not, whichever are fewer."""
        held = self._universe.product({block.name: values})
        rest = self._teller.values(block.name, ~held)
        told = [
            Condition(
                field=block.name,
                values=tuple(masked_text(_field(block), p, self._setting) for p in found.parts),
                negate=negate,
            )
            for found, negate in ((values, False), (rest, True))
        ]
        return min(([one] for one in told), key=_price)

    def _ranged(self, block: Block, ranges: IntSet) -> Told:
        domain = self._setting.domains.get(block.name)
        whole = domain.ranges if isinstance(domain, NumberSet) else IntSet.width(block.width)
        inside = ranges & whole
        told = [(whole - ranges, True), (inside, False), (ranges, False)]
        # What is longer for certain is not put in words: a range is one text or a few prefixes.
        enough = min(_PREFIXES * len(held.ranges) + _NOT for held, _negate in told)
        ways = [
            [self._condition(block, held, negate=negate)]
            for held, negate in told
            if len(held.ranges) <= enough
        ]
        return min((*ways, *self._cut(block, inside, whole)), key=_price)

    def _cut(self, block: Block, ranges: IntSet, whole: IntSet) -> Iterator[Told]:
        """`10.0.0.0/8` but not `10.1.0.0/16`."""
        if not 1 < len(ranges.ranges) <= _CUTS:
            return
        low, high = ranges.ranges[0][0], ranges.ranges[-1][1]
        if _field(block) in ADDRESS_FIELDS:
            size = 1 << (low ^ high).bit_length()
            low, high = low & -size, low | size - 1
        hull = IntSet.between(low, high)
        if hull & whole == hull != whole:
            cut = self._condition(block, hull - ranges, negate=True)
            yield [self._condition(block, hull), cut]

    def _condition(self, block: Block, ranges: IntSet, *, negate: bool = False) -> Condition:
        texts = tuple(text for low, high in ranges.ranges for text in self._texts(block, low, high))
        return Condition(field=block.name, values=texts, negate=negate)

    def _texts(self, block: Block, low: int, high: int) -> Iterator[str]:
        field = _field(block)
        pieces = [(low, high)]
        if field in ADDRESS_FIELDS:
            free = (1 << block.width) - 1
            prefixes = blocks(IntSet.between(low, high), block.width)
            found = [part for _n, part in zip(range(_PREFIXES + 1), prefixes, strict=False)]
            if len(found) <= _PREFIXES:
                pieces = [(part.value, part.value | free ^ part.mask) for part in found]
        for start, end in pieces:
            yield range_text(field, start, end, self._setting)


def _ranges(values: Values) -> IntSet | None:
    """The values as ranges; None where a mask has so many holes that they are too many."""
    found: list[tuple[int, int]] = []
    for part in values.parts:
        free = ((1 << values.width) - 1) ^ part.mask
        tail = ((free ^ (free + 1)) >> 1).bit_length()
        holes = free >> tail << tail
        if holes.bit_count() > _HOLES or len(found) > _RANGES:
            return None
        found += [(low, low | (1 << tail) - 1) for low in _filled(part.value, holes)]
    return IntSet.of(found)


def _filled(value: int, holes: int) -> Iterator[int]:
    """The value with every choice of the bits of `holes`."""
    bits = holes
    while True:
        yield value | bits
        if not bits:
            return
        bits = (bits - 1) & holes


def _field(block: Block) -> str:
    """The field that a variable is a value of: `out` for `out after the new route`."""
    return block.name if block.of is None else block.of.field


def _price(told: Iterable[Condition]) -> float:
    return sum(_MORE + _NOT * one.negate + sum(map(_text_price, one.values)) for one in told)


def _text_price(text: str) -> float:
    return 1 + _RANGE * (_ENDS.fullmatch(text) is not None)


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
    return tuple(sorted(c.name if c.name is not None else pattern_of(c.under or "") for c in kept))
