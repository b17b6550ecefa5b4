"""Hunks of a patch of two listings of nft, put into the blocks that they are cut out of.

A hunk begins and ends where it likes: within a chain, a set, between two. Which table and chain
that is tells a head among its lines, the end of its header (`@@ … @@ chain in {`: git, diff -F), or
the hunk before, where too few lines are left out between them for another head. Else it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.nft.outside import is_printed
from iptsim.dialects.nft.swallowed import UNNAMED
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_TABLE = regex(r"table[ \t]+(?P<name>\S+[ \t]+\S+)[ \t]*\{")
_MEMBER = regex(r"(?P<head>(?:chain|set|map|flowtable|counter|quota|limit)[ \t]+\S+)[ \t]*\{")
_OTHERS = regex(r"-[APNID] |[*:][A-Za-z]|COMMIT|Chain \S+ \(")
_OF_SET = regex(
    r"(?:type|typeof|flags|size|timeout|gc-interval|auto-merge|elements)\b(?!.*\bhook )"
)
_OF_ELEMENTS = regex(r"elements[ \t]*=[ \t]*\{")
_BASE = regex(r"type[ \t]+\S+[ \t]+hook[ \t]")
_FEWEST = 3
"""Lines between two rules of different chains: a brace, the head, and a hook or a blank line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Lines that are left out above `line`, a hunk's header; `hidden` is their number, if known."""

    line: Line
    hidden: int | None


class Frames:
    """Puts the lines of one dump into blocks, hunk by hunk."""

    def __init__(self, names: Sequence[str]) -> None:
        self._only = names[0] if len(names) == 1 else f"inet {UNNAMED}"
        self.table: str | None = None
        self.member: str | None = None

    def hunk(self, hole: Hole | None, lines: Sequence[Line], number: int) -> Iterator[Line]:
        """The lines of a hunk, with the heads and braces that stand outside of it.

        `number` counts the hunks of the patch.
        """
        at = replace(lines[0], number=lines[0].number - 1) if hole is None else hole.line
        yield from (_made(at, text) for text in self._begun(hole, lines, number))
        for line in lines:
            self._follow(line.text)
            yield line
        yield from (_made(at, text) for text in self._ended())

    def _begun(self, hole: Hole | None, lines: Sequence[Line], number: int) -> Iterator[str]:
        """The heads above a hunk's first line; what was open before is remembered."""
        table, member = self.table, self.member
        self.table = self.member = None
        depth = _depth(lines)
        told = "" if hole is None else hole.line.text.rpartition("@@")[2].strip()
        if depth:
            named = _TABLE.match(told)
            self.table = named["name"] if named is not None else table or self._only
            yield f"table {self.table} {{"
        if depth > 1:
            near = hole is not None and hole.hidden is not None and hole.hidden < _FEWEST
            self.member = _member(told) or (member if near else None) or _unknown(lines, number)
            yield f"{self.member} {{"
            yield "..."

    def _follow(self, text: str) -> None:
        named, inner = _TABLE.match(text), _MEMBER.match(text.strip())
        if named is not None:
            self.table, self.member = named["name"], None
        elif inner is not None and self.member is None:
            self.member = inner["head"]
        elif text.strip() == "}":
            if self.member is None:
                self.table = None
            self.member = None

    def _ended(self) -> Iterator[str]:
        yield from ("...", "}") if self.member is not None else ()
        yield from ("}",) if self.table is not None else ()


def _made(at: Line, text: str) -> Line:
    return Line(number=at.number, text=text, full=at.full)


def _member(told: str) -> str | None:
    found = _MEMBER.match(told)
    return None if found is None else found["head"]


def _unknown(lines: Sequence[Line], number: int) -> str:
    texts = (line.text.strip() for line in lines)
    kind = "set" if _OF_SET.match(next(texts, "")) else "chain"
    return f"{kind} {UNNAMED * number}"


def _depth(lines: Sequence[Line]) -> int:
    """In how many blocks the first line stands."""
    for line in lines:
        text = line.text.strip()
        if _TABLE.match(line.text):
            return 0
        if _MEMBER.match(text):
            return 1
        if text == "}":
            return 1 if line.text.startswith("}") else 2
    return 2 if any(line.text.strip() for line in lines) else 0


def is_native(lines: Iterable[Line]) -> bool:
    """Whether lines are of a listing of nft, and of nothing else."""
    found = False
    for line in lines:
        text = line.text.strip()
        if _OTHERS.match(text):
            return False
        found = (
            found
            or _BASE.match(text) is not None
            or is_printed(line.text)
            or bool(_OF_ELEMENTS.match(text))
        )
    return found


def tables_of(lines: Iterable[Line]) -> list[str]:
    """The tables whose heads are among the lines."""
    found = (_TABLE.match(line.text) for line in lines)
    return list(dict.fromkeys(each["name"] for each in found if each is not None))
