"""Covers of a packet set made shorter, as in Espresso (Brayton and others, 1984), on diagrams.

Each product is widened as far as the set allows, products that the others hold are dropped, and
then each field takes, of the values it may have, those that are told in the fewest words. The
order in which fields are tried decides what is found, so several are tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from iptsim.packet import FIELDS
from iptsim.symbolic.sets.universe import Block, Universe
from iptsim.symbolic.telling.short_conditions import Teller, Wide

# Products times nodes: beyond this much work a set is told as it was found. A cover so long that
# no one reads it gains nothing from being somewhat shorter.
_BUDGET = 60_000
_MOST = 64
# A product is worked out again without each of its parts.
_MOST_PARTS = 10_000

Price = Callable[[Block, Any], float]
"""What it costs a reader that a field has these values (a diagram of the field alone)."""
Choices = Callable[[Block, Any, Any], Iterable[Any]]
"""Sets of a field's values to choose from: each holds the first and lies in the second."""


def shortest(
    teller: Teller, universe: Universe, bounds: tuple[Any, Any], *, price: Price, choices: Choices
) -> list[Wide]:
    """Products whose union holds the first of `bounds` and nothing outside of the second."""
    lower, upper = bounds
    plain = teller.wide(lower, upper)
    size = universe.manager.size(lower) + universe.manager.size(upper)
    long = sum(len(product) ** 2 for product in plain) > _MOST_PARTS
    if long or len(plain) > _MOST or len(plain) * size > _BUDGET:
        return plain
    return _Cover(universe, lower, upper, price, choices).shortest(plain)


class _Cover:
    """The bounds of a cover and what can be asked within them."""

    def __init__(
        self, universe: Universe, lower: Any, upper: Any, price: Price, choices: Choices
    ) -> None:
        self._universe, self._manager = universe, universe.manager
        self._lower, self._outside = lower, ~upper
        self._price, self._choices = price, choices

    def shortest(self, products: Sequence[Wide]) -> list[Wide]:
        """The best cover that was found."""
        covers: dict[object, list[Wide]] = {}
        for order in _orders(products):
            few = self._needed([self._widened(product, order) for product in products])
            key = tuple(tuple(product.items()) for product in few)
            if key not in covers:
                covers[key] = self._in_few_words(few)
        return min(covers.values(), key=self._cost, default=[])

    def _in_few_words(self, products: Sequence[Wide]) -> list[Wide]:
        few = list(products)
        return self._needed([self._chosen(few, index) for index in range(len(few))])

    def _cost(self, cover: Sequence[Wide]) -> float:
        return sum(2 + self._words(product) for product in cover)

    def _words(self, product: Wide) -> float:
        blocks = self._universe.blocks
        return sum(self._price(blocks[name], held) for name, held in product.items())

    def _set(self, product: Wide, without: str = "") -> Any:
        held: Any = self._manager.true
        # What is asked last comes first: the other way round, each step goes through all before it.
        for name, values in reversed(product.items()):
            if name != without:
                held &= values
        return held

    def _widened(self, product: Wide, order: Mapping[str, int]) -> Wide:
        """The product with each field, in that order, taking in all that the set allows."""
        found = dict(product)
        for name in sorted(product, key=lambda name: order[name]):
            found[name] = self._allowed(found, name)
            if found[name] == self._manager.true:
                del found[name]
        return found

    def _allowed(self, product: Wide, name: str) -> Any:
        """The values of a field with which the product stays within the set."""
        return ~self._values(name, self._set(product, name), self._outside)

    def _values(self, name: str, one: Any, other: Any) -> Any:
        """The values of a field in what lies in both sets."""
        universe = self._universe
        return self._manager.shared(one, other, universe.others(universe.blocks[name]))

    def _needed(self, products: Sequence[Wide]) -> list[Wide]:
        """Without the products that the others hold together, the longest gone first."""
        if len(products) == 1:
            return list(products)
        kept = [(one, self._set(one)) for one in sorted(products, key=self._words)]
        for pair in reversed(list(kept)):
            rest = [one for one in kept if one is not pair]
            if self._left(pair[1] & self._lower, rest) == self._manager.false:
                kept = rest
        return [product for product, _set in kept]

    def _left(self, held: Any, others: Iterable[tuple[Wide, Any]]) -> Any:
        """What none of the others holds."""
        for _product, other in others:
            if held == self._manager.false:
                break
            held &= ~other
        return held

    def _chosen(self, products: list[Wide], index: int) -> Wide:
        """The product with the values that are told in the fewest words; it replaces its like."""
        product = products[index]
        rest = [*products[:index], *products[index + 1 :]]
        alone = self._left(self._lower, [(one, self._set(one)) for one in rest])
        for name in list(product):
            need = self._values(name, self._set(product), alone)
            block = self._universe.blocks[name]
            allowed = self._allowed(product, name)
            found = [*self._choices(block, need, allowed), product[name], need, allowed]
            product = {**product, name: min(found, key=lambda held: self._price(block, held))}
        products[index] = product
        return product


def _orders(products: Sequence[Wide]) -> Iterator[dict[str, int]]:
    """Orders in which fields give way, the first the first to go.

    What a reader cares for least goes first: facts and choices of the kernel, then fields from the
    end of the packet's list; and that the other way round, and the rarest first.
    """
    names = {name for product in products for name in product}
    place = {name: index for index, name in enumerate(FIELDS)}
    listed = sorted(names, key=lambda name: (-place.get(name, len(place)), name))
    count = Counter(name for product in products for name in product)
    rare = sorted(listed, key=lambda name: count[name])
    for order in dict.fromkeys(map(tuple, (listed, listed[::-1], rare, rare[::-1]))):
        yield {name: index for index, name in enumerate(order)}
