"""The tables that a dump holds as text which iptables-restore takes: loaded as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim.dataclass import dataclass, replace
from iptsim.dialects import dump_lines
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.rule.remarks import may_be_remarked
from iptsim.errors import Place
from iptsim.model import BUILTIN_CHAINS, Chain, Ruleset, Table
from iptsim.regex import regex

# How a line begins that iptables-restore takes; any other goes on a comment with a newline in it,
# which it takes for a line of its own.
_QUOTED = regex(r'"(?:[^"\\]++|\\.)*+"')
_BEGINNINGS = ("*", ":", "#", "-", "[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A whole `*table … COMMIT` of a file, noise cut off."""

    file: str
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.lines[0].text.strip()[1:].strip()

    def holds(self, table: Table) -> bool:
        """Whether everything that was read of the table stands here."""
        first, last = self.lines[0].number, self.lines[-1].number
        places = list(_places(table))
        return bool(places) and all(
            place.file == self.file and first <= place.line <= last for place in places
        )

    def texts(self) -> Iterator[tuple[str, Line | None]]:
        """What is loaded, each line with that of the file.

        A built-in chain that the block does not declare is declared with policy ACCEPT, which it
        has by then: of nf_tables, iptables-restore would not make it, and no step of it is seen.
        """
        yield f"*{self.name}", self.lines[0]
        told = {line.text.strip()[1:].split()[0] for line in self.lines[1:] if _declares(line)}
        for chain in BUILTIN_CHAINS.get(self.name, ()):
            if chain not in told:
                yield f":{chain} ACCEPT [0:0]", None
        yield from ((line.text.strip(" \t\r"), line) for line in self.lines[1:])


class Originals:
    """The texts of a dump by the files' names as its places have them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._sections = {file: dump_lines(text, file=file) for file, text in texts.items()}
        self._blocks = [
            block
            for file, sections in self._sections.items()
            for section in sections
            if section.form == "save"
            for block in _blocks(file, section)
        ]

    def block(self, table: Table) -> Block | None:
        """The one block that is the table; None where there is none, or it is no whole one."""
        return next((b for b in self._blocks if b.name == table.name and b.holds(table)), None)

    def form(self, table: Table) -> str:
        """In what form the table was read: save, listing or commands; '' where nobody knows."""
        places = {(place.file, place.line) for place in _places(table)}
        for file, sections in self._sections.items():
            for section in sections:
                if any((file, line.number) in places for line in section.lines):
                    return section.form
        return ""


def settled(table: Table) -> Table:
    """The table as it is once loaded: every built-in chain is declared and has a policy."""
    names = BUILTIN_CHAINS.get(table.name, ())
    built_in = (table.chain(name) or Chain(name=name) for name in names)
    own = (chain for chain in table.chains if chain.name not in names)
    there = (replace(c, policy=c.policy or "ACCEPT", declared=True) for c in built_in)
    return replace(table, chains=(*there, *own), nft=None)


def with_tables(ruleset: Ruleset, tables: list[Table]) -> Ruleset:
    """The same family with only these."""
    return Ruleset(family=ruleset.family, tables=tuple(tables))


def _places(table: Table) -> Iterator[Place]:
    chains = [p for c in table.chains for p in (c.place, *(r.place for r in c.rules))]
    yield from (place for place in (table.place, *chains) if place is not None)


def _declares(line: Line) -> bool:
    return line.text.strip().startswith(":") and bool(line.text.strip()[1:].strip())


def _blocks(file: str, section: Section) -> Iterator[Block]:
    lines: list[Line] = []
    for line in section.lines:
        text = line.text.strip()
        if text.startswith("*"):
            lines = [line]
        elif lines:
            lines.append(line)
        if lines and text == "COMMIT":
            if all(map(_loads, lines)):
                yield Block(file=file, lines=tuple(lines))
            lines = []


def _loads(line: Line) -> bool:
    text = line.text.strip()
    if may_be_remarked(_QUOTED.sub("", text)):
        return False  # what somebody put behind a rule is no part of it
    return not text or text == "COMMIT" or text.startswith(_BEGINNINGS)
