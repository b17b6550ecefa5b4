"""Value types made of two functions, for the values that one extension alone has."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from iptsim.dataclass import dataclass
from iptsim.extensions.values.value_types import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A value of one word: `parse` reads it, `show` writes it; both are told the family.

    `heard` reads it in a listing where that differs from a save file. See `ValueType`.
    """

    parse: Callable[[str, int], Hashable]
    show: Callable[[Any, int], str]
    expected: str
    listing: str = r"\S+"
    heard: Callable[[str, int], Hashable] | None = None
    words: tuple[int, int] = (1, 1)

    def read(self, words: Sequence[str], family: int) -> Hashable:
        """See `ValueType`; a value that may be missing is then `True`."""
        return self.parse(words[0], family) if words else True

    def read_listing(self, text: str, family: int) -> Hashable:
        """See `ValueType`."""
        return (self.heard or self.parse)(text, family)

    def write(self, value: Hashable, family: int) -> str:
        """See `ValueType`."""
        return self.show(value, family)


def _as_it_is(text: str, _family: int) -> str:
    return text


def _plain(text: str, _family: int) -> str:
    return text if re.fullmatch(r"[^\s\"'\\]+", text) else quote(text)


WORD = Codec(parse=_as_it_is, show=_plain, expected="a name")
"""A name that iptables-save prints without quotes (printf %s, not xtables_save_string).

It quotes nothing then, not even blanks, so that its text cannot be loaded again; such a name is
quoted here.
"""
