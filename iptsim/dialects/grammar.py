"""The Lark grammars, from an installed package or a bare checkout; what Lark makes of them.

Lark takes longer to load and to make its parsers than a short dump takes to be read. So what it
makes is kept in `token_tables.py`, which `tokens.py` follows without Lark. Where a grammar changed,
Lark itself reads until `make tables` has written them anew; a test says so.
"""

from __future__ import annotations

from binascii import crc32
from functools import cache
from os import path
from typing import TYPE_CHECKING

from iptsim.grammar_files import FOLDER

if TYPE_CHECKING:
    from typing import TypedDict

    from lark import Lark

    class Tables(TypedDict):
        """An LALR parser and its lexers.

        `states` are pairs: the terminals that are looked for there, the likeliest first, and by
        what comes next the state to go on in, or how many states are done with and what they were.
        """

        stamp: int
        terminals: dict[str, str]
        ignored: list[str]
        begin: dict[str, int]
        end: dict[str, int]
        states: list[tuple[tuple[str, ...], dict[str, int | tuple[int, str]]]]


ROWS = ("numbered_verbose", "verbose", "numbered", "plain", "numbered_uncounted", "uncounted")
STARTS = {
    "command": ("start",),
    "listing": ("start",),
    "nft": ("start",),
    "row": ROWS,
    "rule": ("start",),
    "save": ("start",),
}
"""Each grammar, and the rules of it that a text may be."""


@cache
def stamp(name: str) -> int:
    """A number that changes with the text of `grammars/NAME.lark`."""
    with open(_file(name), "rb") as text:
        return crc32(text.read())


def _file(name: str) -> str:
    return path.join(FOLDER, f"{name}.lark")


@cache
def load(name: str) -> Lark:
    """The parser of `grammars/NAME.lark`: LALR, with a contextual lexer."""
    from lark import Lark  # noqa: PLC0415  # a text without errors needs none

    return Lark.open(
        _file(name),
        parser="lalr",
        propagate_positions=False,
        maybe_placeholders=False,
        start=list(STARTS.get(name, ("start",))),
    )
