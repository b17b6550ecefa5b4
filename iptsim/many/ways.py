"""What a way through the tables holds where packets tell all that is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from iptsim.dataclass import dataclass, field
from iptsim.many.quick_conditions import Gone, Test, Value
from iptsim.predicate import Fact

OWN = ("src", "sport", "length")
"""The fields by which packets of one flow differ."""


@dataclass(frozen=True, slots=True)
class Own:
    """Stands in a text for what the packet's own field holds."""

    field: str


Part = str | Own
Parts = tuple[Part, ...]
Facts = Mapping[str, tuple[Fact, bool]]


class NotPlainError(Exception):
    """A packet meets what is not asked here: only the plain trace answers it."""


@dataclass(slots=True, eq=False)
class Way:
    """A packet on one of its ways: what its fields hold, the facts it hangs on, what it met.

    `gone` is as in `World`; `vague` says that it lacks the text of something that the kernel chose.
    `steps` and `rewrites` are their JSON; `noted` has the fields of which it was told already that
    they are presumed, `own` those of `OWN` that the packet came with.
    """

    held: dict[str, Value]
    gone: Gone = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    rewrites: tuple[Parts, ...] = ()
    noted: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    vague: bool = False

    def forked(self, fact: Fact, value: bool) -> Way:
        """The part of its packets for which the fact is so."""
        return Way(
            held=dict(self.held),
            gone=self.gone,
            facts={**self.facts, fact.key: (fact, value)},
            steps=self.steps,
            rewrites=self.rewrites,
            noted=self.noted,
            own=self.own,
            vague=self.vague,
        )


Guard = tuple[str, Test, bool]


@dataclass(slots=True, eq=False)
class Signature:
    """All that tells how a packet went but for values that go into its answer as they are.

    Those are numbered as they come: two packets of one signature have equal values at the same
    places. `classes` names the class of an address, within which the host treats all alike.

    `guards` are the tests of fields of `OWN` on the way, each with what came of it: packets that
    differ in those alone go the same way where the same comes of them. None where more than these
    hangs on such a field.
    """

    classes: Callable[[int], int]
    said: list[Hashable] = field(default_factory=list)
    values: list[Hashable] = field(default_factory=list)
    guards: list[Guard] | None = field(default_factory=list)
    _numbers: dict[Hashable, int] = field(default_factory=dict)

    def value(self, value: Hashable) -> None:
        """Say that a value comes next."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        self.said.append(number)

    def address(self, address: int) -> None:
        """Say that an address comes next."""
        self.value(address)
        self.said.append(self.classes(address))

    def taken(self) -> tuple[Hashable, ...]:
        """What was said since it was taken last."""
        said = tuple(self.said)
        self.said.clear()
        return said
