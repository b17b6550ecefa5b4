"""Values that show themselves."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from iptsim.render.outputs.html import text_html
from iptsim.render.shared.hunk_lines import Sources
from iptsim.render.shared.terminal import Style, style_for

if TYPE_CHECKING:
    from iptsim.notebook import Rules


class Shown(ABC):
    """A value that shows itself: as the program's text, and to Jupyter as HTML."""

    __slots__ = ()

    @abstractmethod
    def __str__(self) -> str: ...

    def __repr__(self) -> str:
        return str(self)


class Text(str):
    """A text whose lines are its form; it is shown as it is, not in quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_html_(self) -> str:
        return text_html(self)


def style_of(rules: Rules, sources: Sources | None = None) -> Style:
    """The style of answers about these rules: 100 columns wide, without colour."""
    files = tuple(rules.sources if sources is None else sources)
    return style_for(io.StringIO(), rules.lang, files=files, environ={})
