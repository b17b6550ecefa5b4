"""Two dumps side by side, as `diff -y` and `sdiff` print them.

They cut what does not fit half a line, so a rule may be a part of itself there and look whole; no
reader can be sure of it. Source: diff(1), «Side by Side».
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dialects.parts import Line
from iptsim.errors import DumpError, Place
from iptsim.regex import regex

_STATEMENT = r"(?:-[APN] [^\s-]|COMMIT\b|:\S+ \S+ \[\d|\*(?:filter|nat|mangle|raw)\b|Chain \S+ \()"
_LEFT = regex(_STATEMENT)
# Blanks, or a sign and a blank, part the halves.
_RIGHT = regex(rf"(?<=  |[|<>/\\] |[^\n]\t){_STATEMENT}")
_SIGNS = " \t|<>/\\"
_ENOUGH, _MOST = 2, 64
_CODE = codes.TWO_COLUMNS


class Columns:
    """Looks for lines that are two: the same twice, or two with a sign between them."""

    def __init__(self) -> None:
        self._found = self._looked = 0
        self._line: Line | None = None

    def feed(self, text: str, number: int) -> None:
        """Lines of a text, the first with this number."""
        place = 0
        while self._looked < _MOST and (found := _RIGHT.search(text, place)) is not None:
            start = text.rfind("\n", 0, found.start()) + 1
            end = text.find("\n", found.end())
            place = end if end >= 0 else len(text)
            self._looked += text[start : found.start()].strip() != ""
            if _is_two(text[start : found.start()], text[found.start() : place]):
                self._found += 1
                line = Line(number=number + text.count("\n", 0, start), text=text[start:place])
                self._line = self._line or line

    def refuse(self, file: str) -> None:
        """Raise `DumpError` where a text stands in two columns."""
        if self._line is None or self._found < _ENOUGH:
            return
        raise DumpError(
            "two dumps stand side by side here (`diff -y`), where rules may be cut off",
            place=Place(file=file, line=self._line.number, column=1),
            text=self._line.text,
            length=len(self._line.text.rstrip()),
            expected="the two dumps, each in a file, or what `diff -u` prints of them",
            code=_CODE,
        )


def _is_two(left: str, right: str) -> bool:
    bare = left.rstrip(_SIGNS).lstrip()
    if _LEFT.match(bare) is None or bare.count('"') % 2 or "/*" in bare:
        return False
    signed = left.rstrip(" \t") != left.rstrip(_SIGNS)
    return signed or bare.split() == right.split()
