"""Input of iptables-restore that the log says it did not take.

iptables-restore puts a table into the kernel at its COMMIT, whole or not at all; tables above the
line that it names were taken (iptables/iptables-restore.c, xtables-restore.c: one commit each).
"""

from __future__ import annotations

from collections.abc import Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.regex import regex

_RESTORE = r"ip6?tables(?:-\w{1,8})?-restore"
_CALL = regex(
    r"(?:Running(?: command)?|Executing|exec|[$#>+]|^|[|;&]|sudo)\W{0,8}(?:with [^:\n]{1,80}: )?"
    rf"(?:/[\w./-]{{1,64}}/)?{_RESTORE}(?:\s+(?!failed)|$)"
)
_FAILED = regex(
    r"(?i)fail\w{0,8} (?:to )?(?:execut|run|restor|appl|call|sync)\w{0,8}\b.{0,80}?"
    rf"{_RESTORE}|{_RESTORE}(?: v[\d.]{{1,12}} \([^)]{{1,16}}\))?: "
    r"(?!.{0,200}(?:warning|using intrapositioned))\S"
    rf"|{_RESTORE}\S{{0,80}}\s.{{0,200}}?(?:exit(?:ed)?(?: with)? (?:status|code):? ?[1-9]"
    r"|returned(?: non-zero| [1-9])|failed)|(?:^|\W)Error occurred at line: \d+"
)
_AT = regex(r"(?:line[: ]+(?P<one>\d+)(?: failed)?|at line: (?P<two>\d+))")
_LONGEST = 1 << 16
_MOST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A line that says so; `at` is the line of the input that it names."""

    line: int
    text: str
    at: int | None


@dataclass(kw_only=True)
class Restores:
    """What a text says of calls of iptables-restore, fed line by line."""

    failures: list[Failure] = field(default_factory=list)
    _calls: list[int] = field(default_factory=list)

    def feed(self, line: Line) -> None:
        """One more line of the text."""
        text = line.full or line.text
        named = "-restore" in text or "rror occurred at line" in text
        if not named or len(text) > _LONGEST or len(self._calls) > _MOST:
            return
        failed = _FAILED.search(text)
        if failed is not None:
            if not self.failures or self.failures[-1].line != line.number:
                at = _AT.search(text, failed.start())
                number = int((at["one"] or at["two"])[:9]) if at else None
                told = text[failed.start() :].partition(" rules=")[0].strip()[:160]
                self.failures.append(Failure(line=line.number, text=told, at=number))
        elif _CALL.search(text):
            self._calls.append(line.number)

    def leave_out(
        self, sections: Sequence[Section], read: list[list[ReadTable]], file: str
    ) -> None:
        """Make the tables unread of those sections that were input and were not taken."""
        for index, failure in self.not_taken(sections).items():
            read[index] = [untaken(each, failure, file) for each in read[index]]

    def not_taken(self, sections: Sequence[Section]) -> dict[int, Failure]:
        """By their place among the sections, those that were input and were not taken."""
        found: dict[int, Failure] = {}
        for failure in self.failures:
            own = self._input(failure, sections)
            for index in own:
                if not _was_taken(failure, [sections[each] for each in own], sections[index]):
                    found.setdefault(index, failure)
        return found

    def _input(self, failure: Failure, sections: Sequence[Section]) -> list[int]:
        """The blocks that the failing call was given: behind it, else in front of it."""
        calls = [each for each in self._calls if each <= failure.line]
        marks = [each.line for each in self.failures if each.line < failure.line]
        inputs = [(n, each) for n, each in enumerate(sections) if _is_input(each)]
        same = [n for n, each in inputs if _first(each) == failure.line]
        if same:
            return same
        last = calls[-1] if calls else failure.line
        before = max([0, *(each for each in (*calls[:-1], *marks) if each < last)])
        spans = [(last, failure.line), (before, last)] if calls else [(before, last)]
        for start, end in spans:
            own = [n for n, e in inputs if start <= _first(e) and e.lines[-1].number <= end]
            if own:
                return own
        return []


def untaken(table: ReadTable, failure: Failure, file: str) -> ReadTable:
    """A table whose input was not taken: nothing of it is on the host by that."""
    facts = (("table", table.name or ""), ("error", failure.text))
    note = Note(code=codes.RESTORE_FAILED, place=Place(file=file, line=failure.line), facts=facts)
    return replace(table, chains=(), form="save", notes=(note,), commands=(), nft=None)


def _is_input(section: Section) -> bool:
    starred = section.lines[0].text.lstrip()[:1] == "*"
    return section.form == "save" and starred and not section.saved


def _first(section: Section) -> int:
    return section.lines[0].number


def _was_taken(failure: Failure, own: Sequence[Section], section: Section) -> bool:
    """Whether a block was committed above the line that failed, counted from the input's first."""
    if failure.at is None or len(own) < 2:
        return False
    apart = len({_first(each) for each in own}) == len(own)
    if apart:
        return section.lines[-1].number - _first(own[0]) + 1 < failure.at
    ends = sum(len(each.lines) for each in own[: own.index(section) + 1])
    return ends < failure.at
