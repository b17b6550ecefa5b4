"""Which lines of a text are a dump's, of what form, and what the lines around them tell.

A line that is no dump's (a warning, an environment variable, prose) belongs to no section. What a
prompt line shows (`$ sudo iptables -t nat -L`) is a hint for the lines that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.dialects.commands.calls import (
    BARE_PROMPT,
    CALL,
    LOGGED,
    PROMPT,
    all_calls,
    call_in,
    filled_call,
)
from iptsim.dialects.commands.failures import Errors
from iptsim.dialects.finding.opened import (
    UNUSED,
    Open,
    goes_on,
    is_over,
    is_rest,
    marked,
    name_family,
    without_lead,
)
from iptsim.dialects.finding.pagers import Pager
from iptsim.dialects.listing.chain_headers import is_header, is_title, lead, looks_like_header
from iptsim.dialects.parts import Line, Section, second_word
from iptsim.dialects.rule.remarks import as_meant
from iptsim.dialects.signs.elided import GAP, is_filtered, says_left_out
from iptsim.dialects.signs.hints import BARE, SURE, Hint, announced, generated, hint, lists, words
from iptsim.dialects.signs.shapes import (
    EDITING,
    OPTISH,
    ROW_LIKE,
    SAVE_LINE,
    SAVING,
    TABLE_LINE,
    TARGETED,
    shortest_head,
)
from iptsim.dialects.signs.signs import BARE_ROW
from iptsim.dialects.signs.statements import is_open, joined

# A comment of 256 letters, each a line's end, is the longest that a row may be torn.
_MOST_STRAYS = 512
_LONGEST_HEAD = 256
_RULES = ("-A", "-I", *(f"[{digit}" for digit in range(10)))


class Sniffer:
    """Sorts lines into sections. `prompts` takes `# iptables -A …` for a root prompt's line."""

    def __init__(self, file: str, *, prompts: bool = False) -> None:
        self._file, self._prompts = file, prompts
        self._sections: list[Open] = []
        self._open: Open | None = None
        self._hint = self._before = Hint()
        self._waiting = False
        self._told = 0
        self._partial = False
        self._calls: list[Hint] = []
        self._outside = self._beheaded = False
        self._lead = ""
        self._end = 0
        self._strays = 0
        self.saved: list[Hint] = []
        self.commented = False
        self.unused: list[Line] = []
        self.errors, self._pager = Errors(), Pager()

    def feed(self, lines: Iterable[Line]) -> Sniffer:
        """Sort these lines, which follow the ones already fed."""
        for line in lines:
            self._line(line)
        return self

    @property
    def busy(self) -> bool:
        """Whether the next line may belong to a section because one not far above it did."""
        return self._open is not None and self._strays < _MOST_STRAYS

    @property
    def inside(self) -> str | None:
        """The form of the block of a save, or of the script, that the next line stands in."""
        section = self._open
        block = section is not None and (section.tabled or section.form == "commands")
        return section.form if section is not None and block else None

    @property
    def count(self) -> int:
        """How many sections there are so far."""
        return len(self._sections)

    @property
    def told(self) -> Hint:
        """What the lines so far tell of the next ones; another value once a line told more."""
        return self._hint

    @property
    def called(self) -> int | None:
        """The family of the call that the next lines answer."""
        return self._hint.family if self._waiting else None

    def sections(self) -> list[tuple[Section, str | None]]:
        """The sections in order; with each the chain that the call before it asked for."""
        self._leave(None)
        return [(each.section(self._file, self._end), each.hint.chain) for each in self._sections]

    def _line(self, line: Line) -> None:
        text = line.text
        if self._continues(line):
            return
        line, self._lead = without_lead(line, self._lead, self._open)
        text = as_meant(line.text)
        first = text.lstrip()[:1]
        self._end = line.number if first else self._end
        if self.errors.takes(text, line.number) or self._paged(line):
            return
        if not first:
            self._blank(line)
        elif self._open is not None and says_left_out(text):
            self._open.lines.append(line)
            self._open.odd = True
            self._strayed()
        elif first in ":*-[C" and self._save(line, text.strip()):
            return
        elif is_over(self._open, text):
            self._open = None
        elif is_header(text) or looks_like_header(text) or is_title(text):
            self._lead = lead(text) or self._lead
            self._add("listing", line)
        elif first == "#" and not is_rest(text, self._open):
            self._comment(line, text.strip())
        elif not self._call(line, text):
            self._other(line)

    def _paged(self, line: Line) -> bool:
        """Whether a line is a pager's; where one was left, the rest of a section is not shown."""
        if self._open is None:
            return False
        self._leave(line)
        return self._pager.takes(line)

    def _leave(self, following: Line | None) -> None:
        left = self._pager.left(following)
        if left is not None and self._open is not None:
            self._open.lines.append(left)
            self._open.odd = True

    def _continues(self, line: Line) -> bool:
        """The rest of a save line whose quote is open, or of a command that ends in a backslash."""
        section = self._open
        if section is None or not section.quoted:
            return False
        if section.form == "commands":
            section.lines[-1] = joined(section.lines[-1], line)
            section.end = line.number
        else:
            section.lines.append(line)
        section.quoted = is_open(section.form, section.lines[section.since :])
        return True

    def _blank(self, line: Line) -> None:
        self._strayed()
        if self._open is not None and self._open.form == "listing":
            self._open.lines.append(line)

    def _strayed(self) -> None:
        """One more line in a row that is no dump's: after many of them a listing has ended.

        The block of a save may go on, or come to its COMMIT, behind ever so many lines of a log.
        """
        self._strays += 1
        section = self._open
        if self._strays >= _MOST_STRAYS and section is not None and section.form == "listing":
            self._open = None

    def _save(self, line: Line, text: str) -> bool:
        if TABLE_LINE.match(text):
            self._start("save", tabled=True)
        elif not SAVE_LINE.match(text):
            return self._open is not None and self._open.takes_misspelt(line)
        elif text.startswith("COMMIT") and (self._open is None or not self._open.tabled):
            self._committed()
            return True
        elif text[0] == ":" and self._open is not None and self._open.begins_again(text):
            self._open, self._outside = None, True  # another table began in a gap
        elif text.startswith("-P") and self._open is not None and self._open.is_over(text):
            # -S prints policies, then chains, then rules: a policy after a rule is another table's.
            self._start("save", tabled=False)
        added = self._add("save", line)
        added.ruled = added.ruled or text.startswith(("-A", "-I", "["))
        if text.startswith("-P") and not added.tabled:
            added.policies.append(second_word(text))
        if text.startswith("COMMIT"):
            self._open, self._outside, self._beheaded = None, True, False
        return True

    def _committed(self) -> None:
        """A COMMIT of a table whose beginning is not in the text: of the rules above it, if any."""
        section = self._open
        if section is not None and section.form == "save":
            section.loose = section.headless = True
        self._open, self._outside, self._beheaded = None, True, False

    def gap(self, line: Line, hidden: int | None, *, elsewhere: bool) -> None:
        """Lines of the dump are missing here: `hidden` of them, None where nothing tells.

        `elsewhere`: another file begins. What follows is of the same table only where the gap is
        too small for another to begin in it.
        """
        section, self._strays = self._open, 0
        if section is not None and not elsewhere:
            small = hidden is not None and hidden < shortest_head(section.lines, bool(self.saved))
            block = section.form == "save" and (section.tabled or section.headless)
            if small or not block or section.headless:
                section.lines.append(replace(line, text=GAP, full=GAP))
                section.odd = True
            if section.form == "listing":
                section.lines.append(replace(line, text=""))
            if block and not small:
                self._open = None
        elif elsewhere:
            self._open, self._hint, self._calls = None, Hint(), []
        self._outside = self._beheaded = not elsewhere

    def _comment(self, line: Line, text: str) -> None:
        made = generated(text)
        if made is not None:
            self._open, self._before, self._hint = None, self._hint, made
            self._outside, self._calls = False, []
            self.saved += [made] if len(text) <= _LONGEST_HEAD else []  # a save in one line
            return
        if text.startswith("# Completed on "):
            self._hint = Hint(family=self._before.family, by=self._before.by)
            return
        call = PROMPT.match(line.text)
        if call is None or not text[1:2].isspace():
            return
        called = words(call["call"])
        if not any(EDITING.match(word) for word in called):
            self._hinted(called, all_calls(line.text, call["call"]))
        elif self._prompts:
            self._command(line, call.start("call"))
        else:
            self.commented = True

    def _call(self, line: Line, text: str) -> bool:
        call = call_in(text)
        if call is None:
            return self._filled_in(line, text)
        from iptsim.dialects.save.mistyped import edits  # noqa: PLC0415  # few lines are calls

        called = words(call["call"])
        if edits(called, text):
            self._command(line, call.start("call"))
        elif call.re.pattern != LOGGED.pattern or not self._restored(called):
            self._hinted(
                called, all_calls(text, call["call"]), bare=call.re.pattern == CALL.pattern
            )
        return True

    def _filled_in(self, line: Line, text: str) -> bool:
        """`$IPT -A …`; what only looks prints nothing here."""
        call = filled_call(text)
        if call is None or not any(map(EDITING.match, call["call"].split())):
            return False
        self._command(line, call.start("call"))
        return True

    def _command(self, line: Line, start: int) -> None:
        cut = line.behind(start)
        before = self._open
        section = self._last_commands() or self._start("commands")
        section.lines.append(cut)
        self.errors.below(section.lines)
        section.since = len(section.lines) - 1
        section.end = line.number
        section.quoted = is_open("commands", section.lines[-1:])
        block = before if before is not None and before.tabled else None
        self._open = section if section.quoted or block is None else block

    def _last_commands(self) -> Open | None:
        """Commands of one text are one section: a later one builds on what the earlier left."""
        last = self._sections[-1] if self._sections else None
        return last if last is not None and last.form == "commands" else None

    def _hinted(self, called: list[str], calls: list[Hint], *, bare: bool = False) -> None:
        """A message of iptables itself is no call; a trace may stand amidst a block of a save."""
        called = [part for word in called for part in re.split(r"(\|)", word) if part]
        if not any(lists(word) for word in called) and not SAVING.search(called[0]):
            return
        if self._open is None or not self._open.tabled:
            self._partial = is_filtered(" ".join(called))
            told = hint(called)
            if bare:
                told.by = BARE
                twice = self._waiting and self._hint.by == BARE
                if twice and {told.family, self._hint.family} == {4, 6}:
                    told.family = None  # two calls above one block
            self._open, self._hint, self._waiting = None, told, True
            self._calls, self._outside = calls, False

    def _restored(self, called: list[str]) -> bool:
        """Whether a log tells by a call of iptables-restore what the blocks above it were."""
        blocks = self._sections[self._told :]
        if not called[0].endswith("-restore") or not blocks or self._open is not None:
            return False
        self._told = len(self._sections)
        return name_family(blocks, hint(called).family)

    def _announced(self, text: str) -> bool:
        """Whether a line tells of the block below it."""
        told = announced(text)
        if told is None or (told.by != SURE and self._open is not None and self._open.tabled):
            return False
        self._open, self._hint, self._waiting = None, told, False
        return True

    def _other(self, line: Line) -> None:
        """A row of a listing, or no dump's line; inside a listing its reader tells."""
        text = line.text
        section = self._open
        if self._announced(text) or (section is not None and section.ends_in(line)):
            return
        if section is not None and section.may_go_on(line):
            section.lines.append(replace(line, rest=True))
            section.end = line.number
            self.errors.below(section.lines)
        elif section is not None and section.form == "listing" and BARE_PROMPT.match(text):
            self._open = None
        elif section is not None and section.form == "listing":
            section.lines.append(line)
            if " -- " in text or ROW_LIKE.match(text):
                self._strays = 0
            else:
                self._strayed()
        elif OPTISH.search(text) and BARE_ROW.match(text):
            self._start("listing").lines.append(line)
        elif section is not None and section.form == "save" and (cut := marked(line)) is not None:
            section.lines.append(cut)
        elif section is not None and section.form == "save" and goes_on(section, line):
            section.lines.append(line)
            section.odd = True
            self._strayed()
        elif section is not None and section.tabled and TARGETED.search(text):
            section.lines.append(line)
        else:
            if UNUSED.search(text):
                self.unused.append(line)
            self._strayed()

    def _start(self, form: str, *, tabled: bool = False) -> Open:
        """What a call told of the table holds for one section only; the family for all."""
        told = self._hint.lasting()
        own = replace(told) if tabled else self._hint
        self._outside = self._outside and not tabled
        if form == "commands":
            own = Hint()  # their program names the family, -t the table
        partial = self._partial and form != "commands"
        section = Open(form=form, hint=own, tabled=tabled, partial=partial)
        self._answers(section)
        self._waiting = False
        self._sections.append(section)
        self._open = section
        self._strays = 0
        self._hint = told
        return section

    def _answers(self, section: Open) -> None:
        """Of several calls on one line the outputs come in order: one of -S is a section."""
        if section.form == "listing":
            section.calls, self._calls = self._calls, []
        elif section.form == "save" and not section.tabled and self._calls:
            section.hint, *self._calls = self._calls

    def _add(self, form: str, line: Line) -> Open:
        section = self._open
        if section is None or section.form != form:
            section = self._start(form)
            save = self._outside and form == "save"
            section.headless = save and self._beheaded
            section.loose = section.headless or (save and line.text.lstrip()[:2] in _RULES)
            section.partial = section.partial or (section.loose and not section.headless)
        section.lines.append(line)
        self._strays = 0
        section.since = len(section.lines) - 1
        section.quoted = form == "save" and is_open(form, section.lines[-1:])
        return section
