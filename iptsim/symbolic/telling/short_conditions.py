"""From a packet set to short conditions: a union of products of field values.

The diagram is read field by field: for each field, which of its values lead to which remainder.
Minato's irredundant sums of products (ISOP, 1992) are made of that, with sets of values where he
has single bits: what holds whatever the field is told once, and values with the same remainder are
told together.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.symbolic.sets.universe import Block, Universe, Values
from iptsim.values import IntSet, Masked

Product = Mapping[str, Values]
Wide = dict[str, Any]
"""A product: for each field that it asks for, the diagram of the values that it takes."""
_Pair = tuple[Any, Any]
_Found = list[tuple[Wide, Any]]
_Covering = Generator[_Pair, _Found, _Found]
"""Asks for the products of other bounds, and returns its own."""
LARGE = 4_000
"""Nodes of a set beyond which products are not widened to all values of a field that they fit."""
NODES = 100
"""Nodes of a set that cost as much as one more field to be asked for."""
FEW_FACTS, IDLE_WORK = 8, 200_000
"""Facts up to which none is looked for that makes no difference; nodes that the looks may cost."""
_BEYOND = 1 << 30  # after every variable


FULLY, SHORTLY = 100_000, 1_500
"""How many fields may be asked for the products of a set: to know all (some ten seconds at most),
and where a reader only wants the first of them."""


class TooLongError(UsageError):
    """A set has so many conditions that they are not worked out."""


class Teller:
    """Reads packet sets of one universe; what it read it remembers.

    `work` is how many fields may be asked for the products of all of its sets together.
    """

    def __init__(self, universe: Universe, work: int = FULLY) -> None:
        self._universe, self._left = universe, work
        self._manager = universe.manager
        self._nothing: Any = universe.manager.false
        self._every: Any = universe.manager.true
        self._of = universe.block_of
        self._values: dict[tuple[str, Any], Values] = {}
        # Numbered facts make many products: who wants the first does not wait for all.
        self._hurried = work <= SHORTLY and bool(universe.numbered)

    def products(self, inside: Any, ceiling: Any | None = None) -> list[Product]:
        """Products whose union holds `inside` and nothing outside of `ceiling` (the same)."""
        return [self.told(one) for one in self.wide(inside, ceiling)]

    def wide(self, inside: Any, ceiling: Any | None = None) -> list[Wide]:
        """The same products as diagrams of values; `TooLongError` where `work` is too little."""
        upper = inside if ceiling is None else ceiling
        return [product for product, _set in self._cover(inside, upper)]

    def some(self, inside: Any, ceiling: Any) -> Wide:
        """A product that has a member of `inside` and lies in `ceiling`, made as wide as may be.

        Precondition: `inside` is not empty, and lies in `ceiling`.
        """
        universe, manager = self._universe, self._manager
        facts = _variables(universe.blocks_of_facts)
        # One that hangs on no fact, if there is such a product.
        without = inside & ~manager.without(~ceiling, facts)
        found = self._point(inside if without == self._nothing else without)
        names = sorted(found, key=lambda name: -universe.blocks[name].first)
        waiting = [names]
        while waiting:
            these = waiting.pop()
            rest = {name: held for name, held in found.items() if name not in these}
            if self.of(rest) & ~ceiling == self._nothing:
                found = rest
            elif len(these) > 1:
                half = len(these) // 2
                waiting += [these[half:], these[:half]]
        for name in list(found):
            rest = {other: held for other, held in found.items() if other != name}
            outside = self.of(rest) & ~ceiling
            found[name] = ~universe.alone(outside, universe.blocks[name])
        return found

    def _point(self, inside: Any) -> Wide:
        """One member, in the fields and facts that are asked on the way to it."""
        picked, blocks = self.pick(inside), self._universe.blocks
        return {
            name: self._universe.numbers(blocks[name], IntSet.single(number))
            for name, number in picked.items()
        }

    def of(self, product: Wide) -> Any:
        """The set of a product."""
        held = self._every
        for values in reversed(product.values()):
            held &= values
        return held

    def told(self, product: Wide) -> Product:
        """A product with the values of its fields."""
        return {name: self.values(name, held) for name, held in product.items()}

    def _cover(self, lower: Any, upper: Any) -> _Found:
        """Products with their sets: at least `lower`, at most `upper`.

        Each field or fact asks for the products of what follows it. They wait on a stack of our
        own: there may be a thousand facts.
        """
        memo: dict[_Pair, _Found] = {}
        waiting: list[tuple[_Pair, _Covering]] = []
        found = self._plainly(lower, upper, memo)
        asked = (lower, upper)
        while True:
            if found is None:
                self._spend(1 + self._manager.size(asked[0]) // NODES)
                waiting.append((asked, self._cover_block(*asked)))
            elif not waiting:
                return found
            key, covering = waiting[-1]
            try:
                asked = covering.send(found)  # type: ignore[arg-type]  # None begins it
            except StopIteration as done:
                found = memo[key] = done.value
                waiting.pop()
            else:
                found = self._plainly(*asked, memo)

    def _plainly(self, lower: Any, upper: Any, memo: Mapping[_Pair, _Found]) -> _Found | None:
        """The products, where nothing must be asked for them."""
        if lower == self._nothing:
            return []
        if upper == self._every:
            return [({}, self._every)]
        return memo.get((lower, upper))

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise TooLongError(
                "too many ways are open to this packet; tell more of it (--src, --dst, --in …)",
                code=codes.TOO_MANY_WAYS,
            )

    def _cover_block(self, lower: Any, upper: Any) -> _Covering:
        block = self._first(lower, upper)
        common = ~self._manager.without(~upper, block.backwards)
        found: _Found = []
        if common != self._nothing:
            needed = self._manager.without(lower, block.backwards) & common
            found = yield self._ready(block, needed, common)
        for _product, held in found:
            lower &= ~held
        rest = yield from self._rest(block, lower, upper)
        return [*found, *rest]

    def _ready(self, block: Block, lower: Any, upper: Any) -> _Pair:
        """The bounds to ask for products of, where a field left only facts to be asked for."""
        number = self._asked(lower, upper)
        if block.of is None or number == _BEYOND or self._of[number].of is not None:
            return lower, upper
        return self.without_idle_facts(lower, upper)

    def without_idle_facts(self, lower: Any, upper: Any) -> _Pair:
        """The bounds without facts that make no difference between them, as far as that is cheap.

        Facts are many where a listing hides interfaces, and few of them decide about a set. Halves
        of them are tried at once.
        """
        facts, manager = self._universe.facts, self._manager
        if len(facts) < FEW_FACTS:
            return lower, upper
        left = IDLE_WORK // (1 + manager.size(lower) + manager.size(upper))
        waiting = [self._universe.blocks_of_facts]
        while waiting and left > 0:
            left -= 1
            blocks = waiting.pop()
            numbers = _variables(blocks)
            wider = manager.without(lower, numbers)
            if wider & ~upper == self._nothing:
                lower, upper = wider, ~manager.without(~upper, numbers)
            elif len(blocks) > 1:
                half = len(blocks) // 2
                waiting += [blocks[:half], blocks[half:]]
        return lower, upper

    def _rest(self, block: Block, lower: Any, upper: Any) -> _Covering:
        """Products that do ask for the field; one that fits other values too takes them in."""
        if self._manager.size(lower) > LARGE:
            return (yield from self._apart(block, lower, upper))
        found: _Found = []
        others, shared = self._universe.others(block), self._manager.shared
        # Where all may come comes first: products of the others then leave its values out.
        every = ~self._manager.without(~upper, others)
        values = every if every == self._nothing else shared(lower, every, others)
        if values != self._nothing:
            found.append(({block.name: values}, values))
            lower &= ~values
        while lower != self._nothing:
            if self._hurried:
                self._spend(self._manager.size(lower) // NODES)
            need, ceiling = self._remainders(block, lower, upper)
            for product, held in (yield self._ready(block, need, ceiling)):
                values = shared(lower, held, others)
                if values == self._nothing:
                    continue
                values &= ~shared(held & values, ~upper, others)
                taken = held & values
                lower &= ~taken
                asked = {} if values == self._every else {block.name: values}
                found.append(({**asked, **product}, taken))
        return found

    def _apart(self, block: Block, lower: Any, upper: Any) -> _Covering:
        """Products that ask for the field, those of each remainder by themselves.

        Only products that are the same for several values are told once: few others would fit, and
        to ask all of many values whether they do takes most of the time.
        """
        found: dict[frozenset[tuple[str, Any]], tuple[Wide, Any, Any]] = {}
        for (need, ceiling), values in self._branches(block, lower, upper).items():
            for product, held in (yield self._ready(block, need, ceiling)):
                key = frozenset(product.items())
                before = found[key][2] if key in found else self._nothing
                found[key] = product, held, before | values
        return [
            ({block.name: values, **product}, held & values)
            for product, held, values in found.values()
        ]

    def _branches(self, block: Block, lower: Any, upper: Any) -> dict[_Pair, Any]:
        """The values of the field by the remainders of both bounds that they lead to.

        Those that lead to nothing of the lower one are left out.
        """
        last = block.first + block.width
        known: dict[_Pair, dict[_Pair, Any]] = {}
        waiting: list[_Pair] = [(lower, upper)]
        while waiting:
            pair = waiting[-1]
            at = self._asked(*pair)
            if pair in known or pair[0] == self._nothing or at >= last:
                known.setdefault(pair, {pair: self._every} if pair[0] != self._nothing else {})
                waiting.pop()
                continue
            (one, zero), (other, nought) = (self._halves(each, at) for each in pair)
            halves = ((zero, nought), (one, other))
            open_ = [half for half in halves if half not in known]
            waiting += open_
            if not open_:
                known[pair] = self._joined(at, *(known[half] for half in halves))
        return known[lower, upper]

    def _joined(self, at: int, zero: dict[_Pair, Any], one: dict[_Pair, Any]) -> dict[_Pair, Any]:
        """The values by remainders, from those of both halves of a variable."""
        nothing, choose = self._nothing, self._manager.choose
        return {
            pair: choose(at, one.get(pair, nothing), zero.get(pair, nothing))
            for pair in dict.fromkeys((*zero, *one))
        }

    def _remainders(self, block: Block, lower: Any, upper: Any) -> _Pair:
        """What both bounds leave for a value of the field that the lower one has."""
        last = block.first + block.width
        at = self._asked(lower, upper)
        while at < last:
            (one, zero), (other, nought) = self._halves(lower, at), self._halves(upper, at)
            lower, upper = (one, other) if zero == self._nothing else (zero, nought)
            at = self._asked(lower, upper)
        return lower, upper

    def _first(self, *diagrams: Any) -> Block:
        """The field that is asked first."""
        tops = [self._manager.top(diagram) for diagram in diagrams]
        return self._of[min(top for top in tops if top is not None)]

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

    def values(self, name: str, held: Any) -> Values:
        """The values of a field in a set that asks for nothing else."""
        key = (name, held)
        if key not in self._values:
            block = self._universe.blocks[name]
            parts = tuple(self._parts(block, held))
            self._values[key] = Values(parts=parts, width=block.width)
        return self._values[key]

    def _parts(self, block: Block, held: Any) -> Iterator[Masked]:
        """The ways through a diagram of one field, the smaller numbers first."""
        nothing, every, manager = self._nothing, self._every, self._manager
        waiting = [] if held == nothing else [(held, 0, 0)]
        end = block.first + block.width - 1
        while waiting:
            one, value, mask = waiting.pop()
            while one != every:
                number = manager.top(one)
                assert number is not None
                bit = 1 << (end - number)
                high, low = manager.halves(one)
                mask |= bit
                if low == nothing:
                    one, value = high, value | bit
                else:
                    if high != nothing:
                        waiting.append((high, value | bit, mask))
                    one = low
            yield Masked(value=value, mask=mask)

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


def _variables(blocks: Sequence[Block]) -> tuple[int, ...]:
    """The variables of blocks that stand with the last one first."""
    return tuple(number for block in blocks for number in block.backwards)
