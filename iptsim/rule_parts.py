"""What an iptables rule is made of: header, matches with their options, target."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from iptsim.dataclass import dataclass, field
from iptsim.values import InterfacePattern, Network

UNREADABLE = "??"
"""The name of a match that stands for words of a rule that nobody can read (`--dport @PORT@`)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Packets and bytes, in `units`: a listing without -x rounds 118,000 to 118K, of thousands."""

    packets: int
    bytes: int
    units: tuple[int, int] = field(default=(1, 1), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a match or target: its canonical name, its `!`, and its typed value.

    An option that takes no value has `True`. Two rules are the same when their options are,
    whatever text they were read from.
    """

    name: str
    value: Hashable = True
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One `-m name` with its options in the order in which iptables-save prints them.

    `raw` holds the words of a match that no extension file knows: as in a save file after
    `-m name`, or, with name '?', the text of a listing. With name '??' (`UNREADABLE`) it holds
    words that ask something and that iptables would not take as they stand.
    """

    name: str
    options: tuple[Option, ...] = ()
    raw: tuple[str, ...] = ()

    def option(self, name: str) -> Option | None:
        """The first option of that canonical name."""
        return next((option for option in self.options if option.name == name), None)

    def value(self, name: str, kind: type[T]) -> T | None:
        """The value of an option as `kind`, None where the option is absent."""
        option = self.option(name)
        if option is None:
            return None
        if not isinstance(option.value, kind):
            raise TypeError(f"{self.name} {name} holds {option.value!r}, not a {kind.__name__}")
        return option.value

    def has(self, name: str) -> bool:
        """Whether an option of that canonical name is there."""
        return self.option(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Match):
    """`-j name` (or `-g name`, with `goto`) with its options: a verdict, a chain, an extension."""

    goto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What every rule may ask without an extension (iptables(8), PARAMETERS); None: anything.

    `fragment` is True for -f, False for ! -f. A set of names in `not_` says which are negated:
    `src dst in out proto`. `proto` 0 is never stored: it means all.
    """

    src: Network | None = None
    dst: Network | None = None
    in_: InterfacePattern | None = None
    out: InterfacePattern | None = None
    proto: int | None = None
    fragment: bool | None = None
    not_: frozenset[str] = frozenset()


ANY_HEADER = Header()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why a text does not tell what stands at a rule's place: whatever it is, it may do anything.

    `why` is «elided» (the writer left rules out and says so: `...`), «gap» (the printed numbers
    leave some out), «cut» (the text ends within the rule), «torn» (a row that cannot be read) or
    «missing» (references that no rule of the text makes). `text` is what the dump has there;
    `count` how many rules it stands for, None where nothing tells.
    """

    why: str
    text: str = ""
    count: int | None = None
