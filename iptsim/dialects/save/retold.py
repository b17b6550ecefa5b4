"""The table of texts that tell in words of their own what a save tells.

A block of such lines is read as the lines of iptables-save that say the same, each with the place
of what it was made of; so all that holds for a save holds for it. A new one is a file beside this
with its function, and an entry here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.regex import regex


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A block: what its first and its last line hold (they may be one), and how it reads.

    `lines` is given the block's lines and the name of their file; it raises `DumpError` for what
    is no such text. Nothing else than such a block may hold `begins`.
    """

    begins: str
    ends: str
    lines: Callable[[Sequence[Line], str], list[Line]]


def _of_xml(lines: Sequence[Line], file: str) -> list[Line]:
    from iptsim.dialects.save.iptables_xml import save_lines  # noqa: PLC0415  # few texts are XML

    return save_lines(lines, file)


RETOLD: Mapping[str, Retold] = {
    "iptables-xml": Retold(begins="<iptables-rules", ends="</iptables-rules>", lines=_of_xml),
}
"""By the name of what prints it."""


# No function of ours is called for each line of a long text.
begun = regex("|".join(re.escape(each.begins) for each in RETOLD.values())).search
"""Whether a line begins a block."""


class Blocks:
    """Gathers the lines of such blocks out of a text; `busy` while one has begun and not ended."""

    def __init__(self) -> None:
        self.busy: Retold | None = None
        self._lines: list[Line] = []

    def take(self, line: Line, file: str) -> list[Line]:
        """The save lines of the block that this line ends; none where it goes on."""
        form = self.busy or next(each for each in RETOLD.values() if each.begins in line.text)
        self.busy = form
        self._lines.append(line)
        if form.ends not in line.text:
            return []
        lines, self._lines, self.busy = self._lines, [], None
        return form.lines(lines, file)
