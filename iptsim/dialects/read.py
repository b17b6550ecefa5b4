"""From any text to a `Dump`: noise off, forms apart, tables named and put together."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from iptsim.dialects.beside import Beside, Held
from iptsim.dialects.commands import read_commands
from iptsim.dialects.families import family_of, settle_families, settled_hints
from iptsim.dialects.hints import BARE
from iptsim.dialects.host_texts import HostTexts
from iptsim.dialects.incomplete import broken_off
from iptsim.dialects.listing import read_listing
from iptsim.dialects.merge import merge
from iptsim.dialects.narrow import narrowed, shows_cut
from iptsim.dialects.noise import SAMPLE, Cleaner, uncoloured
from iptsim.dialects.others import is_bridge_listing, other_program
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.save import read_save
from iptsim.dialects.settle import settle_tables
from iptsim.dialects.sieve import may_begin
from iptsim.dialects.sniff import Sniffer, is_rule_like, is_save_line
from iptsim.errors import DumpError, IptsimError, Place, UsageError
from iptsim.model import TABLES, Dump, Note, Ruleset

# A listing has zero bytes of its own (libxt_bpf.c, bpf_print).
_ZEROS = re.compile(rb"(?<=[0-9])\0(?= |\r?\n)")
_CHUNK = 1 << 16
# An entry of a table has at most 65,535 bytes (x_tables.h, u16 next_offset), and no extension
# prints more than three letters for each of its bytes.
_LONGEST_LINE = 1 << 18
_BEGINNING = 512
_ONLY_WARNED = "iptables says that rules of nft or of the older tables are there, and shows none"
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


class NoDumpError(IptsimError):
    """The text holds nothing that iptables, ip6tables or their -save print or take."""


def read_text(
    text: str, *, file: str = "<text>", table: str | None = None, family: int | None = None
) -> Dump:
    """The rules that a text tells: save, restore input, -S, -L, commands, logs of these.

    `table` names a listing's table and `family` (4 or 6) its family where the text does not tell.
    Raises `DumpError` (with its place) for a wrong line, `NoDumpError` where no dump is found,
    `UsageError` where `table` cannot be. What was assumed comes as notes.
    """
    with _no_collection():
        return _dump([_Text(file, (text,))], table, family)


def read_files(
    paths: Sequence[str],
    *,
    table: str | None = None,
    family: int | None = None,
    may_be_empty: bool = False,
) -> Dump:
    """The rules of one host from several files; `-` is standard input. See `read_text`.

    With `may_be_empty` a file without any text is what iptables-save prints where no table is
    there: no rules of either family. Also raises `UsageError` for a file that cannot be read.
    """
    with _no_collection():
        texts = [_Text(path, _chunks(path)) for path in paths]
        return _dump(texts, table, family, may_be_empty=may_be_empty)


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

    def __init__(self, file: str, chunks: Iterable[str]) -> None:
        self.file = file
        self.head = ""
        self.lines = 0
        self._sniffer, self._again = Sniffer(file), Sniffer(file, prompts=True)
        self._cleaner: Cleaner | None = None
        self._too_long: Line | None = None
        self.beside = Beside()
        self.host = HostTexts(file)
        self.notes: list[Note] = []
        self._families: dict[int, int] = {}
        self._bridge = False
        for chunk in self.host.sift(map(uncoloured, chunks)):
            self.head = self.host.head
            self._feed(chunk)
        if self._again.sections() and not self._sniffer.sections():
            self._sniffer = self._again

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
        if line is None:
            return
        if len(raw) > _LONGEST_LINE:
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
        if self._sniffer.patch:
            raise self.nothing()
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
            if name is None:
                if not self._by_chance(section):
                    own.append((number, section, chain))
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

    def sections(self) -> tuple[Section, ...]:
        """Runs of lines of one form, in the order of the text."""
        return tuple(section for section, _ in self._sniffer.sections())

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
            expected=f"at most {_LONGEST_LINE} letters",
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
        elif self._sniffer.patch:
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

    def told(self) -> list[Held]:
        """What the warnings of the text say stands beside, once its tables are read."""
        return [*self.host.beside, *self.beside.told(self._families)]


def _dump(
    texts: Sequence[_Text], table: str | None, family: int | None, *, may_be_empty: bool = False
) -> Dump:
    if not texts:
        raise UsageError("no dump given", code="IPT0104")
    by_file = {text.file: text for text in texts}
    tables = [each for text in texts for each in text.tables(table, family)]

    def line_at(read: ReadTable) -> str:
        line = by_file[read.place.file].line_at(read.place.line)
        return (line.full or line.text) if line else ""

    rulesets, notes = merge(tables, line_at)
    notes = [*notes, *(note for text in texts for note in (*text.notes, *text.host.notes))]
    host = tuple(each for text in texts for each in text.host.found)
    blank = next((text for text in texts if text.blank), None)
    if rulesets and blank is not None:
        raise blank.nothing()
    if not rulesets:
        bare = _no_rules(texts, notes, family, may_be_empty=may_be_empty)
        return replace(bare, host=host)
    return Dump(rulesets=tuple(_with_beside(rulesets, texts)), notes=tuple(notes), host=host)


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
    told = [each for text in texts for each in text.told()]
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


def _chunks(path: str) -> Iterator[str]:
    """A file piece by piece, each but the last ending at a line's end."""
    try:
        if path == "-":
            yield from _pieces(sys.stdin.buffer)
        else:
            with Path(path).open("rb") as handle:
                yield from _pieces(handle)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot read {path}: {reason}", code="IPT0104", file=path) from None


def _pieces(handle: BinaryIO) -> Iterator[str]:
    first = handle.read(_CHUNK)
    if first[:2] in (b"\xff\xfe", b"\xfe\xff"):  # PowerShell's > writes UTF-16
        yield (first + handle.read()).decode("utf-16", "replace")
        return
    if b"\0" in _ZEROS.sub(b"", first):
        yield "\0"
        return
    rest, chunk = b"", first
    while chunk:
        whole, newline, after = chunk.rpartition(b"\n")
        if newline:
            yield (rest + whole + newline).decode("utf-8", "replace")
            rest = after
        elif len(rest) <= _LONGEST_LINE:  # what follows of so long a line is read by nobody
            rest += chunk
        chunk = handle.read(_CHUNK)
    if rest:
        yield rest.decode("utf-8", "replace")
