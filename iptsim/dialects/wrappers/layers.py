"""The table of wrappers, and which of them lie around a text, one about the other.

A wrapper is peeled by evidence over many lines: where it lies around lines, they are none of a
dump's, and within it they are. A peeled text is looked at again as if it had been given so. A new
wrapper is one entry here, and its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.wrappers.line_marks import Peel
from iptsim.dialects.wrappers.log_prefixes import behind_stamps

Find = Callable[[Sequence[Line]], Peel | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """How a wrapper is found: by the function `find` of the module `file` of this room.

    It is loaded where lines have one of its `signs`, always where it has none. With `long` it may
    lie around lines that are too long for a dump's.
    """

    file: str
    find: str
    signs: tuple[str, ...] = ()
    long: bool = False

    def found(self, lines: Sequence[Line]) -> Peel | None:
        """What takes it off; None where it does not lie around lines of a dump."""
        find: Find = getattr(import_module(f"iptsim.dialects.wrappers.{self.file}"), self.find)
        return find(lines)


def _mark(find: str) -> Wrapper:
    return Wrapper(file="line_marks", find=find)


WRAPPERS: Mapping[str, Wrapper] = {
    "blanks": _mark("find_blanks"),
    "entities": _mark("find_entities"),
    "settings": Wrapper(file="config_values", find="find_settings", signs=("tables",)),
    "programs": Wrapper(file="programs", find="find_programs", signs=("tables",)),
    "arguments": Wrapper(file="argument_lists", find="find_arguments", signs=("tables",)),
    "one line": Wrapper(
        file="one_line",
        find="find_one_line",
        signs=("-A ", "-P ", "-N ", " [", "*", "COMMIT", "# "),
        long=True,
    ),
    "numbers": _mark("find_numbers"),
    "records": Wrapper(file="records", find="find_records", signs=('"',)),
    "escaped": Wrapper(file="escapes", find="find_escaped", signs=('"', "'", r"\n"), long=True),
    "dollars": _mark("find_dollars"),
    "box": _mark("find_box"),
    "quote": _mark("find_quote"),
    "pluses": _mark("find_pluses"),
    "hashes": _mark("find_hashes"),
    "cells": _mark("find_cells"),
    "shared words": Wrapper(file="shared_prefixes", find="find_shared"),
    "bullets": _mark("find_bullets"),
    "tags": _mark("find_tags"),
    "bold": _mark("find_bold"),
    "ends": _mark("find_ends"),
}
"""What may lie around lines, and how it is found; the outer ones are looked for first."""
_MOST = 8
_LONGEST = 8192
"""Longer lines are no lines of a dump, unless a log wrote many as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The wrappers of a text from the outside in, by their names."""

    names: tuple[str, ...] = ()
    peels: tuple[Peel, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.peels)

    def peeled(self, line: Line) -> tuple[Line, ...]:
        """The lines that a line is within its wrappers; one that has none of them is itself."""
        lines: tuple[Line, ...] = (_unstamped(line),)
        for named in zip(self.names, self.peels, strict=True):
            lines = tuple(_unstamped(part) for each in lines for part in _parts(each, *named))
        return lines


def layers(sample: Sequence[Line]) -> Layers:
    """The wrappers around the lines of a sample."""
    lines = [_unstamped(line) for line in sample if line.text.strip()]
    names: list[str] = []
    peels: list[Peel] = []
    while len(peels) < _MOST:
        found = _outermost(lines)
        if found is None:
            break
        peeled = [_unstamped(part) for line in lines for part in _parts(line, *found)]
        if peeled == lines:
            break
        names.append(found[0])
        peels.append(found[1])
        lines = peeled
    return Layers(names=tuple(names), peels=tuple(peels))


def _outermost(lines: Sequence[Line]) -> tuple[str, Peel] | None:
    short = [line for line in lines if len(line.text) <= _LONGEST]
    text = "\n".join(line.text for line in lines)
    for name, wrapper in WRAPPERS.items():
        if wrapper.signs and not any(sign in text for sign in wrapper.signs):
            continue
        peel = wrapper.found(lines if wrapper.long else short)
        if peel is not None:
            return name, peel
    return None


def _parts(line: Line, name: str, peel: Peel) -> tuple[Line, ...]:
    if len(line.text) > _LONGEST and not WRAPPERS[name].long:
        return (line,)
    found = peel(line)
    return (line,) if found is None else found


def _unstamped(line: Line) -> Line:
    return line.behind(behind_stamps(line.text))
