"""The kinds of a save's rules: its lines less the operands that change nothing about reading them.

Each operand is found by the option before it, and its words are of a class of which every one is
taken, if one is: by iptables-restore as by the plain reader. Numbers that depend on others (ranges,
the bits of a mark) stay, and so does what an extension may know by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from iptsim.dataclass import dataclass, field
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS
from iptsim.regex import regex

MARK = "\x01"
"""What stands in the place of an operand; no regular text has it."""
NAME = r"[A-Za-z][\w.-]{0,27}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_FIRST = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]?)"
ADDRESS = rf"{_FIRST}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
BITS = r"(?:3[0-2]|[12][0-9]|[1-9])"
PORT = r"(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
INTERFACE = r"[A-Za-z](?:[A-Za-z0-9_-]{0,9}\.[0-9]{1,4}|[A-Za-z0-9_-]{0,13}[A-Za-z0-9_+-]?)"
# Of words with more dots, or with `@`, some hide a name (`rule/iptables_options.py`, hides_name).
# No `#`, `//`, `->` or bracket, at which a writer's own note may begin (`rule/remarks.py`).
SAID = r"(?:[A-Za-z0-9_:.,=+]|(?<! )-|/(?!/)| (?=[A-Za-z0-9]))"
_COMMENT = rf'(?:"{SAID}{{1,200}}"|[A-Za-z0-9](?:[A-Za-z0-9_:.,=+-]|/(?!/)){{0,200}})'
SET = r"[A-Za-z0-9][\w.:-]{0,30}"
_BEHIND = regex(rf"(?<=-destination {MARK}):{PORT}(?!\S)")
_COUNTERS = regex(r"^\[[0-9]{1,20}:[0-9]{1,20}\] ", re.MULTILINE)
QUOTES = ('"', "'", "\\")
ACTING = ("restore", "rror occurred")
"""Words of a line at which the plain reader looks for something that happened."""
_LONGEST = 4000
_PIECE = 1 << 20


@cache
def _operands() -> re.Pattern[str]:
    """Operands with the blank before them, by the option before that."""
    known = "|".join(sorted(map(re.escape, {*targets(), *VERDICTS}), key=len, reverse=True))
    return re.compile(
        rf" (?:(?=[0-9])(?:(?<= -[sd] ){ADDRESS}(?:/{BITS})?|(?<= --[sd]port ){PORT}"
        rf"|(?<= --to-destination ){ADDRESS}|(?<= --[sd]ports ){PORT}(?:,{PORT}){{0,14}})"
        rf"|(?<= -[jg] )(?!(?:{known})[ \n]){NAME}|(?<=-A ){NAME}|(?<= -[io] ){INTERFACE}"
        rf"|(?<= --comment ){_COMMENT}|(?<= --match-set ){SET})(?=[ :\n])"
    )


@dataclass(slots=True)
class Kinds:
    """The kinds of lines met so far, each with the first of them and its number."""

    first: dict[str, tuple[int, str]] = field(default_factory=dict)
    lines: int = 0

    def add(self, text: str, number: int, most: int) -> bool:
        """Take rules of which the first is the line of that number; False for an odd text."""
        for piece in pieces(text):
            marked = _COUNTERS.sub("[] ", _operands().sub(f" {MARK}", piece))
            if any(piece.count(word) != marked.count(word) for word in ACTING):
                return False
            kinds = _unquoted(marked.split("\n")[:-1], piece)
            places = zip(reversed(kinds), range(len(kinds) - 1, -1, -1), strict=True)
            first = _alike(dict(places))
            self._take(
                {kind: at for kind, at in first.items() if kind not in self.first}, piece, number
            )
            if len(self.first) > most:
                return False
            self.lines += len(kinds)
            number += len(kinds)
        return True

    def _take(self, fresh: dict[str, int], piece: str, number: int) -> None:
        own = piece.split("\n") if fresh else []
        for kind in sorted(fresh, key=fresh.__getitem__):
            self.first[kind] = number + fresh[kind], own[fresh[kind]]


def _alike(first: dict[str, int]) -> dict[str, int]:
    """The first line of each kind, ports behind an address aside."""
    found: dict[str, int] = {}
    for kind, at in first.items():
        like = kind if any(quote in kind for quote in QUOTES) else _BEHIND.sub(f":{MARK}", kind)
        found[like] = min(at, found.get(like, at))
    return found


def _unquoted(kinds: list[str], piece: str) -> list[str]:
    """A line with a quote is a kind of its own: what looks like an option in it may be none."""
    if not any(quote in kind for quote in QUOTES for kind in set(kinds)):
        return kinds
    own = piece.split("\n")
    return [
        line if any(quote in kind for quote in QUOTES) else kind
        for kind, line in zip(kinds, own, strict=False)
    ]


def pieces(text: str) -> Iterator[str]:
    """A text of whole lines, in pieces that end where lines do."""
    start = 0
    while start < len(text):
        end = text.find("\n", min(start + _PIECE, len(text) - 1)) + 1
        yield text[start:end]
        start = end
