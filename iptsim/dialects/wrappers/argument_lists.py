"""A program and the list of its arguments, as Docker's log tells them.

Source: moby, iptables.go, `"%s, %v"` of the path and the arguments.
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_CALL = regex(r"\s*(?:/\S*/)?ip6?tables(?:-(?:nft|legacy))?(?P<opens>, \[)[^\[\]]+(?P<ends>\])\s*")


class Arguments:
    """Puts blanks in the place of the signs around the arguments."""

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The call; None for any other line."""
        found = _CALL.fullmatch(line.text)
        if found is None:
            return None
        start, end = found.span("opens")
        text = line.text[:start] + "   " + line.text[end : found.start("ends")]
        return (replace(line, text=text),)


def find_arguments(lines: Sequence[Line]) -> Arguments | None:
    """Whether a line is such a call."""
    return Arguments() if any(_CALL.fullmatch(line.text) for line in lines) else None
