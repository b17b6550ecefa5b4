"""A text of nft's to tables: lines of a listing or a script, one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.nft.outline import Outline
from iptsim.dialects.nft.scripts import Host, Key
from iptsim.model import Note
from iptsim.nftables.nft_ruleset import NftRuleset, NftTable


@dataclass(frozen=True, slots=True, kw_only=True)
class NftRead:
    """The tables of a text, and notes on the reading. `listed`: it shows, and makes nothing."""

    ruleset: NftRuleset
    notes: tuple[Note, ...]
    listed: bool


class NftText:
    """Takes the lines of a text."""

    def __init__(self, file: str) -> None:
        self._host = Host(file)
        self._outline = Outline()

    @property
    def busy(self) -> bool:
        """Whether the next line belongs to what the last one began."""
        return self._outline.busy

    def managed(self, family: str, name: str) -> None:
        """A warning of nft stood above: iptables-nft has that table."""
        self._host.managed.add((family, name))

    def feed(self, number: int, text: str) -> None:
        """One more line."""
        self._outline.feed(number, text)

    def read(self) -> NftRead:
        """What all lines together tell."""
        self._host.run(self._outline.end())
        for line in self._outline.strays:
            self._host.note(codes.NFT_LINE_NOT_READ, line, text="}")
        return finished(self._host)


def finished(host: Host) -> NftRead:
    """What a host is whose text was carried out."""
    tables = tuple(host.made())
    if not host.commanded:
        tables = tuple(_with_elements(tables))
    notes = [*host.notes, *_of_iptables(tables)]
    return NftRead(ruleset=NftRuleset(tables=tables), notes=tuple(notes), listed=not host.commanded)


def _with_elements(tables: Iterable[NftTable]) -> Iterable[NftTable]:
    """The tables of a listing: where no set has an element, `-t` may have left them out."""
    tables = tuple(tables)
    if any(each.elements for table in tables for each in table.sets):
        return tables
    return (
        replace(table, sets=tuple(replace(each, elements=None) for each in table.sets))
        for table in tables
    )


def _of_iptables(tables: Iterable[NftTable]) -> Iterable[Note]:
    for table in tables:
        if table.xtables is not None:
            facts = (("table", f"{table.family} {table.name}"), ("sign", table.xtables))
            yield Note(code=codes.NFT_OF_IPTABLES, place=table.place, facts=facts)


def read_nft(text: str, file: str = "<text>", managed: Iterable[Key] = ()) -> NftRead:
    """The tables that a listing or a script of nft tells."""
    found = NftText(file)
    for key in managed:
        found.managed(*key)
    for number, line in enumerate(text.split("\n"), 1):
        found.feed(number, line)
    return found.read()
