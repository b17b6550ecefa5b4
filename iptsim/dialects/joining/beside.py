"""What a text says is on the host and does not hold: warnings of iptables, tables of nft.

Sources: iptables/xtables-save.c and nft.c (nft_is_table_compatible, nft_check_xt_legacy); nft's own
text is told by its braces, and is not read here: only whether it may decide about a packet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from iptsim.dataclass import dataclass, field
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import CORE
from iptsim.model import BUILTIN_CHAINS, TABLES
from iptsim.regex import regex

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
    r"\s*(?:sudo\s+)?(?:/\S*/)?nft\s+(?:-\S+\s+)*['\"]?(?:add|insert|replace)\s+rule\s+"
    r"(?:(?P<family>ip6?|inet|arp|bridge|netdev)\s)?"
)
_JSON = regex(r'\s*(?:\{\s*)?"nftables"\s*:')
_MANAGED = regex(r"# Warning: table (?P<table>ip6? \S+) is managed by iptables-nft")
_PROGRAM = regex(r"\bip(6)?tables\b")
_QUOTED = regex(r'"(?:[^"\\]|\\.)*"')
_XT = regex(r"\bxt (?:match|target) |# xt_|\bcounter\b")
_CHAIN = regex(r"chain (\S+) \{")
_BASE = regex(r"type (?:filter|nat|route) hook \w+ ")
_FAMILIES = {"ip": (4,), "ip6": (6,), "arp": ()}
_MOST_LINES = 1 << 20


@dataclass(kw_only=True)
class _Native:
    """One `table FAMILY NAME { … }` while it is read."""

    family: str
    name: str
    managed: bool
    depth: int = 1
    lines: int = 0
    rules: bool = False
    xt: bool = False
    chain: str = ""
    based: set[str] = field(default_factory=set)
    inside: list[str] = field(default_factory=list)

    @property
    def decides(self) -> bool:
        """Whether it may end or change a packet; a table cut off may."""
        return self.depth > 0 or (bool(self.based) and self.rules)

    @property
    def is_view(self) -> bool:
        """Whether these are iptables-nft's own tables in nft's words."""
        if self.family not in ("ip", "ip6") or self.name not in TABLES:
            return False
        return self.managed or (self.xt and self.based <= set(BUILTIN_CHAINS[self.name]))

    def feed(self, text: str) -> None:
        """One more line of the table."""
        bare = _QUOTED.sub('""', text)
        self.lines += 1
        self.xt = self.xt or _XT.search(text) is not None
        chain = _CHAIN.search(bare)
        if chain is not None:
            self.chain = chain[1]
            # nft itself prints nothing behind the brace; a script may.
            self.rules = self.rules or bool(bare[chain.end() :].split("#")[0].strip())
        for statement in (piece.strip() for piece in re.split(r"[;{}]", bare)):
            self._statement(statement, bare)
        self._nest(bare)

    def _statement(self, statement: str, whole: str) -> None:
        in_chain = bool(self.inside) and self.inside[0] == "chain"
        if _BASE.match(statement):
            self.based.add(self.chain)
        elif statement == "policy drop":
            self.rules = True
        elif in_chain and _CHAIN.search(whole) is None and statement:
            known = statement.startswith(("policy ", "comment ", "#", "flags ", "devices "))
            self.rules = self.rules or not known

    def _nest(self, bare: str) -> None:
        for piece in re.finditer(r"[{}]", bare):
            if piece[0] == "{":
                self.depth += 1
                self.inside.append("chain" if _CHAIN.search(bare) else "other")
            else:
                self.depth -= 1
                if self.inside:
                    self.inside.pop()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warning:
    """A warning, the family that it names, and where among the sections it stands."""

    name: str
    family: int | None
    place: int


class Beside:
    """Collects what a text tells of rules that it does not hold."""

    def __init__(self) -> None:
        self._warnings: list[_Warning] = []
        self._managed: set[str] = set()
        self._open: _Native | None = None
        self.native: list[_Native] = []
        self.commanded: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether the next line belongs to a table of nft's."""
        return self._open is not None

    def feed(self, line: Line, place: int, hinted: int | None) -> bool:
        """Whether the line is nft's; `place` counts the sections so far, `hinted` is as called."""
        text = line.text
        if self._open is not None:
            return self._inside(text)
        if "nft" in text:
            self._command(text)
        if "able" not in text:
            return False
        begins = _NATIVE.match(text)
        if begins is not None:
            managed = f"{begins['family']} {begins['name']}" in self._managed
            self._open = _Native(family=begins["family"], name=begins["name"], managed=managed)
            self.native.append(self._open)
            return True
        self._warning(text, place, hinted)
        return False

    def _command(self, text: str) -> None:
        """`nft add rule inet fw in …` of a script, or what `nft -j list ruleset` prints."""
        found = _COMMAND.match(text)
        if found is not None:
            self.commanded.add(found["family"] or "ip")
        elif _JSON.match(text) and ('"hook"' in text or not text.rstrip().endswith("}")):
            self.commanded.add("inet")

    def _inside(self, text: str) -> bool:
        opened = self._open
        assert opened is not None
        called = "tables" in text and _PROGRAM.search(_QUOTED.sub("", text)) is not None
        if called or CORE.match(text.lstrip()) or opened.lines > _MOST_LINES:
            self._open = None
            return False
        opened.feed(text)
        if opened.depth <= 0:
            self._open = None
        return True

    def _warning(self, text: str, place: int, hinted: int | None) -> None:
        managed = _MANAGED.search(text)
        if managed is not None:
            self._managed.add(managed["table"])
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

    @property
    def why_not(self) -> str:
        """What to do with nft's text where no text of iptables stands beside it."""
        if self.native and all(table.is_view for table in self.native):
            return "this is nft's view of iptables' own tables; list with iptables-save instead"
        return (
            "these are tables of nft's own, which are not read yet; iptables-save shows only "
            "iptables' own tables and leaves these out without a word"
        )

    @property
    def tells(self) -> bool:
        """Whether the text tells of any rules that it does not hold, or that are not read."""
        return bool(self.native or self.commanded or self._warnings)

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

    def told_natively(self, held: Mapping[Held, bool | None]) -> Iterator[Held]:
        """What tables of nft stand beside; `held` are the iptables tables read, as `Table.nft`."""
        for commanded in sorted(self.commanded):
            yield from ((family, NFT) for family in _FAMILIES.get(commanded, (4, 6)))
        for table in (each for each in self.native if each.decides):
            for family in _FAMILIES.get(table.family, (4, 6)):
                key = (family, table.name)
                if not table.is_view or held.get(key) is False:
                    yield family, NFT
                elif key not in held:
                    yield key
