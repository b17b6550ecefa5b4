"""From a packet set to short conditions: a union of products of field values.

The diagram is read field by field: for each field, which of its values lead to which remainder.
Minato's irredundant sums of products (ISOP, 1992) are made of that, with sets of values where he
has single bits: what holds whatever the field is told once, and values with the same remainder are
told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iptsim.symbolic.universe import Block, Universe, Values
from iptsim.values import Masked

Product = Mapping[str, Values]
_BEYOND = 1 << 30  # after every variable


class Teller:
    """Reads packet sets of one universe."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._manager = universe.manager
        self._of = universe.block_of

    def products(self, inside: Any, ceiling: Any | None = None) -> list[Product]:
        """Products whose union holds `inside` and nothing outside of `ceiling` (the same)."""
        upper = inside if ceiling is None else ceiling
        return [product for product, _set in self._cover(inside, upper, {})]

    def _cover(
        self, lower: Any, upper: Any, memo: dict[tuple[Any, Any], list[tuple[Product, Any]]]
    ) -> list[tuple[Product, Any]]:
        """Products with their sets: at least `lower`, at most `upper`."""
        if lower == self._nothing:
            return []
        if upper == self._manager.true:
            return [({}, self._manager.true)]
        key = (lower, upper)
        if key not in memo:
            memo[key] = self._cover_block(lower, upper, memo)
        return memo[key]

    def _cover_block(
        self, lower: Any, upper: Any, memo: dict[tuple[Any, Any], list[tuple[Product, Any]]]
    ) -> list[tuple[Product, Any]]:
        block = self._first(lower, upper)
        common = ~self._manager.without(~upper, block.numbers)
        found: list[tuple[Product, Any]] = []
        if common != self._nothing:
            needed = self._manager.without(lower, block.numbers) & common
            found = list(self._cover(needed, common, memo))
        covered = self._nothing
        for _product, held in found:
            covered |= held
        groups = self._pairs(block, lower & ~covered, upper)
        return [*found, *self._rest(block, groups, memo)]

    def _rest(
        self,
        block: Block,
        groups: list[tuple[Any, Any, tuple[Masked, ...]]],
        memo: dict[tuple[Any, Any], list[tuple[Product, Any]]],
    ) -> Iterator[tuple[Product, Any]]:
        """Products that do ask for the field; one that fits other values too takes them in."""
        needs = [low for low, _high, _parts in groups]
        sets = [self._set(block, parts) for _low, _high, parts in groups]
        # Where all may come comes first: products of the others then leave its values out.
        for index in sorted(range(len(groups)), key=lambda i: groups[i][1] != self._manager.true):
            for product, held in self._cover(needs[index], groups[index][1], memo):
                fitting = [
                    i for i in range(len(groups)) if self._fits(held, groups[i][1], needs[i])
                ]
                inside = self._nothing
                for other in fitting:
                    needs[other] &= ~held
                    inside |= sets[other]
                parts = tuple(part for i in fitting for part in groups[i][2])
                values = Values(parts=parts, width=block.width)
                yield {block.name: values, **product}, held & inside

    def _fits(self, held: Any, ceiling: Any, need: Any) -> bool:
        """Whether a product may hold for more values, and helps there."""
        return bool(held & ~ceiling == self._nothing and held & need != self._nothing)

    @property
    def _nothing(self) -> Any:
        return self._manager.false

    def _first(self, *diagrams: Any) -> Block:
        """The field that is asked first."""
        tops = [self._manager.top(diagram) for diagram in diagrams]
        return self._of[min(top for top in tops if top is not None)]

    def _pairs(
        self, block: Block, lower: Any, upper: Any
    ) -> list[tuple[Any, Any, tuple[Masked, ...]]]:
        """The values of the field by the remainders of both sets that they lead to.

        Those that lead to nothing of the lower one are left out.
        """
        found: dict[tuple[Any, Any], list[Masked]] = {}
        held = [(lower, upper, 0, 0)]
        last = block.first + block.width
        while held:
            low, high, value, mask = held.pop()
            at = self._asked(low, high)
            if at >= last:
                found.setdefault((low, high), []).append(Masked(value=value, mask=mask))
                continue
            bit = 1 << (last - 1 - at)
            (one, none), (other, neither) = self._halves(low, at), self._halves(high, at)
            held.append((one, other, value | bit, mask | bit))
            held.append((none, neither, value, mask | bit))
        return [(low, high, tuple(parts)) for (low, high), parts in found.items()]

    def _asked(self, low: Any, high: Any) -> int:
        """The first variable that either asks; one beyond all where neither does."""
        first, second = self._manager.top(low), self._manager.top(high)
        if first is None or second is None:
            return next((top for top in (first, second) if top is not None), _BEYOND)
        return min(first, second)

    def _halves(self, diagram: Any, number: int) -> tuple[Any, Any]:
        if self._manager.top(diagram) != number:
            return diagram, diagram
        return self._manager.halves(diagram)

    def _set(self, block: Block, parts: tuple[Masked, ...]) -> Any:
        ranges = Values(parts=parts, width=block.width).ranges
        if ranges is not None:
            return self._universe.numbers(block, ranges)
        held: Any = self._manager.false
        for part in parts:
            held |= self._universe.masked(block, part)
        return held

    def values(self, name: str, held: Any) -> Values:
        """The values of a field in a set that asks for nothing else."""
        block = self._universe.blocks[name]
        pairs = self._pairs(block, held, held)
        parts = [part for low, _high, found in pairs if low == self._manager.true for part in found]
        return Values(parts=tuple(parts), width=block.width)

    def pick(self, diagram: Any) -> dict[str, int]:
        """A member: a value for each field that is asked on the way, zero bits where either does.

        Precondition: the set is not empty.
        """
        values: dict[str, int] = {}
        number = self._manager.top(diagram)
        while number is not None:
            block = self._of[number]
            high, low = self._manager.halves(diagram)
            bit = 0 if low != self._manager.false else 1
            place = block.first + block.width - 1 - number
            values[block.name] = values.get(block.name, 0) | bit << place
            diagram = high if bit else low
            number = self._manager.top(diagram)
        return values
