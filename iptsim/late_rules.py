"""Rules that stand in a text until somebody looks at one of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar, overload

from iptsim.dataclass import dataclass
from iptsim.values import InterfacePattern

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Operand:
    """What may differ in a line, as regular expressions: its words, and what is between them.

    Where it stands `apart` each word is a value of its own, an address or a port; else the whole is
    one. `unless` are words that it may not be.
    """

    apart: bool
    unless: frozenset[str]
    between: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Spelled:
    """Lines that do alike, as regular expressions: what is the same, and the operands between."""

    same: tuple[str, ...]
    operands: tuple[Operand, ...]


@dataclass(frozen=True, kw_only=True)
class Parted:
    """Rules of a chain, parted into what may differ between rules that do alike and the rest.

    Two that have the same `shape` differ in `values`: the single addresses and ports that they ask
    for or give, names of chains, comments. `addresses` and `ports` are those of them that may be
    such, `words` the words of all, and the numbers of the rules' lines; `led` are the targets of
    the rules that have one, which `leads` tells. `spelled` is what all of the shape look like.
    """

    shape: Hashable
    spelled: Spelled
    values: tuple[str, ...]
    addresses: tuple[str, ...]
    ports: tuple[str, ...]
    words: tuple[str, ...]
    led: tuple[str, ...]
    leads: tuple[bool, ...]


class LateRules(Sequence[T]):
    """The rules of a chain, read when somebody looks at one of them: equal to the tuple of them.

    What is asked of every rule of a host is told without reading them (`kinds`, `aims`).
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: tuple[T, ...] | None = None

    @property
    @abstractmethod
    def kinds(self) -> tuple[T, ...]:
        """Rules such that each of these differs from one of them in values and in chains alone.

        A value is an address, an interface, a port, a name of a set, a comment. Chains of one
        table have the same.
        """

    @property
    @abstractmethod
    def aims(self) -> Sequence[str]:
        """The name of the target of each rule that has one, in their order."""

    @abstractmethod
    def callers(self, name: str) -> frozenset[str]:
        """The chains of the text that has these rules of which a rule has the target `name`."""

    def some_callers(self, name: str) -> Collection[str]:
        """Some of `callers`, where these can be told in less time."""
        return self.callers(name)

    @property
    @abstractmethod
    def incoming(self) -> Iterable[InterfacePattern]:
        """The incoming interfaces that the rules ask for, in their order."""

    @property
    def bound(self) -> Iterable[InterfacePattern] | None:
        """All interfaces that the rules ask for by `-i` and `-o`; None where only reading tells."""
        return None

    @property
    def near_loopback(self) -> bool:
        """Whether the values that kinds do not tell may tell addresses of 127.0.0.0/8 apart.

        As the text shows: an address within it that a rule asks for or gives, or a block that may
        hold it and end where it does. True where only reading tells.
        """
        return True

    def same_text(self, other: object) -> bool:  # noqa: ARG002  # for who knows its text
        """Whether the text has the same words for these rules as for others, counters included."""
        return False

    @abstractmethod
    def facing(self, destinations: Collection[str]) -> list[int]:
        """The places of the rules, from 0, but of those that ask for one other destination.

        A destination is an IPv4 address as iptables prints it.
        """

    @abstractmethod
    def parted(self, places: Iterable[int] | None) -> Parted | None:
        """The rules at these places, or all; None where their text is not parted so."""

    def standing(self, places: Iterable[int] | None) -> tuple[str, Sequence[int]] | None:  # noqa: ARG002  # for who has a text
        """The text of what `parted` parts, less counters, and the numbers of its lines."""
        return None

    def led_in(self, text: str) -> Sequence[str]:  # noqa: ARG002  # for who has a text
        """The targets of the rules in a text that `standing` told."""
        return ()

    @abstractmethod
    def at(self, places: Iterable[int]) -> list[T]:
        """The rules that stand at these places, in order."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _read(self) -> tuple[T, ...]: ...

    @property
    def is_read(self) -> bool:
        """Whether somebody looked at them."""
        return self._made is not None

    @property
    def made(self) -> tuple[T, ...]:
        """The rules, each read."""
        if self._made is None:
            self._made = self._read()
        return self._made

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.made[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self.made)

    def __eq__(self, other: object) -> bool:
        rules = other.made if isinstance(other, LateRules) else other
        return self.made == rules

    def __hash__(self) -> int:
        return hash(self.made)

    def __repr__(self) -> str:
        return repr(self.made)
