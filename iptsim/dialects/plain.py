"""A short text that is one table's listing and nothing else is read without looking for more.

What a dump may be wrapped in, stand beside or be told twice in takes longer to look for than such a
text takes to be read. So where every letter of it is one that iptables prints there, its lines are
the section that `one_text.py` would find. Anything else is None here, and read from its beginning
the whole way; so is a text that cannot be read as it stands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from stat import S_ISREG

from iptsim.dialects.joining.incomplete import broken_off
from iptsim.dialects.joining.lenient import folded
from iptsim.dialects.joining.merge import merge
from iptsim.dialects.listing.listing import read_listing
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.signs.families import settle_families
from iptsim.dialects.signs.hints import BARE, may_label
from iptsim.dialects.signs.settle import settle_tables
from iptsim.errors import IptsimError
from iptsim.model import TABLES, Dump
from iptsim.regex import regex

LONGEST = 32_768
"""Of longer texts the kinds of lines are fewer than the lines (`iptsim.dialects.quick`)."""
_NAME = r"[A-Za-z][\w:-]{0,28}"
_ROW = (
    r"(?:[A-Z][\w:-]{0,28} +| {10,})[a-z0-9]++ +-- +[0-9.:/!]++ +[0-9.:/!]++(?: [\w.:,/=! ]*+)?\n"
)
_CHAIN = (
    rf"Chain {_NAME} \((?:policy (?:ACCEPT|DROP)|[0-9]{{1,6}} references)\)\n"
    rf"target     prot opt source               destination         \n(?:{_ROW})*+"
)
_PLAIN = regex(rf"{_CHAIN}(?:\n{_CHAIN})*+\n?", re.ASCII)
_OWN = regex(r"^Chain (\S+)", re.MULTILINE)


def read_files(
    paths: Sequence[str],
    *,
    table: str | None = None,
    family: int | None = None,
    may_be_empty: bool = False,
    state: str | None = None,
    strict: bool = False,
) -> Dump:
    """The rules of one host from several files; `-` is standard input. See `read_text`.

    With `may_be_empty` a file without any text is what iptables-save prints where no table is
    there: no rules of either family. Also raises `UsageError` for a file that cannot be read.
    """
    if len(paths) == 1 and state is None and not strict:
        text = plain_text(paths[0])
        dump = None if text is None else plain_dump(text, paths[0], table, family)
        if dump is not None:
            return dump
    from iptsim.dialects.dump import read_files as read  # noqa: PLC0415  # a short text needs none

    return read(
        paths, table=table, family=family, may_be_empty=may_be_empty, state=state, strict=strict
    )


def plain_text(path: str) -> str | None:
    """The text of a file that is short and a listing; None for any other, and for what is none."""
    try:
        told = os.stat(path)
        if not S_ISREG(told.st_mode) or told.st_size > LONGEST:
            return None
        with open(path, encoding="ascii", newline="") as file:
            text = file.read()
    except (OSError, ValueError):
        return None
    return text if is_plain(text) else None


def is_plain(text: str) -> bool:
    """Whether a text is one table's listing, line for line, and no line may be of another use."""
    if _PLAIN.fullmatch(text) is None or "tables" in text:
        return False
    names = _OWN.findall(text)
    return len(set(names)) == len(names) and not any(map(may_label, names))


def plain_dump(text: str, file: str, table: str | None, family: int | None) -> Dump | None:
    """The dump that a plain text is; None where it is to be read the whole way."""
    section = _section(text, file, family)
    try:
        read = read_listing(section, family=family)
        found = settle_families([*map(broken_off, settle_tables(read, table))], family)
        if any(each.name not in TABLES for each in found):
            return None
        rulesets, notes = merge(found, lambda _place: "")
    except IptsimError:
        return None
    return Dump(rulesets=tuple(rulesets), notes=tuple(folded(notes)))


def _section(text: str, file: str, family: int | None) -> Section:
    lines = text.removesuffix("\n").split("\n")
    return Section(
        form="listing",
        file=file,
        lines=tuple(Line(number=n, text=line, full=line) for n, line in enumerate(lines, 1)),
        family=family,
        by=BARE,
        last=True,
    )
