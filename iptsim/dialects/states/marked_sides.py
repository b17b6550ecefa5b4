"""Two dumps in one text without the headers of a patch: signs before lines, or a merge's conflict.

People paste `+` and `-` lines alone, and Python's ndiff, terraform and git print no headers either.
Sources: Python's difflib.ndiff, git-merge(1), «How conflicts are presented».
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.two_sides import marking
from iptsim.regex import regex

_LEAD = regex(r"[>|│┃ \t]*")
_CONFLICT = {"<<<<<<<": "-", "|||||||": "?", "=======": "+", ">>>>>>>": " "}
_OWN = regex(r"-[A-Z] ")

Sides = tuple[tuple[Line, ...], tuple[Line, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """A line, and the dump that it is of: `-` before, `+` after, blank both, `?` neither."""

    sign: str
    line: Line


def marked_sides(lines: Sequence[Line]) -> Sides | None:
    """The lines of the dump before, and of the one after; None where nothing marks two dumps."""
    found = _conflict(lines) or _by_signs(lines)
    if not found:
        return None
    before = tuple(each.line for each in found if each.sign in " -")
    return before, tuple(each.line for each in found if each.sign in " +")


def _conflict(lines: Sequence[Line]) -> list[_Signed]:
    """A merge that git left to be settled by hand: ours, and theirs."""
    told: list[_Signed] = []
    sign, marks = " ", set[str]()
    for line in lines:
        mark = _CONFLICT.get(line.text[:7])
        if mark is not None and (sign != " " or line.text.startswith("<<<<<<< ")):
            sign = mark
            marks.add(mark)
        else:
            told.append(_Signed(sign=sign, line=line))
    return told if marks >= {"-", "+", " "} else []


def _by_signs(lines: Sequence[Line]) -> list[_Signed]:
    bare = [line.behind(_lead(line.text)) for line in lines]
    form = marking([line.text for line in bare])
    return [] if form is None else [_signed(line, wide=form.wide) for line in bare]


def _lead(text: str) -> int:
    """Where a quote's or a box's marks end, the blanks behind them aside."""
    found = _LEAD.match(text)
    return len(found[0].rstrip(" \t")) if found is not None else 0


def _signed(line: Line, *, wide: bool) -> _Signed:
    """A line without its sign; one that lost the blank in the place of a sign is whole."""
    bare = line.text.lstrip()
    start = len(line.text) - len(bare)
    if wide and bare.startswith("? "):
        return _Signed(sign="?", line=line)
    if bare[:1] in ("+", "-") and not _OWN.match(bare) and (not wide or bare[1:2] in ("", " ")):
        return _Signed(sign=bare[0], line=line.behind(start + 1 + (wide and bare[1:2] == " ")))
    return _Signed(sign=" ", line=line.behind(min(start, 1 + wide)))
