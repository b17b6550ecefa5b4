"""One row of a listing to a Rule.

`grammars/row.lark` is the one place that knows a row's columns. Its terminals also make one
regular expression for each kind of title; a row is cut by that, and only a row whose shape (which
columns are blank) was not met before goes through the parser too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, cached_property

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.listing.cells import CellError, counters, header
from iptsim.dialects.listing.tail import Asked, TailReader
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED, Source, refuse_huge
from iptsim.dialects.tokens import UnexpectedError, terminals, tokens
from iptsim.errors import DumpError, Place
from iptsim.model import UNREADABLE, Match, Rule, Unread
from iptsim.regex import regex

KINDS = ("numbered_verbose", "verbose", "numbered", "plain")
"""The kinds of titles, in the order in which a row without a title is tried."""
_VIA = ("verbose", "uncounted")
_HIDDEN = frozenset({"interfaces", "counters"})
_UNCOUNTED = frozenset({"counters"})
_WHAT = (("TARGET", "PROT", "OPT"), ("PROT", "OPT"), ("TARGET", "PROT_ALONE"), ("PROT_ALONE",))
_GOTO = regex(r"\[goto\]\s*")
_COLUMNS = {
    "target": "TARGET",
    "src": "SOURCE",
    "dst": "DESTINATION",
    "in": "IN",
    "out": "OUT",
    "prot": "PROT",
}
_NUMERIC = regex(r"\s!?(?:0\.0\.0\.0/0|::/0)(?=\s)")

Cut = Mapping[str, tuple[str, int]]


def kind(*, num: bool, counters: bool, via: bool) -> str:
    """The name of a title's kind, from its columns."""
    shown = "verbose" if counters else "uncounted" if via else ""
    return "_".join(filter(None, ("numbered" if num else "", shown))) or "plain"


def is_numeric(text: str) -> bool:
    """Whether a row was printed with -n, so that host names are no addresses of it."""
    return _NUMERIC.search(text) is not None


def has_unknown_text(rule: Rule) -> bool:
    """Whether some text of the row that the rule was read from is known to no extension."""
    parts = (*rule.matches, *((rule.target,) if rule.target else ()))
    return any("?" in (part.name, *part.raw[:1]) for part in parts)


