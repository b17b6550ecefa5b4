"""Rules that lost their ends: the text was cut at a column, or a row of a save breaks off.

It is looked for only where the text cannot be read otherwise, so that a text of which every row
reads stays as it is. What is cut is marked so, and what stands before the break is all that is
known of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from iptsim.dataclass import replace
from iptsim.dialects.listing.chain_headers import TITLE
from iptsim.dialects.listing.rows import has_unknown_text
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.rule.words import Source
from iptsim.dialects.signs.shapes import is_save_line
from iptsim.errors import DumpError, Place
from iptsim.regex import regex

if TYPE_CHECKING:
    from iptsim.dialects.rule.plans import Reader

_RULE = regex(r"\s*(?:\[\d+:\d+\]\s+)?(?:-[AI]|--(?:append|insert))\s+[^\s\"-]\S*\s")
_BARE_MATCH = regex(r"\s-m\s+\S+\s*$")
_NO_VALUE = "has no value"
_PADDED = f"{'destination':20}"
_FEWEST = 2
"""So many lines end at the column at which a text was cut."""


def narrowed(sections: Sequence[Section]) -> list[Section] | None:
    """The sections with the rows marked that lost their ends; None where none did.

    The sections are those of one text: where one row shows at which column the text was cut, the
    others of that length may lack their ends too, even those that read.
    """
    rows = [row for section in sections for row in _rows(section)]
    width = _width(sections)
    edge = width if any(_at(line, width) and fails for _, line, fails in rows) else 0
    broken = {id(line) for _, line, fails in rows if fails in (_OPEN, _TAIL)}
    made = [replace(s, lines=tuple(_marked(s, edge, broken))) for s in sections]
    return made if made != list(sections) else None


def at_the_edge(lines: Sequence[Line]) -> frozenset[int]:
    """The numbers of the lines that end where a listing was cut, as far as its titles show that.

    The last column's title is padded as addresses are (iptables.c, print_header): where less than
    that is left, and no line is longer, the rows that end there may have lost what they ask for.
    """
    titles = {line.full or line.text for line in lines if TITLE.match(line.text)}
    if len({len(title) for title in titles}) != 1 or any(t.endswith(_PADDED) for t in titles):
        return frozenset()
    longest = _longest(lines)
    shown = {line.full or line.text for line in longest}
    blank = any(text[-1] == " " for text in shown)
    return frozenset(line.number for line in longest) if blank and shown & titles else frozenset()


def ends_lost(lines: Sequence[Line], tables: Sequence[ReadTable]) -> frozenset[int]:
    """The numbers of the longest rows of a listing where one of them has text nobody can read.

    The text may have been cut there (`cut -c1-80`): rows that read may have lost their ends, too.
    """
    numbers = {line.number for line in _longest(lines)}
    rules = (rule for table in tables for chain in table.chains for rule in chain.rules)
    told = {r.place.line: r for r in rules if r.unread is None and r.place is not None}
    unknown = {number: has_unknown_text(told[number]) for number in numbers & told.keys()}
    return frozenset(n for n in unknown if not unknown[n]) if any(unknown.values()) else frozenset()


def ends_oddly(section: Section, tables: Sequence[ReadTable]) -> bool:
    """Whether a look is worth while whether a text ends within the last row of a listing."""
    line = next((line for line in reversed(section.lines) if line.text.strip()), None)
    if line is None or not section.last or TITLE.match(line.text) is not None:
        return False
    last = tables[-1].chains[-1] if tables and tables[-1].chains else None
    rule = last.rules[-1] if last is not None and last.rules else None
    if rule is None or rule.unread is not None or rule.place is None:
        return True
    titles = (len(each.text) for each in section.lines if TITLE.match(each.text))
    if rule.place.line != line.number or len(line.text) < max(titles, default=0):
        return True
    return has_unknown_text(rule) or "limit:" in line.text or "reject-with" in line.text


def _longest(lines: Sequence[Line]) -> list[Line]:
    width = max(map(_length, lines), default=0)
    return [line for line in lines if _at(line, width)]


def shows_cut(sections: Sequence[Section]) -> bool:
    """Whether a text shows that it was cut though it can be read.

    Its last row breaks off, or one that ends in the bare name of a match, at its greatest length.
    """
    lines = [line for section in sections if section.form == "save" for line in section.lines]
    width = max(map(_length, lines), default=0)
    longest = [line for line in lines if _may_be_cut(line) and _length(line) == width]
    if len(longest) < _FEWEST:
        return False
    bare = any(_is_row(line) and _BARE_MATCH.search(line.text) for line in longest)
    return bare or any(_at(line, width) and _fault(line, s) for s, line in _last(sections))


_OPEN, _TAIL, _OTHER = "open", "tail", "other"


def _last(sections: Sequence[Section]) -> Iterator[tuple[Section, Line]]:
    for section in sections:
        last = next((line for line in reversed(section.lines) if line.text.strip()), None)
        if section.form == "save" and last is not None and _is_row(last):
            yield section, last


def _rows(section: Section) -> Iterator[tuple[Section, Line, str]]:
    """The rules of a save, each with what is wrong with it (nothing: "")."""
    if section.form != "save":
        return
    from iptsim.dialects.rule.plans import Reader  # noqa: PLC0415  # a listing has none

    reader = Reader(section.file, section.family or 4)
    for line, following in zip_longest(section.lines, section.lines[1:]):
        if _is_row(line):
            ends = following is None or _begins(following)
            yield section, line, _fault(line, section, reader) if ends else ""


def _begins(line: Line) -> bool:
    return not line.text.strip() or is_save_line(line.text)


def _is_row(line: Line) -> bool:
    return _RULE.match(line.text) is not None or re.match(r"\s*-A\s", line.text) is not None


def _fault(line: Line, section: Section, reader: Reader | None = None) -> str:
    """How a row that stands alone cannot be read: its quote is open, a value lacks, or else."""
    from iptsim.dialects.signs.statements import quote_open  # noqa: PLC0415  # of a row that ends oddly

    if _BARE_MATCH.search(line.text):
        return _OTHER
    if quote_open([line]):
        return _OPEN if _RULE.match(line.text) else _OTHER
    if reader is None:
        from iptsim.dialects.rule.plans import Reader  # noqa: PLC0415  # a listing has none

        reader = Reader(section.file, section.family or 4)
    if reader.quick(line.text, Place(file=section.file, line=line.number)) is not None:
        return ""
    try:
        reader.read(Source(file=section.file, lines=(line,), text=line.text))
    except DumpError as wrong:
        tail = wrong.message.endswith(_NO_VALUE) and _RULE.match(line.text)
        return _TAIL if tail else _OTHER
    return ""


def _width(sections: Sequence[Section]) -> int:
    """The length of the longest lines of the text, 0 where there is but one, or one is broken."""
    lines = [line for section in sections if section.form == "save" for line in section.lines]
    width = max(map(_length, lines), default=0)
    if sum(_at(line, width) for line in lines if _may_be_cut(line)) < _FEWEST:
        return 0
    pairs = (pair for s in sections for pair in zip(s.lines, s.lines[1:], strict=False))
    return 0 if any(_at(one, width) and not _begins(two) for one, two in pairs) else width


def _may_be_cut(line: Line) -> bool:
    """A chain's declaration that reads has its end."""
    return not line.text.lstrip().startswith(":")


