"""A patch of two dumps (`diff -u`, git, `diff -c`, `diff`): the dump before, and the one after.

Sources: diffutils, «Output Formats» (unified, context, normal). People paste patches: they write
notes between the lines, and their programs lose the blank of an empty line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.finding.noise import Cleaner, sample
from iptsim.dialects.parts import Line, ReadTable
from iptsim.dialects.signs.two_sides import may_be_marked
from iptsim.dialects.states.marked_sides import marked_sides
from iptsim.dialects.states.native_hunks import Frames, Hole, is_native, tables_of
from iptsim.dialects.states.patch_hunks import Hunk, hunks, may_be_patch
from iptsim.model import Chain, Rule

_WIDTH = 3
"""How many lines of context diff and git show, unless told otherwise."""
_LARGEST = 1 << 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Lines of the dump that the patch does not show; `hidden` is their number, None if unknown.

    `line` is that of the patch at which they are missing. `elsewhere`: another file begins here.
    """

    line: Line
    hidden: int | None = None
    elsewhere: bool = False


class Raw:
    """A text as it stands, kept from where a patch may begin in it."""

    def __init__(self) -> None:
        self._first = 0
        self._chunks: list[str] = []
        self._size = 0
        self._patch: Patch | None = None
        self._read = False

    def feed(self, chunk: str, first: int) -> None:
        """The next lines of the text, the first of which has that number."""
        if not self._chunks and not (may_be_patch(chunk) or may_be_marked(chunk)):
            return
        self._first = self._first or first
        self._size += len(chunk)
        self._chunks.append(chunk if self._size < _LARGEST else "")

    def patch(self) -> Patch | None:
        """The patch in the text; None where there is none, or more text than any patch has."""
        if not self._read and self._chunks and self._size < _LARGEST:
            self._patch = read_patch("".join(self._chunks), self._first)
        self._read = True
        return self._patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """The lines of both dumps, each with its place in the patch, and the gaps in them."""

    before: tuple[Line | Gap, ...]
    after: tuple[Line | Gap, ...]

    @property
    def changed(self) -> frozenset[int]:
        """The numbers of the lines that only one of the dumps has."""
        lines = [
            {e.number for e in side if isinstance(e, Line)} for side in (self.before, self.after)
        ]
        return frozenset(lines[0] ^ lines[1])

    def side(self, number: int) -> tuple[Line | Gap, ...]:
        """1: the dump before, 2: the one after."""
        return self.before if number == 1 else self.after


def read_patch(text: str, first: int = 1) -> Patch | None:
    """The dumps of a patch within a text whose first line has that number; None where is none."""
    raw = [line.removesuffix("\r") for line in text.split("\n")]
    lines = [Line(number=first + at, text=each, full=each) for at, each in enumerate(raw)]
    patch = _of_hunks(lines)
    if patch is None and (may_be_patch(text) or may_be_marked(text)):
        peeled = _peeled(text, lines)
        patch = _of_hunks(peeled) or _of_marks(lines) or _of_marks(peeled)
    return patch


def _peeled(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines without what a log, a host or a list of numbers puts before them."""
    cleaner = Cleaner(sample(text))
    return [
        replace(each, full=line.full)
        for line in lines
        for each in cleaner.lines(line.number, line.text)
    ]


def _of_hunks(lines: Sequence[Line]) -> Patch | None:
    found = list(hunks(lines))
    if not found:
        return None
    ends = _ends(found)
    sides = [tuple(_side(found, ends, after=after)) for after in (False, True)]
    if any(isinstance(piece, Gap) for side in sides for piece in side):
        shown = [each for hunk in found for each in (*hunk.before, *hunk.after)]
        if is_native(shown):
            names = tables_of(shown)
            sides = [tuple(_framed(side, names)) for side in sides]
    return Patch(before=sides[0], after=sides[1])


def _framed(side: Sequence[Line | Gap], names: Sequence[str]) -> Iterator[Line | Gap]:
    """The lines of a listing of nft in the blocks that its hunks are cut out of."""
    frames, hole, lines, number = Frames(names), None, list[Line](), 0
    for piece in (*side, None):
        if isinstance(piece, Line):
            lines.append(piece)
            continue
        yield from frames.hunk(hole, lines, number) if lines else ()
        if piece is not None:
            number, lines = number + 1, []
            hole = Hole(line=piece.line, hidden=piece.hidden)
            frames = Frames(names) if piece.elsewhere else frames
            yield piece


def _of_marks(lines: Sequence[Line]) -> Patch | None:
    sides = marked_sides(lines)
    return Patch(before=sides[0], after=sides[1]) if sides is not None else None


def _side(found: Sequence[Hunk], ends: Sequence[bool], *, after: bool) -> Iterator[Line | Gap]:
    above: Hunk | None = None
    for hunk in found:
        if above is not None and hunk.file != above.file:
            yield Gap(line=hunk.line, elsewhere=True)
            above = None
        yield from _between(above, hunk)
        yield from hunk.after if after else hunk.before
        last = hunk is found[-1] or found[hunk.number + 1].file != hunk.file
        if last and not ends[hunk.number]:
            yield Gap(line=hunk.end)
        above = hunk


def _between(above: Hunk | None, hunk: Hunk) -> Iterator[Gap]:
    """The lines that both dumps have in front of a hunk, where there are any."""
    hidden = hunk.first - (1 if above is None else above.beyond)
    shift = hunk.first_after - (1 if above is None else above.beyond_after)
    sure = hidden == shift and (above is None or above.exact)
    if hidden or not sure:
        yield Gap(line=hunk.line, hidden=hidden if sure and hidden > 0 else None)


def _ends(found: Sequence[Hunk]) -> list[bool]:
    """By hunk, whether the dumps end with it: so do those that show too little context below."""
    return [
        hunk.exact and (hunk.unended or (_regular(_of_file(found, hunk)) and hunk.below < _WIDTH))
        for hunk in found
    ]


def _of_file(found: Sequence[Hunk], hunk: Hunk) -> list[Hunk]:
    return [each for each in found if each.file == hunk.file]


def _regular(own: Sequence[Hunk]) -> bool:
    """Whether every edge of a hunk that the dump goes on behind has the usual context."""
    above = [hunk.above for hunk in own if hunk.first > 1]
    edges = [*above, *(hunk.below for hunk in own[:-1])]
    return bool(edges) and all(width == _WIDTH for width in edges)


def mirrored(
    shown: Sequence[ReadTable], own: Sequence[ReadTable], changed: Set[int]
) -> list[ReadTable]:
    """The chains that both dumps have, and of which only the other one shows rules.

    They hold what the patch leaves out, and no more. A chain whose declaration was added or taken
    out is in one dump only.
    """
    known = {(t.family, t.name, chain.name) for t in own for chain in t.chains}
    made = []
    for table in shown:
        chains = tuple(
            _emptied(chain)
            for chain in table.chains
            if (table.family, table.name, chain.name) not in known
            and not (chain.declared and chain.place and chain.place.line in changed)
        )
        if chains and table.loose:
            made.append(replace(table, chains=chains, notes=()))
    return made


def _emptied(chain: Chain) -> Chain:
    """The chain with the places alone that the text leaves open; two that meet are one."""
    rules: list[Rule] = []
    for rule in chain.rules:
        if rule.unread is not None and rule.unread.why == "elided":
            rules = [rule]
    return replace(chain, rules=tuple(rules))
