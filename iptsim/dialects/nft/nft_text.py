"""A text of nft's to tables: lines of a listing or a script, one after the other."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.nft.listings import Named
from iptsim.dialects.nft.outline import Outline
from iptsim.dialects.nft.outside import Call
from iptsim.dialects.nft.pieces import why_in_part
from iptsim.dialects.nft.scripts import Host, Key
from iptsim.dialects.nft.swallowed import in_part
from iptsim.model import Note
from iptsim.nftables.nft_ruleset import NftRuleset, NftSet, NftTable

_PROGRAMS = {
    "ip": "iptables-save", "ip6": "ip6tables-save", "arp": "arptables-save",
    "bridge": "ebtables-save",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NftRead:
    """The tables of a text, and notes on the reading. `listed`: it shows, and makes nothing.

    `whole` is False where the text has rules, or says that it leaves out some, of no table told.
    """

    ruleset: NftRuleset
    notes: tuple[Note, ...]
    listed: bool
    whole: bool = True


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

    def called(self, calls: Sequence[Call]) -> None:
        """The lines of the text that call nft for a listing."""
        self._host.listings.calls = [*calls]

    def outside(self, strays: Sequence[tuple[int, str]]) -> None:
        """Lines of nft's that stand in no table."""
        last, end = strays[0][0], strays[-1][0]
        lines = str(last) if last == end else f"{last}-{end}"
        self._host.note(codes.NFT_OUTSIDE, last, lines=lines, text=strays[0][1][:80])
        self._host.whole = False

    def read(self) -> NftRead:
        """What all lines together tell."""
        self._host.run(self._outline.end())
        self._host.listings.broken = self._outline.broken
        for line in self._outline.strays:
            self._host.note(codes.NFT_LINE_NOT_READ, line, text="}")
            self._host.whole = False
        return finished(self._host)


def finished(host: Host) -> NftRead:
    """What a host is whose text was carried out."""
    tables = tuple(host.made())
    filtered = host.listings.filtered
    if filtered:
        tables = tuple(in_part(t) if (t.family, t.name) in filtered else t for t in tables)
        host.whole = False
    notes = [*host.notes, *_of_iptables(tables), *_of_filtered(tables, filtered)]
    untold = frozenset(host.listings.untold(commanded=host.commanded))
    first = next((each for each in _sets_of(tables, untold)), None)
    if first is not None:
        notes.append(Note(code=codes.NFT_ELEMENTS_UNTOLD, place=first.place))
        tables = tuple(_with_unknown_elements(table, untold) for table in tables)
    whole = host.whole and host.listings.whole
    notes += _of_pieces(tables, listed=not host.commanded, whole=whole)
    return NftRead(
        ruleset=NftRuleset(tables=tables, whole=whole),
        notes=tuple(notes),
        listed=not host.commanded,
        whole=host.whole,
    )


def _sets_of(tables: Sequence[NftTable], untold: Container[Named]) -> Iterator[NftSet]:
    """The sets of listings in which none has an element: `-t` may have left them out."""
    for table in tables:
        key = (table.family, table.name)
        yield from (each for each in table.sets if (key, each.name) in untold)


def _with_unknown_elements(table: NftTable, untold: Container[Named]) -> NftTable:
    key = (table.family, table.name)
    sets = tuple(
        replace(each, elements=None) if (key, each.name) in untold else each for each in table.sets
    )
    return replace(table, sets=sets)


def _of_filtered(tables: Iterable[NftTable], filtered: Container[Key]) -> Iterable[Note]:
    """A note on each table of which the text shows some lines only."""
    for table in tables:
        if (table.family, table.name) in filtered:
            names = ", ".join(chain.name for chain in table.chains)
            facts = (("table", f"{table.family} {table.name}"), ("chains", names))
            yield Note(code=codes.CHAINS_IN_PART, place=table.place, facts=facts)


def _of_pieces(tables: Iterable[NftTable], *, listed: bool, whole: bool) -> Iterable[Note]:
    """A note on each table that is shown in part: how that can be seen."""
    for table in tables:
        why = why_in_part(table, listed=listed, whole=whole)
        if why is not None and not table.unread:  # of these another note tells
            facts = (("table", f"{table.family} {table.name}"), ("names", why[1]))
            yield Note(code=why[0], place=table.place, facts=facts)


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
