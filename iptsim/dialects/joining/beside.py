"""What a text says is on the host besides iptables' rules: warnings of iptables, tables of nft.

Sources: iptables/xtables-save.c and nft.c (nft_is_table_compatible, nft_check_xt_legacy); nft's own
text is told by its braces, and read by `nft`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass
from iptsim.dialects.finding.noise import uncoloured
from iptsim.dialects.nft.nft_signs import begins_nft, has_others, is_json
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import CORE
from iptsim.regex import regex

if TYPE_CHECKING:
    from iptsim.dialects.nft.nft_text import NftRead, NftText

LEGACY, NFT = "legacy", "nft"
Held = tuple[int, str]
_LEGACY = regex(r"(?i)\bwarning: ip(6)?tables-legacy tables present")
_TABLE = regex(
    r"(?i)\btable [`'\"‘](?P<name>[\w.-]+)['\"’]"
    r" (?:is incompatible|contains (?:incompatible|native|nft)|(?:has|holds) native nft)"
)
# A rule that iptables-nft cannot put into words ends its text (nft.c, nft_rule_to_iptables_…).
_FAILED = regex(r"\(nf_tables\): Parsing nftables rule failed")
_NATIVE = regex(r"\s*table (?P<family>ip6?|inet|arp|bridge|netdev) (?P<name>\S+) \{(?:\s*#.*)?\s*$")
_COMMAND = regex(
    r"\s*(?:sudo\s+)?(?:/\S*/)?nft\s+(?:-\S+\s+)*"
    r"(?P<told>['\"]?(?:(?:add|insert|replace|create|delete|destroy|flush)\s+(?:rule|chain|table|set|map"
    r"|element|ruleset)|table)\b.*)"
)
_JSON = regex(r'\s*(?:\{\s*)?"nftables"\s*:')
_MANAGED = regex(
    r"# Warning: table (?P<family>ip6?|arp|bridge) (?P<name>\S+) is managed by iptables-nft"
)
_PROGRAM = regex(r"\bip(6)?tables\b")
_QUOTED = regex(r'"(?:[^"\\]|\\.)*"')
_FAMILIES = {"ip": (4,), "ip6": (6,), "arp": ()}
_MOST_LINES = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warning:
    """A warning, the family that it names, and where among the sections it stands."""

    name: str
    family: int | None
    place: int


class Beside:
    """Collects what a text tells of rules that are not iptables' own."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._warnings: list[_Warning] = []
        self._managed: list[tuple[str, str]] = []
        self._nft: NftText | None = None
        self._open = False
        self._lines = 0
        self.head, self.lines = "", 0
        self.taken: list[int] = []
        self._read: NftRead | None = None
        self.unread = False

    @property
    def busy(self) -> bool:
        """Whether the next line belongs to a table of nft's."""
        return self._open

    def all_but_nft(self, chunks: Iterable[str]) -> Iterable[str]:
        """The text; none of it is left where it is nft's alone, which is read at once."""
        pieces = iter(chunks)
        first = next(pieces, "")
        if not begins_nft(first):
            return chain((first,), pieces)
        kept = [first, *pieces]
        text = uncoloured("".join(kept))
        if not self._alone(text):
            return kept
        self.head, self.lines = text[:65536], text.count("\n") + 1
        return ()

    def _alone(self, text: str) -> bool:
        if has_others(text):
            return False
        lines = text.split("\n")
        self.taken = [at for at, line in enumerate(lines, 1) if line and not _is_remark(line)]
        if is_json(text):
            return self._text().json(1, text)
        nft = self._text()
        for number, line in enumerate(lines, 1):
            nft.feed(number, line)
        return True

    def feed(self, line: Line, place: int, hinted: int | None) -> bool:
        """Whether the line is nft's; `place` counts the sections so far, `hinted` is as called."""
        text = line.text
        if self._open:
            return self._inside(line)
        if "nft" in text and self._command(line):
            return True
        if "able" not in text:
            return False
        if _NATIVE.match(text) is not None:
            self._open, self._lines = True, 0
            self._take(line, text)
            return True
        self._warning(text, place, hinted)
        return False

    def _text(self) -> NftText:
        from iptsim.dialects.nft.nft_text import NftText  # noqa: PLC0415  # few texts have tables of it

        self._nft = self._nft or NftText(self._file)
        return self._nft

    def _take(self, line: Line, text: str) -> None:
        nft = self._text()
        nft.feed(line.number, text)
        self.taken.append(line.number)
        self._open = nft.busy

    def _command(self, line: Line) -> bool:
        """`nft add rule inet fw in …` of a script, or what `nft -j list ruleset` prints."""
        found = _COMMAND.match(line.text)
        if found is not None:
            from iptsim.dialects.nft.shell_calls import as_statement  # noqa: PLC0415  # few call nft

            self._text().command(line.number, as_statement(found["told"]))
            self.taken.append(line.number)
            self._open = False
            return True
        if _JSON.match(line.text):
            self.unread = not self._text().json(line.number, line.text) or self.unread
            self.taken.append(line.number)
            return True
        return False

    def _inside(self, line: Line) -> bool:
        text = line.text
        called = "tables" in text and _PROGRAM.search(_QUOTED.sub("", text)) is not None
        self._lines += 1
        if called or CORE.match(text.lstrip()) or self._lines > _MOST_LINES:
            self._text().cut()
            self._open = False
            return False
        self._take(line, text)
        return True

    def _warning(self, text: str, place: int, hinted: int | None) -> None:
        managed = _MANAGED.search(text)
        if managed is not None:
            self._managed.append((managed["family"], managed["name"]))
            return
        legacy, table, program = _LEGACY.search(text), _TABLE.search(text), _PROGRAM.search(text)
        family = (6 if program[1] else 4) if program else hinted
        if legacy is not None:
            family = 6 if legacy[1] else 4
            self._warnings.append(_Warning(name=LEGACY, family=family, place=place))
        elif table is not None:
            self._warnings.append(_Warning(name=table["name"], family=family, place=place))
        elif _FAILED.search(text):
            self._warnings.append(_Warning(name=NFT, family=family, place=place))

    def nft(self) -> NftRead | None:
        """What the text tells of nft's tables; None where it tells of none."""
        if self._nft is not None and self._read is None:
            for family, name in self._managed:
                self._nft.managed(family, name)
            self._read = self._nft.read()
        return self._read

    @property
    def tells(self) -> bool:
        """Whether the text tells of any rules that are not iptables' own."""
        return self._nft is not None or bool(self._warnings)

    @property
    def warned(self) -> bool:
        """Whether iptables itself says that there is more."""
        return bool(self._warnings)

    def told(self, families: Mapping[int, int]) -> Iterator[Held]:
        """What stands beside, with its family; `families` are those of the text's sections.

        A warning that names no family is of the text above it or of that below: of both.
        """
        for warning in self._warnings:
            above = [number for number in families if number < warning.place][-1:]
            below = [number for number in families if number >= warning.place][:1]
            around = [families[number] for number in (*above, *below)]
            named = (warning.family,) if warning.family else around or (4, 6)
            yield from ((family, warning.name) for family in dict.fromkeys(named))

    def told_natively(self) -> Iterator[Held]:
        """That there is more in tables of nft than can be read; what can be read is followed."""
        if self.unread:
            yield from ((family, NFT) for family in (4, 6))
        read = self.nft()
        for table in read.ruleset.tables if read else ():
            rules = any(chain.rules for chain in table.chains)
            hooked = any(chain.hook is not None for chain in table.chains)
            # Commands to chains that the text does not make: those may hook anywhere.
            if table.unread or (table.fresh and rules and not hooked):
                yield from ((family, NFT) for family in _FAMILIES.get(table.family, (4, 6)))


def _is_remark(line: str) -> bool:
    return line.lstrip()[:1] in ("#", "")
