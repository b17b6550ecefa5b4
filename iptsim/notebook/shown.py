"""Values that show themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod

from iptsim.render.outputs.html import text_html


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
