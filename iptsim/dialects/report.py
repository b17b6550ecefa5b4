"""The reading report: what of a text was read as what, and what was not used, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from iptsim.dialects.choosing import alone
from iptsim.dialects.dump import dump_of
from iptsim.dialects.elided import says_left_out
from iptsim.dialects.headers import is_header, is_title, looks_like_header
from iptsim.dialects.noise import plain
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.read import OneText
from iptsim.dialects.shapes import ROW_LIKE
from iptsim.errors import Place
from iptsim.extensions.registry import targets
from iptsim.model import (
    BUILTIN_CHAINS,
    UNREADABLE,
    VERDICTS,
    Chain,
    Dump,
    Note,
    Rule,
    Ruleset,
    Table,
)

_LEFT_OUT = frozenset({"IPT0122", "IPT0129"})
_MOST_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRead:
    """A chain of the text: how many rules were read whole, and which only in part.

    `whole` is as in `Chain`; `untold` are the places of rules of which the text tells only a part.
    """

    name: str
    policy: str | None
    rules: int
    untold: tuple[Place, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """A table of the text, and what it should hold and does not.

    `form` is the text's (`save`, `listing`, `commands`), '' where nothing tells; `missing` are
    chains that the kernel's table has, or that rules lead to.
    """

    family: int
    name: str
    form: str
    place: Place
    chains: tuple[ChainRead, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """Lines that follow each other (`first` to `last`, from 1) and hold no rules; `why` says why.

    `text` is the first of them.
    """

    file: str
    first: int
    last: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file: its lines, how many of them were used, what lay around them from the outside in."""

    name: str
    lines: int
    used: int
    wrappers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read; `lacking` are the tables of each family that the text has nothing of."""

    files: tuple[FileRead, ...]
    tables: tuple[TableRead, ...]
    lacking: tuple[tuple[int, str], ...]
    unused: tuple[Unused, ...]
    notes: tuple[Note, ...]


def reading(
    texts: Sequence[tuple[str, str]],
    *,
    table: str | None = None,
    family: int | None = None,
    state: str | None = None,
    strict: bool = False,
) -> Reading:
    """How the texts of one host, each with its file's name, are read; raises as read_text does."""
    read = [alone(OneText(file, (content,))) for file, content in texts]
    dump = dump_of(read, table, family, state=state, strict=strict)
    contents = dict(texts)
    return Reading(
        files=tuple(_file(text, contents[text.file]) for text in read),
        tables=tuple(
            _table(ruleset, each, read) for ruleset in dump.rulesets for each in ruleset.tables
        ),
        lacking=tuple(_lacking(dump)),
        unused=tuple(each for text in read for each in _unused(text, contents[text.file], dump)),
        notes=dump.notes,
    )


def _file(text: OneText, content: str) -> FileRead:
    return FileRead(
        name=text.file,
        lines=len(content.splitlines()),
        used=len(_used(text)),
        wrappers=text.wrappers,
    )


def _used(text: OneText) -> set[int]:
    """The numbers of the lines that sections hold, but for what stands apart below a listing."""
    return {line.number for section in text.sections() for line in _own(section)}


def _own(section: Section) -> Iterator[Line]:
    """A blank line is a listing's where more of it follows."""
    if section.form != "listing":
        yield from section.lines
        return
    blanks: list[Line] = []
    for line in section.lines:
        if not line.text.strip():
            blanks.append(line)
        elif not blanks or _begins(line.text):
            yield from (*blanks, line)
            blanks = []


def _begins(text: str) -> bool:
    """Whether a listing goes on in a line below a blank one."""
    headed = is_header(text) or looks_like_header(text) or is_title(text)
    return headed or says_left_out(text) or ROW_LIKE.match(text) is not None


def _table(ruleset: Ruleset, table: Table, texts: Sequence[OneText]) -> TableRead:
    assert table.place is not None
    return TableRead(
        family=ruleset.family,
        name=table.name,
        form=_form(table.place, texts),
        place=table.place,
        chains=tuple(map(_chain, table.chains)),
        missing=tuple(_missing(table)),
    )


def _form(place: Place, texts: Sequence[OneText]) -> str:
    sections = (section for text in texts if text.file == place.file for section in text.sections())
    held = (s.form for s in sections if any(line.number == place.line for line in s.lines))
    return next(held, "")


def _chain(chain: Chain) -> ChainRead:
    untold = [rule for rule in chain.rules if not _is_whole(rule)]
    return ChainRead(
        name=chain.name,
        policy=chain.policy,
        rules=len(chain.rules) - len(untold),
        untold=tuple(rule.place for rule in untold if rule.place is not None),
        whole=chain.whole,
    )


def _is_whole(rule: Rule) -> bool:
    return rule.unread is None and all(match.name != UNREADABLE for match in rule.matches)


def _missing(table: Table) -> Iterator[str]:
    """Built-in chains that the text should have, and chains that rules lead to."""
    told = {chain.name for chain in table.chains}
    if not table.fresh:
        yield from (name for name in BUILTIN_CHAINS.get(table.name, ()) if name not in told)
    led_to = [rule.target.name for c in table.chains for rule in c.rules if rule.target]
    known = told | set(VERDICTS) | targets().keys()
    yield from (name for name in dict.fromkeys(led_to) if name not in known)


def _lacking(dump: Dump) -> Iterator[tuple[int, str]]:
    for ruleset in dump.rulesets:
        told = {table.name for table in ruleset.tables}
        yield from ((ruleset.family, name) for name in ("filter", "nat") if name not in told)


def _unused(text: OneText, content: str, dump: Dump) -> Iterator[Unused]:
    """The lines that hold no rules, those that follow each other for one reason together."""
    left_out = {
        note.place.line
        for note in dump.notes
        if note.code in _LEFT_OUT and note.place and note.place.file == text.file
    }
    used = _used(text) - left_out
    open_: Unused | None = None
    for number, raw in enumerate(content.splitlines(), 1):
        bare = plain(raw).strip()
        if not bare and open_ is not None:
            continue
        why = text.why(number)
        if number in used or not bare or (open_ is not None and open_.why != why):
            if open_ is not None:
                yield open_
            open_ = None
        if number in used or not bare:
            continue
        if open_ is None:
            shown = bare[:_MOST_SHOWN]
            open_ = Unused(file=text.file, first=number, last=number, text=shown, why=why)
        else:
            open_ = replace(open_, last=number)
    if open_ is not None:
        yield open_
