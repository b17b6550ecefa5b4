"""What `more` and `less` leave in a terminal's text: `--More--`, `:`, `lines 1-30/90`, `(END)`.

Sources: more(1), less(1) (`-P`). A pager that goes on leaves out nothing; one that was left where
it stood has not shown the rest.
"""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.dialects.listing.chain_headers import is_header, is_title
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.shapes import ROW_LIKE, is_save_line
from iptsim.regex import regex

_PAGER = regex(
    r"\s*(?:--More--(?:\s*\(\S+\))?|:|\(END\)|lines \d+-\d+(?:/\d+)?(?: \(END\)| \d+%)?)\s*"
)
_REST = "..."
"""Says that lines are left out."""


class Pager:
    """The last mark of a pager, while nothing tells whether it went on."""

    def __init__(self) -> None:
        self._line: Line | None = None

    def takes(self, line: Line) -> bool:
        """Whether a line is a pager's own."""
        if len(line.text) > 80 or _PAGER.fullmatch(line.text) is None:
            return False
        self._line = None if "(END)" in line.text else line
        return True

    def left(self, following: Line | None) -> Line | None:
        """What says that the rest is not shown, where it does not go on in the next line."""
        line = self._line
        if line is None or (following is not None and not following.text.strip()):
            return None
        self._line = None
        if following is not None and _goes_on(following.text):
            return None
        return replace(line, text=_REST)


def _goes_on(text: str) -> bool:
    shown = is_header(text) or is_title(text) or ROW_LIKE.match(text) is not None
    return shown or is_save_line(text)
