"""The table of forms: how the lines of each begin, what reads them, and which tells more.

Sniffing, reading and merging all go by it; wrappers around any form are `wrappers.layers`. A new
form is an entry here, its reader, and how the sniffer tells where it goes on and ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.commands.calls import PROGRAM
from iptsim.dialects.parts import ReadTable, Section
from iptsim.dialects.signs.families import family_of
from iptsim.dialects.signs.hints import BARE
from iptsim.dialects.signs.shapes import ROW_LIKE, SAVE_LINE
from iptsim.regex import regex

Read = Callable[[Section, str | None, int | None], list[ReadTable]]
_BEGINNING = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of text.

    `begins` is how a line with a rule of it begins; `read` reads a section, of which a call asked
    for one chain or the user for a family; of two tables told in two forms the one with the lower
    `rank` tells more.
    """

    begins: re.Pattern[str]
    read: Read
    rank: int


def _save(section: Section, _chain: str | None, family: int | None) -> list[ReadTable]:
    from iptsim.dialects.save.save import read_save  # noqa: PLC0415  # a form that is met

    text = "\n".join(line.text for line in section.lines)
    return read_save(replace(section, family=family_of(section, text, family)))


def _listing(section: Section, chain: str | None, family: int | None) -> list[ReadTable]:
    from iptsim.dialects.listing.listing import read_listing  # noqa: PLC0415  # a form that is met

    told = section.family if section.family and section.by != BARE else family
    return read_listing(replace(section, family=told or section.family), chain, family=family)


def _commands(section: Section, _chain: str | None, _family: int | None) -> list[ReadTable]:
    from iptsim.dialects.commands.commands import read_commands  # noqa: PLC0415  # a form that is met

    return read_commands(section)


FORMS: Mapping[str, Form] = {
    "save": Form(begins=SAVE_LINE, read=_save, rank=0),
    "listing": Form(begins=ROW_LIKE, read=_listing, rank=1),
    "commands": Form(begins=regex(rf"(?:\S+ ){{0,3}}{PROGRAM}"), read=_commands, rank=2),
}
"""By the name that a `Section` has."""


def is_rule_like(text: str) -> bool:
    """Whether a line begins as a rule does, or as a command that makes one."""
    begins = text.lstrip()[:_BEGINNING]
    return any(form.begins.match(begins) for form in FORMS.values())
