"""The values of a manifest, each with its place, and what is said of a wrong one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import DumpError, Place


class Shape(StrEnum):
    """What a value is; the words stand in errors."""

    MAPPING = "a mapping"
    LIST = "a list"
    TEXT = "a text"
    NUMBER = "a bare number"
    FLAG = "a bare true or false"
    NULL = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text that values come from: its name, and its lines for the excerpts of errors."""

    file: str
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """A line, counted from 1; empty behind the last."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def error(
        self, message: str, line: int, column: int, *, code: str, expected: str = "",
        length: int = 1, **facts: Any,
    ) -> DumpError:  # fmt: skip
        """An error about this text; line and column from 1."""
        place = Place(file=self.file, line=line, column=column)
        text = self.line(line)
        return DumpError(
            message, place=place, text=text, length=length, expected=expected, code=code, **facts
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """A value of a manifest.

    `name` is the key that it stands behind (`ports[0]` in a list); `value` is a scalar's own, and
    `written` how it stands in the text. `entries` are a mapping's keys, which are
    texts, with their values.
    """

    shape: Shape
    source: Source
    line: int
    column: int
    length: int = 1
    name: str = ""
    value: str | int | float | bool | None = None
    written: str = ""
    entries: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(file=self.source.file, line=self.line, column=self.column)

    def find(self, *path: str) -> Node | None:
        """What stands below those keys; None where there is none, or an explicit nothing.

        `DumpError` where a value on the way is no mapping.
        """
        at = self
        for name in path:
            below = next((value for key, value in at.pairs() if key.written == name), None)
            if below is None or below.shape is Shape.NULL:
                return None
            at = below
        return at

    def key(self, name: str) -> Node | None:
        """The key of that name itself, for errors and answers that point at it."""
        return next((key for key, _value in self.pairs() if key.written == name), None)

    def need(self, *path: str) -> Node:
        """What stands below those keys; `DumpError` where there is none."""
        found = self.find(*path)
        if found is None:
            raise self.error(
                f"{'.'.join(path)} is missing", code=codes.KEY_MISSING, path=".".join(path)
            )
        return found

    def text(self) -> str:
        """Its text; `DumpError` for a number, a flag, a list."""
        self._be(Shape.TEXT, "a text; true, false and numbers stand in quotes")
        return str(self.value)

    def number(self) -> int:
        """Its whole number."""
        if self.shape is not Shape.NUMBER or not isinstance(self.value, int):
            raise self._wrong_type("a whole number")
        return self.value

    def flag(self) -> bool:
        """Whether it is true."""
        self._be(Shape.FLAG, "true or false")
        return self.value is True

    def each(self) -> tuple[Node, ...]:
        """The values of a list; none of an explicit nothing."""
        if self.shape is not Shape.NULL:
            self._be(Shape.LIST, "a list")
        return self.items

    def pairs(self) -> tuple[tuple[Node, Node], ...]:
        """The keys and values of a mapping; none of an explicit nothing."""
        if self.shape is not Shape.NULL:
            self._be(Shape.MAPPING, "a mapping")
        return self.entries

    def texts(self) -> dict[str, Node]:
        """A mapping from texts to texts, such as labels: the nodes of the values by key."""
        for _key, value in self.pairs():
            value.text()
        return {key.written: value for key, value in self.pairs()}

    def _be(self, shape: Shape, expected: str) -> None:
        if self.shape is not shape:
            raise self._wrong_type(expected)

    def _wrong_type(self, expected: str) -> DumpError:
        name, what = self.name or "this", self.shape.value
        return self.error(
            f"{name} is {what}", code=codes.WRONG_TYPE, expected=expected, name=name, what=what
        )

    def error(self, message: str, *, code: str, expected: str = "", **facts: str) -> DumpError:
        """An error that points here."""
        return self.source.error(
            message, self.line, self.column, code=code, expected=expected, length=self.length,
            **facts,
        )  # fmt: skip
