"""Decision diagrams in plain Python, for places without oxidd (a browser)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_LEAF = 1 << 30  # the number of the constants: after every variable
_DEEPER = 20  # stack frames that one variable may cost


class Node:
    """A function of variables; two of one manager that are equal are the same object."""

    __slots__ = ("high", "low", "manager", "negated", "number")

    def __init__(self, manager: PureManager, number: int, high: Any, low: Any) -> None:
        self.manager = manager
        self.number = number
        self.high = high
        self.low = low
        self.negated: Node | None = None

    def __and__(self, other: Node) -> Node:
        return self.manager.both(self, other)

    def __or__(self, other: Node) -> Node:
        return self.manager.any(self, other)

    def __xor__(self, other: Node) -> Node:
        return self.manager.apply(self, ~other, other)

    def __invert__(self) -> Node:
        return self.negated or self.manager.negate(self)


class PureManager:
    """Reduced ordered diagrams with shared nodes and a memo of every operation."""

    def __init__(self) -> None:
        self._count = 0
        self.true = Node(self, _LEAF, None, None)
        self.false = Node(self, _LEAF, None, None)
        self.true.negated, self.false.negated = self.false, self.true
        self._nodes: dict[tuple[int, int, int], Node] = {}
        self._memo: dict[tuple[int, int, int], Node] = {}
        self._both: dict[tuple[int, int], Node] = {}
        self._any: dict[tuple[int, int], Node] = {}
        self._left: dict[frozenset[int], tuple[int, dict[int, Node]]] = {}

    def add(self, count: int) -> int:
        """See `Manager`."""
        self._count += count
        return self._count - count

    def variable(self, number: int) -> Node:
        """See `Manager`."""
        return self._node(number, self.true, self.false)

    def choose(self, number: int, high: Node, low: Node) -> Node:
        """See `Manager`."""
        return self.apply(self.variable(number), high, low)

    def top(self, diagram: Node) -> int | None:
        """See `Manager`."""
        return None if diagram.number == _LEAF else diagram.number

    def halves(self, diagram: Node) -> tuple[Node, Node]:
        """See `Manager`."""
        return diagram.high, diagram.low

    def without(self, diagram: Node, numbers: Iterable[int]) -> Node:
        """See `Manager`."""
        asked = frozenset(numbers)
        if asked not in self._left:
            self._left[asked] = max(asked, default=-1), {}
        with self._deep():
            return self._without(diagram, asked, *self._left[asked])

    def shared(self, one: Node, other: Node, numbers: Iterable[int]) -> Node:
        """See `Manager`."""
        return self.without(one & other, numbers)

    def negate(self, diagram: Node) -> Node:
        """Where the diagram does not hold."""
        with self._deep():
            return self._negated(diagram)

    def size(self, diagram: Node) -> int:
        """See `Manager`."""
        seen: set[int] = set()
        held = [diagram]
        while held:
            node = held.pop()
            if id(node) not in seen:
                seen.add(id(node))
                held += [half for half in (node.high, node.low) if half is not None]
        return len(seen)

    def tidy(self) -> None:
        """See `Manager`; every node is kept, for the memo speaks of it."""

    def apply(self, test: Node, high: Node, low: Node) -> Node:
        """`high` where `test` holds, `low` elsewhere."""
        with self._deep():
            return self._ite(test, high, low)

    def both(self, one: Node, other: Node) -> Node:
        """What lies in both."""
        with self._deep():
            return self._joined(one, other, self.true, self.false, self._both)

    def any(self, one: Node, other: Node) -> Node:
        """What lies in one of them."""
        with self._deep():
            return self._joined(one, other, self.false, self.true, self._any)

    @contextmanager
    def _deep(self) -> Iterator[None]:
        """Room on the stack for a call for each variable (no C stack is used: PEP 659)."""
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, 2000 + _DEEPER * self._count))
        try:
            yield
        finally:
            sys.setrecursionlimit(before)

    def _ite(self, test: Node, high: Node, low: Node) -> Node:
        if test is self.true or high is low:
            return high
        if test is self.false:
            return low
        if high is self.true and low is self.false:
            return test
        key = (id(test), id(high), id(low))
        found = self._memo.get(key)
        if found is None:
            number = min(test.number, high.number, low.number)
            test_high, test_low = _halves(test, number)
            high_high, high_low = _halves(high, number)
            low_high, low_low = _halves(low, number)
            found = self._node(
                number,
                self._ite(test_high, high_high, low_high),
                self._ite(test_low, high_low, low_low),
            )
            self._memo[key] = found
        return found

    def _joined(
        self, one: Node, other: Node, idle: Node, last: Node, memo: dict[tuple[int, int], Node]
    ) -> Node:
        """Both or any: `idle` changes nothing, and with `last` all is decided."""
        if one is other or other is idle:
            return one
        if one is idle:
            return other
        if one is last or other is last or one.negated is other:
            return last
        # Either order is one question.
        key = (id(one), id(other)) if id(one) < id(other) else (id(other), id(one))
        found = memo.get(key)
        if found is None:
            # Here alone without `_halves`: most of this engine's time is spent here.
            number, then = one.number, other.number
            one_high, one_low = (one.high, one.low) if number <= then else (one, one)
            other_high, other_low = (other.high, other.low) if then <= number else (other, other)
            high = self._joined(one_high, other_high, idle, last, memo)
            low = self._joined(one_low, other_low, idle, last, memo)
            found = memo[key] = self._node(number if number <= then else then, high, low)
        return found

    def _negated(self, node: Node) -> Node:
        if node.negated is None:
            high, low = self._negated(node.high), self._negated(node.low)
            node.negated = self._node(node.number, high, low)
            node.negated.negated = node
        return node.negated

    def _node(self, number: int, high: Node, low: Node) -> Node:
        if high is low:
            return high
        key = (number, id(high), id(low))
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(self, number, high, low)
        return found

    def _without(
        self, node: Node, numbers: frozenset[int], last: int, memo: dict[int, Node]
    ) -> Node:
        if node.number > last:
            return node
        found = memo.get(id(node))
        if found is None:
            high = self._without(node.high, numbers, last, memo)
            if node.number not in numbers:
                low = self._without(node.low, numbers, last, memo)
                found = self._node(node.number, high, low)
            elif high is self.true:
                found = high
            else:
                low = self._without(node.low, numbers, last, memo)
                found = self._joined(high, low, self.false, self.true, self._any)
            memo[id(node)] = found
        return found


def _halves(node: Node, number: int) -> tuple[Node, Node]:
    """Where the variable is true, and where it is not. Precondition: none before it is asked."""
    return (node.high, node.low) if node.number == number else (node, node)
