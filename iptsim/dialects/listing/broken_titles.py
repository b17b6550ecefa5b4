"""Titles of chains of which only a part can be read: told, with what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dialects.listing.chain_headers import is_guessed
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.rule.spoiled import spoiled_note
from iptsim.errors import DumpError, Place
from iptsim.model import Note

_EXPECTED = "(policy ACCEPT) or (1 references)"


def broken_title(section: Section, header: Line) -> Iterator[Note]:
    """A note where the header was read of a line that says no more than its name or its policy."""
    own = next((each for each in section.lines if each.number == header.number), header)
    if not is_guessed(own.text, header.text):
        return
    text = own.text.rstrip()
    start = max(text.find("("), 0)
    wrong = DumpError(
        "this title of a chain is broken",
        place=Place(file=section.file, line=own.number, column=own.column(start)),
        text=own.full or own.text,
        length=len(text) - start,
        expected=_EXPECTED,
        code=codes.WRONG_IN_LISTING,
    )
    yield spoiled_note(wrong, codes.TITLE_BROKEN)
