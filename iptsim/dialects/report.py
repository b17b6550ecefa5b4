"""The reading report: what of a text was read as what, and what was not used, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.accounts import (
    ALONE,
    USED,
    Account,
    accounts,
    may_follow,
    of_rule,
    text_lines,
)
from iptsim.dialects.dump import dump_and_views
from iptsim.dialects.finding.noise import plain
from iptsim.dialects.native_lines import is_part
from iptsim.dialects.one_text import OneText
from iptsim.errors import Place
from iptsim.extensions.registry import targets
from iptsim.model import (
    BUILTIN_CHAINS,
    VERDICTS,
    Chain,
    Dump,
    Note,
    Ruleset,
    Table,
)
from iptsim.nftables.nft_ruleset import NftChain

NFT = "nft"
"""The form of tables of nftables."""
_MOST_SHOWN, _LONGEST = 80, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRead:
    """A chain of the text: how many rules were read whole, and which only in part.

    `whole` is as in `Chain`; `untold` are the places of rules of which the text tells only a part,
    `left_out` those where it leaves rules out.
    """

    name: str
    policy: str | None
    rules: int
    untold: tuple[Place, ...]
    left_out: tuple[Place, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """A table of the text, and what it should hold and does not.

    `form` is the text's (`save`, `listing`, `commands`, `nft`), '' where nothing tells; `missing`
    are chains that the kernel's table has, or that rules lead to. The family of a table of
    nftables is its name (`inet`).
    """

    family: int | str
    name: str
    form: str
    place: Place
    chains: tuple[ChainRead, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Lines that follow each other (`first` to `last`, from 1) and are all one thing."""

    first: int
    last: int
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Lines that follow each other, blank ones aside, and hold no rules; `why` says why.

    `lines` are their numbers with their beginnings, blank ones left out.
    """

    file: str
    first: int
    last: int
    lines: tuple[tuple[int, str], ...]
    why: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file: what each of its lines is, in order, and what lay around them from the outside in."""

    name: str
    accounts: tuple[Account, ...]
    wrappers: tuple[str, ...]

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.accounts)

    @property
    def used(self) -> int:
        """From how many of them the rules were read."""
        return sum(each in USED for each in self.accounts)

    @property
    def counts(self) -> dict[Account, int]:
        """How many lines are what; all of them together are all lines."""
        return {each: count for each in Account if (count := self.accounts.count(each))}

    @property
    def runs(self) -> tuple[Run, ...]:
        """The lines in order, those that follow each other and are the same together."""
        found: list[Run] = []
        for number, account in enumerate(self.accounts, 1):
            if found and found[-1].account is account:
                found[-1] = replace(found[-1], last=number)
            else:
                found.append(Run(first=number, last=number, account=account))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read; `lacking` are the tables of each family that the text has nothing of.

    `dump` is what all of it gives.
    """

    files: tuple[FileRead, ...]
    tables: tuple[TableRead, ...]
    lacking: tuple[tuple[int, str], ...]
    unused: tuple[Unused, ...]
    notes: tuple[Note, ...]
    dump: Dump


def reading(
    texts: Sequence[tuple[str, str]],
    *,
    table: str | None = None,
    family: int | None = None,
    state: str | None = None,
    strict: bool = False,
) -> Reading:
    """How the texts of one host, each with its file's name, are read; raises as read_text does."""
    read = [OneText(file, (content,)) for file, content in texts]
    dump, told = dump_and_views(read, table, family, state=state, strict=strict)
    views = [view for view, _states in told]
    pairs = zip(told, texts, strict=True)
    files = [_file(*each, content, dump) for each, (_, content) in pairs]
    return Reading(
        files=tuple(files),
        tables=(*_tables(dump, views), *_native(dump)),
        lacking=tuple(_lacking(dump)),
        unused=tuple(
            each
            for file, (_, content) in zip(files, texts, strict=True)
            for each in _unused(file, content)
        ),
        notes=dump.notes,
        dump=dump,
    )


def _tables(dump: Dump, views: Sequence[OneText]) -> Iterator[TableRead]:
    for ruleset in dump.rulesets:
        own = (each for each in ruleset.tables if each.nft_table is None)
        yield from (_table(ruleset, each, views) for each in own)


