"""Decision diagrams by oxidd, and the interface that `pure_diagrams` shares with it.

A diagram is a function of numbered boolean variables. Equal functions are equal objects within one
manager, so a comparison of packet sets costs nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self, TypeVar

from iptsim import codes
from iptsim.errors import IptsimError
from iptsim.model import Ruleset

FEW, CAPACITY, MOST_CAPACITY = 1 << 16, 1 << 26, 1 << 28
"""Inner nodes of the manager that is tried first, of the next and of the one that is tried last.

Room that no node takes costs addresses, but no memory.
"""
FEW_REMEMBERED, REMEMBERED = 1 << 16, 1 << 20
"""Results of operations that are remembered, by the first manager and by the others.

This memory is taken and emptied at once (20 bytes each), which takes longer than most questions. To
remember too few of many nodes takes forever: the first has room for no more nodes than results.
"""
SIZES = ((FEW, FEW_REMEMBERED), (CAPACITY, REMEMBERED), (MOST_CAPACITY, REMEMBERED))
MANY_RULES = 200
"""Rules for which the first manager is not tried."""
FEWEST = 1 << 22
"""Nodes below which those that nobody holds any more are not looked for."""

T = TypeVar("T")


class Diagram(Protocol):
    """A set, as its characteristic function."""

    def __and__(self, other: Self, /) -> Self: ...
    def __or__(self, other: Self, /) -> Self: ...
    def __xor__(self, other: Self, /) -> Self: ...
    def __invert__(self) -> Self: ...
    def __hash__(self) -> int: ...


class Manager(Protocol):
    """Where diagrams live. Variables are numbered in the order in which diagrams ask them."""

    @property
    def true(self) -> Diagram:
        """Everything."""
        ...

    @property
    def false(self) -> Diagram:
        """Nothing."""
        ...

    def add(self, count: int) -> int:
        """`count` more variables at the end of the order; the number of the first."""
        ...

    def variable(self, number: int) -> Diagram:
        """Where that variable is true."""
        ...

    def choose(self, number: int, high: Any, low: Any) -> Diagram:
        """`high` where the variable is true, `low` elsewhere."""
        ...

    def top(self, diagram: Any) -> int | None:
        """The first variable that a diagram asks; None for everything and nothing."""
        ...

    def halves(self, diagram: Any) -> tuple[Diagram, Diagram]:
        """The diagram where its first variable is true, and where it is false."""
        ...

    def without(self, diagram: Any, numbers: Iterable[int]) -> Diagram:
        """Where the diagram holds for some value of these variables; a tuple has the last first."""
        ...

    def shared(self, one: Any, other: Any, numbers: Iterable[int]) -> Diagram:
        """`without` of what lies in both diagrams, which is not worked out itself."""
        ...

    def size(self, diagram: Any) -> int:
        """How many nodes the diagram has."""
        ...

    def tidy(self) -> None:
        """Take memory back, where that is worth it, of what nobody holds any more."""
        ...


class CapacityError(IptsimError):
    """The packet sets of these rules are larger than the largest manager holds."""


class OxiddManager:
    """Binary decision diagrams with complement edges, by oxidd, in one thread."""

    def __init__(self, capacity: int = CAPACITY, remembered: int = FEW_REMEMBERED) -> None:
        from oxidd.bcdd import BCDDManager  # noqa: PLC0415  # only the commands that need it
        from oxidd.util import BooleanOperator  # noqa: PLC0415  # see above

        self._and = BooleanOperator.AND
        self._manager = BCDDManager(capacity, remembered, 1)
        self.true: Any = self._manager.true()
        self.false: Any = self._manager.false()
        self._variables: list[Any] = []
        self._cubes: dict[tuple[int, ...], Any] = {}
        self._known: dict[int, tuple[Iterable[int], Any]] = {}
        self._full = FEWEST

    def add(self, count: int) -> int:
        """See `Manager`."""
        added = self._manager.add_vars(count)
        self._variables += [self._manager.var(number) for number in added]
        return len(self._variables) - count

    def variable(self, number: int) -> Any:
        """See `Manager`."""
        return self._variables[number]

    def choose(self, number: int, high: Any, low: Any) -> Any:
        """See `Manager`."""
        return self._variables[number].ite(high, low)

    def top(self, diagram: Any) -> int | None:
        """See `Manager`."""
        number: int | None = diagram.node_var()
        return number

    def halves(self, diagram: Any) -> tuple[Any, Any]:
        """See `Manager`."""
        high, low = diagram.cofactors()
        return high, low

    def without(self, diagram: Any, numbers: Iterable[int]) -> Any:
        """See `Manager`."""
        return diagram.exists(self._cube(numbers))

    def shared(self, one: Any, other: Any, numbers: Iterable[int]) -> Any:
        """See `Manager`."""
        return one.apply_exists(self._and, other, self._cube(numbers))

    def _cube(self, numbers: Iterable[int]) -> Any:
        """Where all of these variables are true."""
        known = self._known.get(id(numbers))
        # The same tuple is asked thousands of times, and its hash would be worked out each time.
        if known is not None and known[0] is numbers:
            return known[1]
        key = numbers if isinstance(numbers, tuple) else tuple(sorted(numbers, reverse=True))
        together = self._cubes.get(key)
        if together is None:
            together = self.true
            for number in key:
                together &= self._variables[number]
            self._cubes[key] = together
        if key is numbers:
            self._known[id(numbers)] = numbers, together
        return together

    def size(self, diagram: Any) -> int:
        """See `Manager`."""
        return int(diagram.node_count())

    def tidy(self) -> None:
        """See `Manager`."""
        if self._manager.approx_num_inner_nodes() > self._full:
            self._manager.gc()
            self._full = max(FEWEST, 2 * self._manager.num_inner_nodes())


def available() -> bool:
    """Whether oxidd is installed here."""
    try:
        import oxidd.bcdd  # noqa: F401, PLC0415  # asked, not used
    except ImportError:
        return False
    return True


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looks for cycles among millions of small values, which have none."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _size(ruleset: Ruleset) -> int:
    return sum(len(chain.rules) for table in ruleset.tables for chain in table.chains)


def growing(work: Callable[[Manager], T], *rulesets: Ruleset) -> T:
    """The result of `work` with a manager that is large enough: it is begun again with a larger.

    Of many of these rules it begins with a larger one at once.
    Raises `CapacityError` where the largest is too small.
    """
    if not available():
        from iptsim.symbolic.sets.pure_diagrams import PureManager  # noqa: PLC0415  # oxidd's stand-in

        with _uncollected():
            return work(PureManager())
    from oxidd.util import DDMemoryError  # noqa: PLC0415  # see above

    many = sum(map(_size, rulesets)) >= MANY_RULES
    for capacity, remembered in SIZES[1:] if many else SIZES:
        try:
            with _uncollected():
                return work(OxiddManager(capacity, remembered))
        except DDMemoryError:
            continue
    raise CapacityError(
        "the packet sets of these rules are too large", code=codes.PACKET_SETS_TOO_LARGE
    )
