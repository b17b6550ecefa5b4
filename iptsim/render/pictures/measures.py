"""How much room texts take in a picture: letters of one width, lengths in pixels."""

from __future__ import annotations

from iptsim.render.shared.terminal import columns_of, printable

LETTER = 7.3
"""The widest that a letter of 12 pixels is in the monospaced fonts of browsers, and a bit."""
SMALL = 6.7
"""The same of one of 11 pixels."""
BIG = 8.0
"""The same of a bold one of 13 pixels."""
LINE = 20
HEAD = 28
PAD = 10
ELISION = "…"


def fit(text: str, columns: int) -> str:
    """The text, safe to show, in at most so many columns."""
    shown = printable(text)
    if columns_of(shown) <= columns:
        return shown
    kept, held = "", 0
    for letter in shown:
        held += columns_of(letter)
        if held >= columns:
            break
        kept += letter
    return kept.rstrip() + ELISION


def room(text: str, letter: float = LETTER) -> float:
    """The width of a text that is safe to show."""
    return columns_of(text) * letter
