"""The Lark grammars, from an installed package or a bare checkout; what Lark makes of them.

Lark takes longer to load and to make its parsers than a short dump takes to be read. So what it
makes is kept in `token_tables.py`, which `tokens.py` follows without Lark. Where a grammar changed,
Lark itself reads until `make tables` has written them anew; a test says so.
"""

from __future__ import annotations

from binascii import crc32
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from lark import Lark

_PACKAGE = Path(__file__).resolve().parent.parent
ROWS = ("numbered_verbose", "verbose", "numbered", "plain", "numbered_uncounted", "uncounted")
STARTS = {
    "command": ("start",),
    "listing": ("start",),
    "row": ROWS,
    "rule": ("start",),
    "save": ("start",),
}
"""Each grammar, and the rules of it that a text may be."""


class Tables(TypedDict):
    """An LALR parser and its lexers.

    `states` are pairs: the terminals that are looked for there, the likeliest first, and by what
    comes next the state to go on in, or the number of states that are done with and their name.
    """

    stamp: int
    terminals: dict[str, str]
    ignored: list[str]
    begin: dict[str, int]
    end: dict[str, int]
    states: list[tuple[tuple[str, ...], dict[str, int | tuple[int, str]]]]


def folder() -> Path:
    """Where the grammars are: inside the package as installed, else beside it as checked out.

    Raises `FileNotFoundError` when neither is there: the installation is broken.
    """
    for place in (_PACKAGE / "grammars", _PACKAGE.parent / "grammars"):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"no grammars in {_PACKAGE} or beside it")


@cache
def stamp(name: str) -> int:
    """A number that changes with the text of `grammars/NAME.lark`."""
    return crc32((folder() / f"{name}.lark").read_bytes())


@cache
def load(name: str) -> Lark:
    """The parser of `grammars/NAME.lark`: LALR, with a contextual lexer."""
    from lark import Lark  # noqa: PLC0415  # a text without errors needs none

    return Lark.open(
        str(folder() / f"{name}.lark"),
        parser="lalr",
        propagate_positions=False,
        maybe_placeholders=False,
        start=list(STARTS.get(name, ("start",))),
    )
