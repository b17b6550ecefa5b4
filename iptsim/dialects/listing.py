"""`iptables -L` of any version and with any options to tables whose names are not settled yet.

A listing names no table and no family (iptables/iptables.c, print_header): where one table's
chains end is told by the built-in chains, the family by addresses and by the columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from iptsim.dialects.cells import count
from iptsim.dialects.families import torn, torn_note
from iptsim.dialects.grammar import load
from iptsim.dialects.parts import UNTOLD, Line, ReadTable, Section
from iptsim.dialects.rows import KINDS, RowReader, is_numeric, kind, pattern
from iptsim.dialects.sniff import HEADER, ROW_LIKE, TITLE
from iptsim.dialects.words import LONGEST_NAME, NAME_EXPECTED, Source, refuse_huge
from iptsim.errors import DumpError, Place
from iptsim.extensions.registry import targets
from iptsim.extensions.services import PROTOCOLS
from iptsim.model import BUILTIN_CHAINS, VERDICTS, Chain, Counters, Note, Rule

BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
# One row of a run, as `ROWS` in grammars/listing.lark has it.
_ROW = re.compile(r"(?>(?:[^\n/]+|(?<=\s)/\* (?s:.){0,256}? \*/|/)*)\n")
_V4 = re.compile(r"\d+\.\d+\.\d+\.\d+(?:/[\d.]+)?")
_V6 = re.compile(r"[0-9a-fA-F:]*(?:::|(?::[0-9a-fA-F]+){7})[0-9a-fA-F:.]*(?:/[\da-fA-F:]+)?")
_OPT = re.compile(r"(?:^|\s|[a-z])(?:--|-f|!f)\s")
_VOTES = 9
_PROTOCOLS = {"icmp": 4, "!icmp": 4, "ipv6-icmp": 6, "icmpv6": 6, "!ipv6-icmp": 6, "-f": 4, "!f": 4}


@dataclass(kw_only=True)
class _Chain:
    """A chain's header and its rows, not read yet."""

    name: str
    place: Place
    policy: str | None = None
    counters: Counters | None = None
    references: int | None = None
    declared: bool = True
    kind: str | None = None
    rows: list[Line] = field(default_factory=list)


def read_listing(
    section: Section, chain: str | None = None, *, family: int | None = None, plain: bool = False
) -> list[ReadTable]:
    """The tables of a section of form `listing`, in the order of the text.

    `chain` is what the call before the section listed (`iptables -L INPUT 1`), `family` what holds
    where nothing tells. `plain` reads without any short cut. Raises `DumpError` with its place.
    """
    notes: list[Note] = []
    chains = _Outline(section, chain, notes).chains()
    tables: list[ReadTable] = []
    for group in _tables(chains, section):
        first = not tables
        known = _family(group, _row_family) or section.family or _family(group, _row_protocol)
        reader = _reader(section, group, known or family or 4, plain=plain)
        place = group[0].place
        tables.append(
            ReadTable(
                name=section.table if first else None,
                family=known or family,
                chains=tuple(_finished(each, reader, notes) for each in group),
                form="listing",
                place=place,
                notes=tuple(notes),
            )
        )
        notes.clear()
    return tables


def _reader(section: Section, group: Sequence[_Chain], family: int, *, plain: bool) -> RowReader:
    numeric = any(is_numeric(row.text) for each in group for row in each.rows)
    names = frozenset(each.name for each in group)
    return RowReader(section.file, family, names, numeric=numeric, plain=plain)


def _finished(chain: _Chain, reader: RowReader, notes: list[Note]) -> Chain:
    return Chain(
        name=chain.name,
        policy=chain.policy,
        rules=tuple(_rule_or_torn(row, chain.kind, reader, notes) for row in chain.rows),
        counters=chain.counters,
        references=chain.references,
        place=chain.place,
        declared=chain.declared,
    )


def _rule_or_torn(row: Line, row_kind: str | None, reader: RowReader, notes: list[Note]) -> Rule:
    """A row that only the other family takes is torn: what it does is unknown."""
    try:
        return _rule(row, row_kind, reader)
    except DumpError as wrong:
        try:
            rule = _rule(row, row_kind, reader.other_family)
        except DumpError:
            raise wrong from None
        notes.append(torn_note(wrong, reader.family))
        return torn(rule, row.text.strip())


