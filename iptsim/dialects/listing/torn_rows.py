"""Rows of a listing that terminals and mails broke in two, put together again.

The rest of a row is known by what it says: joined to its row it reads as iptables prints it, with
no word left over. Where it does not and yet is no prose, the row is torn: nobody knows what it asks
and does, and it is never read as asking less.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.listing.rows import KINDS, RowReader, fitting, pattern
from iptsim.dialects.parts import Line, joined_lines
from iptsim.dialects.rule.remarks import tidied
from iptsim.dialects.rule.words import TOO_OLD, UNSUPPORTED, Source
from iptsim.dialects.signs.families import torn, torn_note
from iptsim.errors import DumpError, Place
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS, Note, Rule
from iptsim.regex import regex

_TECHNICAL = regex(r"\S[:=/,]\S|0x[0-9a-fA-F]|/\*|\*/")
_UNSUPPORTED = " ".join(UNSUPPORTED)
_TERMINALS = frozenset({79, 80, 100, 120, 132})
"""Widths at which terminals break lines."""
_CUT_ADDRESS = regex(
    r"!?(?:\d{1,3}(?:\.\d{1,3}){0,2}\.?|\d{1,3}(?:\.\d{1,3}){3}/|[0-9a-fA-F:]*:|[0-9a-fA-F:]+/)"
)


@dataclass(kw_only=True)
class Row:
    """A row and the lines right below it that are no rows."""

    line: Line
    rest: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it as one line."""
        return " ".join(line.text for line in (self.line, *self.rest))


@dataclass(kw_only=True)
class Patience:
    """How many letters were joined since a row was found so: garbage is no work without end."""

    letters: int = 0

    def most(self) -> int:
        """In how many more lines a row may go on."""
        return 8 if self.letters < 200_000 else 2