class RowReader:
    """Reads the rows of one table; `plain` leaves out every short cut (for comparison)."""

    def __init__(
        self, file: str, family: int, chains: frozenset[str], *, numeric: bool, plain: bool = False
    ) -> None:
        self.file = file
        self.family = family
        self._chains = chains
        self._numeric = numeric
        self._plain = plain
        self._tails = TailReader(family, chains, plain=plain)
        self._shapes: set[tuple[str, ...]] = set()

    @cached_property
    def other_family(self) -> RowReader:
        """A reader of the same chains' rows in the other family."""
        return RowReader(
            self.file, 10 - self.family, self._chains, numeric=self._numeric, plain=self._plain
        )

    def read(self, line: Line, row_kind: str) -> Rule:
        """The rule in a row; `DumpError` with its place when it is none."""
        refuse_huge(Source(file=self.file, lines=(line,), text=line.text))
        cut = self._parsed(line, row_kind) if self._plain else self._cut(line, row_kind)
        try:
            return self._rule(line, cut, row_kind)
        except CellError as error:
            raise self._wrong(line, error, *_cell(cut, error.column)) from None

    def _wrong(self, line: Line, error: CellError, word: str, start: int) -> DumpError:
        return self._error(str(error), line, start, len(word), error.expected, codes.WRONG_CELL)

    def spoiled(self, line: Line, row_kind: str) -> tuple[Rule, DumpError]:
        """A row of which a column cannot be read: the others hold. With it the first error.

        Where the columns themselves cannot be told apart, or what belongs in one stands in
        another, the rule may do anything.
        """
        try:
            refuse_huge(Source(file=self.file, lines=(line,), text=line.text))
            cut = dict(self._parsed(line, row_kind))
        except DumpError as wrong:
            return self._nothing(line, row_kind), wrong
        told = [cut[column][0] for column in _columns(row_kind)]
        shifted = any(map(_OPT.match, [*told, *cut.get("TEXT", ("", 0))[0].split()[:6]]))
        wrongs: list[DumpError] = []
        asked: list[Match] = []
        while len(wrongs) <= len(_BLANKS):
            try:
                rule = self._rule(line, cut, row_kind)
                return replace(rule, matches=(*rule.matches, *asked)), wrongs[0]
            except CellError as error:
                word, start = _cell(cut, error.column)
                wrongs.append(self._wrong(line, error, word, start))
                if shifted or error.column not in _BLANKS:
                    break
                asked.append(_unread_cell(error.column, word))
                _blank_out(cut, error.column)
        return self._nothing(line, row_kind), wrongs[0]

    def _nothing(self, line: Line, row_kind: str) -> Rule:
        number = _number(line) if row_kind.startswith("numbered") else None
        place = Place(file=self.file, line=line.number, column=_column(line))
        unread = Unread(why="torn", text=line.text.strip(), count=1)
        return Rule(place=place, number=number, unread=unread)

    def whole(self, line: Line, row_kind: str) -> Rule | None:
        """The rule in a row, where nothing of its text stays unread; None for any other line."""
        if fitting(row_kind, line.text) is None:
            return None
        try:
            rule = self.read(line, row_kind)
        except DumpError:
            return None
        return None if has_unknown_text(rule) else rule

    def partly(self, line: Line, row_kind: str, why: str, text: str = "") -> Rule:
        """A row that breaks off: what stands before its last word holds, what it does is unknown.

        `text` is all that stands there, where that is more than the line.
        """
        head = line.text.rstrip().rpartition(" ")[0].rstrip()
        padded = (head + f" {_ANY}" * missing for missing in range(len(_columns(row_kind)) + 1))
        found = next((m for each in padded if (m := fitting(row_kind, each))), None)
        try:
            cut = _before(_groups(found), len(head)) if found else None
            read = self._rule(line, cut, row_kind) if cut else Rule()
        except CellError:
            read = Rule()
        return replace(
            read,
            matches=(),
            target=None,
            place=Place(file=self.file, line=line.number, column=_column(line)),
            number=_number(line) if row_kind.startswith("numbered") else None,
            unread=Unread(why=why, text=text or line.text.strip(), count=1),
        )

    def _cut(self, line: Line, row_kind: str) -> Cut:
        found = pattern(row_kind).fullmatch(line.text)
        if found is None:
            return self._parsed(line, row_kind)
        cut = _groups(found)
        shape = (row_kind, *cut)
        if shape not in self._shapes:
            self._shapes.add(shape)
            return self._parsed(line, row_kind)
        return cut

    def _parsed(self, line: Line, row_kind: str) -> Cut:
        try:
            found = tokens("row", line.text, row_kind)
        except UnexpectedError as error:
            raise self._broken(line, len(line.text) if error.ended else error.start) from None
        names = iter(_columns(row_kind))
        return {
            next(names) if token.type == "COLUMN" else token.type: (str(token), token.start_pos)
            for token in found
        }

    def _broken(self, line: Line, start: int) -> DumpError:
        at_end = not line.text[start:].strip() or start >= len(line.text.rstrip())
        if at_end:
            start = len(line.text.rstrip())
            return self._error(
                "the row ends too early", line, start, 1, _WHOLE_ROW, codes.ROW_ENDS_EARLY
            )
        word = line.text[start:].split()[0]
        start = line.text.index(word, start)
        return self._error(
            "not a row of a listing", line, start, len(word), _WHOLE_ROW, codes.NOT_A_ROW
        )

    def _rule(self, line: Line, cut: Cut, row_kind: str) -> Rule:
        verbose, via = row_kind.endswith("verbose"), row_kind.endswith(_VIA)
        cells = (
            (cut["PROT"] if "PROT" in cut else cut["PROT_ALONE"])[0],
            cut["OPT"][0] if "OPT" in cut else "",
            cut["IN"][0] if via else "",
            cut["OUT"][0] if via else "",
            cut["SOURCE"][0],
            cut["DESTINATION"][0],
        )
        target = cut["TARGET"][0] if "TARGET" in cut else ""
        if len(target) > LONGEST_NAME:
            raise CellError("target", "not a chain or a target", NAME_EXPECTED)
        made, names = header(cells, self.family, self._numeric)
        text = cut["TEXT"][0].rstrip() if "TEXT" in cut else ""
        goto = _GOTO.match(text) if text.startswith("[") else None
        # A `!` before it changes nothing: nf_tables takes `! -p tcp -m tcp --dport`.
        asked = Asked(target=target, proto=made.proto, goto=goto is not None)
        tail = self._tails.read(text[goto.end() :] if goto else text, asked)
        return Rule(
            header=made,
            matches=tail.matches,
            target=tail.target,
            counters=counters(cut["PACKETS"][0], cut["BYTES"][0]) if verbose else None,
            place=Place(file=self.file, line=line.number, column=_column(line)),
            hides=_hidden(row_kind) | tail.hides if tail.hides else _hidden(row_kind),
            address_names=names,
            number=int(cut["NUM"][0]) if "NUM" in cut else None,
        )

    def _error(
        self, message: str, line: Line, start: int, length: int, expected: str, code: str
    ) -> DumpError:
        place = Place(file=self.file, line=line.number, column=line.column(start))
        return DumpError(
            message,
            place=place,
            text=line.full or line.text,
            length=length,
            expected=expected,
            code=code,
        )


