"""Kinds of values that are one word: bare and quoted strings, addresses, marks with a mask."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.extensions.values.value_types import ADDRESS, NUMBER, quote, read_number
from iptsim.values import Masked, format_address, parse_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What is read and written alike in a save file and in a listing; a string as it stands.

    Written bare, as iptables-save prints names that it does not quote, but quoted where a blank or
    a quote in it would make the text unreadable again.
    """

    words: tuple[int, int] = (1, 1)
    expected: str = "a name"
    listing: str = r"\S+"

    def read(self, words: Sequence[str], family: int) -> Hashable:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Hashable:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        return text

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        text = str(value)
        return quote(text) if not text or set(text) & set(" \t\n\"'\\") else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted(Word):
    r"""A string that listings quote as save files do: `"x \"y\""`, or bare when it is plain."""

    expected: str = "a string"
    listing: str = r'(?:"(?:[^"\\]|\\.)*"|[^\s"]+)'
    always: bool = False

    def read(self, words: Sequence[str], family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return words[0]

    def read_listing(self, text: str, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        text = quote(str(value))
        return f'"{text}"' if self.always and not text.startswith('"') else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Word):
    """One address of the rule's family; an integer."""

    expected: str = "an address, such as 10.0.0.1"
    listing: str = ADDRESS

    def read_listing(self, text: str, family: int) -> int:
        """See `ValueType`."""
        return parse_address(text, 32 if family == 4 else 128)[0]

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        assert isinstance(value, int)
        return format_address(value, 32 if family == 4 else 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol(Word):
    """A number of `bits` bits, or one of `names` in its stead, in any case; printed as `form`."""

    bits: int = 32
    form: str = "d"
    names: Mapping[str, int]
    expected: str = "a number or a known name"

    @property
    def _lower(self) -> dict[str, int]:
        return {name.lower(): number for name, number in self.names.items()}

    def read_listing(self, text: str, family: int) -> int:  # noqa: ARG002
        """See `ValueType`."""
        known = self._lower.get(text.lower())
        return read_number(text, self.bits) if known is None else known

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        return format(value, self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOrNumber(Word):
    """One word `name`, or a number of `bits` bits; the string or an integer."""

    name: str
    bits: int = 32
    expected: str = "a number or a known word"

    def read_listing(self, text: str, family: int) -> str | int:  # noqa: ARG002
        """See `ValueType`."""
        return text if text == self.name else read_number(text, self.bits)


MASKED = f"{NUMBER}/{NUMBER}"


def masked(text: str, bits: int = 32) -> Masked:
    """`value/mask` as a `Masked`."""
    value, _, mask = text.partition("/")
    return Masked(value=read_number(value, bits), mask=read_number(mask, bits))