class Joiner:
    """Reads rows with what may be the rest of them; `notes` gets what was left out.

    `joined` gets the lines that go on in a row above, each with the row's own.
    `lenient`: of a row that cannot be read, what can be is.
    """

    def __init__(
        self,
        reader: RowReader,
        kind: str | None,
        notes: list[Note],
        *,
        patience: Patience,
        joined: list[tuple[int, int]],
        lenient: bool = False,
    ) -> None:
        self._reader, self._kind, self._notes = reader, kind, notes
        self._patience = patience
        self._joins = joined
        self._lenient = lenient

    def rules(self, row: Row) -> Iterator[Rule]:
        """The rule of a row; the lines below may hold rows that break off, too."""
        line, rest, at = row.line, row.rest, 0
        while True:
            line, note = tidied(line, self._reader.file, partial(self._reads, line))
            self._notes += [note] if note else []
            line, at = self._joined(line, rest, at)
            self._too_old(line)
            end = next((n for n in range(at, len(rest)) if _begins(rest[n])), len(rest))
            yield self._rule(line, rest[at:end])
            self._joins += joined_lines([line])
            if end == len(rest):
                return
            line, at = rest[end], end + 1

    def _too_old(self, line: Line) -> None:
        """The text of a module that is newer than the iptables that printed it."""
        start = line.text.find(_UNSUPPORTED)
        if start >= 0:
            source = Source(file=self._reader.file, lines=(line,), text=line.text)
            end = start + len(_UNSUPPORTED)
            wrong = source.error(TOO_OLD, start, end, "what a newer iptables prints")
            self._spoiled(wrong, codes.OLD_PRINTER)

    def _spoiled(self, wrong: DumpError, code: str) -> None:
        from iptsim.dialects.rule.spoiled import spoiled_note  # noqa: PLC0415  # few rows are

        self._notes.append(spoiled_note(wrong, code))

    def _reads(self, line: Line, text: str) -> bool:
        """Whether a text is a row that does something, read whole, as it stands."""
        rule = self._whole(replace(line, text=text))
        return rule is not None and rule.target is not None

    def _joined(self, line: Line, rest: list[Line], at: int) -> tuple[Line, int]:
        """The row with the lines that go on in it, and the place of those that are left over."""
        number = 1
        whole = next((n for n, each in enumerate(rest) if each.cut), len(rest))
        while number <= min(whole - at, self._patience.most()):
            found = self._together(line, rest[at : at + number])
            if found is None:
                number += 1
            else:
                line, at, number, self._patience.letters = found, at + number, 1, 0
        return line, at

    def _together(self, line: Line, rest: list[Line]) -> Line | None:
        """One line of these, where there is one way only to read them so."""
        texts = [line.text]
        for each in rest:
            gaps = ("",) if texts[0][-1:] == " " else ("", " ")
            texts = [text + gap + each.text.lstrip() for text in texts for gap in gaps][:16]
        self._patience.letters += sum(map(len, texts))
        read = [(text, self._whole(replace(line, text=text))) for text in texts]
        found = [(text, rule) for text, rule in read if rule is not None]
        if not found or any(rule != found[0][1] for _text, rule in found):
            return None
        return line.with_rest(found[0][0], rest)

    def _whole(self, line: Line) -> Rule | None:
        return next((r for k in self._kinds(line) if (r := self._reader.whole(line, k))), None)

    def _kinds(self, line: Line) -> list[str]:
        """A row without a title is read by the first kind that fits it."""
        if self._kind is not None:
            return [self._kind]
        return [each for each in KINDS if pattern(each).fullmatch(line.text)] or ["plain"]

    def _rule(self, line: Line, rest: list[Line]) -> Rule:
        kinds = self._kinds(line)
        if line.cut or any(_is_rest(line, each) for each in rest):
            return self._torn(line, kinds[-1], rest)
        for each in rest:
            self._left_out(each)
        for kind in kinds[:-1]:
            try:
                return self._reader.read(line, kind)
            except DumpError:
                continue
        try:
            return self._reader.read(line, kinds[-1])
        except DumpError as wrong:
            if _breaks_off(line, kinds):
                return self._torn(line, kinds[-1], [])
            return self._of_other_family(line, kinds, wrong)

    def _of_other_family(self, line: Line, kinds: list[str], wrong: DumpError) -> Rule:
        """A row that only the other family takes; what it does is unknown."""
        for kind in kinds:
            try:
                rule = self._reader.other_family.read(line, kind)
            except DumpError:
                continue
            self._notes.append(torn_note(wrong, self._reader.family))
            return torn(rule, line.text.strip())
        if not self._lenient:
            raise wrong
        rule, first = self._reader.spoiled(line, kinds[-1])
        self._spoiled(first, codes.RULE_UNREADABLE)
        return rule

    def _torn(self, line: Line, kind: str, rest: list[Line]) -> Rule:
        text = " ".join(each.text.strip() for each in (line, *rest))
        self._joins += ((each.number, line.number) for each in rest)
        return self._reader.partly(line, kind, "torn" if rest else "cut", text)

    def _left_out(self, line: Line) -> None:
        place = Place(file=self._reader.file, line=line.number, column=line.column(0))
        facts = (("text", line.text.strip()[:80]),)
        self._notes.append(Note(code=codes.LINE_LEFT_OUT, place=place, facts=facts))


def _begins(line: Line) -> bool:
    return line.cut or begins_row(line.text)


def begins_row(text: str) -> bool:
    """Whether a line begins as a row does: with a verdict, a target or a number."""
    words = text.split()
    return bool(words) and (words[0] in VERDICTS or words[0] in targets() or words[0].isdigit())


def _breaks_off(line: Line, kinds: list[str]) -> bool:
    """Whether a row's last columns are missing, or its last word is half an address."""
    found = fitting(kinds[-1], line.text)
    if found is None:
        padded = line.text.rstrip() + " anywhere" * 4
        return any(fitting(kind, padded) is not None for kind in kinds)
    if found["TEXT"]:
        return False
    return _CUT_ADDRESS.fullmatch(found["DESTINATION"]) is not None


def _is_rest(line: Line, rest: Line) -> bool:
    """Whether what stands below a row may be its rest: match text, or the line was full."""
    return (
        rest.text[:1].isspace()
        or _TECHNICAL.search(rest.text) is not None
        or len(line.shown) in _TERMINALS
    )
