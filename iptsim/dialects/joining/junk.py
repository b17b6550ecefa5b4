"""Long texts whose lines begin as rules do and are none: told by their first lines.

To find the part at fault in a line takes many times the work of reading it. A dump has a few such
lines; a text in which most are such is none, and need not be read to its end to know that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.parts import ReadTable, Section
from iptsim.errors import DumpError, Place
from iptsim.model import UNREADABLE, Rule

LOOKED_AT = 2000
"""Lines that are read for it."""
_MANY = 3 * LOOKED_AT
_MOST_BROKEN = 20_000
_SHARE = 10


def is_read_whole(rule: Rule) -> bool:
    """Whether all of a rule could be read."""
    return rule.unread is None and all(match.name != UNREADABLE for match in rule.matches)


def unless_junk(
    sections: Sequence[Section], chains: Sequence[str | None], family: int | None
) -> None:
    """Raise `DumpError` where of a long text next to nothing, or far too little, can be read.

    Of the first lines less than a tenth are rules, or so many cannot be read that of all lines
    more than 20,000 would be such.
    """
    lines = sum(len(each.lines) for each in sections)
    if lines <= _MANY:
        return
    told: dict[int, bool] = {}
    try:
        for section, chain in _first(sections, chains):
            told |= _told(_tables(section, chain, family))
    except DumpError:
        return  # the whole is refused for that, or goes on behind the last of these lines
    whole = sum(told.values())
    broken = len(told) - whole
    if whole * _SHARE < broken or broken * lines > _MOST_BROKEN * LOOKED_AT:
        raise _junk(sections[0], lines, len(told), whole)


def _first(
    sections: Sequence[Section], chains: Sequence[str | None]
) -> Iterator[tuple[Section, str | None]]:
    """The sections that hold the first lines, the last of them cut there."""
    left = LOOKED_AT
    for section, chain in zip(sections, chains, strict=True):
        if left <= 0:
            return
        yield replace(section, lines=section.lines[:left], lenient=True), chain
        left -= len(section.lines)


def _tables(section: Section, chain: str | None, family: int | None) -> list[ReadTable]:
    from iptsim.dialects.forms import FORMS  # noqa: PLC0415  # it reads what this asks of

    return FORMS[section.form].read(section, chain, family)


def _told(tables: Sequence[ReadTable]) -> dict[int, bool]:
    """Of each line that was read as a rule, whether it could be read whole."""
    rules = [rule for table in tables for chain in table.chains for rule in chain.rules]
    return {rule.place.line: is_read_whole(rule) for rule in rules if rule.place is not None}


def _junk(section: Section, lines: int, rules: int, whole: int) -> DumpError:
    line = section.lines[0]
    return DumpError(
        f"{lines} lines of this text begin as those of a dump do; of the first {LOOKED_AT} {rules} "
        f"were read as rules, and {whole} of them could be read whole",
        place=Place(file=section.file, line=line.number, column=line.column(0)),
        text=line.full or line.text,
        length=len(line.text.strip()),
        expected="the part of the text that holds the dump, by itself",
        code=codes.NOT_RULES,
        lines=lines,
        looked_at=LOOKED_AT,
        rules=rules,
        whole=whole,
    )
