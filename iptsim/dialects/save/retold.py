"""The table of texts that tell in words of their own what a save tells.

A block of such lines is read as the lines of iptables-save that say the same, each with the place
of what it was made of; so all that holds for a save holds for it. A new one is a file beside this
with its function, and an entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from iptsim.dialects.parts import Line
from iptsim.dialects.save.iptables_xml import save_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A block: what its first and its last line hold (they may be one), and how it reads.

    `lines` is given the block's lines and the name of their file; it raises `DumpError` for what
    is no such text. Nothing else than such a block may hold `begins`.
    """

    begins: str
    ends: str
    lines: Callable[[Sequence[Line], str], list[Line]]


RETOLD: Mapping[str, Retold] = {
    "iptables-xml": Retold(begins="<iptables-rules", ends="</iptables-rules>", lines=save_lines),
}
"""By the name of what prints it."""


class Blocks:
    """Gathers the lines of such blocks out of a text."""

    def __init__(self) -> None:
        self._form: Retold | None = None
        self._lines: list[Line] = []

    @property
    def busy(self) -> bool:
        """Whether a block has begun and not ended."""
        return self._form is not None

    def take(self, line: Line) -> bool:
        """Whether a line is of a block; it is kept."""
        if self._form is None:
            self._form = next((e for e in RETOLD.values() if e.begins in line.text), None)
        if self._form is not None:
            self._lines.append(line)
        return self._form is not None

    def made(self, file: str) -> list[Line]:
        """The save lines of the block that the last line ended; none where it goes on."""
        form, lines = self._form, self._lines
        if form is None or form.ends not in lines[-1].text:
            return []
        self._form, self._lines = None, []
        return form.lines(lines, file)
