"""From any texts to a `Dump`: which of several states, and the tables of all put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.finding.chunks import chunks, with_line_ends
from iptsim.dialects.joining.beside import NFT
from iptsim.dialects.joining.lenient import folded, refuse
from iptsim.dialects.joining.merge import merge
from iptsim.dialects.one_text import OneText
from iptsim.dialects.parts import Section
from iptsim.dialects.quick.quickly import quickly
from iptsim.dialects.states.choosing import (
    TWICE,
    alone,
    one_state,
    twice,
    two_states,
    views,
)
from iptsim.dialects.states.states import chosen
from iptsim.errors import DumpError, Place, UsageError
from iptsim.model import Dump, Note, Ruleset
from iptsim.no_collection import no_collection
from iptsim.stages import at

View = tuple[OneText, Sequence[OneText]]
"""The state of a text that was read, and all that it tells; none where it tells but one."""


def read_text(
    text: str,
    *,
    file: str = "<text>",
    table: str | None = None,
    family: int | None = None,
    state: str | None = None,
    strict: bool = False,
) -> Dump:
    """The rules that a text tells: save, restore input, -S, -L, commands, logs of these.

    `table` names a listing's table and `family` (4 or 6) its family where the text does not tell.
    `state` (`1`, `2`, …, `last`) says which state, of a text that tells several. A rule that cannot
    be read is read in part, and a note tells it; with `strict`, and where no rule can be read, it
    is a `DumpError` with its place. Raises that for several states, too, `NoDumpError` where no
    dump is found, `UsageError` where `table` or `state` cannot be. What was assumed comes as notes.
    """
    with no_collection():
        read = OneText(file, (with_line_ends(text),))
        return dump_of([read], table, family, state=state, strict=strict)


def read_files(
    paths: Sequence[str],
    *,
    table: str | None = None,
    family: int | None = None,
    may_be_empty: bool = False,
    state: str | None = None,
    strict: bool = False,
) -> Dump:
    """The rules of one host from several files; `-` is standard input. See `read_text`.

    With `may_be_empty` a file without any text is what iptables-save prints where no table is
    there: no rules of either family. Also raises `UsageError` for a file that cannot be read.
    """
    with no_collection(), at("reading", len(paths), ", ".join(paths)):
        read = partial(
            dump_of,
            table=table,
            family=family,
            may_be_empty=may_be_empty,
            state=state,
            strict=strict,
        )
        if len(paths) != 1:
            return read([OneText(path, chunks(path)) for path in paths])
        found, pieces = quickly(paths[0], chunks(paths[0]), lambda text: read([text]))
        return read([OneText(paths[0], pieces)]) if found is None else found


def read_states(
    path: str, *, table: str | None = None, family: int | None = None, strict: bool = False
) -> tuple[Dump, ...]:
    """Each state that a file tells, in order: those of a patch, or of a text with several.

    Raises `UsageError` where it tells one only, and what `read_files` does.
    """
    with no_collection(), at("reading", 1, path):
        text = alone(OneText(path, chunks(path)))
        found = views(text, table, family) or twice([text], table, family)
        if len(found) < 2:
            dump_of([text], table, family)
            message = f"{path} tells one state only: diff takes two dumps, or a patch of two"
            raise UsageError(message, code=codes.ONE_STATE_ONLY, file=path)
        if len(found) > 2:
            found = [one_state(text, found, str(at + 1)) for at in range(len(found))]
        dumps = tuple(
            dump_of([view], table, family, may_be_empty=True, state="1", strict=strict)
            for view in found
        )
        return tuple(map(_as_shown, dumps)) if text.raw.patch() is not None else dumps


def _as_shown(dump: Dump) -> Dump:
    """One of the two dumps of a patch: what that leaves out both have, so they differ elsewhere."""
    told = (replace(r, beside=tuple(b for b in r.beside if b != NFT)) for r in dump.rulesets)
    notes = (note for note in dump.notes if not _is_of_gap(note))
    return replace(dump, rulesets=tuple(told), notes=tuple(notes))


def _is_of_gap(note: Note) -> bool:
    """Whether it is of the mark in the place of what a patch leaves out, of which a note tells."""
    return note.code == codes.NFT_STATEMENT_UNKNOWN and dict(note.facts)["text"] == "..."


def dump_lines(text: str, *, file: str = "<text>") -> tuple[Section, ...]:
    """The lines of a text that are a dump's, noise cut off, as `read_text` takes them."""
    return OneText(file, (text,)).sections()