def _hidden(row_kind: str) -> frozenset[str]:
    if row_kind.endswith("verbose"):
        return frozenset()
    return _UNCOUNTED if row_kind.endswith(_VIA) else _HIDDEN


def _number(line: Line) -> int | None:
    word = line.text.split()[0]
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def _before(cut: Cut, end: int) -> Cut:
    """The columns that begin before `end`; the others may be anything."""
    asks_nothing = {"IN": "*", "OUT": "*"}
    return {
        name: (text, start) if start < end else (asks_nothing.get(name, _ANY), start)
        for name, (text, start) in cut.items()
    }


_ANY = "anywhere"
_BLANKS = {"src": _ANY, "dst": _ANY, "in": "*", "out": "*", "prot": "all"}
"""What asks nothing, by column."""
_FLAGS = {"src": "-s", "dst": "-d", "in": "-i", "out": "-o", "prot": "-p"}


def _blank_out(cut: dict[str, tuple[str, int]], column: str) -> None:
    name = _COLUMNS[column] if _COLUMNS[column] in cut else "PROT_ALONE"
    cut[name] = (_BLANKS[column], cut[name][1])


def _unread_cell(column: str, word: str) -> Match:
    """What a column that cannot be read asks, as a save has it."""
    bang = "! " if word.startswith("!") else ""
    return Match(name=UNREADABLE, raw=(f"{bang}{_FLAGS[column]} {word.lstrip('!')}",))


_OPT = regex(r"--|(?:-f|!f)$")
_WHOLE_ROW = "the columns that the title line names, up to the destination"


def _column(line: Line) -> int:
    return line.column(len(line.text) - len(line.text.lstrip()))


def _cell(cut: Cut, column: str) -> tuple[str, int]:
    name = _COLUMNS[column]
    return cut[name] if name in cut else cut["PROT_ALONE"]


@cache
def pattern(row_kind: str) -> re.Pattern[str]:
    """The grammar's terminals as one expression; `_groups` reads what it finds."""
    words = terminals("row")
    numbered = ["NUM"] if row_kind.startswith("numbered") else []
    counts = ["PACKETS", "BYTES"] if row_kind.endswith("verbose") else []
    before = "".join(rf"(?P<{name}>{words[name]})\s+" for name in (*numbered, *counts))
    what = "|".join(_alternative(number, names, words) for number, names in enumerate(_WHAT))
    after = "".join(rf"\s+(?P<{name}>{words['COLUMN']})" for name in _columns(row_kind))
    return re.compile(rf"\s*{before}(?:{what}){after}(?:\s+(?P<TEXT>{words['TEXT']}))?\s*")


def fitting(row_kind: str, text: str) -> re.Match[str] | None:
    """The columns of a row that has them all; None where `opt` would have to be one of the others.

    A row of ip6tables whose `opt` is blank and a row that breaks off are else alike.
    """
    found = pattern(row_kind).fullmatch(text)
    if found is None or any(_OPT.match(found[column]) for column in _columns(row_kind)):
        return None
    return found


def _columns(row_kind: str) -> tuple[str, ...]:
    """What the COLUMNs of a row are, in their order."""
    ends = ("SOURCE", "DESTINATION")
    return ("IN", "OUT", *ends) if row_kind.endswith(_VIA) else ends


def _alternative(number: int, names: tuple[str, ...], words: Mapping[str, str]) -> str:
    blanks = {"TARGET": r"\s+", "PROT": r"\s*"}
    return "".join(rf"(?P<{name}_{number}>{words[name]}){blanks.get(name, '')}" for name in names)


def _groups(found: re.Match[str]) -> Cut:
    return {
        name.rstrip("_0123") if name[-1] in "0123" else name: (text, found.start(name))
        for name, text in found.groupdict().items()
        if text is not None
    }
