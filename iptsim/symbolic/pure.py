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

    __slots__ = ("high", "low", "manager", "number")

    def __init__(self, manager: PureManager, number: int, high: Any, low: Any) -> None:
        self.manager = manager
        self.number = number
        self.high = high
        self.low = low

    def __and__(self, other: Node) -> Node:
        return self.manager.apply(self, other, self.manager.false)

    def __or__(self, other: Node) -> Node:
        return self.manager.apply(self, self.manager.true, other)

    def __xor__(self, other: Node) -> Node:
        return self.manager.apply(self, ~other, other)

    def __invert__(self) -> Node:
        return self.manager.apply(self, self.manager.false, self.manager.true)


class PureManager:
    """Reduced ordered diagrams with shared nodes and a memo of every operation."""

    def __init__(self) -> None:
        self._count = 0
        self.true = Node(self, _LEAF, None, None)
        self.false = Node(self, _LEAF, None, None)
        self._nodes: dict[tuple[int, int, int], Node] = {}
        self._memo: dict[tuple[int, int, int], Node] = {}

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
        with self._deep():
            return self._without(diagram, frozenset(numbers), {})

    def shared(self, one: Node, other: Node, numbers: Iterable[int]) -> Node:
        """See `Manager`."""
        return self.without(one & other, numbers)

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
        if key not in self._memo:
            number = min(test.number, high.number, low.number)
            highs = [n.high if n.number == number else n for n in (test, high, low)]
            lows = [n.low if n.number == number else n for n in (test, high, low)]
            self._memo[key] = self._node(number, self._ite(*highs), self._ite(*lows))
        return self._memo[key]

    def _node(self, number: int, high: Node, low: Node) -> Node:
        if high is low:
            return high
        key = (number, id(high), id(low))
        if key not in self._nodes:
            self._nodes[key] = Node(self, number, high, low)
        return self._nodes[key]

    def _without(self, node: Node, numbers: frozenset[int], memo: dict[int, Node]) -> Node:
        if node.number == _LEAF:
            return node
        if id(node) not in memo:
            high, low = (self._without(n, numbers, memo) for n in (node.high, node.low))
            joined = node.number in numbers
            done = self._ite(high, self.true, low) if joined else self._node(node.number, high, low)
            memo[id(node)] = done
        return memo[id(node)]