def dump_of(
    texts: Sequence[OneText],
    table: str | None,
    family: int | None,
    *,
    may_be_empty: bool = False,
    state: str | None = None,
    strict: bool = False,
) -> Dump:
    """The dump that texts, each read already, are together; see `read_files`."""
    return dump_and_views(
        texts, table, family, may_be_empty=may_be_empty, state=state, strict=strict
    )[0]


def dump_and_views(
    texts: Sequence[OneText],
    table: str | None,
    family: int | None,
    *,
    may_be_empty: bool = False,
    state: str | None = None,
    strict: bool = False,
) -> tuple[Dump, Sequence[View]]:
    """As `dump_of`, and of each text the state that was read, with all that it tells."""
    if not texts:
        raise UsageError("no dump given", code=codes.DUMP_NOT_READ)
    texts = [alone(text) for text in texts]
    several = [views(text, table, family) for text in texts]
    pairs = zip(texts, several, strict=True)
    texts = [one_state(text, found, state) for text, found in pairs]
    try:
        rulesets, notes = _merged(texts, table, family)
    except DumpError as wrong:
        found = twice(texts, table, family) if wrong.code in TWICE else []
        if not found:
            raise
        if state is None:
            raise two_states(wrong, found) from None
        texts, several = [one_state(texts[0], found, state)], [found]
        rulesets, notes = _merged(texts, table, family)
    else:
        if state is not None and not any(several):
            chosen(state, 1)
    if strict:
        refuse(notes, lambda place: _text_at(texts, place))
    notes = [*folded(notes), *(note for text in texts for note in text.all_notes())]
    host = tuple(each for text in texts for each in text.host.found)
    if any(text.beside.tells_nft for text in texts):
        rulesets, notes = _with_native(rulesets, notes, texts)
    blank = next((text for text in texts if text.blank), None)
    if rulesets and blank is not None:
        raise blank.nothing()
    if not rulesets:
        bare = _no_rules(texts, notes, family, may_be_empty=may_be_empty)
        return replace(bare, host=host), [*zip(texts, several, strict=True)]
    told = tuple(_with_beside(rulesets, texts))
    dump = Dump(rulesets=told, notes=tuple(notes), host=host)
    return dump, [*zip(texts, several, strict=True)]


def _with_native(
    rulesets: list[Ruleset], notes: list[Note], texts: Sequence[OneText]
) -> tuple[list[Ruleset], list[Note]]:
    """The rule sets with the tables of nftables, and the notes on these."""
    from iptsim.dialects.joining.native import beside_nft, native  # noqa: PLC0415  # most have none

    held = {(r.family, table.name): table.nft for r in rulesets for table in r.tables}
    nft, told = native((text.beside for text in texts), held)
    return beside_nft(rulesets, nft), [*notes, *told]


def _merged(
    texts: Sequence[OneText], table: str | None, family: int | None
) -> tuple[list[Ruleset], list[Note]]:
    """The rule sets of texts of one state."""
    tables = [each for text in texts for each in text.tables(table, family)]
    return merge(tables, lambda read: _text_at(texts, read.place))


def _text_at(texts: Sequence[OneText], place: Place) -> str:
    """The line of a place as it stands in its file."""
    line = next(text for text in texts if text.file == place.file).line_at(place.line)
    return (line.full or line.text) if line else ""


def _no_rules(
    texts: Sequence[OneText], notes: Sequence[Note], family: int | None, *, may_be_empty: bool
) -> Dump:
    """A save of a host without tables; raises `NoDumpError` for what is none."""
    saved = [found for text in texts if (found := text.empty) is not None]
    families = sorted({family} if family and saved else {each.family for each in saved})
    bare = next((text for text in texts if text.empty is None), None)
    if bare is not None and not (may_be_empty and bare.blank):
        raise bare.nothing()
    rulesets = [Ruleset(family=each) for each in families]
    empty = Note(code=codes.NO_RULES, place=Place(file=texts[0].file, line=1))
    return Dump(rulesets=tuple(_with_beside(rulesets, texts)), notes=(*notes, empty))


def _with_beside(rulesets: Sequence[Ruleset], texts: Sequence[OneText]) -> list[Ruleset]:
    """Each rule set with what the texts say is on the host besides it."""
    told = [each for text in texts for each in text.told_beside()]
    told += [each for text in texts for each in text.beside.told_natively()]
    return [
        replace(r, beside=tuple(dict.fromkeys(name for family, name in told if family == r.family)))
        for r in rulesets
    ]
