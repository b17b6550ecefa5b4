"""One root exception; errors about a dump carry the file, the line and the span they speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a dump: file name, line and column, both counted from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class IptsimError(Exception):
    """The root of everything that iptsim raises on purpose.

    `code` is stable (`IPT0101`); the catalogue in `iptsim.explain` holds its sentence in each
    language, filled from `facts`. `str(error)` is the English sentence.
    """

    def __init__(self, message: str, *, code: str = codes.FAILED, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.facts = facts


class NoDumpError(IptsimError):
    """The text holds nothing that iptables, ip6tables or their -save print or take."""


class UsageError(IptsimError):
    """The question itself is wrong: an impossible packet, an unknown fate, a missing file."""


def wrong(option: str, code: str, message: str) -> UsageError:
    """A `UsageError` whose sentence begins with the option at fault."""
    return UsageError(f"{option}: {message}", code=code, option=option, why=message)


def misspelt(option: str, text: str, names: Iterable[str]) -> UsageError | None:
    """The error that a text is where it is like one of the names, which it tells; else None."""
    from difflib import get_close_matches  # noqa: PLC0415  # for an error alone

    known = {name.lower(): name for name in names}
    word = text.lower()
    turned = [each for each in known if sorted(each) == sorted(word)]
    found = turned or get_close_matches(word, known, n=1, cutoff=0.75)
    if not found or text.isdigit():
        return None
    likely = known[found[0]]
    message = f"{option}: {text!r} is unknown; did you mean {likely}?"
    return UsageError(message, code=codes.DID_YOU_MEAN, option=option, text=text, likely=likely)


class TimeUp(BaseException):  # no error: what was asked may be right
    """The time for an answer is over; the text says what to tell.

    It comes out of any line of the program, so nothing that catches errors may take it for one of
    its own: only who can answer in part, and the program, catch it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LoweringError(IptsimError):
    """A rule cannot be given a meaning (a value that no kernel would take)."""


class DumpError(IptsimError):
    """The text of a dump is wrong at a place.

    `text` is the line as it stands in the file, `length` the number of characters from
    `place.column` that are at fault, `expected` says what would have been right.
    """

    def __init__(
        self,
        message: str,
        *,
        place: Place,
        text: str = "",
        length: int = 1,
        expected: str = "",
        code: str = codes.WRONG_IN_DUMP,
        **facts: Any,
    ) -> None:
        super().__init__(message, code=code, place=place, expected=expected, **facts)
        self.place = place
        self.text = text
        self.length = max(1, length)
        self.expected = expected
