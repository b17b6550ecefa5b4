"""What a terminal can show: width, colour, and text that cannot play tricks on it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from os.path import basename
from typing import TextIO

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.regex import regex

USUAL = 100
"""The columns of an answer that no terminal shows."""
WIDEST = 240
"""Longer lines are read by nobody."""
NARROWEST = 40
_LONG_PATH = 24
_COLOURS = {
    "good": "1;32",
    "bad": "1;31",
    "unsure": "1;33",
    "added": "32",
    "removed": "31",
    "dim": "2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How to show an answer: columns, whether in colour, and in which language.

    With `folders` False files are named without theirs. `terminal` is whether one shows it: what is
    piped is as it always was.
    """

    width: int = USUAL
    colour: bool = False
    lang: str = "en"
    folders: bool = True
    terminal: bool = False

    def place(self, place: Place | None) -> str:
        """`after.txt:3`, or nothing."""
        if place is None or self.folders:
            return str(place or "")
        return f"{basename(place.file)}:{place.line}"

    def paint(self, text: str, name: str) -> str:
        """The text in one of our few colours, where colours are wanted."""
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if self.colour else text


def style_for(
    stream: TextIO,
    lang: str,
    *,
    files: Sequence[str] = (),
    colour: bool | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Style:
    """The style of a stream: a terminal has its own width and colours, a file is `USUAL` wide.

    Where `colour` does not say, NO_COLOR (no-color.org) and TERM=dumb turn colours off, FORCE_COLOR
    (force-color.org) on; COLUMNS sets the width of both. Files with long paths are named without
    folders where that tells them apart.
    """
    columns = environ.get("COLUMNS", "")
    terminal = stream.isatty()
    width = int(columns[:9]) if columns.isdecimal() else USUAL
    if terminal and not columns:
        from shutil import get_terminal_size  # noqa: PLC0415  # most answers go elsewhere

        width = get_terminal_size((USUAL, 24)).columns
    if colour is None:
        colour = _wants_colour(terminal, environ)
    return Style(
        width=min(WIDEST, max(NARROWEST, width)),
        colour=colour,
        lang=lang,
        folders=not _shortened(files),
        terminal=terminal and environ.get("TERM") != "dumb",
    )


def _wants_colour(terminal: bool, environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (terminal and environ.get("TERM") != "dumb")


def _shortened(files: Sequence[str]) -> bool:
    told_apart = len({basename(file) for file in files}) == len(set(files))
    return told_apart and any(columns_of(file) > _LONG_PATH for file in files)


def printable(text: str) -> str:
    r"""The text with every character that a terminal obeys or hides shown as `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join([each if each.isprintable() else _shown(each) for each in text])


def _shown(character: str) -> str:
    # Not printable: controls, what reverses or hides text, line separators, surrogates, unknowns.
    if unicodedata.category(character) == "Zs":
        return character
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def columns_of(text: str) -> int:
    """The columns that a printable text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


@lru_cache(maxsize=1 << 12)
def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """The text with blanks after it up to `width` columns."""
    return text + " " * max(0, width - columns_of(text))


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """The text in lines of at most `width` columns, each after `indent`.

    Lines break at blanks, and between wide characters, which have none; a word wider than a line
    is cut.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, max(1, width - columns_of(indent))):
        if line and columns_of(indent + line + piece.rstrip()) > width:
            lines.append(indent + line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, indent + line.rstrip()] if line.strip() else lines


def unbreakable(text: str) -> int:
    """The columns of the widest part that `wrap` keeps in one piece."""
    return max((columns_of(piece.rstrip()) for piece in _pieces(text, len(text) * 2)), default=0)


# 中文 punctuation does not begin a line, nor does an opening bracket end one; a word of two
# characters in brackets, `（错误）`, stays whole.
_CLINGING = frozenset(",。;:、)」』”’!?,.;:)，；：）！？")
_OPENING = frozenset("（「『“‘")


# A word with the blanks behind it; blanks alone begin a text.
_WORD = regex(r"(?=.)([^ ]*)( *)")


def _pieces(text: str, width: int) -> list[str]:
    """The parts between which a line may break, none wider than `width`."""
    if text.isascii() and text.isprintable():
        return _ascii_pieces(text, width)
    pieces: list[str] = []
    piece, last = "", ""
    held = bare = 0  # the columns of the piece, and those without the blanks at its end
    for at, character in enumerate(text):
        columns = _columns(character)
        parted = piece and _breaks(last, character) and text[at - 2 : at + 2 : 3] != "（）"
        if parted or bare + columns > width:
            pieces.append(piece)
            piece, held, bare = "", 0, 0
        piece, last, held = piece + character, character, held + columns
        bare = bare if character.isspace() else held
    return [*pieces, piece] if piece else pieces


def _ascii_pieces(text: str, width: int) -> list[str]:
    """The same where each character is one column wide, and only blanks are breaks."""
    pieces: list[str] = []
    for word, blanks in _WORD.findall(text):
        *cut, last = [word[at : at + width] for at in range(0, len(word), width)] or [""]
        pieces += [*cut, last, blanks] if blanks and len(last) == width else [*cut, last + blanks]
    return pieces


def _breaks(last: str, character: str) -> bool:
    """Whether a line may break between two characters."""
    if last == " ":
        return character != " "
    if character in _CLINGING or last in _OPENING:
        return False
    return _columns(character) == 2 or (_columns(last) == 2 and character != " ")
