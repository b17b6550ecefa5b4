"""The statements and blocks of a text, carried out one after the other, to tables.

A listing is such a text, too: each of its tables is made once. `add`, `insert`, `delete`, `flush`
and their kin do what they do in `nft -f`; what hangs on a host's state is told by a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dialects.nft.commanded import DOINGS, flush_table
from iptsim.dialects.nft.cursor import unquoted
from iptsim.dialects.nft.definitions import Definitions
from iptsim.dialects.nft.listings import Listings
from iptsim.dialects.nft.outline import TABLE, Block, Piece
from iptsim.dialects.nft.outside import is_left_out, is_stray
from iptsim.dialects.nft.rule_memory import RuleMemory
from iptsim.dialects.nft.tables import TableSoFar
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.nftables.nft_ruleset import FAMILIES, NftTable
from iptsim.regex import regex

_COMMAND = regex(
    r"(add|create|insert|replace|delete|destroy|flush|reset|rename|list|monitor|describe)\s+"
    r"(ruleset|tables?|chains?|rule|sets?|maps?|element|flowtable|counters?|quotas?|limits?"
    r"|ct\s+(?:helper|timeout|expectation)|synproxy|secmark|meters?)\b\s*(.*)",
    16,  # DOTALL
)
_OBJECTS = frozenset({"counter", "quota", "limit", "synproxy", "secmark"})
_LOOKS = frozenset({"list", "monitor", "describe", "reset"})
_INCLUDE = regex(r'include\s+("[^"]*"|\S+)')
_TABLE_HEAD = regex(r"(?:(?:add|create)\s+)?table\s+(.*)")
_TABLE_CUT = regex(r"table\b(.*)")
Key = tuple[str, str]


class Host:
    """The tables of a host while a text is carried out.

    `whole` is False where rules were told whose table, or what else of them, cannot be known.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.tables: dict[Key, TableSoFar] = {}
        self.notes: list[Note] = []
        self.variables = Definitions()
        self.memory = RuleMemory()
        self.managed: set[Key] = set()
        self.commanded = False
        self.flushed = False
        self.listings = Listings()
        self.whole = True

    def run(self, root: Block) -> None:
        """Carry out a whole text."""
        for each in root.body:
            if isinstance(each, Block):
                self._block(each)
            else:
                self._statement(each)
        self._torn(root)

    def _torn(self, root: Block) -> None:
        """Whether the text ends in a table's head: no script makes one for nothing."""
        last = root.body[-1] if root.body else None
        head = _TABLE_CUT.fullmatch(last.text) if isinstance(last, Piece) else None
        if head is not None and last is not None:
            self.note(codes.NFT_TABLE_CUT, last.line, table=head[1].strip())
            self.whole = False

    def note(self, code: str, line: int, **facts: str) -> None:
        """Something that the reader of the text should know."""
        place = Place(file=self.file, line=line)
        self.notes.append(Note(code=code, place=place, facts=tuple(facts.items())))

    def _block(self, block: Block) -> None:
        head = _TABLE_HEAD.fullmatch(block.head)
        if block.kind == TABLE and head is not None:
            table = self.table(self.variables.filled(head[1]), block.line, fresh=False)
            table.handle = block.handle or table.handle
            self.listings.table((table.family, table.name), block.line)
            table.feed(block)
            return
        found = _COMMAND.match(block.head)
        kind, rest = (found[2], found[3]) if found else _parted(block.head)
        key, words = _named(self.variables.filled(rest))
        if not words:
            self._strange(block.head, block.line)
            return
        self.commanded = True
        table = self.table(" ".join(key), block.line, fresh=True)
        inner = Block(kind=block.kind, head=f"{kind} {words[0]}", line=block.line, body=block.body)
        inner.closed, inner.column, inner.handle = block.closed, block.column, block.handle
        table.member(inner)

    def table(self, named: str, line: int, *, fresh: bool) -> TableSoFar:
        """The table that `inet filter` names, made where it is not there."""
        key, _ = _named(named + " -")
        found = self.tables.get(key)
        if found is None:
            place = Place(file=self.file, line=line)
            found = TableSoFar(*key, place, self, fresh=fresh)
            self.tables[key] = found
        return found

    def _statement(self, piece: Piece) -> None:
        if self.variables.takes(piece.text):
            self.commanded = True
            return
        include = _INCLUDE.match(piece.text)
        if include is not None:
            self.commanded = True
            self.note(codes.NFT_INCLUDED, piece.line, name=unquoted(include[1]))
            return
        text = self.variables.filled(piece.text)
        found = _COMMAND.fullmatch(text)
        if found is None:
            self._table_alone(text, piece)
        elif found[1] not in _LOOKS:
            self.commanded = True
            self._command(found[1], " ".join(found[2].split()), found[3], piece)

    def _table_alone(self, text: str, piece: Piece) -> None:
        """`table inet x`, which makes it where it is not there."""
        head = _TABLE_HEAD.fullmatch(text)
        if head is None:
            self._strange(text, piece.line)
            return
        self.commanded = True
        self.table(head[1], piece.line, fresh=True)

    def _strange(self, text: str, line: int) -> None:
        self.note(codes.NFT_LINE_NOT_READ, line, text=text[:80])
        self.whole = self.whole and not (is_stray(text) or is_left_out(text))

    def _command(self, verb: str, what: str, rest: str, piece: Piece) -> None:
        if what == "ruleset":
            self._flush_all(rest.split()[:1])
            return
        key, words = _named(rest)
        if what == "table":
            self._on_table(verb, key, piece)
            return
        if not words:
            self._strange(piece.text, piece.line)
            return
        table = self.table(" ".join(key), piece.line, fresh=True)
        told = rest[_start_of(rest, key, words[0]) :]
        do = DOINGS.get((_VERBS.get(verb, verb), _kind(what)))
        if do is None or not do(table, told, piece):
            self._strange(piece.text, piece.line)

    def _flush_all(self, families: list[str]) -> None:
        self.flushed = self.flushed or not families
        for key in list(self.tables):
            if not families or key[0] == families[0]:
                del self.tables[key]

    def _on_table(self, verb: str, key: Key, piece: Piece) -> None:
        if verb in ("delete", "destroy"):
            self.tables.pop(key, None)
        elif verb == "flush":
            flush_table(self.table(" ".join(key), piece.line, fresh=True))
        else:
            self.table(" ".join(key), piece.line, fresh=True)

    def made(self) -> Iterator[NftTable]:
        """The tables as values."""
        return (table.made() for table in self.tables.values())


_VERBS = {"create": "add", "destroy": "delete"}


def _parted(head: str) -> tuple[str, str]:
    """`chain ip nat x`, `ct helper ip t x`: the kind, and the rest."""
    words = head.split(None, 2)
    if words[0] == "ct" and len(words) > 2:
        return " ".join(words[:2]), words[2]
    return words[0], " ".join(words[1:])


def _kind(what: str) -> str:
    if what.startswith("ct ") or what in _OBJECTS:
        return "object"
    return {"map": "set", "meter": "set"}.get(what, what)


def _named(rest: str) -> tuple[Key, list[str]]:
    """The family and the table that words begin with, and the words behind these."""
    words = rest.split()
    family = words.pop(0) if words and words[0] in FAMILIES else "ip"
    name = unquoted(words.pop(0)) if words else ""
    return (family, name), words


def _start_of(rest: str, key: Key, following: str) -> int:
    """Where the words behind the table's name begin."""
    at = rest.index(key[1]) + len(key[1])
    return rest.index(following, at)
