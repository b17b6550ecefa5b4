"""A listing's text that says several options at once, or one in words of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from iptsim.dataclass import dataclass
from iptsim.extensions.wordings.wording import literals
from iptsim.model import Option


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A pattern, in which a blank stands for any run of blanks, and what its groups say.

    `says` gets the match and the family; a `ValueError` means that the text is something else.
    """

    pattern: str
    says: Callable[[re.Match[str], int], Iterable[Option]]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = self.pattern.replace(" ", r"\s+")
        return re.compile(rf"\s*(?<!\S){words}(?!\S)", re.DOTALL)

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """See `Wording.starts`."""
        return literals(self.pattern)

    def read(self, text: str, start: int, family: int) -> Iterator[tuple[tuple[Option, ...], int]]:
        """See `Wording.read`."""
        found = self._pattern.match(text, start)
        if found is None:
            return
        try:
            yield tuple(self.says(found, family)), found.end()
        except ValueError:
            return
