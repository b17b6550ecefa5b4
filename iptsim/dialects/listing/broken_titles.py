"""Titles of chains of which only a part can be read: told, with what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dialects.listing.chain_headers import is_guessed
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.spoiled import spoiled_note
from iptsim.errors import DumpError, Place
from iptsim.model import Note

_EXPECTED = "(policy ACCEPT) or (1 references)"


def broken_title(file: str, own: Line | None, header: Line) -> Iterator[Note]:
    """A note where `header` is what was read of the line `own`: its name, or its policy too."""
    if own is None or not is_guessed(own.text, header.text):
        return
    text = own.text.rstrip()
    start = max(text.find("("), 0)
    wrong = DumpError(
        "this title of a chain is broken",
        place=Place(file=file, line=own.number, column=own.column(start)),
        text=own.full or own.text,
        length=len(text) - start,
        expected=_EXPECTED,
        code=codes.WRONG_IN_LISTING,
    )
    yield spoiled_note(wrong, codes.TITLE_BROKEN)
