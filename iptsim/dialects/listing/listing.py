"""`iptables -L` of any version and with any options to tables whose names are not settled yet.

A listing names no table and no family (iptables/iptables.c, print_header): where one table's
chains end is told by the built-in chains, the family by addresses and by the columns.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.listing.cells import counters
from iptsim.dialects.listing.chain_headers import HEADER, TITLE, mended, without_open_comments
from iptsim.dialects.listing.line_numbers import number_rows, with_gaps
from iptsim.dialects.listing.listed_chains import ListedChain, family_of, tables_of
from iptsim.dialects.listing.narrow import at_the_edge, ends_lost, ends_oddly
from iptsim.dialects.listing.rows import RowReader, fitting, is_numeric, kind, pattern
from iptsim.dialects.listing.torn_rows import Joiner, Patience, Row, begins_row
from iptsim.dialects.parts import UNTOLD, Call, Line, ReadTable, Section, untold
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED, Source, refuse_huge
from iptsim.dialects.signs.elided import GAP, is_bar, left_out, says_left_out
from iptsim.dialects.signs.shapes import ROW_LIKE
from iptsim.dialects.tokens import Token, UnexpectedError, tokens
from iptsim.errors import DumpError, Place
from iptsim.extensions.values.services import PROTOCOLS
from iptsim.model import Chain, Note, Rule
from iptsim.regex import regex

_ROW = regex(r"(?>(?:[^\n/]+|(?<=\s)/\* (?s:.){0,256}? \*/|/)*)\n")  # as grammars/listing.lark
_SHORTEST_ROW = 40
_MATCH_WORD = regex(r"!?(?:[ds]pts?|flags|option|spis?|length|type|code|\d+)(?:[:=].*)?")


def read_listing(
    section: Section, chain: str | None = None, *, family: int | None = None, plain: bool = False
) -> list[ReadTable]:
    """The tables of a section of form `listing`, in the order of the text.

    `chain` is what the call before listed (`iptables -L INPUT 1`), `family` what holds elsewhere.
    `plain` reads without any short cut. Raises `DumpError` with its place.
    """
    tables = _read(section, chain, family, frozenset(), plain=plain)
    lost = ends_lost(section.lines, tables)
    if ends_oddly(section, tables):
        from iptsim.dialects.listing.last_rows import reread  # noqa: PLC0415  # most end whole

        return reread(section, tables, lost, lambda s: _read(s, chain, family, lost, plain=plain))
    return _read(section, chain, family, lost, plain=plain) if lost else tables


def _read(
    section: Section, chain: str | None, family: int | None, cut: Set[int], *, plain: bool
) -> list[ReadTable]:
    """`cut` are the numbers of the lines that lost their ends."""
    notes: list[Note] = []
    chains = _Outline(section, chain, notes, cut).chains()
    tables: list[ReadTable] = []
    patience, joined = Patience(), list[tuple[int, int]]()
    for group, call in _groups(chains, section):
        known = family_of(group, call.family or section.family)
        reader = _reader(section, group, known or family or 4, plain=plain)
        place = group[0].place
        tables.append(
            ReadTable(
                name=call.table,
                family=known or family,
                chains=tuple(
                    _finished(each, reader, notes, patience, joined, lenient=section.lenient)
                    for each in group
                ),
                form="listing",
                place=place,
                notes=tuple(notes),
                elided=any(isinstance(row, Line) for each in group for row in each.rows),
                joined=tuple(joined),
            )
        )
        notes.clear()
        joined.clear()
    return tables


def _groups(
    chains: list[ListedChain], section: Section
) -> Iterator[tuple[list[ListedChain], Call]]:
    """The chains table by table, each with what the call that printed them tells."""
    if section.calls:
        from iptsim.dialects.listing.several_listings import answers  # noqa: PLC0415  # few have some

        answered = answers(chains, section.calls)
        if answered is not None:
            yield from answered
            return
    told = None if section.calls else section.table
    for group in tables_of(chains, section):
        yield group, Call(table=told, chain=None, family=None)
        told = None


def _reader(
    section: Section, group: Sequence[ListedChain], family: int, *, plain: bool
) -> RowReader:
    numeric = any(is_numeric(text) for each in group for text in each.texts)
    names = frozenset(each.name for each in group)
    return RowReader(section.file, family, names, numeric=numeric, plain=plain)


def _finished(
    chain: ListedChain,
    reader: RowReader,
    notes: list[Note],
    patience: Patience,
    joined: list[tuple[int, int]],
    *,
    lenient: bool,
) -> Chain:
    joiner = Joiner(reader, chain.kind, notes, patience=patience, joined=joined, lenient=lenient)
    rules: list[Rule] = []
    for row in chain.rows:
        if isinstance(row, Row):
            rules.extend(joiner.rules(row))
        elif not rules or rules[-1].unread is None or rules[-1].unread.why != "elided":
            rules.append(left_out(row.text, _place_of(reader.file, row)))
    numbered, in_order = with_gaps(rules)
    return Chain(
        name=chain.name,
        policy=chain.policy,
        rules=tuple(numbered),
        counters=chain.counters,
        references=chain.references,
        place=chain.place,
        declared=chain.declared,
        whole=chain.whole and in_order,
    )


def _place_of(file: str, line: Line, column: int = 0) -> Place:
    indent = len(line.text) - len(line.text.lstrip())
    return Place(file=file, line=line.number, column=line.column(column or indent))


class _Outline:
    """Chains and their rows, by the outer grammar."""

    def __init__(
        self, section: Section, asked: str | None, notes: list[Note], cut: Set[int]
    ) -> None:
        self._section = section
        self._lines, self._doubtful = without_open_comments(mended(section.lines))
        self._own = {line.number: line for line in section.lines}
        self._heads = [n for n, line in enumerate(self._lines) if HEADER.match(line.text)]
        self._cut = cut | at_the_edge(section.lines)
        self._asked = asked
        self._notes = notes
        self._untold = 0

    def chains(self) -> list[ListedChain]:
        """Every chain in order; rows before the first header make one of the asked name."""
        try:
            found = tokens("listing", "".join(f"{line.text}\n" for line in self._lines))
        except UnexpectedError as error:
            raise self._error(self._at(error.line), "the title line ends too early") from None
        runs = _by_chain(found)
        chains = self._loose(runs[0], last=len(runs) == 1)
        for run in runs[1:]:
            chains.extend(self._chain(run, last=run is runs[-1]))
        for chain in chains:
            _without_bars_below(chain)
        _break_off(chains)
        for chain in chains:
            chain.whole = chain.whole and not self._doubtful
        return chains

    def _loose(self, run: list[Token], *, last: bool) -> list[ListedChain]:
        """Rows before any header; `iptables -L INPUT 7` prints one of a chain that it names."""
        if not any(token.type == "ROWS" for token in run):
            return []
        place = self._place(self._at(run[0].line))
        chain = ListedChain(name=self._asked or "", place=place, declared=False, whole=False)
        return [each for each in self._filled(chain, run, last=last) if each.rows]

    def _chain(self, run: list[Token], *, last: bool) -> list[ListedChain]:
        line = self._at(run[0].line)
        found = HEADER.match(line.text)
        if found is None:
            raise self._error(line, "the chain's line ends too early")
        self._refuse_too_long(found, line)
        if (own := self._own.get(line.number)) is not None and own.text != line.text:
            from iptsim.dialects.listing.broken_titles import broken_title  # noqa: PLC0415  # rare

            self._notes.extend(broken_title(self._section.file, own, line))
        counted = found["packets"] is not None
        chain = ListedChain(
            name="" if found["name"] == UNTOLD else found["name"],
            place=self._place(line),
            policy=found["policy"],
            counters=counters(found["packets"], found["bytes"]) if counted else None,
            references=int(found["references"]) if found["references"] else None,
            declared=found["name"] != UNTOLD,
            whole=not self._section.partial and found["name"] != UNTOLD,
        )
        return self._filled(chain, run[1:], last=last)

    def _filled(self, chain: ListedChain, run: Sequence[Token], *, last: bool) -> list[ListedChain]:
        """The chain with its rows; rows below a second title or a blank line are not its own."""
        chains = [chain]
        end = 0
        for token in run:
            chain, line = chains[-1], token.line
            directly = not end or line <= end
            if token.type == "TITLE":
                if chain.kind is not None or chain.rows:
                    chains.append(chain := self._nameless(line))
                self._titled(chain, token, line)
            else:
                chain.spaced = chain.spaced or not (chain.rows or directly)
                if chain.kind is None and chain.declared and not self._stands_apart(chain):
                    chains.append(chain := self._nameless(line))
                elif not (directly or chain.spaced) and _begins_anew(chain, token):
                    chain.whole = False  # the rows may be its own
                    told, chain = chain, self._nameless(line)
                    chain.kind, chain.cut = told.kind, told.cut
                    chains.append(chain)
                self._rows(chain, token, line, directly=directly)
            end = token.end_line
        if not last:
            _without_chains_left_out(chains[-1])
        for each in chains:
            number_rows(each)
        self._name(chains)
        return [each for each in chains if each.name]

    def _stands_apart(self, chain: ListedChain) -> bool:
        """Whether blank lines set a chain without a title off from its neighbours.

        A filter that takes the titles mostly takes blank lines and other chains' headers, too:
        rows below such a header are of any chain.
        """
        heads = self._heads
        at = bisect_left(heads, chain.place.line, key=lambda n: self._lines[n].number)
        own = heads[at] if at < len(heads) else 0
        after = bisect_right(heads, own)
        other = heads[after] if after < len(heads) else own
        return other != heads[0] and not self._lines[other - 1].text.strip()

    def _nameless(self, line: int) -> ListedChain:
        place = self._place(self._at(line))
        return ListedChain(name="", place=place, declared=False, whole=False)

    def _name(self, chains: Sequence[ListedChain]) -> None:
        """Each chain that nothing names gets a name of its own."""
        for chain in chains:
            if not chain.name and chain.rows:
                self._untold += 1
                chain.name = untold(self._untold)
                self._notes.append(Note(code=codes.RULES_OF_NO_CHAIN, place=chain.place))

    def _titled(self, chain: ListedChain, title: Token, line: int) -> None:
        columns = TITLE.match(title)
        assert columns is not None
        chain.kind = kind(
            num=bool(columns["num"]),
            counters=bool(columns["counters"]),
            via=bool(columns["via"]),
        )
        chain.cut = self._at(line).cut

    def _refuse_too_long(self, found: re.Match[str], line: Line) -> None:
        source = Source(file=self._section.file, lines=(line,), text=line.text)
        refuse_huge(source)
        if len(found["name"]) > LONGEST_NAME:
            raise source.error(
                "not a chain's name", *found.span("name"), NAME_EXPECTED, codes.WRONG_IN_LISTING
            )

    def _rows(self, chain: ListedChain, run: Token, number: int, *, directly: bool) -> None:
        """`directly`: no blank line lies between the run and the chain's title or rows."""
        for found in _ROW.finditer(run):
            text = found.group()[:-1]
            line, rest = self._at(number), range(number + 1, number + text.count("\n") + 1)
            number += len(rest) + 1
            last = chain.last
            if len(text) < _SHORTEST_ROW and says_left_out(text):
                self._stray(chain, line, directly=directly)
            elif _is_row(chain, text, directly=directly) and not _is_half(chain, text, directly):
                whole = line.with_rest(text, map(self._at, rest)) if rest else line
                cut = chain.cut or line.cut or line.number in self._cut
                chain.rows.append(Row(line=replace(whole, cut=True) if cut else whole))
                directly = True
            elif last is not None and "*/" in text and "/*" in last.line.text:
                more = [line, *map(self._at, rest)]
                last.line = last.line.with_rest(f"{last.line.text}\n{text}", more)
            else:
                self._stray(chain, line, directly=directly)

    def _stray(self, chain: ListedChain, line: Line, *, directly: bool) -> None:
        """A line that is no whole row: the rest of the one above, a torn one, or another's text."""
        if line.text == GAP and not directly:
            return  # the chain has ended: its neighbours are left out
        if says_left_out(line.text):
            chain.rows.append(line)
            chain.apart = not directly
        elif directly and chain.last is not None:
            chain.last.rest.append(line)
        elif directly and (line.cut or begins_row(line.text)):
            chain.rows.append(Row(line=line))
        elif directly:
            facts = (("text", line.text.strip()[:80]),)
            self._notes.append(Note(code=codes.LINE_LEFT_OUT, place=self._place(line), facts=facts))

    def _at(self, number: int | None) -> Line:
        lines = self._lines
        return lines[min(max((number or 1) - 1, 0), len(lines) - 1)]

    def _place(self, line: Line, column: int = 0) -> Place:
        return _place_of(self._section.file, line, column)

    def _error(
        self,
        line: Line,
        message: str,
        column: int | None = None,
        code: str = codes.WRONG_IN_LISTING,
    ) -> DumpError:
        end = len(line.text.rstrip()) if column is None else column
        return DumpError(
            message, place=self._place(line, end), text=line.full or line.text, code=code
        )


