"""From the rules of a dump to what iptables-restore loads, and back to the dump's own lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects import read_text
from iptsim.dialects.parts import Line, is_untold
from iptsim.dialects.writing.lost import lost
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError, Place
from iptsim.extensions.spec import Context
from iptsim.extensions.text import UnwritableError, write_name, write_rule
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.loading.cannot_judge import has_spoiled, stand_ins
from iptsim.kernel.loading.standing import Block, Originals, settled, with_tables
from iptsim.kernel.loading.vetting import refused
from iptsim.model import Chain, Note, Rule, Ruleset, Table
from iptsim.regex import regex
from iptsim.tracer.rules.ready import rule_text
from iptsim.tracer.rules.untold_chains import leads_away

_REFUSED = codes.RESTORE_REFUSES
_MESSAGES = {
    codes.KERNEL_REFUSES: "the kernel does not load {where}: {words}",
    codes.NOBODY_LOADS: "nobody can load {where}: {words}",
    codes.LEADS_NOWHERE: "the kernel does not load {where}: {words} is not in this dump",
    codes.NAMES_HOST: (
        "{where} names the host {words}, which only the dumping host can tell; list with -n"
    ),
    codes.RUNS_OR_OPENS: "{where} is not loaded: {words} would make iptables run or open a file",
    codes.BELOW_NO_CHAIN: "{where} stands below no chain's header, so its chain is unknown",
    codes.ROOT_ASKS_ONLY: (
        "{where} asks who sends, which the kernel lets root ask only: run this as root"
    ),
    codes.TOUCHES_HOST: (
        "{where} is not loaded: {words} would touch this host, outside of the namespace"
    ),
    codes.EFFECT_ON_IPTABLES_UNKNOWN: (
        "{where} is not loaded: nobody here knows what {words} makes iptables do"
    ),
    codes.READ_IN_SEVERAL_WAYS: (
        "{where} is not loaded: iptables-restore may read this line in more than one way"
    ),
    codes.NFT_OPENS: "{where} is not loaded: {words} would make nft open a file",
    codes.EFFECT_ON_NFT_UNKNOWN: (
        "{where} is not loaded: nobody here knows what {words} makes nft do"
    ),
    codes.NFT_READS_IN_SEVERAL_WAYS: (
        "{where} is not loaded: versions of nft may read {words} in more than one way"
    ),
}
# What iptables-restore says of itself, and not of the rule.
_IDLE = regex(
    r"^(?:Try `.*|Error occurred at line: \d+|ip6?tables\S* *(?:v\S+ \([^)]*\))?: *)"
    r"|\bline \d+(?: failed$|: )",
    re.MULTILINE,
)
_ERRNO = regex(r"\w+ failed \((.*?)\): .*")
_LONGEST = 1 << 12
_AS_LISTED = Note(code=codes.JUDGED_AS_LISTED)
_WRITTEN = {"listing": codes.WRITTEN_FROM_LISTING}
_WRITTEN_OTHERWISE = codes.WRITTEN_OTHERWISE
# Notes of conversion that loading answers, or that are told otherwise.
_OF_TEXT = frozenset({codes.INTERFACES_NOT_WRITTEN, codes.TARGET_NOT_HERE})
# Those that are of a text as it stands, too.
_OF_ANY = frozenset({codes.POLICY_MADE_UP})


class UnloadableError(DumpError):
    """A line of the dump that no iptables-restore, or this kernel, takes, or that it must not get.

    Its facts hold `where` (table, chain and number of the rule) and `words` (why, or at what)
    besides a dump error's.
    """

    def __init__(
        self, *, place: Place, text: str, length: int, code: str, where: str, words: str
    ) -> None:
        told = _MESSAGES[code].format(where=where, words=words)
        super().__init__(told, place=place, text=text, length=length, code=code)
        self.facts.update(where=where, words=words)


At = tuple[Table, Chain, int]
"""A rule: its table, its chain and its number from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of what is loaded.

    `at` is the rule that it is; `own` the file's line and `place` where this text begins in it,
    None for one that iptsim wrote.
    """

    text: str
    table: str = ""
    at: At | None = None
    place: Place | None = None
    own: Line | None = None


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """The rules of one family as the kernel gets them.

    `text` is for iptables-restore: the dump's own where that holds whole tables, else what iptsim
    writes. `ruleset` is what is loaded then: what a listing hides is not there, a built-in chain
    that the dump does not tell has policy ACCEPT, and rules stand in for those that it does not
    tell whole (`lacking.stand_ins`). `notes` say where that may not be what the dumped host had,
    and what was written. `reading` is all as iptsim writes it, '' where that is
    what is loaded anyway, or where it cannot be written.
    """

    ruleset: Ruleset
    reading: str
    told: tuple[_Line, ...]
    notes: tuple[Note, ...]

    @classmethod
    def of(cls, dumped: Ruleset, originals: Originals | None = None) -> Loadable:
        """What is loaded of a dump's rules; `UnloadableError` for what cannot or must not be."""
        given = originals or Originals({})
        whole = (t for t in dumped.tables if not (leads_away(t) or has_spoiled(t)))
        blocks = {table.name: block for table in whole if (block := given.block(table))}
        dumped = with_tables(dumped, [stand_ins(table) for table in dumped.tables])
        written = with_tables(dumped, [t for t in dumped.tables if t.name not in blocks])
        standing = with_tables(dumped, [t for t in dumped.tables if t.name in blocks])
        for table, chain, number, rule in written.rules():
            _refuse(written, table, chain, number, rule)
        text, read = _written(written)
        stands = [settled(table) for table in standing.tables]
        told = [line for t in stands for line in _as_it_stands(blocks[t.name], t)]
        _vet((*told, *text))
        return cls(
            ruleset=with_tables(dumped, [*stands, *read.tables]),
            reading=_reading(dumped) if stands else "",
            told=(*told, *text),
            notes=tuple(_notes(written, standing, given)),
        )

    @cached_property
    def text(self) -> str:
        """What iptables-restore gets."""
        return "".join(f"{line.text}\n" for line in self.told)

    @cached_property
    def lines(self) -> Mapping[int, At]:
        """The lines of the text, counted from 1, that are rules."""
        return {number: line.at for number, line in enumerate(self.told, 1) if line.at}

    def load(self, load: Callable[[str], None], *, rootless: bool = False) -> None:
        """Load the text by `load`; `UnloadableError` with the dump's line of a refused rule.

        `rootless` is whether that is done in a user namespace. Other errors, and refusals that no
        single rule explains, pass as they are.
        """
        try:
            load(self.text)
        except JudgeError as error:
            if error.code == _REFUSED:
                self._explain(error, load, rootless=rootless)
            raise

    def _explain(self, error: JudgeError, load: Callable[[str], None], *, rootless: bool) -> None:
        line, refusal = self._culprit(error, load)
        if line is None:
            return
        table, chain, number = self.lines[line]
        rule = _rule(self.ruleset, table.name, chain.name, number)
        # A user namespace has no users but who made it (xt_owner.c, owner_check).
        of_users = rootless and any(match.name == "owner" for match in rule.matches)
        raise _unloadable(
            codes.ROOT_ASKS_ONLY if of_users else codes.KERNEL_REFUSES,
            (table, chain, number),
            rule,
            self.told[line - 1].text,
            words=_reason(refusal),
        ) from None

    def _culprit(
        self, error: JudgeError, load: Callable[[str], None]
    ) -> tuple[int | None, JudgeError]:
        """The line of the first rule with which the text is refused, and that refusal.

        The line that iptables-restore tells is only tried first: of legacy tables it is that of
        COMMIT, and of a missing chain that of the line below.
        """
        lines = sorted(self.lines)
        low, high = -1, len(lines)  # so many rules load, and do not
        told = bisect_right(lines, int(error.facts.get("line") or 0))
        hints = [told, told - 1, told - 2]
        while high - low > 1:
            middle = next((n for n in hints if low < n < high), (low + high) // 2)
            try:
                load(self._with(frozenset(lines[:middle])))
                low = middle
            except JudgeError as refusal:
                high, error = middle, refusal
        return (lines[high - 1] if high > 0 else None), error

    def _with(self, kept: frozenset[int]) -> str:
        """The text with only these of its lines of rules."""
        every = enumerate(self.told, 1)
        return "".join(f"{line.text}\n" for n, line in every if n in kept or n not in self.lines)


def _reading(dumped: Ruleset) -> str:
    try:
        return write_save(dumped)
    except UnwritableError:
        return ""


def _written(tables: Ruleset) -> tuple[list[_Line], Ruleset]:
    """The lines that iptsim writes of tables, and these as they are once loaded."""
    if not tables.tables:
        return [], tables
    text = write_save(tables)
    again = read_text(text, file="<save>", family=tables.family).family(tables.family)
    read = again or with_tables(tables, [])
    placed = _placed(read, tables)
    pairs = zip(read.rules(), placed.rules(), strict=True)
    at = {one[3].place.line: other[:3] for one, other in pairs if one[3].place}
    lines = enumerate(text.split("\n")[:-1], 1)
    return [_Line(text=line, at=at.get(n)) for n, line in lines], placed


def _as_it_stands(block: Block, table: Table) -> Iterator[_Line]:
    """The lines of a block, each with the rule that it is."""
    rules = {
        rule.place.line: (table, chain, number)
        for chain in table.chains
        for number, rule in enumerate(chain.rules, 1)
        if rule.place
    }
    for text, line in block.texts():
        if line is None:
            yield _Line(text=text, table=table.name)
            continue
        column = line.column(len(line.text) - len(line.text.lstrip()))
        place = Place(file=block.file, line=line.number, column=column)
        at = rules.get(line.number)
        yield _Line(text=text, table=table.name, at=at, place=place, own=line)


def _notes(written: Ruleset, standing: Ruleset, given: Originals) -> Iterator[Note]:
    if any("interfaces" in rule.hides for *_, rule in written.rules()):
        yield _AS_LISTED
    yield from (note for note in lost(written) if note.code not in _OF_TEXT)
    yield from (note for note in lost(standing) if note.code in _OF_ANY)
    keys: dict[str, list[str]] = {}
    for table in written.tables:
        code = _WRITTEN.get(given.form(table), _WRITTEN_OTHERWISE)
        keys.setdefault(code, []).append(table.name)
    for code, names in keys.items():
        yield Note(code=code, facts=(("tables", ", ".join(names)),))


def _vet(lines: Sequence[_Line]) -> None:
    """Raise `UnloadableError` for a line that must not reach iptables-restore."""
    found = refused(line.text for line in lines)
    if found is None:
        return
    line = lines[found.line]
    if line.at is not None and line.own is None:
        rule = _rule_at(line.at)
        raise _unloadable(found.code, line.at, rule, line.text, words=found.word)
    begins = line.place or Place(file="<save>", line=found.line + 1)
    raise UnloadableError(
        place=replace(begins, column=begins.column + found.column),
        text=line.own.full or line.own.text if line.own else line.text,
        length=found.length,
        code=found.code,
        where=_where(line.at) if line.at else line.table,
        words=found.word,
    )


def _reason(refusal: JudgeError) -> str:
    """What iptables-restore said of the rule, in one line."""
    words = _IDLE.sub("", str(refusal.facts.get("words") or refusal.message))
    told = " ".join(_ERRNO.sub(r"\1", words).split())
    if told.startswith("Set ") and told.endswith("doesn't exist."):
        return f"{told} --ipset takes what `ipset save` prints"
    return told or "iptables-restore does not tell why"


def _rule(ruleset: Ruleset, table: str, chain: str, number: int) -> Rule:
    found = ruleset.table(table)
    there = found.chain(chain) if found else None
    assert there is not None
    return there.rules[number - 1]


def _rule_at(at: At) -> Rule:
    _, chain, number = at
    return chain.rules[number - 1]


def _where(at: At) -> str:
    table, chain, number = at
    return f"{table.name} {chain.name} {number}"


def _placed(read: Ruleset, dumped: Ruleset) -> Ruleset:
    """The rules that were read again, where they stand in the dump."""
    return replace(read, tables=tuple(_placed_table(table, dumped) for table in read.tables))


def _placed_table(table: Table, dumped: Ruleset) -> Table:
    own = dumped.table(table.name) or Table(name=table.name)
    chains = tuple(_placed_chain(chain, own.chain(chain.name)) for chain in table.chains)
    return Table(name=table.name, chains=chains, place=own.place)


def _placed_chain(chain: Chain, own: Chain | None) -> Chain:
    if own is None:
        return replace(chain, place=None)
    pairs = zip(chain.rules, own.rules, strict=True)
    rules = tuple(replace(rule, place=told.place) for rule, told in pairs)
    return replace(chain, rules=rules, place=own.place)


def _refuse(dumped: Ruleset, table: Table, chain: Chain, number: int, rule: Rule) -> None:
    for code, why in _reasons(chain, rule, dumped.family):
        where = Context(family=dumped.family, table=table.name, chain=chain.name)
        text = rule_text(rule, where)
        raise _unloadable(code, (table, chain, number), rule, text, words=why)


def _unloadable(code: str, at: At, rule: Rule, text: str, *, words: str) -> UnloadableError:
    """The error at the rule's own line; `text` is what is shown where that cannot be read."""
    place = rule.place or Place(file="<save>", line=1)
    own = _line_at(place) or text
    return UnloadableError(
        place=place, text=own, length=len(own), code=code, where=_where(at), words=words
    )


def _line_at(place: Place) -> str:
    """The line as it stands in the file; '' where that is no file, or has another text by now."""
    try:
        if not Path(place.file).is_file():
            return ""
        with Path(place.file).open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
            return next(islice(lines, place.line - 1, None), "").rstrip()[:_LONGEST]
    except OSError:
        return ""


def _reasons(chain: Chain, rule: Rule, family: int) -> Iterator[tuple[str, str]]:
    """Why a rule cannot be given to iptables-restore: a code and what is at fault."""
    if is_untold(chain.name):
        yield codes.BELOW_NO_CHAIN, ""
    try:
        write_rule(write_name(chain.name), rule, family)
    except UnwritableError as error:
        yield codes.NOBODY_LOADS, error.message.removesuffix(", so it cannot be written")
    for _field, name in rule.address_names:
        yield codes.NAMES_HOST, name
