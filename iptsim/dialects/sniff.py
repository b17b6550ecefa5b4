"""Which lines of a text are a dump's, of what form, and what the lines around them tell.

A line that is no dump's (a warning, an environment variable, prose) belongs to no section. What a
prompt line shows (`$ sudo iptables -t nat -L`) is a hint for the lines that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from iptsim.dialects.elided import is_filtered, says_left_out
from iptsim.dialects.failures import Errors
from iptsim.dialects.headers import is_header, is_title, lead, looks_like_header
from iptsim.dialects.hints import BARE, SURE, Hint, announced, generated, hint, lists, words
from iptsim.dialects.parts import Line, Section, begins_again, second_word
from iptsim.dialects.remarks import as_meant
from iptsim.dialects.statements import is_open, joined

PROGRAM = r"(?:[^\s;&|(/]*+/)*+(?:x|ip6?)tables(?:-(?:nft|legacy))?(?:-(?:save|restore))?(?![\w.-])"
_PROMPT = re.compile(
    rf"\s*(?:(?:\([^)]*\) ?)?(?:\[[^\]]*\]|[\w.@:~/-]++)[^\w\s]*\s*[#$>%]|[$#%>❯➜])\s+(?:~\s+)?"
    rf"(?P<call>(?:\S+\s+){{0,12}}?{PROGRAM}.*)"
)
# What follows a listing in a terminal: `root@node:~#`, `[root@host ~]# exit`
_BARE_PROMPT = re.compile(r"\s*(?:\[[\w.-]+@[^\]]*\]|[\w.-]+@[\w.-]+:[^\s#$]*)\s?[#$](?:\s|$)")
_CALL = re.compile(
    rf"\s*\(?(?:(?:[^\s=]++=\S*+|sudo|exec|command|time|nohup)\s+)*+(?P<call>{PROGRAM}(?:\s.*)?)$"
)
_IN_NAMESPACE = re.compile(
    r"\s*(?:sudo\s+)?(?:ip netns exec|nsenter|docker exec|kubectl exec)\s"
    rf".*?(?<=\s)(?P<call>{PROGRAM}\s.*)$"
)
# `for port in 80 443; do iptables …`, `[ -x /sbin/iptables ] && iptables …`
_COMPOUND = re.compile(
    r"\s*(?:(?:for|while|until|if|case|test|then|else|do|!)\s|\[|\(|\{\s)"
    r".*?(?:[;&|{(]|\b(?:do|then|else))\s*(?:(?:sudo|exec|!)\s+)*+"
    rf"(?<=[\s;&|(])(?P<call>{PROGRAM}\s.*)$"
)
_LOGGED = re.compile(
    rf"(?:[\w.-]+\s+)?(?:Running command|Executing)[^:]*:\s+(?P<call>{PROGRAM}\s.*)$"
)
_HEREDOC = re.compile(r"(?<!<)<<(?!<)-?\s*['\"]?\w")
# A star and a blank before any other word is an item of a list in prose.
_TABLE = re.compile(r"\*(?:\s?(?:raw|mangle|nat|filter|security)|[\w.-]+)\s*$")
_SAVE = re.compile(
    r"(?::\S+\s+(?:-|[A-Z]+)(?:\s+\[\d+:\d+\])?\s*$|COMMIT\s*$|\[\d+:\d+\]\s+-"
    r"|(?:-[ANPIDRFXZE]|--(?:append|insert|delete|replace|flush|zero|new-chain|delete-chain"
    r"|policy|rename-chain))(?=\s|$))"
)
_COUNT = r"\d+[KMGTP]?"
_WHERE = r"!?(?:\d+\.\d+\.\d+\.\d+(?:/\S+)?|[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\S+)?|anywhere)"
ROW_LIKE = re.compile(
    rf"\s*(?:\d+\s+)?(?:{_COUNT}\s+{_COUNT}\s+)?(?:\S+\s+)?!?[\w.+-]+?\s*"
    rf"(?:\s(?:--|-f|!f)|(?<=[a-z])--)(?:\s|$)|\s*(?:\S+\s+){{1,8}}?{_WHERE}\s+{_WHERE}(?:\s|$)"
)
_BARE_ROW = re.compile(
    rf"\s*(?:\d+\s+)?(?:{_COUNT}\s+{_COUNT}\s+)?(?:\S+\s+)?!?[\w.+-]+\s*(?:--|-f|!f)\s"
    rf"(?:\s*!?\S+\s+!?\S+)?\s*{_WHERE}\s+{_WHERE}(?:\s|$)"
)
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_CALLISH = re.compile(r"tables(?:-(?:nft|legacy))?(?:-save|-restore|\s+-)")
_OPTISH = re.compile(r"--\s|\s-f\s|!f\s")
_TARGETED = re.compile(r" -[jg] \S")
_SAVING = re.compile(r"-(?:save|restore)$")
_EDITING = re.compile(
    r"-[ADIRFZNXPE]$|--(?:append|delete|insert|replace|flush|zero|new-chain|delete-chain|policy"
    r"|rename-chain|new|check)$"
)


# A comment of 256 letters, each a line's end, is the longest that a row may be torn.
_MOST_STRAYS = 512
_MOST_BREAKS = 8
"""A rule is broken into no more lines than this and one."""


@dataclass(kw_only=True)
class _Open:
    """A section that lines are still added to."""

    form: str
    hint: Hint
    lines: list[Line] = field(default_factory=list)
    ruled: bool = False
    tabled: bool = False
    quoted: bool = False
    partial: bool = False
    odd: bool = False
    since: int = 0
    policies: list[str] = field(default_factory=list)


class Sniffer:
    """Sorts lines into sections. `prompts` takes `# iptables -A …` for a root prompt's line."""

    def __init__(self, file: str, *, prompts: bool = False) -> None:
        self._file = file
        self._prompts = prompts
        self._sections: list[_Open] = []
        self._open: _Open | None = None
        self._hint = self._before = Hint()
        self._waiting = False
        self._told = 0
        self._partial = False
        self._lead = ""
        self._end = 0
        self._strays = 0
        self.saved: list[Hint] = []
        self.commented = False
        self.patch = False
        self._errors = Errors()

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
    def count(self) -> int:
        """How many sections there are so far."""
        return len(self._sections)

    @property
    def called(self) -> int | None:
        """The family of the call that the next lines answer."""
        return self._hint.family if self._waiting else None

    def sections(self) -> list[tuple[Section, str | None]]:
        """The sections in order; with each the chain that the call before it asked for."""
        return [(self._section(each), each.hint.chain) for each in self._sections]

    def _section(self, each: _Open) -> Section:
        return Section(
            form=each.form, file=self._file, lines=tuple(each.lines),
            table=each.hint.table, family=each.hint.family, nft=each.hint.nft,
            by=each.hint.by, other=each.hint.other, saved=each.hint.saved,
            partial=each.partial, odd=each.odd, last=each.lines[-1].number >= self._end,
        )  # fmt: skip

    def _line(self, line: Line) -> None:
        text = line.text
        if self._continues(line):
            return
        line, text = self._bare(line)
        text = as_meant(text)
        self.patch = self.patch or _HUNK.match(text) is not None
        first = text.lstrip()[:1]
        self._end = line.number if first else self._end
        if self._errors.takes(text):
            return
        if not first:
            self._blank(line)
        elif self._open is not None and says_left_out(text):
            self._open.lines.append(line)
            self._open.odd = True
            self._strayed()
        elif first in ":*-[C" and self._save(line, text.strip()):
            return
        elif is_header(text) or looks_like_header(text) or is_title(text):
            self._lead = lead(text) or self._lead
            self._add("listing", line)
        elif first == "#" and not self._is_rest(text):
            self._comment(line, text.strip())
        elif not self._call(line, text):
            self._other(line)

    def _bare(self, line: Line) -> tuple[Line, str]:
        """The line without the mark that stands before a listing's first header, too (`# `)."""
        lead, section = self._lead, self._open
        if not lead or section is None or section.form != "listing":
            self._lead = ""
        elif line.text.startswith(lead.rstrip()):
            rest = line.text.removeprefix(lead) if line.text.startswith(lead) else ""
            line = replace(line, text=rest, shift=line.shift + len(lead))
        return line, line.text

    def _is_rest(self, text: str) -> bool:
        """`#conn src/32 > 10` of a row that is broken: no comment, and no root's prompt."""
        section = self._open
        listing = section is not None and section.form == "listing"
        return listing and text.lstrip()[1:2].isalpha()

    def _continues(self, line: Line) -> bool:
        """The rest of a save line whose quote is open, or of a command that ends in a backslash."""
        section = self._open
        if section is None or not section.quoted:
            return False
        if section.form == "commands":
            section.lines[-1] = joined(section.lines[-1], line)
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
        if _TABLE.match(text):
            self._start("save", tabled=True)
        elif not _SAVE.match(text):
            return False
        elif text.startswith("-P") and self._parts(second_word(text)):
            # -S prints policies, then chains, then rules: a policy after a rule is another table's.
            self._start("save", tabled=False)
        added = self._add("save", line)
        added.ruled = added.ruled or text.startswith(("-A", "-I", "["))
        if text.startswith("-P") and not added.tabled:
            added.policies.append(second_word(text))
        if text.startswith("COMMIT"):
            self._open = None
        return True

    def _parts(self, chain: str) -> bool:
        """Whether another output of -S begins with a chain's policy."""
        section = self._open
        if section is None or section.tabled:
            return False
        return section.ruled or begins_again(section.policies, chain)

    def _comment(self, line: Line, text: str) -> None:
        made = generated(text)
        if made is not None:
            self._open, self._before, self._hint = None, self._hint, made
            self.saved.append(made)
            return
        if text.startswith("# Completed on "):
            self._hint = Hint(family=self._before.family, by=self._before.by)
            return
        call = _PROMPT.match(line.text)
        if call is None or not text[1:2].isspace():
            return
        called = words(call["call"])
        if not any(_EDITING.match(word) for word in called):
            self._hinted(called)
        elif self._prompts:
            self._command(line, call.start("call"))
        else:
            self.commented = True

    def _call(self, line: Line, text: str) -> bool:
        if "tables" not in text or not _CALLISH.search(text):
            return False
        patterns = (_CALL, _LOGGED, _IN_NAMESPACE, _PROMPT, _COMPOUND)
        call = next((found for each in patterns if (found := each.match(text))), None)
        if call is None:
            return False
        called = words(call["call"])
        if any(_EDITING.match(word) for word in called) and not _HEREDOC.search(text):
            self._command(line, call.start("call"))
        elif call.re is not _LOGGED or not self._restored(called):
            self._hinted(called, bare=call.re is _CALL)
        return True

    def _command(self, line: Line, start: int) -> None:
        cut = Line(
            number=line.number, text=line.text[start:], shift=line.shift + start, full=line.full
        )
        before = self._open
        section = self._last_commands() or self._start("commands")
        section.lines.append(cut)
        self._errors.below(section.lines)
        section.since = len(section.lines) - 1
        section.quoted = is_open("commands", section.lines[-1:])
        block = before if before is not None and before.tabled else None
        self._open = section if section.quoted or block is None else block

    def _last_commands(self) -> _Open | None:
        """Commands of one text are one section: a later one builds on what the earlier left."""
        last = self._sections[-1] if self._sections else None
        return last if last is not None and last.form == "commands" else None

    def _hinted(self, called: list[str], *, bare: bool = False) -> None:
        """A message of iptables itself is no call; a trace may stand amidst a block of a save."""
        called = [part for word in called for part in re.split(r"(\|)", word) if part]
        if not any(lists(word) for word in called) and not _SAVING.search(called[0]):
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

    def _restored(self, called: list[str]) -> bool:
        """Whether a log tells by a call of iptables-restore what the blocks above it were."""
        blocks = self._sections[self._told :]
        if not called[0].endswith("-restore") or not blocks or self._open is not None:
            return False
        self._told = len(self._sections)
        if any(each.hint.family or not each.tabled for each in blocks):
            return False
        for each in blocks:
            each.hint.family = hint(called).family
        return True

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
        if self._announced(text):
            return
        section = self._open
        if section is not None and section.form == "listing" and _BARE_PROMPT.match(text):
            self._open = None
        elif section is not None and section.form == "listing":
            section.lines.append(line)
            if " -- " in text or ROW_LIKE.match(text):
                self._strays = 0
            else:
                self._strayed()
        elif _OPTISH.search(text) and _BARE_ROW.match(text):
            self._start("listing").lines.append(line)
        elif section is not None and section.form == "save" and _goes_on(section, line):
            section.lines.append(line)
            section.odd = True
            self._strayed()
        elif section is not None and section.tabled and _TARGETED.search(text):
            section.lines.append(line)
        else:
            self._strayed()

    def _start(self, form: str, *, tabled: bool = False) -> _Open:
        """What a call told of the table holds for one section only; the family for all."""
        told = self._hint.lasting()
        own = replace(told) if tabled else self._hint
        if form == "commands":
            own = Hint()  # their program names the family, -t the table
        partial = self._partial and form != "commands"
        section = _Open(form=form, hint=own, tabled=tabled, partial=partial)
        self._waiting = False
        self._sections.append(section)
        self._open = section
        self._strays = 0
        self._hint = told
        return section

    def _add(self, form: str, line: Line) -> _Open:
        section = self._open
        if section is None or section.form != form:
            section = self._start(form)
        section.lines.append(line)
        self._strays = 0
        section.since = len(section.lines) - 1
        section.quoted = form == "save" and is_open(form, section.lines[-1:])
        return section


def _goes_on(section: _Open, line: Line) -> bool:
    """Whether a line stands right below a rule of a save, of which it may be the rest."""
    above = section.lines[-1]
    return (
        above.number == line.number - 1
        and len(section.lines) - section.since <= _MOST_BREAKS
        and section.lines[section.since].text.lstrip()[:1] in "-["
        and _BARE_PROMPT.match(line.text) is None
    )


def is_save_line(text: str) -> bool:
    """Whether a line begins as a statement of a save does; the rest of one does not."""
    bare = text.lstrip()
    return bare[:1] == "#" or _TABLE.match(bare) is not None or _SAVE.match(bare) is not None


def is_rule_like(text: str) -> bool:
    """Whether a line begins as a rule does, or as a command that makes one."""
    begins = text.lstrip()[:512]
    forms = (_SAVE, ROW_LIKE, re.compile(rf"(?:\S+ ){{0,3}}{PROGRAM}"))
    return any(form.match(begins) for form in forms)
