"""From any text to a `Dump`: noise off, forms apart, tables named and put together."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from itertools import accumulate

from iptsim.dialects.beside import Beside, Held
from iptsim.dialects.chunks import LONGEST_LINE, chunks
from iptsim.dialects.commands import read_commands
from iptsim.dialects.families import family_of, settle_families, settled_hints
from iptsim.dialects.hints import BARE
from iptsim.dialects.incomplete import broken_off
from iptsim.dialects.listing import read_listing
from iptsim.dialects.merge import merge
from iptsim.dialects.narrow import narrowed, shows_cut
from iptsim.dialects.noise import SAMPLE, Cleaner, uncoloured
from iptsim.dialects.others import is_bridge_listing, other_program
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.patch import Gap, Patch, Raw
from iptsim.dialects.save import read_save
from iptsim.dialects.settle import settle_tables
from iptsim.dialects.shapes import is_rule_like, is_save_line
from iptsim.dialects.sieve import may_begin
from iptsim.dialects.sniff import Sniffer
from iptsim.dialects.states import (
    Marks,
    State,
    chosen,
    differ,
    opposed,
    parted,
    repeated,
    sliced,
    tell_the_same,
)
from iptsim.errors import DumpError, IptsimError, Place, UsageError
from iptsim.model import TABLES, Dump, Note, Ruleset

_BEGINNING = 512
_ONLY_WARNED = "iptables says that rules of nft or of the older tables are there, and shows none"
_ABOVE = 1500
"""So many letters above a dump may say what it is of."""
_TWICE = frozenset({"IPT0114", "IPT0115"})
_CHOICE = "compare them with `iptsim diff FILE`, or take one with --state 1 or --state 2"
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


class NoDumpError(IptsimError):
    """The text holds nothing that iptables, ip6tables or their -save print or take."""


def read_text(
    text: str,
    *,
    file: str = "<text>",
    table: str | None = None,
    family: int | None = None,
    state: str | None = None,
) -> Dump:
    """The rules that a text tells: save, restore input, -S, -L, commands, logs of these.

    `table` names a listing's table and `family` (4 or 6) its family where the text does not tell.
    `state` (`1`, `2`, …, `last`) is which state of a text that tells several. Raises `DumpError` (with its place) for a wrong line, `NoDumpError` where no dump is found,
    `UsageError` where `table` cannot be. What was assumed comes as notes.
    """
    with _no_collection():
        return _dump([_Text(file, (text,))], table, family, state=state)


def read_files(
    paths: Sequence[str],
    *,
    table: str | None = None,
    family: int | None = None,
    may_be_empty: bool = False,
    state: str | None = None,
) -> Dump:
    """The rules of one host from several files; `-` is standard input. See `read_text`.

    With `may_be_empty` a file without any text is what iptables-save prints where no table is
    there: no rules of either family. Also raises `UsageError` for a file that cannot be read.
    """
    with _no_collection():
        texts = [_Text(path, chunks(path)) for path in paths]
        return _dump(texts, table, family, may_be_empty=may_be_empty, state=state)


def read_states(
    path: str, *, table: str | None = None, family: int | None = None
) -> tuple[Dump, ...]:
    """Each state that a file tells, in order: those of a patch, or of a text with several.

    Raises `UsageError` where it tells one only, and what `read_files` does.
    """
    with _no_collection():
        text = _Text(path, chunks(path))
        views = text.views(table, family) or _repeated([text], table, family)
        if len(views) < 2:
            _dump([text], table, family)
            message = f"{path} tells one state only: diff takes two dumps, or a patch of two"
            raise UsageError(message, code="IPT0179", file=path)
        return tuple(_dump([view], table, family, may_be_empty=True, state="1") for view in views)


def dump_lines(text: str, *, file: str = "<text>") -> tuple[Section, ...]:
    """The lines of a text that are a dump's, noise cut off, as `read_text` takes them."""
    return _Text(file, (text,)).sections()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rules are many and hold no cycles: looking for some while reading costs a third of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Text:
    """One text, read once, piece by piece; only lines that may be a dump's are kept."""

    def __init__(self, file: str, chunks: Iterable[str], side: Sequence[Line | Gap] = ()) -> None:
        self.file = file
        self.head = ""
        self.lines = 0
        self._sniffer, self._again = Sniffer(file), Sniffer(file, prompts=True)
        self._cleaner: Cleaner | None = None
        self._too_long: Line | None = None
        self.beside = Beside()
        self.notes: list[Note] = []
        self._families: dict[int, int] = {}
        self._bridge = False
        self._marks = Marks()
        self._raw = Raw()
        self.state: State | None = None
        self.told: Note | None = None
        for chunk in chunks:
            self.head = self.head or chunk[:65536]
            self._raw.feed(uncoloured(chunk), self.lines + 1)
            self._feed(uncoloured(chunk))
        self._feed_side(side)
        if self._again.sections() and not self._sniffer.sections():
            self._sniffer = self._again

    def _feed_side(self, side: Sequence[Line | Gap]) -> None:
        """One of the dumps of a patch, which lacks what stands between the hunks."""
        own = [each for each in side if isinstance(each, Line)]
        if not own:
            return
        self.head = "\n".join(line.text for line in own)[:65536]
        self._cleaner = Cleaner([line.text for line in own[:SAMPLE]])
        for piece in side:
            if isinstance(piece, Gap):
                self._sniffer.gap(piece.line, piece.hidden, elsewhere=piece.elsewhere)
            elif (line := self._cleaned(piece)) is not None:
                self._take(line, len(piece.text))
            self.lines += 1

    def _cleaned(self, piece: Line) -> Line | None:
        assert self._cleaner is not None
        line = self._cleaner.line(piece.number, piece.text)
        return line and replace(line, shift=line.shift + piece.shift, full=piece.full)

    def _feed(self, chunk: str) -> None:
        """The next lines of the text; those that cannot be a dump's are passed over."""
        place = 0
        self.lines += 1
        while place < len(chunk):
            if not (self._sniffer.busy or self._again.busy or self.beside.busy):
                begins = may_begin(chunk, place, shared=self._shared)
                if begins is None:
                    break
                self.lines += chunk.count("\n", place, begins)
                self._marks.skipped(chunk[max(place, begins - _ABOVE) : begins], self.lines - 1)
                place = begins
            end = chunk.find("\n", place) + 1 or len(chunk) + 1
            self._line(chunk[place : end - 1], chunk)
            place, self.lines = end, self.lines + 1
        self.lines += chunk.count("\n", place) - 1

    @property
    def _shared(self) -> bool:
        return self._cleaner is None or self._cleaner.shared

    def _line(self, raw: str, chunk: str) -> None:
        self._cleaner = self._cleaner or Cleaner(chunk.split("\n", SAMPLE)[:SAMPLE])
        line = self._cleaner.line(self.lines, raw)
        if line is not None:
            self._take(line, len(raw))

    def _take(self, line: Line, length: int) -> None:
        self._marks.feed(line, self._sniffer.inside)
        if length > LONGEST_LINE:
            if is_rule_like(line.text):
                self._too_long = self._too_long or line
                return
            line = replace(line, text=line.text[:_BEGINNING])
        if self.beside.feed(line, self._sniffer.count, self._sniffer.called):
            return
        self._bridge = self._bridge or is_bridge_listing(line.text)
        self._sniffer.feed((line,))
        if self._sniffer.commented and not self._sniffer.sections():
            self._again.feed((line,))

    def tables(self, table: str | None, family: int | None) -> list[ReadTable]:
        """The tables that the text tells of, names and families settled."""
        sections = self._iptables_sections()
        read = _read_all([each[1] for each in sections], [each[2] for each in sections], family)
        if not any(read):
            self._refuse_no_dump()
        if self._too_long is not None:
            raise self._longer_than_any_rule(self._too_long)
        found = [each for tables in read for each in tables]
        named = map(broken_off, settle_tables(found, table))
        settled = settle_families(list(named), family)
        ends = accumulate(map(len, read))
        for (number, _, _), tables, end in zip(sections, read, ends, strict=True):
            if tables:
                self._families[number] = settled[end - 1].family or 4
        return settled

    def _iptables_sections(self) -> list[tuple[int, Section, str | None]]:
        """The sections that are iptables'; those of other programs are left out beside them.

        Raises `DumpError` where there are none but others.
        """
        self.notes = []
        both = self._sniffer.sections()
        hinted = settled_hints([section for section, _ in both])
        own: list[tuple[int, Section, str | None]] = []
        for number, (section, (_, chain)) in enumerate(zip(hinted, both, strict=True)):
            name = other_program(section)
            kept = section if self.state is None else sliced(section, self.state)
            if name is None:
                if kept is not None and not self._by_chance(section):
                    own.append((number, kept, chain if kept is section else None))
                continue
            place = Place(file=self.file, line=section.lines[0].number)
            self.notes.append(Note(code="IPT0129", place=place, facts=(("program", name),)))
        if self.notes and not own:
            raise self._others(next(one for one in hinted if other_program(one) is not None))
        return own

    def _others(self, section: Section) -> DumpError:
        """Rules of arptables or ebtables alone."""
        line, name = section.lines[0], other_program(section)
        what = "ARP packets" if name == "arptables" else "the frames of a bridge"
        return DumpError(
            f"these are rules of {name}, for {what}, and not of iptables or ip6tables",
            place=Place(file=self.file, line=line.number, column=line.shift + 1),
            text=line.full or line.text,
            length=len(line.text.strip()),
            expected="what iptables-save or ip6tables-save prints",
            code="IPT0119",
        )

    def _refuse_no_dump(self) -> None:
        """Raise `NoDumpError`, unless what stands there may stand beside a dump, or is no rules."""
        if not self.blank and self.empty is None and not self.beside.tells:
            raise self.nothing()

    @property
    def blank(self) -> bool:
        """Whether nothing at all stands in the text."""
        return not self.head.strip()

    @property
    def empty(self) -> Ruleset | None:
        """No rules at all: a save without tables between its first and its last line."""
        saved = self._sniffer.saved
        if self._sniffer.sections() or len(saved) == 0 or saved[0].other or self.beside.tells:
            return None
        return Ruleset(family=saved[0].family or 4)

    def sections_of_state(self) -> list[Section]:
        """Those lines of its sections that are of its state."""
        own = (sliced(each, self.state) if self.state else each for each in self.sections())
        return [each for each in own if each is not None]

    def sections(self) -> tuple[Section, ...]:
        """Runs of lines of one form, in the order of the text."""
        return tuple(section for section, _ in self._sniffer.sections())

    def views(self, table: str | None, family: int | None) -> list[_Text]:
        """The states of the text, each as a text of its own: of a patch, or parted by words."""
        patch = self.patch
        if patch is not None:
            return [self._side(patch, number) for number in (1, 2)]
        sections = self.sections()
        found = parted(self._marks.found, sections) if self.state is None else []
        if len(found) < 2:
            return []
        views = [self.of(state) for state in found]
        return views if _are_states(views, found, table, family) else []

    @property
    def patch(self) -> Patch | None:
        """The patch of two dumps that the text is."""
        patch = self._raw.patch()
        if patch is None or not any(self._side(patch, each).sections() for each in (1, 2)):
            return None
        return patch

    def _side(self, patch: Patch, number: int) -> _Text:
        side = _Text(self.file, (), side=patch.side(number))
        gaps = [each.line.number for each in patch.side(number) if isinstance(each, Gap)]
        if gaps:
            place = Place(file=self.file, line=gaps[0])
            side.told = Note(code="IPT0176", place=place, facts=(("count", str(len(gaps))),))
        return side

    def of(self, state: State) -> _Text:
        """The text with the lines of one of its states alone."""
        view = copy(self)
        view.state, view._families, view.notes = state, {}, []
        return view

    def taken(self, which: int, count: int) -> _Text:
        """The view as the one of several states that was asked for (from 0), which a note says."""
        first = self.sections()[0].lines[0].number if self.state is None else self.state.first
        facts = (("which", str(which + 1)), ("count", str(count)), ("told", self.apart))
        if self.state is not None or self.told is None:
            place = Place(file=self.file, line=max(first, 1))
            self.told = Note(code="IPT0175", place=place, facts=facts)
        return self

    @property
    def apart(self) -> str:
        """Where its state begins, and what tells it apart."""
        lines = [line.number for each in self.sections() for line in each.lines]
        if self.state is None:
            return ""
        first = next((number for number in lines if self.state.has(number)), self.state.first)
        return f"line {first}" + (f" ({told})" if (told := self.state.told()) else "")

    def repeated(self, tables: Sequence[ReadTable]) -> list[_Text]:
        """The states of a text that has a table twice and not the same."""
        states = repeated(tables, self._marks.found, self.lines)
        return [self.of(state) for state in states] if len(states) > 1 else []

    def line_at(self, number: int) -> Line | None:
        """The line of that number, if it was kept."""
        kept = (line for section, _ in self._sniffer.sections() for line in section.lines)
        return next((line for line in kept if line.number == number), None)

    def _longer_than_any_rule(self, line: Line) -> DumpError:
        return DumpError(
            "this line is longer than any rule can be",
            place=Place(file=self.file, line=line.number, column=line.shift + 1),
            text=line.full,
            length=len(line.full),
            expected=f"at most {LONGEST_LINE} letters",
            code="IPT0118",
        )

    def _by_chance(self, section: Section) -> bool:
        """A line or two that begin as those of a save do, in a long text of something else."""
        if section.form != "save" or self.lines < 1000 * len(section.lines):
            return False
        first = section.lines[0].text.strip()
        statements = sum(is_save_line(line.text) for line in section.lines)
        return first.lstrip("* ") not in TABLES if first.startswith("*") else statements < 4

    def nothing(self) -> NoDumpError:
        """Why there is no dump, as far as the text shows."""
        why, code = "", "IPT0101"
        if not self.head.strip():
            why, code = "the text is empty", "IPT0102"
        elif _WEB_PAGE.match(self.head):
            why, code = "this is a web page", "IPT0106"
        elif self._raw.patch() is not None:
            why, code = "this is a patch; give the two dumps to diff instead", "IPT0103"
        elif self.beside.native or self.beside.commanded:
            why, code = self.beside.why_not, "IPT0107"
        elif self.beside.warned:
            why, code = _ONLY_WARNED, "IPT0109"
        elif self._bridge:
            why, code = "these are rules of ebtables, for the frames of a bridge", "IPT0119"
        elif "\0" in self.head or self.head.count("\ufffd") * 20 > len(self.head):
            why, code = "this is a binary file", "IPT0108"
        message = f"no iptables dump found in {self.file}" + (f": {why}" if why else "")
        return NoDumpError(message, code=code, file=self.file, why=why)

    def all_notes(self) -> list[Note]:
        """What was left out, and which of several states it is."""
        return [*self.notes, *([self.told] if self.told is not None else [])]

    def told_beside(self) -> list[Held]:
        """What the warnings of the text say stands beside, once its tables are read."""
        return list(self.beside.told(self._families))