def _length(line: Line) -> int:
    return len(line.shown)


def _at(line: Line, width: int) -> bool:
    return width > 0 and _length(line) == width


def _marked(section: Section, edge: int, broken: set[int]) -> Iterator[Line]:
    """The lines of a section, of which those that lost their ends are marked as cut.

    A rule whose chain may be cut has no place: without the name it is an error.
    """
    trimmed = not any(line.text[-1:].isspace() for line in section.lines)
    for line in section.lines:
        cut = _at(line, edge) or (trimmed and _at(line, edge - 1) and not _acts(line))
        if section.form != "save" or not (cut or id(line) in broken):
            yield line
        elif _RULE.match(line.text):
            yield replace(line, text=_unquoted(line.text), cut=True)
        elif _is_row(line):
            yield replace(line, text=line.text[: line.text.index("-A") + 2])
        else:
            yield line


def _acts(line: Line) -> bool:
    """Whether a row, less a blank that stood at its end, says all the same what it does."""
    words = line.text.split()
    return len(words) > 1 and (words[-2] in ("-j", "-g") or bool({"-j", "-g"} & set(words[-8:-1])))


def _unquoted(text: str) -> str:
    """The text up to a quote that it leaves open."""
    opened, at = -1, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            opened = -1 if opened >= 0 else at
        at += 1
    return text if opened < 0 else text[:opened]
