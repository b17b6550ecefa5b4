"""What becomes of a text with rules that cannot be read: told, folded, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.listing.narrow import narrowed, shows_cut
from iptsim.dialects.parts import SPOILED, ReadTable, Section
from iptsim.errors import DumpError, Place
from iptsim.extensions.values.hidden_addresses import mask_of
from iptsim.model import Note

HIDDEN, MORE = codes.ADDRESS_HIDDEN, codes.MORE_SUCH_LINES
"""The notes that an address is hidden, and that more rules cannot be read."""
_NO_RULE = codes.LONGER_THAN_ANY_RULE  # a line that is longer, or has more words, than any rule
_LONGEST = 16384
MOST_TOLD = 8
"""Of so many notes of one kind each is told; of more, the first few and their number."""
_FIRST = 5
_FOLDED = SPOILED | {HIDDEN, codes.REMARK_LEFT_OUT, codes.COMMAND_FAILED, codes.QUOTES_MEANT}

Read = list[list[ReadTable]]
"""The tables of each section."""
TextAt = Callable[[Place], str]
"""The line of a place as it stands in its file."""


def read_all(sections: Sequence[Section], chains: Sequence[str | None], family: int | None) -> Read:
    """The tables of each section; rows that lost their ends are unread where they must be.

    Only where the text cannot be read else are rules read in part.
    """
    from iptsim.dialects.forms import FORMS  # noqa: PLC0415  # a plain text is read without

    def tables(of: Sequence[Section]) -> Read:
        pairs = zip(of, chains, strict=True)
        return [FORMS[each.form].read(each, chain, family) for each, chain in pairs]

    def look() -> None:
        from iptsim.dialects.joining.junk import unless_junk  # noqa: PLC0415  # as above

        unless_junk(sections, chains, family)

    return _leniently(sections, tables, look)


def _leniently(
    sections: Sequence[Section],
    tables: Callable[[Sequence[Section]], Read],
    look: Callable[[], None],
) -> Read:
    """What `tables` reads of the sections of a text, in the first of these ways that it can.

    As it stands; with rows that lost their ends marked so; with rules read in part. Raises
    `DumpError`, the first error, where no rule can be read whole.
    """
    cut = shows_cut(sections)
    if cut:
        look()
    torn = narrowed(sections) if cut else None
    with suppress(DumpError):
        if torn is not None:
            return tables(torn)
    try:
        return tables(sections)
    except DumpError as wrong:
        lines = (line for section in sections for line in section.lines)
        if wrong.code == _NO_RULE or any(len(line.text) > _LONGEST for line in lines):
            raise
        look()
        torn = narrowed(sections)
        with suppress(DumpError):
            if torn is not None:
                return tables(torn)
        read = tables([replace(each, lenient=True) for each in torn or sections])
        _unless_none(read, wrong)
        return read


def _unless_none(read: Read, wrong: DumpError) -> None:
    from iptsim.dialects.joining.junk import is_read_whole  # noqa: PLC0415  # as above

    tables = [table for tables in read for table in tables]
    rules = [rule for table in tables for chain in table.chains for rule in chain.rules]
    wrongs = {note.code for table in tables for note in table.notes if note.code in SPOILED}
    bare = not rules and wrongs <= {codes.TITLE_BROKEN}
    if not (bare or any(map(is_read_whole, rules))):
        raise wrong


def hidden_notes(table: ReadTable) -> Iterator[Note]:
    """A note for each address of which the writer hid a part."""
    width = 128 if table.family == 6 else 32
    for chain in table.chains:
        for rule in chain.rules:
            for _field, name in rule.address_names:
                if mask_of(name, width) is not None and rule.place is not None:
                    facts = (("name", name), ("number", str(rule.place.line)))
                    yield Note(code=HIDDEN, place=rule.place, facts=facts)


def refuse(notes: Iterable[Note], text_at: TextAt) -> None:
    """Raise `DumpError` for the first rule that was read in part."""
    for note in notes:
        if note.code in SPOILED:
            from iptsim.dialects.rule.spoiled import error_of  # noqa: PLC0415  # few rules are

            raise error_of(note)
        if note.code == HIDDEN and note.place is not None:
            raise _hidden(note.place, dict(note.facts)["name"], text_at(note.place))


def _hidden(place: Place, name: str, text: str) -> DumpError:
    at = text.find(name)
    return DumpError(
        "the writer hid this address",
        place=replace(place, column=at + 1) if at >= 0 else place,
        text=text,
        length=len(name),
        expected="an address or a prefix",
        code=HIDDEN,
    )


def folded(notes: Sequence[Note]) -> list[Note]:
    """The notes, of very many of one kind the first few and one that says how many there are."""
    kept: list[Note] = []
    count: dict[str, int] = {}
    total = {code: sum(note.code == code for note in notes) for code in _FOLDED}
    for note in notes:
        number = count[note.code] = count.get(note.code, 0) + 1
        many = note.code in _FOLDED and total[note.code] > MOST_TOLD
        if not many or number <= _FIRST:
            kept.append(note)
        elif number == _FIRST + 1:
            more = (("count", str(total[note.code] - _FIRST)), ("like", note.code))
            kept.append(Note(code=f"{MORE}", place=note.place, facts=more))
    return kept
