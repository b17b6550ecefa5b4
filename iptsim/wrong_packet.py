"""What is said of a word that is none, and like one that was meant."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.errors import UsageError


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
