"""The table of wrappers, and which of them lie around a text, one about the other.

A wrapper is peeled by evidence over many lines: where it lies around lines, they are none of a
dump's, and within it they are. A peeled text is looked at again as if it had been given so. A new
wrapper is one entry here, and its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from iptsim.dialects.parts import Line
from iptsim.dialects.wrappers.argument_lists import find_arguments
from iptsim.dialects.wrappers.config_values import find_settings
from iptsim.dialects.wrappers.escapes import Escaped, find_escaped
from iptsim.dialects.wrappers.line_marks import (
    Peel,
    find_blanks,
    find_bold,
    find_box,
    find_bullets,
    find_cells,
    find_ends,
    find_entities,
    find_numbers,
    find_quote,
    find_tags,
)
from iptsim.dialects.wrappers.one_line import find_one_line
from iptsim.dialects.wrappers.programs import find_programs
from iptsim.dialects.wrappers.records import find_records
from iptsim.dialects.wrappers.shared import find_shared
from iptsim.dialects.wrappers.stamps import behind_stamps

Find = Callable[[Sequence[Line]], Peel | None]

WRAPPERS: Mapping[str, Find] = {
    "blanks": find_blanks,
    "entities": find_entities,
    "settings": find_settings,
    "programs": find_programs,
    "arguments": find_arguments,
    "one line": find_one_line,
    "records": find_records,
    "escaped": find_escaped,
    "box": find_box,
    "quote": find_quote,
    "cells": find_cells,
    "numbers": find_numbers,
    "shared words": find_shared,
    "tags": find_tags,
    "bullets": find_bullets,
    "bold": find_bold,
    "ends": find_ends,
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
        for peel in self.peels:
            lines = tuple(_unstamped(part) for each in lines for part in _parts(each, peel))
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
        peeled = [_unstamped(part) for line in lines for part in _parts(line, found[1])]
        if peeled == lines:
            break
        names.append(found[0])
        peels.append(found[1])
        lines = peeled
    return Layers(names=tuple(names), peels=tuple(peels))


def _outermost(lines: Sequence[Line]) -> tuple[str, Peel] | None:
    short = [line for line in lines if len(line.text) <= _LONGEST]
    for name, find in WRAPPERS.items():
        peel = find(lines if find is find_escaped else short)
        if peel is not None:
            return name, peel
    return None


def _parts(line: Line, peel: Peel) -> tuple[Line, ...]:
    if len(line.text) > _LONGEST and not isinstance(peel, Escaped):
        return (line,)
    found = peel(line)
    return (line,) if found is None else found


def _unstamped(line: Line) -> Line:
    return line.behind(behind_stamps(line.text))
