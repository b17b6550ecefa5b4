"""One table while the text is carried out: its chains with their rules, its sets and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.nft.cursor import unquoted
from iptsim.dialects.nft.declared_sets import Declared, made_flowtable, made_object, names, texts
from iptsim.dialects.nft.outline import CHAIN, Block, Piece
from iptsim.dialects.nft.priorities import priority_of
from iptsim.dialects.nft.swallowed import all_led_to, has_rules, hides_a_hook, parted, untyped
from iptsim.dialects.nft.written_by_iptables import sign_of
from iptsim.errors import Place
from iptsim.nftables.expressions import Prefix, Symbol
from iptsim.nftables.nft_ruleset import (
    NftChain,
    NftFlowtable,
    NftHook,
    NftObject,
    NftRule,
    NftSet,
    NftTable,
)
from iptsim.nftables.nft_statements import Match, Reject, Statement, Unknown
from iptsim.regex import regex
from iptsim.values import format_address

if TYPE_CHECKING:
    from iptsim.dialects.nft.scripts import Host

_BASE = regex(
    r"type\s+(filter|nat|route)\s+hook\s+(\w+)"
    r"(?:\s+(?:device\s+(\S+)|devices\s*=\s*\{([^{}]*)\}))?\s+priority\s+([^;]+)$"
)
_POLICY = regex(r"policy\s+(accept|drop)$")
_COMMENT = regex(r'comment\s+("[^"]*"|\S+)$')
_DEVICES = regex(r"devices\s*=\s*\{([^{}]*)\}$")
_FLAGS = regex(r"flags\s+([\w\s,]+)$")
_MEMBER = regex(r"(chain|set|map|flowtable|ct\s+\w+|\w+)\s+(\S+)(?:\s+(.*))?$")


@dataclass(slots=True, kw_only=True)
class ChainSoFar:
    """A chain's fields while its lines are read."""

    name: str
    place: Place
    base: NftHook | None = None
    policy: str | None = None
    devices: tuple[str, ...] = ()
    comment: str | None = None
    handle: int | None = None
    rules: list[NftRule] = field(default_factory=list)
    whole: bool = True

    def made(self) -> NftChain:
        """The chain as a value."""
        hook = self.base
        if hook is not None:
            devices = self.devices or hook.devices
            hook = replace(hook, policy=self.policy or "accept", devices=devices)
        return NftChain(
            name=self.name,
            hook=hook,
            rules=tuple(self.rules),
            comment=self.comment,
            handle=self.handle,
            whole=self.whole,
            place=self.place,
        )


_REJECTS = {"ip": ("icmp", 3), "ip6": ("icmpv6", 4)}


