"""A wording whose options need a second look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Wording
from iptsim.model import Option

Options = tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Reworded:
    """A wording whose options say something else than they do in a save file."""

    wording: Wording
    change: Callable[[Options, int], Options]

    @property
    def starts(self) -> tuple[str, ...]:
        """See `Wording.starts`."""
        return self.wording.starts

    def read(self, text: str, start: int, family: int) -> Iterator[tuple[Options, int]]:
        """See `Wording.read`."""
        for options, end in self.wording.read(text, start, family):
            yield self.change(options, family), end
