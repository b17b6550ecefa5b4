"""A section of a text while lines are still added to it."""

from __future__ import annotations

from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.commands.calls import BARE_PROMPT, asked
from iptsim.dialects.finding.another_program import begins_another
from iptsim.dialects.parts import Line, Section, begins_again, second_word
from iptsim.dialects.signs.hints import Hint
from iptsim.dialects.signs.signs import stands_bare
from iptsim.regex import regex

_MOST_BREAKS = 8
"""A rule is broken into no more lines than this and one."""


# Somebody's mark, or a word, before a rule: `NEW: -A INPUT … -j DROP`.
_MARKED = regex(r"(?<=[^\w-])-[AI] [^\s-]\S*\s(?:.*\s)?-[jg] \S")
# A call of iptables that is not taken for one: within prose, or another program's words.
# The last are modules of ansible and salt, which have their arguments on lines of their own.
UNUSED = regex(
    r"\bip6?tables\b[\"',\s].*-(?:[AIDPF]|-append|-insert|-delete)\b"
    r"|^\s*(?:-\s+)?(?:ansible\.builtin\.)?iptables:(?:\s*$|\s+chain=)"
    r"|^\s*(?:-\s+)?iptables\.(?:append|insert|delete|set_policy|flush):?\s*$"
)


@dataclass(kw_only=True)
class Open:
    """A section that lines are still added to."""

    form: str
    hint: Hint
    lines: list[Line] = field(default_factory=list)
    ruled: bool = False
    tabled: bool = False
    quoted: bool = False
    partial: bool = False
    odd: bool = False
    loose: bool = False
    headless: bool = False
    calls: list[Hint] = field(default_factory=list)
    since: int = 0
    end: int = 0
    policies: list[str] = field(default_factory=list)
    tail: Line | None = None
    """The beginning of a command, which counts where the text ends in it."""

    def section(self, file: str, end: int) -> Section:
        """The lines as a value; `end` is the number of the text's last line that is not blank."""
        hint, tail = self.hint, self.tail
        lines = (*self.lines, tail) if tail is not None and tail.number >= end else (*self.lines,)
        return Section(
            form=self.form, file=file, lines=lines,
            table=hint.table, family=hint.family, nft=hint.nft,
            by=hint.by, other=hint.other, saved=hint.saved,
            partial=self.partial, odd=self.odd, last=lines[-1].number >= end,
            loose=self.loose, headless=self.headless, calls=asked(self.calls),
        )  # fmt: skip

    def ends_in(self, line: Line) -> bool:
        """Whether a line is the beginning of a command, where the text may end in it."""
        if self.form != "save" or line.text.strip() not in ("-", "--"):
            return False
        self.tail = line
        return True

    def is_over(self, policy: str) -> bool:
        """Whether another output of -S begins with a chain's policy."""
        again = self.ruled or begins_again(self.policies, second_word(policy))
        return again and not self.tabled

    def takes_misspelt(self, line: Line) -> bool:
        """Whether a line is a misspelt command of a save; it becomes the section's."""
        if self.form != "save":
            return False
        from iptsim.dialects.save.declarations import may_declare  # noqa: PLC0415  # as the next
        from iptsim.dialects.save.mistyped import mistyped  # noqa: PLC0415  # a listing has none

        declared = self.tabled and may_declare(line.text.strip())
        if not (declared or mistyped(line.text)):
            return False
        self.lines.append(line)
        return True

    def begins_again(self, text: str) -> bool:
        """Whether a chain that is declared behind a gap is of another table, which began in it."""
        if not self.odd:
            return False
        name = text.split(maxsplit=1)[0]
        return self.ruled or any(line.text.split(maxsplit=1)[:1] == [name] for line in self.lines)

    def may_go_on(self, line: Line) -> bool:
        """Whether a line may be the rest of the command above it."""
        if self.form != "commands":
            return False
        from iptsim.dialects.commands.broken import may_go_on  # noqa: PLC0415  # for commands alone

        return may_go_on(self.lines, line, self.end)


def goes_on(section: Open, line: Line) -> bool:
    """Whether a line stands right below a rule of a save, of which it may be the rest."""
    above = section.lines[-1]
    return (
        above.number == line.number - 1
        and len(section.lines) - section.since <= _MOST_BREAKS
        and section.lines[section.since].text.lstrip()[:1] in "-["
        and BARE_PROMPT.match(line.text) is None
    )


def marked(line: Line) -> Line | None:
    """The rule of a line that something stands before: what it asks is told, the rest is not."""
    found = _MARKED.search(line.text)
    if found is None or "tables" in line.text or not stands_bare(line.text, found.start()):
        return None
    return replace(line.behind(found.start()), cut=True)


def is_over(section: Open | None, text: str) -> bool:
    """Whether a listing, or an output of -S, ends above a line that is another program's."""
    told = section is not None and section.form != "commands" and not section.tabled
    return told and " -- " not in text and begins_another(text)


def without_lead(line: Line, lead: str, section: Open | None) -> tuple[Line, str]:
    """The line without the mark that stands before a listing's first header, too (`# `).

    With it the mark, as long as the listing goes on.
    """
    if not lead or section is None or section.form != "listing":
        return line, ""
    if not line.text.startswith(lead.rstrip()):
        return line, lead
    rest = line.text.removeprefix(lead) if line.text.startswith(lead) else ""
    return replace(line.behind(len(lead)), text=rest), lead


def is_rest(text: str, section: Open | None) -> bool:
    """`#conn src/32 > 10` of a row that is broken: no comment, and no root's prompt."""
    listing = section is not None and section.form == "listing"
    return listing and text.lstrip()[1:2].isalpha()


def name_family(blocks: list[Open], family: int | None) -> bool:
    """Give blocks of a save their family, where it is known of none of them."""
    if any(each.hint.family or not each.tabled for each in blocks):
        return False
    for each in blocks:
        each.hint.family = family
    return True