def as_shown(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Statements of a text that makes nothing: a prefix with bits behind it may be no prefix.

    nft lists a masked address so, too, that is compared with one of more bits and never is that
    (nftables 1.0.6, src/netlink_delinearize.c): `& 255.0.0.0 == 10.1.2.3` is `10.1.2.3/8`.
    """
    if not any(isinstance(one, Match) and isinstance(one.right, Prefix) for one in statements):
        return statements
    return tuple(_of_open_prefix(one) if isinstance(one, Match) else one for one in statements)


def _of_open_prefix(one: Match) -> Match:
    if not isinstance(one.right, Prefix) or one.right.written is None:
        return one
    address = format_address(one.right.written.value, one.right.written.width)
    return replace(one, right=Symbol(name=f"{address}/{one.right.length}"))


def as_listed(statements: tuple[Statement, ...], family: str) -> tuple[Statement, ...]:
    """Statements as nft lists them: `reject` with what it means in that family is a plain one."""
    if not any(isinstance(each, Reject) and each.kind for each in statements):
        return statements
    plain = _REJECTS.get(family, ("icmpx", 1))
    return tuple(
        Reject() if isinstance(each, Reject) and (each.kind, each.code) == plain else each
        for each in statements
    )


class TableSoFar:
    """A table's members while the text is carried out."""

    def __init__(self, family: str, name: str, place: Place, host: Host, *, fresh: bool) -> None:
        self.family, self.name, self.place, self.host = family, name, place, host
        self.fresh = fresh
        self.flags: frozenset[str] = frozenset()
        self.comment: str | None = None
        self.handle: int | None = None
        self.chains: dict[str, ChainSoFar] = {}
        self.sets: dict[str, NftSet] = {}
        self.objects: dict[tuple[str, str], NftObject] = {}
        self.flowtables: dict[str, NftFlowtable] = {}
        self.unread: list[str] = []
        self.hookless: list[str] = []
        self.texts: list[str] = []

    def place_at(self, line: int, column: int = 1) -> Place:
        """The place in the text's file."""
        return Place(file=self.host.file, line=line, column=column)

    def feed(self, block: Block) -> None:
        """The table's block; one that is not closed may go on."""
        for each in block.body:
            if isinstance(each, Block):
                self.member(each)
            else:
                self._line(each)
        if not block.closed:
            self.unread.append("")
            self.host.note(codes.NFT_TABLE_CUT, block.line, table=f"{self.family} {self.name}")

    def _line(self, piece: Piece) -> None:
        text = piece.text
        if self.host.variables.takes(text):
            return
        if text.startswith("include "):
            self.included(text, piece.line)
        elif (comment := _COMMENT.match(text)) is not None:
            self.comment = unquoted(comment[1])
        elif (flags := _FLAGS.match(text)) is not None:
            self.flags = frozenset(flags[1].replace(",", " ").split())
        else:
            self._strange(text, piece.line)

    def included(self, text: str, line: int) -> None:
        """A file that stands here in the script, and is not opened."""
        name = unquoted(text.removeprefix("include").strip())
        self.host.note(codes.NFT_INCLUDED, line, name=name)

    def _strange(self, text: str, line: int) -> None:
        self.unread.append(text)
        self.host.note(codes.NFT_LINE_NOT_READ, line, text=text[:80])

    def member(self, block: Block) -> None:
        """A chain, a set, an object or a flowtable."""
        found = _MEMBER.match(self.host.variables.filled(block.head))
        if found is None:
            self._strange(block.head, block.line)
            return
        kind, name = " ".join(found[1].split()), unquoted(found[2])
        place = self.place_at(block.line, block.column)
        if block.kind == CHAIN:
            self._chains(name, block)
        elif kind in ("set", "map"):
            self._set(name, block, is_map=kind == "map")
        elif kind == "flowtable":
            made = made_flowtable(name, self.family, self._filled(block), place)
            self.flowtables[name] = made
        else:
            self.objects[kind, name] = made_object(kind, name, self._filled(block), place)

    def _filled(self, block: Block) -> Block:
        body: list[Any] = [
            replace(each, text=self.host.variables.filled(each.text))
            for each in block.body
            if isinstance(each, Piece)
        ]
        return replace(block, body=body)

    def _set(self, name: str, block: Block, *, is_map: bool) -> None:
        read = Declared(name, is_map=is_map)
        for text in texts(block):
            read.feed(self.host.variables.filled(text))
        made = read.made(block.handle, self.place_at(block.line, block.column))
        for text in made.unread:
            self.host.note(codes.NFT_LINE_NOT_READ, block.line, text=text[:80])
        self.host.whole = self.host.whole and not has_rules(block, made.unread)
        if untyped(made):
            made = replace(made, unread=("",))
            self.host.note(codes.NFT_LINE_NOT_READ, block.line, text=block.head[:80])
        old = self.sets.get(name)
        if old is not None:
            made = replace(made, elements=(*(old.elements or ()), *(made.elements or ())))
        self.sets[name] = made
        told = bool(made.elements or made.unread)
        self.host.listings.set((self.family, self.name), name, full=told)

    def chain(self, name: str, line: int, column: int = 1) -> ChainSoFar:
        """The chain of that name, made where it is not there."""
        found = self.chains.get(name)
        if found is None:
            found = ChainSoFar(name=name, place=self.place_at(line, column))
            self.chains[name] = found
        return found

    def _chains(self, name: str, block: Block) -> None:
        """A chain's block, in which others' lines may stand where some are left out."""
        first, *others = parted(block, self.chains)
        self._chain(name, first)
        for each in others:
            self._chain(each.head.removeprefix("chain "), each)
        self.host.whole = self.host.whole and not others
        if hides_a_hook(first):
            self.hookless.append(name)

    def _chain(self, name: str, block: Block) -> None:
        chain = self.chain(name, block.line, block.column)
        chain.handle = block.handle or chain.handle
        chain.whole = chain.whole and block.closed
        read = self.host.memory.read
        for each in block.body:
            if isinstance(each, Block):
                self._bound(chain, each)
            elif not self.property_of(chain, each):
                self.add(chain, each, read)

    def _bound(self, chain: ChainSoFar, block: Block) -> None:
        """A chain without a name, and the rule that jumps there."""
        number = 1 + sum(name.startswith("__chain") for name in self.chains)
        name = f"__chain{number}"
        self._chain(name, block)
        text = f"{block.head} {name}"
        statements, comment = self.host.memory.read(self.host.variables.filled(text))
        place = self.place_at(block.line, block.column)
        chain.rules.append(NftRule(statements=statements, comment=comment, text=text, place=place))

    def property_of(self, chain: ChainSoFar, piece: Piece) -> bool:
        """Whether a line of a chain tells of the chain itself."""
        text = piece.text
        if text[:4] not in _PROPERTIES:
            return False
        text = self.host.variables.filled(text)
        if (base := _BASE.match(text)) is not None:
            self._based(chain, base, piece)
        elif (policy := _POLICY.match(text)) is not None:
            chain.policy = policy[1]
        elif (comment := _COMMENT.match(text)) is not None:
            chain.comment = unquoted(comment[1])
        elif (devices := _DEVICES.match(text)) is not None:
            chain.devices = names(devices[1])
        else:
            return text.startswith("flags ")
        return True

    def _based(self, chain: ChainSoFar, found: Any, piece: Piece) -> None:
        kind, hook, device, devices, text = found.groups()
        priority = priority_of(text, self.family, hook)
        if priority is None:
            self._strange(piece.text, piece.line)
            return
        told = names(device or devices or "")
        chain.base = NftHook(
            type=kind, hook=hook, devices=told, priority=priority, priority_text=text.strip()
        )

    def add(self, chain: ChainSoFar, piece: Piece, read: Any, at: int | None = None) -> None:
        """One more rule, behind all others or at that place."""
        text = self.host.variables.filled(piece.text)
        if text.startswith("include "):
            self.included(text, piece.line)
            chain.whole = False
            return
        statements, comment = read(text)
        statements = as_listed(statements, self.family)
        statements = statements if self.host.commanded else as_shown(statements)
        place = self.place_at(piece.line, piece.column)
        rule = NftRule(
            statements=statements, comment=comment, handle=piece.handle, text=text, place=place
        )
        self._noted(statements, piece.line)
        if at is None:
            chain.rules.append(rule)
        else:
            chain.rules.insert(at, rule)

    def _noted(self, statements: tuple[Any, ...], line: int) -> None:
        for each in statements:
            if isinstance(each, Unknown):
                self.host.note(codes.NFT_STATEMENT_UNKNOWN, line, text=each.text[:80])

    def made(self) -> NftTable:
        """The table as a value."""
        table = NftTable(
            family=self.family,
            name=self.name,
            flags=self.flags,
            comment=self.comment,
            chains=tuple(chain.made() for chain in self.chains.values()),
            sets=tuple(self.sets.values()),
            objects=tuple(self.objects.values()),
            flowtables=tuple(self.flowtables.values()),
            unread=tuple(self.unread),
            fresh=self.fresh,
            handle=self.handle,
            place=self.place,
        )
        self.host.whole = self.host.whole and all_led_to(self.hookless, table)
        managed = (self.family, self.name) in self.host.managed
        if self.host.commanded and not managed:  # what a script makes is nft's own
            return table
        return replace(table, xtables=sign_of(table, managed=managed))


_PROPERTIES = frozenset({"type", "poli", "comm", "devi", "flag"})