def _rule(row: Line, row_kind: str | None, reader: RowReader) -> Rule:
    """A row without a title is read by the first kind that fits it."""
    if row_kind is not None:
        return reader.read(row, row_kind)
    fitting = [each for each in KINDS if pattern(each).fullmatch(row.text)] or ["plain"]
    for each in fitting[:-1]:
        try:
            return reader.read(row, each)
        except DumpError:
            continue
    return reader.read(row, fitting[-1])


class _Outline:
    """Chains and their rows, by the outer grammar."""

    def __init__(self, section: Section, asked: str | None, notes: list[Note]) -> None:
        self._section = section
        self._asked = asked
        self._notes = notes

    def chains(self) -> list[_Chain]:
        """Every chain in order; rows before the first header make one of the asked name."""
        try:
            tree = load("listing").parse("".join(f"{line.text}\n" for line in self._section.lines))
        except UnexpectedInput as error:
            raise self._error(self._at(error.line), "the title line ends too early") from None
        found: list[_Chain | None] = []
        loose = [token for token in tree.children if isinstance(token, Token)]
        if any(token.type == "ROWS" for token in loose):
            found.append(self._loose(loose))
        branches = (branch for branch in tree.children if isinstance(branch, Tree))
        found.extend(
            self._chain([t for t in branch.children if isinstance(t, Token)]) for branch in branches
        )
        return [chain for chain in found if chain is not None]

    def _loose(self, tokens: list[Token]) -> _Chain | None:
        place = self._place(self._at(tokens[0].line))
        chain = _Chain(name=self._asked or UNTOLD, place=place, declared=False)
        self._fill(chain, tokens)
        if chain.rows and self._asked is None:
            self._notes.append(Note(code="IPT0124", place=place))
        return chain if chain.rows else None

    def _chain(self, tokens: list[Token]) -> _Chain:
        line = self._at(tokens[0].line)
        found = HEADER.match(line.text)
        if found is None:
            raise self._error(line, "the chain's line ends too early")
        self._refuse_too_long(found, line)
        counted = found["packets"] is not None
        chain = _Chain(
            name=found["name"],
            place=self._place(line),
            policy=found["policy"],
            counters=Counters(packets=count(found["packets"]), bytes=count(found["bytes"]))
            if counted
            else None,
            references=int(found["references"]) if found["references"] else None,
        )
        self._fill(chain, tokens[1:])
        return chain

    def _refuse_too_long(self, found: re.Match[str], line: Line) -> None:
        source = Source(file=self._section.file, lines=(line,), text=line.text)
        refuse_huge(source)
        if len(found["name"]) > LONGEST_NAME:
            raise source.error("not a chain's name", *found.span("name"), NAME_EXPECTED, "IPT0117")

    def _fill(self, chain: _Chain, tokens: Sequence[Token]) -> None:
        end = 0
        for token in tokens:
            if token.type == "TITLE":
                columns = TITLE.match(token)
                assert columns is not None
                chain.kind = kind(num=bool(columns["num"]), verbose=bool(columns["counters"]))
            else:
                line = token.line or 1
                self._rows(chain, token, line, directly=not end or line <= end)
            end = token.end_line or 1

    def _rows(self, chain: _Chain, run: Token, number: int, *, directly: bool) -> None:
        """`directly`: no blank line lies between the run and the chain's title or rows."""
        for found in _ROW.finditer(run):
            text = found.group()[:-1]
            line = self._at(number)
            number += text.count("\n") + 1
            if " -- " in text or ROW_LIKE.match(text) or (directly and _has_protocol(chain, text)):
                chain.rows.append(line if "\n" not in text else replace(line, text=text))
            elif chain.rows and "*/" in text and "/*" in chain.rows[-1].text:
                whole = f"{chain.rows[-1].text}\n{text}"
                chain.rows[-1] = replace(chain.rows[-1], text=whole)
            else:
                self._stray(line, directly=directly)

    def _stray(self, line: Line, *, directly: bool) -> None:
        """A line that is no row: a cut-off one is an error, another's text is left out."""
        word = line.text.split()[0]
        if word == "Chain" or (directly and _begins_row(word)):
            end = len(line.text.rstrip())
            raise self._error(line, "the row ends too early", end, code="IPT0112")
        if directly:
            facts = (("text", line.text.strip()[:80]),)
            self._notes.append(Note(code="IPT0122", place=self._place(line), facts=facts))

    def _at(self, number: int | None) -> Line:
        lines = self._section.lines
        return lines[min(max((number or 1) - 1, 0), len(lines) - 1)]

    def _place(self, line: Line, column: int = 0) -> Place:
        indent = len(line.text) - len(line.text.lstrip())
        return Place(
            file=self._section.file,
            line=line.number,
            column=line.shift + (column or indent) + 1,
        )

    def _error(
        self, line: Line, message: str, column: int | None = None, code: str = "IPT0117"
    ) -> DumpError:
        end = len(line.text.rstrip()) if column is None else column
        return DumpError(
            message, place=self._place(line, end), text=line.full or line.text, code=code
        )


