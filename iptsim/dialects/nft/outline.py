"""A text of nft's, parted into blocks and statements; what these say is not looked at.

A block is a table, a chain, a set or an object, or the chain of a `jump { … }`; other braces (sets,
`devices = { … }`) are part of their statement. Lines are looked at once, and nothing nests deeper
than these blocks do.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import dataclass, field
from iptsim.dialects.nft.outside import is_left_out
from iptsim.regex import regex

MEMBERS = frozenset(
    {
        "chain", "set", "map", "flowtable", "counter", "quota", "limit", "ct", "synproxy",
        "secmark", "tunnel",
    }
)  # fmt: skip
"""Words with which a block in a table begins."""
_VERB = r"(?:(?:add|create|insert|replace|delete|destroy|flush|reset)\s+)?"
_TABLE = regex(rf"{_VERB}table\s+\S+(?:\s+\S+)?$")
_ELSEWHERE = regex(
    rf"{_VERB}(?:chain|set|map|flowtable|counter|quota|limit|ct\s+\w+|synproxy|secmark)\s+"
    r"(?:ip6?|inet|arp|bridge|netdev|\S+)\s+\S+(?:\s+\S+)?$"
)
_BOUND = regex(r"(?:^|\s)(?:jump|goto)$")
_HANDLE = regex(r"[ \t]*#[ \t]*handle (\d{1,19})\s*$")
_SPECIAL = regex(r'[#;{}"\\]')
_PIECE = regex(r'"[^"]*"?|#.*|[{};]|\\$|\\|[^"#{};\\]+')
_XT = regex(r"#\s*xt_(\w+)")
ROOT, TABLE, CHAIN, OTHER = "root", "table", "chain", "other"


@dataclass(slots=True, kw_only=True)
class Piece:
    """A statement: its words in one line, where it begins, and its handle."""

    text: str
    line: int
    column: int = 1
    handle: int | None = None


@dataclass(slots=True, kw_only=True)
class Block:
    """A block: what stands before its brace, and what is in it. `closed`: its end is there."""

    kind: str
    head: str
    line: int
    column: int = 1
    handle: int | None = None
    body: list[Piece | Block] = field(default_factory=list)
    closed: bool = False
    last: int = 0


class Outline:
    """Parts lines, fed one after the other."""

    def __init__(self) -> None:
        self.root = Block(kind=ROOT, head="", line=0)
        self._stack = [self.root]
        self._pending: list[str] = []
        self.broken = False  # a block was left open
        self._depth = 0
        self._line = self._column = 1
        self._goes_on = False
        self.strays: list[int] = []

    @property
    def busy(self) -> bool:
        """Whether a block or a statement is open."""
        return len(self._stack) > 1 or self._depth > 0 or bool(self._pending)

    @property
    def blocks(self) -> int:
        """How many blocks are open."""
        return len(self._stack) - 1

    def feed(self, number: int, raw: str) -> None:
        """One more line."""
        text = raw.strip()
        if not text:
            return
        special = _SPECIAL.search(text) is not None
        if not self._pending:
            self._line, self._column = number, len(raw) - len(raw.lstrip()) + 1
            if not special or self._is_whole(text):
                self._add(text, None)
                return
        elif not special and self._depth:
            self._pending.append(text)
            return
        self._pieces(text)

    def _is_whole(self, text: str) -> bool:
        """Whether a line of a chain is one rule: its braces are in order, nothing else is there."""
        return (
            self._stack[-1].kind == CHAIN
            and "#" not in text
            and ";" not in text
            and "\\" not in text
            and text[0] != "}"
            and text.count("{") == text.count("}")
            and text.count('"') % 2 == 0
        )

    def _pieces(self, text: str) -> None:
        found = _HANDLE.search(text)
        handle = None
        if found is not None and text.count('"', found.start()) == 0:
            handle, text = int(found[1]), text[: found.start()]
        self._goes_on = False
        opened: Block | None = None
        for piece in _PIECE.findall(text):
            if piece[0] == "#":
                self._remark(piece)
            elif piece == "{":
                opened = self._open() or opened
            elif piece == "}":
                self._close(handle)
            elif piece == ";" and not self._depth:
                self._flush(None)
            elif piece == "\\" and text.endswith("\\"):
                self._goes_on = True
            elif piece.strip() or self._pending:
                self._pending.append(piece)
        if opened is not None and handle is not None:
            opened.handle, handle = handle, None
        self._ended(handle)

    def _ended(self, handle: int | None) -> None:
        """The line ended."""
        if self._depth or self._goes_on:
            self._pending.append(" ")
        else:
            self._flush(handle)

    def _remark(self, piece: str) -> None:
        """A remark; older nft named so what it could not read (`# xt_udp`).

        Writers say in some that they left out what stood there.
        """
        found = _XT.match(piece)
        if found is not None and self._stack[-1].kind == CHAIN:
            self._pending.append(f' xt match "{found[1]}"')
        elif is_left_out(piece):
            self._pending.append(", ... ," if self._depth else " ...")

    def _open(self) -> Block | None:
        """A brace: of a block, or of the statement that it stands in."""
        head = "" if self._depth else "".join(self._pending).strip()
        kind = None if self._depth else self._kind(head)
        if kind is None or len(self._stack) > 4:
            self._depth += 1
            self._pending.append("{")
            return None
        block = Block(kind=kind, head=head, line=self._line, column=self._column)
        self._stack[-1].body.append(block)
        self._stack.append(block)
        self._pending = []
        return block

    def _kind(self, head: str) -> str | None:
        """What a block with that head is; None: it is none."""
        outer = self._stack[-1].kind
        first = head.split(None, 1)[0] if head else ""
        if outer == ROOT:
            if _TABLE.match(head):
                return TABLE
            if _ELSEWHERE.match(head):
                return CHAIN if "chain" in head.split()[:2] else OTHER
            return None
        if outer == TABLE and first in MEMBERS:
            return CHAIN if first == "chain" else OTHER
        return CHAIN if outer == CHAIN and _BOUND.search(head) else None

    def _close(self, handle: int | None) -> None:
        if self._depth:
            self._depth -= 1
            self._pending.append("}")
            return
        self._flush(handle)
        if len(self._stack) == 1:
            self.strays.append(self._line)
            return
        block = self._stack.pop()
        block.closed, block.last = True, self._line

    def _flush(self, handle: int | None) -> None:
        if self._pending:
            text = "".join(self._pending) if self._depth == 0 else " ".join(self._pending)
            self._pending = []
            if text.strip():
                self._add(text.strip(), handle)

    def _add(self, text: str, handle: int | None) -> None:
        piece = Piece(text=text, line=self._line, column=self._column, handle=handle)
        self._stack[-1].body.append(piece)

    def cut(self) -> None:
        """The text breaks off here, and something else follows; open blocks stay open."""
        self.broken = self.broken or self.blocks > 0
        self._depth = 0
        self._goes_on = False
        self._flush(None)
        del self._stack[1:]

    def end(self) -> Block:
        """The text ended; blocks that are open stay so."""
        self.cut()
        return self.root


def outline(lines: Iterable[tuple[int, str]]) -> Block:
    """The blocks and statements of numbered lines."""
    found = Outline()
    for number, raw in lines:
        found.feed(number, raw)
    return found.end()
