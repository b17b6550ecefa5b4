"""A regular listing: the small one of it that is read plainly, and the dump of what that told."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.listing.rows import RowReader, has_unknown_text, is_numeric
from iptsim.dialects.parts import Line
from iptsim.dialects.quick.late_listing import LateListed, ListedTable
from iptsim.dialects.quick.listing_text import Listed, chains_of
from iptsim.dialects.quick.operands import ACTING, pieces
from iptsim.dialects.quick.row_kinds import ROW, TITLE, Columns, Row
from iptsim.errors import Place
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS, Chain, Dump, Rule, Table

MOST_KINDS = 2000


Batch = list[tuple[str, Listed]]
"""Chains that follow each other, whose rows of one kind are as good as each other."""
_BATCH = 1 << 20


@dataclass(slots=True)
class _Rows:
    """The rows of a listing as they are gone through: first of each kind, and what they lead to."""

    columns: Columns = field(default_factory=Columns)
    kept: dict[int, tuple[str, str, Row]] = field(default_factory=dict)
    """By number of the line: its chain, its text and its columns."""
    led: Counter[str] = field(default_factory=Counter)
    seen: set[Row] = field(default_factory=set)
    """The kinds of rows of user chains."""

    def take(self, text: str, batch: Batch) -> bool:
        """Go through the rows of some chains; False where one is odd."""
        ends = [*accumulate(text.count("\n", chain.start, chain.end) for _name, chain in batch)]
        seen = self.seen if batch[0][1].references is not None else set[Row]()
        at = 0
        for piece in pieces(text[batch[0][1].start : batch[-1][1].end]):
            rows = ROW.findall(piece)
            self.led.update([row[0] for row in rows])
            for number in self._fresh(rows, seen):
                place = bisect_right(ends, at + number)
                self._keep(text, *batch[place], at + number - (ends[place - 1] if place else 0))
            at += len(rows)
        return at == ends[-1] and not self.columns.acting

    def _fresh(self, rows: list[Row], seen: set[Row]) -> list[int]:
        """The first rows of kinds that were not seen."""
        kinds = [*self.columns.kinds(rows)] if rows else []
        first = dict(zip(reversed(kinds), range(len(kinds) - 1, -1, -1), strict=True))
        fresh = {kind: at for kind, at in first.items() if kind not in seen}
        seen.update(fresh)
        return [*fresh.values()]

    def _keep(self, text: str, name: str, chain: Listed, number: int) -> None:
        own = text[chain.start : chain.end].split("\n")[number]
        self.keep(chain.first + number, name, own)

    def keep(self, line: int, name: str, own: str) -> None:
        """A row that is read plainly; behind an odd one, which is refused, numbers are wrong."""
        row = ROW.match(f"{own}\n")
        if row is not None:
            self.kept[line] = name, own, row.groups("")


def _batches(chains: dict[str, Listed]) -> Iterator[Batch]:
    """Each built-in chain by itself, the others some at a time."""
    batch: Batch = []
    for name, chain in chains.items():
        if chain.references is None:
            yield [(name, chain)]
            continue
        if batch and chain.end - batch[0][1].start > _BATCH:
            yield batch
            batch = []
        batch.append((name, chain))
    if batch:
        yield batch


@dataclass(frozen=True, kw_only=True)
class RegularListing:
    """A regular listing with its chains, and the rows of it that have to be read."""

    text: str
    file: str
    chains: dict[str, Listed]
    kept: dict[int, tuple[str, str, Row]]
    lines: tuple[Line, ...]

    def filled(self, dump: Dump) -> Dump | None:
        """What the whole text tells, by what its small text told; None where that was odd."""
        tables = [table for ruleset in dump.rulesets for table in ruleset.tables]
        noted = {note.place.line for note in dump.notes if note.place is not None}
        if len(tables) != 1 or noted & self.kept.keys():
            return None
        own = [rule for chain in tables[0].chains for rule in chain.rules]
        rules = {rule.place.line: rule for rule in own if rule.place is not None}
        whole = all(chain.whole and chain.declared for chain in tables[0].chains)
        if not whole or rules.keys() != self.kept.keys() or len(own) != len(rules):
            return None
        if not all(_is_plain(rules[at], row) for at, (_name, _text, row) in self.kept.items()):
            return None
        ruleset = dump.rulesets[0]
        chains = tuple(self._chains(tables[0], ruleset.family, tuple(rules.values())))
        table = replace(tables[0], chains=chains)
        return replace(dump, rulesets=(replace(ruleset, tables=(table,)),))

    def _chains(self, table: Table, family: int, kinds: tuple[Rule, ...]) -> Iterator[Chain]:
        numeric = any(is_numeric(text) for _name, text, _row in self.kept.values())
        reader = RowReader(self.file, family, frozenset(self.chains), numeric=numeric)
        listed = ListedTable(text=self.text, reader=reader, kinds=kinds, chains=self.chains)
        for name, told in self.chains.items():
            rules = LateListed(listed, told) if told.end > told.start else ()
            own = table.by_name.get(name)
            if own is None:
                own = Chain(name=name, place=Place(file=self.file, line=told.line))
            yield replace(own, rules=rules, references=told.references)


def _is_plain(rule: Rule, row: Row) -> bool:
    """Whether all that is asked of a rule without reading it is told by its columns."""
    entry = "*" if rule.header.in_ is None else rule.header.in_.text
    whole = rule.unread is None and not rule.address_names and not has_unknown_text(rule)
    led = "" if rule.target is None else rule.target.name
    return whole and row[0] == led and row[3].removeprefix("!") == entry


def regular_listing(text: str, file: str, fewest: int) -> RegularListing | None:
    """The text as a regular listing of so many lines at least; None for any other.

    References are as many as the rows make, so nothing is missing from it.
    """
    chains = chains_of(text) if text.count("\n") >= fewest else None
    if chains is None or any(word in name for name in chains for word in ACTING):
        return None
    rows = _Rows()
    for batch in _batches(chains):
        if not rows.take(text, batch) or len(rows.kept) > MOST_KINDS:
            return None
    if not _lead_to_chains(chains, rows.led):
        return None
    name, last = [*chains.items()][-1]
    if last.end > last.start:
        own = text[last.start : last.end - 1].rpartition("\n")[2]
        rows.keep(last.first + text.count("\n", last.start, last.end) - 1, name, own)
    lines = tuple(_small(chains, rows.kept))
    return RegularListing(text=text, file=file, chains=chains, kept=rows.kept, lines=lines)


def _lead_to_chains(chains: dict[str, Listed], led: Counter[str]) -> bool:
    """Whether user chains are led to as often as they tell, and nothing else but known targets."""
    known = {*targets(), *VERDICTS, ""}
    told = {name: c.references for name, c in chains.items() if c.references is not None}
    others = led.keys() - known
    return others <= told.keys() and all(led[name] == count for name, count in told.items())


def _small(chains: dict[str, Listed], kept: dict[int, tuple[str, str, Row]]) -> Iterator[Line]:
    """The text of the chains that the rows need, with references as those make."""
    led = Counter(row[0] for _name, _text, row in kept.values())
    rows: dict[str, list[int]] = {}
    for line, (name, _text, _row) in sorted(kept.items()):
        rows.setdefault(name, []).append(line)
    last = [*chains][-1]
    for name, chain in chains.items():
        if not (chain.references is None or name in rows or name in led or name == last):
            continue
        header = chain.header.removesuffix("\n")
        if chain.references is not None:
            header = f"Chain {name} ({led[name]} references)"
        own = [(line, kept[line][1]) for line in rows.get(name, ())]
        before = [] if chain.line == 1 else [(chain.line - 1, "")]
        for line, text in (*before, (chain.line, header), (chain.line + 1, TITLE[:-1]), *own):
            yield Line(number=line, text=text, full=text)
