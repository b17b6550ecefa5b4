"""Tables that a text shows to be missing: behind a save that breaks off, or under a name of none.

Which table follows which is up to the host: iptables-legacy-save prints those first that were used
last (ip_tables.c puts a new table in front), iptables-nft-save always in one order (nft-cache.h and
nft.h, `enum nft_table_type`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dialects.parts import ReadTable
from iptsim.model import TABLES, Note

Lost = tuple[int, str]
"""A family and a table's name."""
_NFT_ORDER = ("mangle", "security", "raw", "filter", "nat")


def lost_tables(
    tables: Sequence[ReadTable], strange: Sequence[ReadTable]
) -> tuple[list[Lost], list[Note]]:
    """The tables that may be in force and are not in the text, with the notes that tell of them.

    A save that breaks off is one where its first line stands, or a table above; a single table
    without both may be all that somebody took.

    `strange` are those of names that iptables has not.
    """
    lost, notes = list[Lost](), list[Note]()
    for code, table in _signs(tables, strange):
        names = _absent(tables, table, cut=code == codes.TABLES_MAY_FOLLOW)
        if names:
            facts = (("name", table.name or ""), ("tables", ", ".join(names)))
            notes.append(Note(code=code, place=table.place, facts=facts))
            lost += [(table.family or 4, name) for name in names]
    return lost, notes


def _signs(
    tables: Sequence[ReadTable], strange: Sequence[ReadTable]
) -> Iterator[tuple[str, ReadTable]]:
    above = False
    for table in tables:
        if _breaks_off(table) and (above or table.headed):
            yield codes.TABLES_MAY_FOLLOW, table
        above = above or table.saved
    for table in strange:
        if table.form == "save":
            yield codes.NAME_OF_NO_TABLE, table


def _breaks_off(table: ReadTable) -> bool:
    return table.form == "save" and any(note.code == codes.NO_COMMIT for note in table.notes)


def _absent(tables: Sequence[ReadTable], table: ReadTable, *, cut: bool) -> list[str]:
    """The names that no table of its family has, in the kernel's order."""
    told = {each.name for each in tables if (each.family or 4) == (table.family or 4)}
    names = [name for name in TABLES if name not in told]
    if cut and table.nft and table.name in _NFT_ORDER:
        behind = _NFT_ORDER[_NFT_ORDER.index(table.name) + 1 :]
        return [name for name in names if name in behind]
    return names
