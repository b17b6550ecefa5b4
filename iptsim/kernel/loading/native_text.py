"""The tables of nftables of a dump as nft gets them: as they stand, without iptables-nft's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.dialects.nft.nft_signs import is_json
from iptsim.dialects.nft.outline import TABLE, Block, outline
from iptsim.dialects.nft.printed import write_nft
from iptsim.dialects.one_text import OneText
from iptsim.errors import Place
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.loading.loading import UnloadableError
from iptsim.kernel.loading.native_vetting import bare, json_refused, refused_native
from iptsim.model import Dump, Note
from iptsim.native_tables import is_twin
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import InterfaceName, MapLookup, Symbol
from iptsim.nftables.nft_ruleset import NftRuleset, NftSet, NftTable
from iptsim.regex import regex
from iptsim.values import InterfacePattern

_COMMAND = regex(r"\s*(?:\S*[#$%>]\s*)?(?:sudo\s+)?(?:/\S*/)?nft\s")
_AIMS = (nft.Nat, nft.Tproxy, nft.Dup, nft.Fwd)
_WHERE = "nftables"
_FIELDS = attrgetter("__dataclass_fields__")
_LONGEST_WORD = 1 << 17  # MAX_ARG_STRLEN
_DOES = frozenset({"add", "create", "insert", "replace", "delete", "destroy", "flush"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeText:
    """What nft gets, in one piece for each file; `ruleset` are the tables that it makes.

    `names` are the interfaces that it names.
    """

    ruleset: NftRuleset
    pieces: tuple[_Piece, ...]
    notes: tuple[Note, ...] = ()

    @property
    def names(self) -> Iterator[InterfacePattern]:
        """The interfaces that the tables name."""
        for table in self.ruleset.tables:
            for chain in table.chains:
                devices = () if chain.hook is None else chain.hook.devices
                yield from (InterfacePattern(text=name) for name in devices)
        for one, _aims in _within(self.ruleset.tables):
            if isinstance(one, InterfaceName):
                yield InterfacePattern(text=f"{one.name}{'+' if one.wildcard else ''}")

    def load(self, load: Callable[[str], None]) -> tuple[Note, ...]:
        """Load each piece by `load`; `UnloadableError` for a line that nft refuses.

        Not all that `nft -j` prints can be loaded again (1.0.6: a map to addresses and ports): its
        tables are written anew then, which the note says.
        """
        for piece in self.pieces:
            try:
                load(piece.text)
            except JudgeError as error:
                if error.code != codes.RESTORE_REFUSES:
                    raise
                if piece.is_json:
                    return self._anew(load)
                raise piece.explained(error) from None
        return self.notes

    def _anew(self, load: Callable[[str], None]) -> tuple[Note, ...]:
        made = _made(self.ruleset)
        return made.load(load) if self.pieces != made.pieces else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    file: str
    text: str

    @property
    def is_json(self) -> bool:
        """Whether `nft -j` takes it."""
        return self.text[:1] == "{"

    def explained(self, error: JudgeError) -> UnloadableError:
        """Why nft does not take it, at the line that it names."""
        told, line = _first_error(str(error.facts.get("words") or error.message)), error.facts
        number = line.get("line")
        return self.refused(codes.KERNEL_REFUSES, number if isinstance(number, int) else 1, told)

    def refused(self, code: str, line: int, word: str) -> UnloadableError:
        """The error at a line of the piece, which is that of the file."""
        lines = (self.own() or self.text).split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        text = shown.strip()
        column = shown.find(word) + 1 or len(shown) - len(shown.lstrip()) + 1
        length = len(word) if word in shown else max(1, len(text))
        place = Place(file=self.file, line=line, column=column)
        return UnloadableError(
            place=place, text=shown, length=length, code=code, where=_WHERE, words=word
        )

    def own(self) -> str:
        """The file as it stands; '' where that is none."""
        try:
            return Path(self.file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def native_text(dump: Dump, texts: Mapping[str, str]) -> NativeText | None:
    """What is loaded of a dump's tables of nftables; None where it has none.

    Raises `UnloadableError` for what must not reach nft.
    """
    ruleset = NftRuleset(tables=tuple(_native(dump)))
    if not ruleset.tables:
        return None
    _refuse_hosts(ruleset)
    kept = {(table.family, table.name) for table in ruleset.tables}
    pieces = [_as_it_stands(file, text, kept) for file, text in texts.items()]
    if not texts or any(piece is None for piece in pieces):
        return _made(ruleset)
    whole = tuple(piece for piece in pieces if piece is not None and piece.text.strip())
    return NativeText(ruleset=ruleset, pieces=whole)


def _made(ruleset: NftRuleset) -> NativeText:
    """The tables written anew."""
    piece = _Piece(file="<nft>", text=write_nft(ruleset))
    _vet(piece)
    return NativeText(ruleset=ruleset, pieces=(piece,), notes=(Note(code=codes.NFT_WRITTEN),))


def _native(dump: Dump) -> Iterator[NftTable]:
    """The tables that iptables-restore does not make."""
    made = {
        family: frozenset(t.name for t in r.tables if t.nft_table is None and t.nft is not False)
        for r in dump.rulesets
        for family in ("ip" if r.family == 4 else "ip6",)
    }
    for table in dump.nft.tables if dump.nft is not None else ():
        if not is_twin(table, made.get(table.family, frozenset())):
            yield table


def _as_it_stands(file: str, text: str, kept: set[tuple[str, str]]) -> _Piece | None:
    """The lines of a file that are nft's, where they stand; None for commands of a shell."""
    if is_json(text):
        return _as_json(file, text, kept)
    taken = set(_taken(file, text))
    lines = [line if n in taken else "" for n, line in enumerate(text.split("\n"), 1)]
    if any(map(_COMMAND.match, lines)):
        return None
    piece = _Piece(file=file, text=bare("\n".join(_own(lines, kept))))
    _vet(piece)
    return piece