def _dump(
    texts: Sequence[_Text],
    table: str | None,
    family: int | None,
    *,
    may_be_empty: bool = False,
    state: str | None = None,
) -> Dump:
    if not texts:
        raise UsageError("no dump given", code="IPT0104")
    several = {id(text): text.views(table, family) for text in texts}
    texts = [_one_state(text, several[id(text)], state) for text in texts]
    try:
        rulesets, notes = _merged(texts, table, family)
    except DumpError as wrong:
        views = _repeated(texts, table, family) if wrong.code in _TWICE else []
        if not views:
            raise
        if state is None:
            raise _two_states(wrong, views) from None
        texts = [_one_state(texts[0], views, state)]
        rulesets, notes = _merged(texts, table, family)
    else:
        if state is not None and not any(several.values()):
            chosen(state, 1)
    notes = [*notes, *(note for text in texts for note in text.all_notes())]
    blank = next((text for text in texts if text.blank), None)
    if rulesets and blank is not None:
        raise blank.nothing()
    if not rulesets:
        return _no_rules(texts, notes, family, may_be_empty=may_be_empty)
    return Dump(rulesets=tuple(_with_beside(rulesets, texts)), notes=tuple(notes))


def _merged(
    texts: Sequence[_Text], table: str | None, family: int | None
) -> tuple[list[Ruleset], list[Note]]:
    """The rule sets of texts of one state."""
    by_file = {text.file: text for text in texts}
    tables = [each for text in texts for each in text.tables(table, family)]

    def line_at(read: ReadTable) -> str:
        line = by_file[read.place.file].line_at(read.place.line)
        return (line.full or line.text) if line else ""

    return merge(tables, line_at)