def _native(dump: Dump) -> Iterator[TableRead]:
    """The tables of nftables."""
    for table in dump.nft.tables if dump.nft is not None else ():
        assert table.place is not None
        chains = tuple(map(_native_chain, table.chains))
        yield TableRead(
            family=table.family, name=table.name, form=NFT, place=table.place, chains=chains
        )


def _native_chain(chain: NftChain) -> ChainRead:
    told = [(is_part(rule), rule.place) for rule in chain.rules]
    return ChainRead(
        name=chain.name,
        policy=None if chain.hook is None else chain.hook.policy,
        rules=sum(not part for part, _ in told),
        untold=tuple(place for part, place in told if part and place is not None),
        left_out=(),
        whole=chain.whole,
    )


def _file(view: OneText, states: Sequence[OneText], content: str, dump: Dump) -> FileRead:
    return FileRead(
        name=view.file,
        accounts=accounts(view, states, content, dump),
        wrappers=view.wrappers,
    )


def _table(ruleset: Ruleset, table: Table, texts: Sequence[OneText]) -> TableRead:
    assert table.place is not None
    return TableRead(
        family=ruleset.family,
        name=table.name,
        form=_form(table.place, texts),
        place=table.place,
        chains=tuple(_chain(each, 128 if ruleset.family == 6 else 32) for each in table.chains),
        missing=tuple(_missing(table)),
    )


def _form(place: Place, texts: Sequence[OneText]) -> str:
    sections = (section for text in texts if text.file == place.file for section in text.sections())
    held = (s.form for s in sections if any(line.number == place.line for line in s.lines))
    return next(held, "")


def _chain(chain: Chain, width: int) -> ChainRead:
    here = [rule for rule in chain.rules if not may_follow(rule.unread)]
    told = [(of_rule(rule, width), rule.place) for rule in here]
    return ChainRead(
        name=chain.name,
        policy=chain.policy,
        rules=sum(account is Account.RULE for account, _ in told),
        untold=_places(told, Account.PART),
        left_out=_places(told, Account.ELIDED),
        whole=chain.whole and len(here) == len(chain.rules),
    )


def _places(told: Iterable[tuple[Account, Place | None]], which: Account) -> tuple[Place, ...]:
    return tuple(place for account, place in told if account is which and place is not None)


def _missing(table: Table) -> Iterator[str]:
    """Built-in chains that the text should have, and chains that rules lead to."""
    told = {chain.name for chain in table.chains}
    if not table.fresh:
        yield from (name for name in BUILTIN_CHAINS.get(table.name, ()) if name not in told)
    led_to = [rule.target.name for c in table.chains for rule in c.rules if rule.target]
    known = told | set(VERDICTS) | targets().keys()
    yield from (name for name in dict.fromkeys(led_to) if name not in known)


def _lacking(dump: Dump) -> Iterator[tuple[int, str]]:
    """Tables of iptables that are usual; a host whose rules are nft's has none."""
    told_of = (table for each in dump.rulesets for table in each.tables)
    native = dump.nft is not None and not any(table.nft_table is None for table in told_of)
    for ruleset in () if native else dump.rulesets:
        told = {table.name for table in ruleset.tables}
        yield from ((ruleset.family, name) for name in ("filter", "nat") if name not in told)


def _shown(raw: str) -> str:
    return " ".join(plain(raw)[:_LONGEST].split())[:_MOST_SHOWN]


def _unused(file: FileRead, content: str) -> Iterator[Unused]:
    """The lines that hold no rules, those that follow each other for one reason together."""
    told = enumerate(zip(text_lines(content), file.accounts, strict=True), 1)
    lines = [(number, raw, why) for number, (raw, why) in told if why is not Account.BLANK]
    # A line that is told alone is a group of its own.
    for (why, _), group in groupby(lines, key=lambda each: (each[2], each[2] in ALONE and each[0])):
        if why not in USED:
            own = [*group]
            yield Unused(
                file=file.name,
                first=own[0][0],
                last=own[-1][0],
                lines=tuple((number, _shown(raw)) for number, raw, _ in own),
                why=why,
            )
