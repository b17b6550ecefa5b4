"""What is said of a field that no packet can have."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.errors import UsageError


def wrong(option: str, code: str, message: str) -> UsageError:
    """A `UsageError` whose sentence begins with the option at fault."""
    return UsageError(f"{option}: {message}", code=code, option=option, why=message)


def option_of(key: str) -> str:
    """The option that a key of a JSON packet stands for: `icmp_type` is `--icmp-type`."""
    return "--" + key.replace("_", "-")


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