def _one_state(text: _Text, views: Sequence[_Text], state: str | None) -> _Text:
    """The state of a text that is asked for; raises where it tells several and none is."""
    if not views:
        return text
    if state is None:
        raise _parted(text, views)
    which = chosen(state, len(views))
    return views[which].taken(which, len(views))


def _repeated(texts: Sequence[_Text], table: str | None, family: int | None) -> list[_Text]:
    """The states of a text that tells a table twice and not the same."""
    if len(texts) > 1:
        return []
    (text,) = texts
    try:
        return text.repeated(text.tables(table, family))
    except DumpError as wrong:
        if wrong.code not in _TWICE:
            raise
        cut = wrong.place.line
        spans = ((0, cut - 1), (cut, text.lines))
        return [text.of(State(spans=(span,))) for span in spans]


def _are_states(
    views: Sequence[_Text], found: Sequence[State], table: str | None, family: int | None
) -> bool:
    """Whether what labels part are states that differ, and not one told in pieces or twice."""
    hosts = {state.host for state in found}
    sure = opposed(state.poles for state in found) or len(hosts) > 1
    try:
        told = [view.tables(table, family) for view in views]
    except IptsimError:
        return sure
    return not tell_the_same(told) and (sure or differ(told))


def _parted(text: _Text, views: Sequence[_Text]) -> IptsimError:
    """That a text tells several states, and what to do."""
    if views[0].state is None:
        message = f"{text.file} is a patch of two dumps"
        return NoDumpError(f"{message}: {_CHOICE}", code="IPT0103", file=text.file, why=message)
    line = views[1].sections_of_state()[0].lines[0]
    return DumpError(
        f"{len(views)} states are told in this text, not one: {_apart(views)}",
        place=Place(file=text.file, line=line.number, column=line.shift + 1),
        text=line.full or line.text,
        length=len(line.text.strip()),
        expected=f"one state; {_CHOICE}",
        code="IPT0177",
    )


