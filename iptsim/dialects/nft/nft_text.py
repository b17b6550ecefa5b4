"""A text of nft's to tables: lines of a listing or a script, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.nft.outline import Outline
from iptsim.dialects.nft.scripts import Host, Key
from iptsim.model import Note
from iptsim.nftables.nft_ruleset import NftRuleset, NftSet, NftTable

_PROGRAMS = {
    "ip": "iptables-save", "ip6": "ip6tables-save", "arp": "arptables-save",
    "bridge": "ebtables-save",
}  # fmt: skip


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

    def command(self, number: int, text: str) -> None:
        """A statement that a shell gives to nft."""
        self._outline.cut()
        self._outline.feed(number, text)
        self._outline.cut()

    def cut(self) -> None:
        """What is open ends here, without its end."""
        self._outline.cut()

    def json(self, number: int, text: str) -> bool:
        """What `nft -j` prints; False where it cannot be read."""
        from iptsim.dialects.nft.json_tables import add_json  # noqa: PLC0415  # few texts are JSON

        return add_json(self._host, text, number)

    def read(self) -> NftRead:
        """What all lines together tell."""
        self._host.run(self._outline.end())
        for line in self._outline.strays:
            self._host.note(codes.NFT_LINE_NOT_READ, line, text="}")
        return finished(self._host)


def finished(host: Host) -> NftRead:
    """What a host is whose text was carried out."""
    tables = tuple(host.made())
    notes = [*host.notes, *_of_iptables(tables)]
    untold = None if host.commanded else _without_elements(tables)
    if untold is not None:
        notes.append(Note(code=codes.NFT_ELEMENTS_UNTOLD, place=untold.place))
        tables = tuple(_with_unknown_elements(tables))
    return NftRead(ruleset=NftRuleset(tables=tables), notes=tuple(notes), listed=not host.commanded)


def _without_elements(tables: Sequence[NftTable]) -> NftSet | None:
    """The first set of a listing in which none has an element: `-t` may have left them out."""
    sets = [each for table in tables for each in table.sets]
    return sets[0] if sets and not any(each.elements for each in sets) else None


def _with_unknown_elements(tables: Sequence[NftTable]) -> Iterable[NftTable]:
    return (
        replace(table, sets=tuple(replace(each, elements=None) for each in table.sets))
        for table in tables
    )


def _of_iptables(tables: Iterable[NftTable]) -> Iterable[Note]:
    for table in tables:
        if table.xtables is not None:
            program = _PROGRAMS[table.family]
            facts = (("table", f"{table.family} {table.name}"), ("program", program))
            yield Note(code=codes.NFT_OF_IPTABLES, place=table.place, facts=facts)


def read_nft(text: str, file: str = "<text>", managed: Iterable[Key] = ()) -> NftRead:
    """The tables that a listing or a script of nft tells."""
    found = NftText(file)
    for key in managed:
        found.managed(*key)
    for number, line in enumerate(text.split("\n"), 1):
        found.feed(number, line)
    return found.read()