def _has_protocol(chain: _Chain, text: str) -> bool:
    """Whether a row of ip6tables before 1.8.9, whose `opt` is blank, stands there."""
    found = pattern(chain.kind or "plain").fullmatch(text)
    word = found["PROT_ALONE_2"] or found["PROT_ALONE_3"] if found else None
    return word is not None and word.lstrip("!").lower() in PROTOCOLS


def _begins_row(word: str) -> bool:
    return word in VERDICTS or word in targets() or word.isdigit()


def _tables(chains: list[_Chain], section: Section) -> Iterator[list[_Chain]]:
    """The chains table by table; `DumpError` for a user chain that comes twice."""
    group: dict[str, _Chain] = {}
    for chain in chains:
        if group and _begins_table(group.keys(), chain):
            yield list(group.values())
            group = {}
        if chain.name in group:
            raise _repeated(chain, section)
        group[chain.name] = chain
    if group:
        yield list(group.values())


def _repeated(chain: _Chain, section: Section) -> DumpError:
    line = next(line for line in section.lines if line.number == chain.place.line)
    return DumpError(
        f"chain {chain.name} is there twice",
        place=chain.place,
        text=line.full or line.text,
        length=len(line.text.strip()),
        expected="each chain of a table once; for two states of a host use diff",
        code="IPT0114",
    )


def _begins_table(names: Set[str], chain: _Chain) -> bool:
    """Built-in chains come first and PREROUTING first of them; no table has all sets of them."""
    if chain.policy is None or chain.name not in BUILTINS or names == {UNTOLD}:
        return False
    together = {*names, chain.name}
    return (
        chain.name in names
        or not together <= BUILTINS
        or chain.name == "PREROUTING"
        or (chain.name == "INPUT" and bool(together & {"FORWARD", "OUTPUT", "POSTROUTING"}))
        or not any(together <= set(builtin) for builtin in BUILTIN_CHAINS.values())
    )


def _family(group: Sequence[_Chain], asked: Callable[[str], int | None]) -> int | None:
    """4 or 6, as most of the first rows that tell one do; None where none does."""
    rows = (row.text for chain in group for row in chain.rows)
    votes = islice((told for text in rows if (told := asked(text)) is not None), _VOTES)
    counted = Counter(votes).most_common(2)
    if len(counted) == 2 and counted[0][1] == counted[1][1]:
        return None
    return counted[0][0] if counted else None


def _row_family(text: str) -> int | None:
    """By a row's addresses, its columns or its way to reject."""
    shown = text.partition("/*")[0]
    for word in shown.split()[:10]:
        bare = word.lstrip("!")
        if _V4.fullmatch(bare):
            return 4
        if ":" in bare and _V6.fullmatch(bare):
            return 6
    if "reject-with icmp" in shown:
        return 6 if "reject-with icmp6" in shown else 4
    return None if _OPT.search(shown) else 6


def _row_protocol(text: str) -> int | None:
    """By a protocol that the other family seldom asks for, and `-f`, which IPv6 has not."""
    words = text.partition("/*")[0].split()[:10]
    return next((_PROTOCOLS[word] for word in words if word in _PROTOCOLS), None)