def _two_states(wrong: DumpError, views: Sequence[_Text]) -> DumpError:
    """What is there twice, with the states and what to do."""
    return DumpError(
        wrong.message,
        place=wrong.place,
        text=wrong.text,
        length=wrong.length,
        expected=f"{wrong.expected}; two states? here are {_apart(views)}: {_CHOICE}",
        code=wrong.code,
    )


def _apart(views: Sequence[_Text]) -> str:
    return ", ".join(f"{number} from {view.apart}" for number, view in enumerate(views, 1))


def _no_rules(
    texts: Sequence[_Text], notes: Sequence[Note], family: int | None, *, may_be_empty: bool
) -> Dump:
    """A save of a host without tables; raises `NoDumpError` for what is none."""
    saved = [found for text in texts if (found := text.empty) is not None]
    families = sorted({family} if family and saved else {each.family for each in saved})
    bare = next((text for text in texts if text.empty is None), None)
    if bare is not None and not (may_be_empty and bare.blank):
        raise bare.nothing()
    rulesets = [Ruleset(family=each) for each in families]
    empty = Note(code="IPT0128", place=Place(file=texts[0].file, line=1))
    return Dump(rulesets=tuple(_with_beside(rulesets, texts)), notes=(*notes, empty))


def _with_beside(rulesets: Sequence[Ruleset], texts: Sequence[_Text]) -> list[Ruleset]:
    """Each rule set with what the texts say is on the host besides it."""
    held = {(r.family, table.name): table.nft for r in rulesets for table in r.tables}
    told = [each for text in texts for each in text.told_beside()]
    told += [each for text in texts for each in text.beside.told_natively(held)]
    return [
        replace(r, beside=tuple(dict.fromkeys(name for family, name in told if family == r.family)))
        for r in rulesets
    ]


def _read_all(
    sections: Sequence[Section], chains: Sequence[str | None], family: int | None
) -> list[list[ReadTable]]:
    """The tables of each section; rows that lost their ends are unread where they must be."""

    def tables(of: Sequence[Section]) -> list[list[ReadTable]]:
        return [_read(each, chain, family) for each, chain in zip(of, chains, strict=True)]

    torn = narrowed(sections) if shows_cut(sections) else None
    if torn is not None:
        return tables(torn)
    try:
        return tables(sections)
    except DumpError as wrong:
        torn = narrowed(sections)
        if torn is None:
            raise
        try:
            return tables(torn)
        except DumpError:
            raise wrong from None


def _read(section: Section, chain: str | None, family: int | None) -> list[ReadTable]:
    if section.form == "commands":
        return read_commands(section)
    if section.form == "listing":
        told = section.family if section.family and section.by != BARE else family
        return read_listing(replace(section, family=told or section.family), chain, family=family)
    text = "\n".join(line.text for line in section.lines)
    return read_save(replace(section, family=family_of(section, text, family)))
