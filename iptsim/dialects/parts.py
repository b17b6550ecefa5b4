"""What the readers of the single text forms hand to the one who puts a dump together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import Place
from iptsim.model import BUILTIN_CHAINS, Chain, Note

if TYPE_CHECKING:
    from iptsim.dialects.commands.branches import Branches
    from iptsim.dialects.commands.shell_variables import Variables
    from iptsim.dialects.rule.plans import Read

BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
"""The chains that are there without being made, of any table."""
SPOILED = frozenset({codes.RULE_UNREADABLE, codes.OLD_PRINTER, codes.TITLE_BROKEN})
"""The notes that a rule or a title cannot be read whole (`rule/spoiled.py`, `spoiled_note`)."""
UNTOLD = "?"
"""The chain of rows that stand below no header; further such chains are `?2`, `?3` and so on."""


def untold(number: int) -> str:
    """The name of a dump's `number`th chain (from 1) whose name nothing tells."""
    return UNTOLD if number == 1 else f"{UNTOLD}{number}"


def is_untold(name: str) -> bool:
    """Whether that is the name of a chain that nothing tells."""
    return name[:1] == UNTOLD and (name == UNTOLD or name[1:].isdigit())


def second_word(text: str) -> str:
    """The chain that `-P INPUT DROP` names; '' where nothing follows the first word."""
    return [*text.split(maxsplit=2), ""][1]


def begins_again(told: Collection[str], name: str) -> bool:
    """Whether a chain is declared behind others (`told`) that are of another table.

    A table has each chain once, and its built-in chains in the order of the hooks; but OUTPUT
    stands behind POSTROUTING in nat of iptables-nft before 1.8.5. Who writes policies by hand
    minds no order, but of PREROUTING.
    """
    order = BUILTIN_CHAINS["mangle"]
    if name in told or name not in order:
        return name in told
    later = set(order[order.index(name) + 1 :]) & {*told}
    later -= {"POSTROUTING"} if name == "OUTPUT" else set()
    return bool(later) and (name == "PREROUTING" or "PREROUTING" in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a dump, noise in front of it cut away.

    `number` counts from 1 in the file; `shift` is the number of characters cut from its start;
    `full` is the line as it stands in the file. `cut`: it breaks off at a right edge. `gaps` are
    the offsets in `text`, in order, before each of which one more character of `full` was taken
    away: the backslashes of a text that a log escaped. `failed` is what iptables printed below a
    command that it did not take. `rest`: it may be the rest of the command above it. `joined` are
    the numbers of the lines below that were joined to it. `stamp` is what the record of a log tells
    of its time on another line.
    """

    number: int
    text: str
    shift: int = 0
    full: str = ""
    cut: bool = False
    gaps: tuple[int, ...] = ()
    failed: str = ""
    rest: bool = False
    joined: tuple[int, ...] = ()
    stamp: str = ""

    @property
    def shown(self) -> str:
        """The line as it stood where it was cut or broken: taken out of another, itself."""
        return self.full if self.full.endswith(self.text) else self.text

    def column(self, offset: int) -> int:
        """Where, counted from 1, the character at `offset` of `text` stands in the file's line."""
        return max(self.shift + offset + bisect_right(self.gaps, offset) + 1, 1)

    def behind(self, start: int) -> Line:
        """The line without its first `start` characters."""
        if start == 0:
            return self
        gaps = self.gaps and tuple(gap - start for gap in self.gaps if gap > start)
        return replace(self, text=self.text[start:], shift=self.column(start) - 1, gaps=gaps)

    def with_rest(self, text: str, rest: Iterable[Line]) -> Line:
        """The line with the ones that go on in it; `text` is what they are together."""
        more = (number for each in rest for number in (each.number, *each.joined))
        return replace(self, text=text, joined=(*self.joined, *more))

    def upto(self, end: int) -> Line:
        """The line without what stands from `end` on."""
        return self if end >= len(self.text) else replace(self, text=self.text[:end])


def joined_lines(lines: Iterable[Line]) -> Iterator[tuple[int, int]]:
    """The lines that were joined to these, each with the number of that which they go on in."""
    for line in lines:
        yield from ((number, line.number) for number in line.joined if number != line.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call of a line with several shows: its table, and a chain if it names one."""

    table: str | None
    chain: str | None
    family: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines of one form that follow each other.

    `form` is `save` (iptables-save, restore input, -S), `listing` (-L) or `commands`
    (`iptables -t nat -A …`). `table` and `family` are hints from around it (a prompt line
    `iptables -t nat -L`, a header `# Generated by ip6tables-save`), as is `nft` (see `Table`);
    None where nothing tells. `by` says how the family is told (see `hints`), `other` names a
    program of other rules, as arptables, whose header stands above. `partial`: the call filtered
    its output (`| grep 8080`), so lines are missing anywhere. `last`: only blank lines follow in
    the text. `odd`: among the lines are some that say that others are left out, or may be the rest
    of the line above. `saved`: iptables-save's own header stands above the first. `loose`: rules
    outside of any table, behind a COMMIT or before the first table's line; `headless`: they are all
    of one table, whose line is missing. `calls` are those of one
    line that the listing answers, in order, where it has several. `lenient`: a rule that cannot be
    read is read in part, and noted. `variables` are those of the script that commands stand in.
    """

    form: str
    file: str
    lines: tuple[Line, ...]
    table: str | None = None
    family: int | None = None
    nft: bool | None = None
    by: str = "header"
    other: str | None = None
    partial: bool = False
    last: bool = False
    odd: bool = False
    saved: bool = False
    loose: bool = False
    headless: bool = False
    calls: tuple[Call, ...] = ()
    lenient: bool = False
    variables: Variables | None = None
    branches: Branches | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """A table as one section told it, before its name and family are settled.

    `form` is one of `save` (the whole state, as iptables-save and -S print it), `input` (restore
    input and commands, which build on what was there) and `listing`. `nft` is as in `Table`;
    `elided` says that the writer left lines out among them. `commands` built it,
    each with its place. `loose` is as in `Section`. `joined` are the lines of the section that were
    joined to others, each with the number of the line where what they are together begins. `saved`
    is as in `Table`; `headed`: what made it stands above it.
    """

    name: str | None
    family: int | None
    chains: tuple[Chain, ...]
    form: str
    place: Place
    notes: tuple[Note, ...] = ()
    nft: bool | None = None
    elided: bool = False
    commands: tuple[tuple[Read, Place], ...] = ()
    loose: bool = False
    joined: tuple[tuple[int, int], ...] = ()
    saved: bool = False
    headed: bool = False