def _taken(file: str, text: str) -> list[int]:
    read = OneText(file, (text,))
    read.sections()
    return read.beside.taken


def _own(lines: list[str], kept: set[tuple[str, str]]) -> list[str]:
    """The lines without the tables that iptables-nft made, which iptables-restore makes."""
    for block in outline(enumerate(lines, 1)).body:
        if isinstance(block, Block) and block.kind == TABLE and block.closed:
            words = block.head.split()[1:]
            key = (words[0], words[1]) if len(words) > 1 else ("ip", words[0])
            if key not in kept:
                blank = [""] * (block.last - block.line + 1)
                lines = [*lines[: block.line - 1], *blank, *lines[block.last :]]
    return lines


def _as_json(file: str, text: str, kept: set[tuple[str, str]]) -> _Piece | None:
    """The objects of its own tables, without `flush ruleset`; None for more than a word holds."""
    told = json.loads(text)["nftables"]
    own = json.dumps({"nftables": [each for each in told if _is_own(each, kept)]})
    refusal = json_refused(own)
    if refusal is not None:
        raise _Piece(file=file, text=text).refused(refusal.code, refusal.line, refusal.word)
    return _Piece(file=file, text=own) if len(own) < _LONGEST_WORD else None


def _is_own(each: object, kept: set[tuple[str, str]]) -> bool:
    """Whether it is of such a table; what is strange counts, and is refused."""
    kind, inner = _parted(each)
    if kind in _DOES:
        kind, inner = _parted(inner)
    if not isinstance(inner, dict) or kind == "metainfo":
        return kind != "ruleset"
    name = inner.get("name") if kind == "table" else inner.get("table")
    return (inner.get("family"), name) in kept


def _parted(each: object) -> tuple[str, object]:
    return next(iter(each.items())) if isinstance(each, dict) and len(each) == 1 else ("", None)


def _vet(piece: _Piece) -> None:
    refusal = refused_native(piece.text)
    if refusal is not None:
        raise piece.refused(refusal.code, refusal.line, refusal.word)


def _first_error(words: str) -> str:
    """What nft says is wrong, without where."""
    lines = (line.partition("Error: ")[2] for line in words.split("\n") if "Error: " in line)
    return next(lines, " ".join(words.split())[:200])


# --- names


def _refuse_hosts(ruleset: NftRuleset) -> None:
    for table in ruleset.tables:
        for one, aims in _within((table,)):
            if aims and isinstance(one, Symbol):
                place = table.place or Place(file="<nft>", line=1)
                raise UnloadableError(
                    place=place, text=f"table {table.family} {table.name}", length=1,
                    code=codes.NAMES_HOST, where=f"{table.family} {table.name}", words=one.name,
                )  # fmt: skip


def _within(tables: Iterable[NftTable]) -> Iterator[tuple[object, bool]]:
    """All values in rules and elements, each with whether it is an address by where it stands."""
    for table in tables:
        waiting: list[tuple[object, bool]] = [(s, False) for s in table.sets]
        waiting += [(r.statements, False) for c in table.chains for r in c.rules]
        while waiting:
            one, aims = waiting.pop()
            yield one, aims
            waiting += _inner(one, aims)


def _inner(one: object, aims: bool) -> Iterator[tuple[object, bool]]:
    match one:
        case tuple() | list():
            yield from ((each, aims) for each in one)
        case NftSet():
            kinds = (*one.key_type, *(one.value_type or ()))
            yield (one.elements or ()), any(k in ("ipv4_addr", "ipv6_addr") for k in kinds)
        case nft.Match():
            yield one.right, _is_address(one.left)
        case nft.VerdictMap() | MapLookup():
            yield one.map, aims or _is_address(one.key)
        case Element() | InterfaceName() | Symbol():
            if isinstance(one, Element):
                yield (one.key, one.value), aims
        case _ if hasattr(one, "__dataclass_fields__"):
            yield from (
                (getattr(one, f.name), aims or isinstance(one, _AIMS))
                for f in _FIELDS(one).values()
            )
        case _ if hasattr(one, "__getitem__") and not isinstance(one, str | bytes):
            yield from ((each, aims) for each in one)  # type: ignore[attr-defined]


def _is_address(left: object) -> bool:
    field = getattr(left, "field", None) or getattr(left, "key", None)
    if isinstance(field, str):
        return field.endswith("addr")
    return any(_is_address(part) for part in getattr(left, "parts", ()))
