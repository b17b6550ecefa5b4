"""A regular save: the small text of it that is read plainly, and the dump of what that told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import BUILTINS, Line
from iptsim.dialects.quick.late_save import ENTERED, LED, LEFT, LateSaved, SavedTable
from iptsim.dialects.quick.operands import Kinds
from iptsim.dialects.quick.save_text import Block, Declared, blocks_of
from iptsim.dialects.rule.plans import Reader
from iptsim.errors import Place
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS, Chain, Counters, Dump, Rule, Ruleset, Table
from iptsim.regex import regex

MOST_KINDS = 2000
_BARE_END = regex(r"\s-m\s+\S+\s*$", re.MULTILINE)
_COUNTED = regex(r" \[([0-9]+):([0-9]+)\]")


@dataclass(frozen=True, kw_only=True)
class RegularSave:
    """A regular text with its tables, the kinds of rules of each, and what has to be read of it."""

    text: str
    file: str
    blocks: tuple[tuple[Block, Kinds], ...]
    lines: tuple[Line, ...]

    def filled(self, dump: Dump) -> Dump | None:
        """What the whole text tells, by what its small text told; None where that was odd."""
        rows = {at for _block, kinds in self.blocks for at, _text in kinds.first.values()}
        if any(note.place is not None and note.place.line in rows for note in dump.notes):
            return None
        blocks = {block.table: (block, kinds) for block, kinds in self.blocks}
        if len(dump.rulesets) != 1 or {t.name for t in dump.rulesets[0].tables} != blocks.keys():
            return None
        ruleset = dump.rulesets[0]
        tables = [self._filled(table, *blocks[table.name], ruleset) for table in ruleset.tables]
        told = tuple(table for table in tables if table is not None)
        if len(told) < len(tables):
            return None
        return replace(dump, rulesets=(replace(ruleset, tables=told),))

    def _filled(self, table: Table, block: Block, kinds: Kinds, of: Ruleset) -> Table | None:
        own = [rule for chain in table.chains for rule in chain.rules]
        rules = {rule.place.line: rule for rule in own if rule.place is not None}
        kept = dict(kinds.first.values())
        plain = all(chain.whole and chain.declared for chain in table.chains)
        if rules.keys() != kept.keys() or len(own) != len(kept) or not plain:
            return None
        if not all(is_plain(rules[at], text) for at, text in kept.items()):
            return None
        reader = Reader(self.file, of.family)
        saved = SavedTable(
            text=self.text,
            file=self.file,
            reader=reader,
            kinds=tuple(rules.values()),
            start=block.start,
            end=block.end,
        )
        return replace(table, chains=tuple(self._chains(table, block, saved)))

    def _chains(self, table: Table, block: Block, saved: SavedTable) -> Iterator[Chain]:
        known: Mapping[str, Chain] = table.by_name
        for name, declared in block.chains.items():
            runs = block.runs.get(name)
            rules = () if runs is None else LateSaved(saved, runs)
            chain = known.get(name)
            yield (
                self._made(name, declared, rules) if chain is None else replace(chain, rules=rules)
            )

    def _made(self, name: str, declared: Declared, rules: LateSaved | tuple[()]) -> Chain:
        """A user chain that the small text has no need of."""
        return Chain(
            name=name,
            rules=rules,
            counters=_counters(declared.counters),
            place=Place(file=self.file, line=declared.line),
        )


@cache
def _counters(text: str) -> Counters | None:
    found = _COUNTED.fullmatch(text)
    return None if found is None else Counters(packets=int(found[1]), bytes=int(found[2]))


def is_plain(rule: Rule, text: str) -> bool:
    """Whether all that is asked of a rule without reading it is told by its text."""
    led, entered, left = LED.findall(text), ENTERED.findall(text), LEFT.findall(text)
    whole = rule.unread is None and not rule.address_names
    return (
        whole
        and led == ([] if rule.target is None else [rule.target.name])
        and entered == ([] if rule.header.in_ is None else [rule.header.in_.text])
        and left == ([] if rule.header.out is None else [rule.header.out.text])
    )


def regular_save(text: str, file: str, fewest: int) -> RegularSave | None:
    """The text as a regular save of so many rules at least; None for any other."""
    blocks = None if " \n" in text else blocks_of(text)
    if blocks is None or sum(text.count("\n", b.start, b.end) for b in blocks) < fewest:
        return None
    found: list[tuple[Block, Kinds]] = []
    for block in blocks:
        kinds = Kinds()
        rules = text[block.start : block.end]
        if not kinds.add(rules, block.line, MOST_KINDS) or not _lead_to_chains(rules, block):
            return None
        if any(_BARE_END.search(line) for _at, line in kinds.first.values()):
            return None
        found.append((block, kinds))
    return RegularSave(text=text, file=file, blocks=tuple(found), lines=tuple(_small(text, found)))


def _lead_to_chains(rules: str, block: Block) -> bool:
    """Whether every target is a user chain that is declared, or one that everybody has."""
    known = {*targets(), *VERDICTS}
    led = {found[1] for found in LED.finditer(rules)} - known
    return led <= block.chains.keys() - BUILTINS and not block.chains.keys() & known


def _small(text: str, blocks: list[tuple[Block, Kinds]]) -> Iterator[Line]:
    at, number = 0, 1
    for block, kinds in blocks:
        needed = _needed(block, kinds)
        for line, own in enumerate(text[at : block.start - 1].split("\n"), number):
            name = own[1:].partition(" ")[0] if own[:1] == ":" else ""
            if not name or name in needed:
                yield Line(number=line, text=own, full=own)
        for line, own in sorted(kinds.first.values()):
            yield Line(number=line, text=own, full=own)
        at, number = block.end, block.line + text.count("\n", block.start, block.end)
    for line, own in enumerate(text[at:].removesuffix("\n").split("\n"), number):
        yield Line(number=line, text=own, full=own)


def _needed(block: Block, kinds: Kinds) -> set[str]:
    """The chains that the small text declares: those of its rules, and what has a policy."""
    lines = [line for _at, line in kinds.first.values()]
    own = {line.partition("-A ")[2].partition(" ")[0] for line in lines}
    led = {name for line in lines for name in LED.findall(line)}
    return own | led | {name for name, told in block.chains.items() if told.policy != "-"}