def _by_chain(found: Sequence[Token]) -> list[list[Token]]:
    """What stands before any header, then each header with what is below it."""
    runs: list[list[Token]] = [[]]
    for token in found:
        if token.type == "HEADER":
            runs.append([])
        runs[-1].append(token)
    return runs


def _is_row(chain: ListedChain, text: str, *, directly: bool) -> bool:
    return (
        " -- " in text
        or ROW_LIKE.match(text) is not None
        or (directly and _has_protocol(chain, text))
    )


def _without_bars_below(chain: ListedChain) -> None:
    """A bar below the last row parts outputs."""
    while chain.rows and isinstance(last := chain.rows[-1], Line) and is_bar(last.text):
        chain.rows.pop()


def _break_off(chains: Sequence[ListedChain]) -> None:
    """Chains whose rows the text does not show, or not all.

    Iptables prints a title below each header: without it a filter took lines away
    (`iptables -nL | grep ACCEPT`), or the text ends before the last one, or in it.
    """
    for chain in chains:
        chain.whole = chain.whole and chain.kind is not None
    if chains and not chains[-1].rows and chains[-1].cut:
        chains[-1].whole = False


def _begins_anew(chain: ListedChain, run: Token) -> bool:
    """Whether rows behind a blank line are of another chain, whose header is not there."""
    rows = (_is_row(chain, found.group()[:-1], directly=False) for found in _ROW.finditer(run))
    return chain.last is not None and any(rows)


def _is_half(chain: ListedChain, text: str, directly: bool) -> bool:
    """Whether a line that looks like a row goes on in one that broke off before its last column."""
    last = chain.last
    if last is None or not directly:
        return False
    columns = chain.kind or "plain"
    return fitting(columns, last.text) is None and fitting(columns, text) is None


def _has_protocol(chain: ListedChain, text: str) -> bool:
    """Whether a row of ip6tables before 1.8.9, whose `opt` is blank, stands there.

    `tcp dpt:22 state NEW` is none: it is the rest of the row above.
    """
    found = pattern(chain.kind or "plain").fullmatch(text)
    word = found["PROT_ALONE_2"] or found["PROT_ALONE_3"] if found else None
    if found is None or word is None or word.lstrip("!").lower() not in PROTOCOLS:
        return False
    return not any(_MATCH_WORD.fullmatch(found[column]) for column in ("SOURCE", "DESTINATION"))


def _without_chains_left_out(chain: ListedChain) -> None:
    """Dots between chains, with blank lines about them, stand for chains, not for rules."""
    while chain.apart and chain.rows and isinstance(chain.rows[-1], Line):
        chain.rows.pop()
