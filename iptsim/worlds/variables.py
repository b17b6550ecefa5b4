"""The variables that fields hold: where the value of each comes from, and so what it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, auto

from iptsim.dataclass import dataclass, replace
from iptsim.dataclass import field as told
from iptsim.packet import FIELDS
from iptsim.worlds.domains import VariableSet


class Source(Enum):
    """Where a value comes from that nothing more is known of than its field.

    The packet came with it; in an answer: the first packet of the connection did; connection
    tracking made it out of several fields; routing chose it anew.
    """

    PACKET = auto()
    FIRST_PACKET = auto()
    CONNECTION = auto()
    NEW_ROUTE = auto()

    def called(self, field: str) -> str:
        """The name of such a variable."""
        return field + _SAID.get(self, "")


_SAID = {Source.FIRST_PACKET: " of the first packet", Source.NEW_ROUTE: " after the new route"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A choice of the kernel, or of a program, that nobody can know.

    `by` is the rule, or the place, `detail` what is known of the choice, `made_of` what the field
    held before where the choice hangs on it; `again` how often more the same may have chosen.
    """

    by: str
    detail: str = ""
    made_of: str = ""
    again: int = 0

    def called(self, field: str) -> str:
        """The name of such a variable."""
        detail = f" ({self.detail})" if self.detail else ""
        made = f" of {self.made_of}" if self.made_of else ""
        return f"{field} as {self.by} chose{detail}{made}{' again' * self.again}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a rule made of a field: which of a few values, the values before it tell."""

    by: str

    def called(self, field: str) -> str:
        """The name of such a variable."""
        return f"{field} at {self.by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfMany:
    """One of the values that several rules gave the field; the set of packets says which."""

    where: str

    def called(self, field: str) -> str:
        """The name of such a variable."""
        return f"{field} set in {self.where}"


Origin = Source | Chosen | Told | OneOfMany


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A value that nobody told, of a field of `FIELDS` or what tracking makes of several.

    `number` tells apart those that are the same but for what they may be. `name` says all of it:
    the same name is the same variable.
    """

    field: str = told(compare=False)
    origin: Origin = told(default=Source.PACKET, compare=False)
    number: int = told(default=1, compare=False)
    name: str = told(init=False)

    def __post_init__(self) -> None:
        again = f" ({self.number})" if self.number > 1 else ""
        object.__setattr__(self, "name", self.origin.called(self.field) + again)

    @property
    def chosen(self) -> bool:
        """Whether the kernel chose it; that it happens to be another's value counts for nothing."""
        return isinstance(self.origin, Chosen)

    @property
    def one_of_many(self) -> bool:
        """Whether it stands for the values which several rules gave a field."""
        return isinstance(self.origin, OneOfMany)


ARRIVING: Mapping[str, Variable] = {name: Variable(field=name) for name in FIELDS}
"""What each field holds of a packet of which nothing is told."""


class Variables(Mapping[str, VariableSet]):
    """What each variable of a walk may be, by its name: all that grows while packets walk.

    Variables that are not told to it are those that the packet came with.
    """

    __slots__ = ("_made", "_may_be")

    def __init__(
        self, domains: Mapping[str, VariableSet], made: Mapping[str, Variable] | None = None
    ) -> None:
        self._may_be = dict(domains)
        self._made = dict(made or {})

    def __getitem__(self, name: str) -> VariableSet:
        return self._may_be[name]

    def __contains__(self, name: object) -> bool:
        return name in self._may_be

    def __iter__(self) -> Iterator[str]:
        return iter(self._may_be)

    def __len__(self) -> int:
        return len(self._may_be)

    def __or__(self, other: Variables) -> Variables:
        """Those of both; where both have one, as the other has it."""
        return Variables(self._may_be | other._may_be, self._made | other._made)

    def variable(self, name: str) -> Variable:
        """The variable of that name."""
        return self._made.get(name) or ARRIVING.get(name) or Variable(field=name)

    def fresh(self, variable: Variable, domain: VariableSet) -> Variable:
        """The variable with that domain; another than one of that name with another domain."""
        free = variable
        while self._may_be.get(free.name, domain) != domain:
            free = replace(free, number=free.number + 1)
        self._may_be[free.name], self._made[free.name] = domain, free
        return free

    def limit(self, name: str, domain: VariableSet) -> None:
        """From here on a variable may be that alone."""
        self._may_be[name] = domain
