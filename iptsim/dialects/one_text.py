"""From one text to its tables: noise off, forms apart, tables named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.commands.branches import SHELL, Branches
from iptsim.dialects.commands.shell_variables import Variables, is_shell
from iptsim.dialects.finding.chunks import LONGEST_LINE, longer_than_any_rule, told_as_commands
from iptsim.dialects.finding.noise import SAMPLE, Cleaner, sample, uncoloured
from iptsim.dialects.finding.record_times import RecordTimes
from iptsim.dialects.finding.sieve import may_begin
from iptsim.dialects.finding.sniff import Sniffer
from iptsim.dialects.finding.soft_breaks import unbroken
from iptsim.dialects.finding.two_columns import Columns
from iptsim.dialects.forms import is_rule_like
from iptsim.dialects.host.host_texts import HostTexts
from iptsim.dialects.joining.beside import Beside, Held
from iptsim.dialects.joining.incomplete import broken_off
from iptsim.dialects.joining.lenient import read_all
from iptsim.dialects.joining.lost_tables import lost_tables
from iptsim.dialects.parts import Line, ReadTable, Section
from iptsim.dialects.places.places import Gathered, doubted
from iptsim.dialects.places.places import Place as Somewhere
from iptsim.dialects.save.clock import in_one_run
from iptsim.dialects.save.other_tools import is_bridge_listing, other_program
from iptsim.dialects.save.retold import Blocks, begun
from iptsim.dialects.signs.families import settle_families, settled_hints
from iptsim.dialects.signs.settle import NO_TABLE, no_table, settle_tables, whole_name
from iptsim.dialects.signs.shapes import is_save_line
from iptsim.dialects.states.choosing import ASSUMED
from iptsim.dialects.states.patch import Gap, Raw
from iptsim.dialects.states.states import RULE, Marks, State, sliced
from iptsim.errors import DumpError, NoDumpError, Place
from iptsim.model import TABLES, Note, Ruleset

if TYPE_CHECKING:
    from iptsim.dialects.finding.restores import Restores

_BEGINNING = 512
_MOST_UNUSED = 8
_ABOVE = 1500
"""So many letters above a dump may say what it is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The numbers of lines that hold no rules of their own.

    `heard` tell of those around them, `others` are another program's,
    `marked_up` of blocks that retell a save.
    """

    heard: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    marked_up: set[int] = field(default_factory=set)


class OneText:
    """One text, read once, piece by piece; only lines that may be a dump's are kept."""

    def __init__(self, file: str, chunks: Iterable[str], side: Sequence[Line | Gap] = ()) -> None:
        self.file = file
        self.head = ""
        self.lines = 0
        self._sniffer, self._again = Sniffer(file), Sniffer(file, prompts=True)
        self._cleaner: Cleaner | None = None
        self._too_long: Line | None = None
        self.beside = Beside(file)
        self._blocks = Blocks()
        self.signs = Signs()
        self.read: list[ReadTable] = []
        self.host = HostTexts(file)
        self.notes: list[Note] = []
        self._families: dict[int, int] = {}
        self._lost: list[Held] = []
        self._bridge = False
        self.marks = Marks()
        self.raw, self._columns = Raw(), Columns()
        self._sides: dict[int, tuple[Sequence[Line | Gap], OneText]] = {}
        self.gathered = Gathered(file=file)
        self._times, self._given = RecordTimes(), 0
        self.alike, self._several, self._end = "", "", ""
        self.variables = Variables()
        self.branches = Branches()
        self.restores: Restores | None = None
        self.state: State | None = None
        self.told: Note | None = None
        self.names: dict[int, str] = {}
        self.mirrored: list[ReadTable] = []
        chunks = self.beside.all_but_nft(chunks)
        self.head, self.lines = self.beside.head, self.beside.lines
        for chunk in self.host.sift(
            unbroken(told_as_commands(uncoloured(each))) for each in chunks
        ):
            self.head = self.host.head
            self.raw.feed(chunk, self.lines + 1)
            self.gathered.feed(chunk)
            self.beside.look(chunk, self.lines + 1)
            self._times.feed(chunk, self.lines + 1)
            self._columns.feed(chunk, self.lines + 1)
            self._feed(chunk)
            self._end = chunk[-_BEGINNING:] if chunk.strip() else self._end
        self._feed_side(side)
        self.beside.ended()
        self._columns.refuse(file)
        if self._again.sections() and not self._sniffer.sections():
            self._sniffer = self._again

    def _feed_side(self, side: Sequence[Line | Gap]) -> None:
        """One of the dumps of a patch, which lacks what stands between the hunks."""
        own = [each for each in side if isinstance(each, Line)]
        if not own:
            return
        self.head = "\n".join(line.text for line in own)[:65536]
        self.beside.look_at(own)
        self._cleaner = Cleaner([line.text for line in own[:SAMPLE]])
        for piece in side:
            if isinstance(piece, Gap):
                self.beside.gap(piece.line.number)
                self._sniffer.gap(piece.line, piece.hidden, elsewhere=piece.elsewhere)
            else:
                for line in self._cleaned(piece):
                    self._take(line)
            self.lines += 1

    def _cleaned(self, piece: Line) -> Iterator[Line]:
        assert self._cleaner is not None
        for line in self._cleaner.lines(piece.number, piece.text):
            yield replace(line, shift=line.shift + piece.shift, full=piece.full)

    def _feed(self, chunk: str) -> None:
        """The next lines of the text; those that cannot be a dump's are passed over."""
        place = 0
        self.lines += 1
        shell, branched = is_shell(chunk), "tables" in chunk or bool(self.branches)
        branched = branched and SHELL.search(chunk) is not None
        if self._cleaner is None or not self._sniffer.count:
            shown = sample(chunk)
            self.gathered.sampled(shown)
            self._cleaner = Cleaner(shown) if shown or self._cleaner is None else self._cleaner
        while place < len(chunk):
            busy = self._sniffer.busy or self._again.busy or self.beside.busy or self._blocks.busy
            if not (busy or self._cleaner.wrapped):
                begins = may_begin(chunk, place)
                if begins is None:
                    break
                self._script(chunk[place:begins], shell=shell, branched=branched)
                self.lines += chunk.count("\n", place, begins)
                self.marks.skipped(chunk[max(place, begins - _ABOVE) : begins], self.lines - 1)
                place = begins
            end = chunk.find("\n", place) + 1 or len(chunk) + 1
            for line in self._cleaner.lines(self.lines, chunk[place : end - 1]):
                if shell:
                    self.variables.feed(line.text, line.number)
                if branched:
                    self.branches.feed(line.text, line.number, line.shift)
                self._take(line)
            place, self.lines = end, self.lines + 1
        self._script(chunk[place:], shell=shell, branched=branched)
        self.lines += chunk.count("\n", place) - 1

    def _script(self, passed: str, *, shell: bool, branched: bool) -> None:
        """What lines of a script that were passed over put in variables, and where they branch."""
        for number, text in enumerate(passed.splitlines() if shell or branched else (), self.lines):
            if shell:
                self.variables.feed(text, number)
            if branched:
                self.branches.feed(text, number)

    def _take(self, line: Line) -> None:
        if "restore" in line.full or "rror occurred" in line.full:
            self._restored(line)
        if self._blocks.busy or begun(line.text):
            self.signs.marked_up.add(line.number)
            self._sniffer.feed(self._blocks.take(line, self.file))
            return
        if RULE.match(line.text) is None:
            self.marks.feed(line, self._sniffer.inside)
        if len(line.text) > LONGEST_LINE:
            if is_rule_like(line.text):
                self._too_long = self._too_long or line
                return
            line = replace(line, text=line.text[:_BEGINNING])
        if self.beside.feed(line, self._sniffer.count, self._sniffer.called):
            self.signs.others.add(line.number)
            return
        self._bridge = self._bridge or is_bridge_listing(line.text)
        told = self._sniffer.told
        self._sniffer.feed((line,))
        if self._sniffer.told is not told:
            self.signs.heard.add(line.number)
        if self._sniffer.commented and not self._sniffer.count:
            self._again.feed((line,))

    def _restored(self, line: Line) -> None:
        from iptsim.dialects.finding.restores import Restores  # noqa: PLC0415  # few tell of one

        self.restores = self.restores or Restores()
        self.restores.feed(line)

    def tables(self, table: str | None, family: int | None) -> list[ReadTable]:
        """The tables that the text tells of, names and families settled."""
        sections = self._iptables_sections()
        own = [each[1] for each in sections]
        read = read_all(own, [each[2] for each in sections], family)
        if self.restores is not None:
            self.restores.leave_out(own, read, self.file)
        if not any(read):
            self._refuse_no_dump()
        if self._too_long is not None:
            raise longer_than_any_rule(self.file, self._too_long)
        found = whole_name([self._named(each) for tables in read for each in tables])
        named = map(broken_off, settle_tables(found, table))
        settled = settle_families([*named, *self.mirrored], family)
        ends = accumulate(map(len, read))
        for (number, _, _), tables, end in zip(sections, read, ends, strict=True):
            if tables:
                self._families[number] = settled[end - 1].family or 4
        self.read = doubted(self._of_iptables(settled), self._several)
        return self.read

    def _of_iptables(self, settled: list[ReadTable]) -> list[ReadTable]:
        """The tables that iptables has; of others a note tells.

        Raises `DumpError` where there are none but others: a name is wrong, or a template's.
        """
        strange = [each for each in settled if each.name not in (*TABLES, None)]
        errors = [no_table(each, self._line_of(each)) for each in strange]
        self._lost, notes = lost_tables(settled, strange, self._end)
        if errors and len(strange) == len(settled):
            raise errors[0]
        for error in errors:
            told = tuple((key, error.facts[key]) for key in ("name", "known"))
            self.notes.append(Note(code=NO_TABLE, place=error.place, facts=told))
        self.notes += notes
        return [each for each in settled if each not in strange]

    def _line_of(self, table: ReadTable) -> Line | None:
        """The line that names a table."""
        lines = (line for section, _ in self._sniffer.sections() for line in section.lines)
        starred = (line for line in lines if line.text.lstrip().startswith("*"))
        named = next((line for line in starred if line.text.strip("* \t\r") == table.name), None)
        return named or self.line_at(table.place.line)

    def _named(self, table: ReadTable) -> ReadTable:
        """The table with the name that the other dump of a patch tells."""
        lines = (chain.place.line for chain in table.chains if chain.place is not None)
        name = next((self.names[line] for line in lines if line in self.names), None)
        if name is None or name == table.name or not (table.name is None or table.loose):
            return table
        return replace(
            table, name=name, notes=tuple(n for n in table.notes if n.code not in ASSUMED)
        )

    def _iptables_sections(self) -> list[tuple[int, Section, str | None]]:
        """The sections that are iptables'; those of other programs are left out beside them.

        Raises `DumpError` where there are none but others.
        """
        self.notes = []
        both = in_one_run(self._sniffer.sections())
        hinted = settled_hints([section for section, _ in both])
        own: list[tuple[int, Section, str | None]] = []
        for number, (section, (_, chain)) in enumerate(zip(hinted, both, strict=True)):
            name = other_program(section)
            kept = section if self.state is None else sliced(section, self.state)
            if name is None:
                if kept is not None and not self._by_chance(section):
                    lines = self._times.told(kept.lines)
                    shown = replace(
                        kept, lines=lines, variables=self.variables, branches=self.branches
                    )
                    own.append((number, shown, chain if kept is section else None))
                continue
            place = Place(file=self.file, line=section.lines[0].number)
            self.notes.append(
                Note(code=codes.OTHER_RULES_LEFT_OUT, place=place, facts=(("program", name),))
            )
        if self.notes and not own:
            raise self._others(next(one for one in hinted if other_program(one) is not None))
        return own

    def _others(self, section: Section) -> DumpError:
        """Rules of arptables or ebtables alone."""
        line, name = section.lines[0], other_program(section)
        what = "ARP packets" if name == "arptables" else "the frames of a bridge"
        return DumpError(
            f"these are rules of {name}, for {what}, and not of iptables or ip6tables",
            place=Place(file=self.file, line=line.number, column=line.column(0)),
            text=line.full or line.text,
            length=len(line.text.strip()),
            expected="what iptables-save or ip6tables-save prints",
            code=codes.RULES_OF_OTHER_PROGRAM,
        )

    def _refuse_no_dump(self) -> None:
        """Raise `NoDumpError`, unless what stands there may stand beside a dump, or is no rules."""
        if self.mirrored:
            return
        if not self.blank and self.empty is None and not self.beside.tells:
            raise self.nothing()

    @property
    def wrappers(self) -> tuple[str, ...]:
        """What was taken off around the lines, from the outside in, as `wrappers` names it."""
        return self._cleaner.layers.names if self._cleaner is not None else ()

    @property
    def failures(self) -> Sequence[int]:
        """The lines in which iptables says that it did not take the command above."""
        return self._sniffer.errors.told

    @property
    def uncalled(self) -> Sequence[Line]:
        """The lines that call iptables and were not read."""
        return self._sniffer.unused

    def bare(self, number: int, raw: str) -> str:
        """What a line says within what lies around it."""
        parts = self._cleaner.lines(number, raw) if self._cleaner is not None else ()
        return next((part.text.strip() for part in parts), "")

    @property
    def blank(self) -> bool:
        """Whether nothing at all stands in the text."""
        return not self.head.strip() and not self.mirrored

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

    def side(self, pieces: Sequence[Line | Gap]) -> OneText:
        """A dump of a patch that the text is."""
        if id(pieces) not in self._sides:  # with it the pieces are kept, so no others get its id
            self._sides[id(pieces)] = pieces, OneText(self.file, (), side=pieces)
        return self._sides[id(pieces)][1]

    def at(self, place: Somewhere) -> OneText:
        """The text with the lines of one of its places alone."""
        own = OneText(self.file, (), side=place.lines)
        own.host, own.variables = self.host, self.variables
        own.lines, own._given, own._several = self.lines, len(place.lines), place.several
        return own

    def of(self, state: State) -> OneText:
        """The text with the lines of one of its states alone."""
        from copy import copy  # noqa: PLC0415  # few texts tell several states

        view = copy(self)
        view.state, view._families, view.notes, view.read = state, {}, [], []
        return view

    def line_at(self, number: int) -> Line | None:
        """The line of that number, if it was kept."""
        kept = (line for section, _ in self._sniffer.sections() for line in section.lines)
        return next((line for line in kept if line.number == number), None)

    def _by_chance(self, section: Section) -> bool:
        """A line or two that begin as those of a save do, in a long text of something else."""
        lines = self._given or self.lines
        if section.form != "save" or lines < 1000 * len(section.lines):
            return False
        first = section.lines[0].text.strip()
        statements = sum(is_save_line(line.text) for line in section.lines)
        return first.lstrip("* ") not in TABLES if first.startswith("*") else statements < 4

    def nothing(self) -> NoDumpError:
        """Why there is no dump, as far as the text shows."""
        from iptsim.dialects.joining.no_dump import no_dump  # noqa: PLC0415  # most hold one

        patch = self.raw.patch() is not None
        return no_dump(self.file, self.head, self.beside, patch=patch, bridge=self._bridge)

    def all_notes(self) -> list[Note]:
        """What was left out, and which of several states it is."""
        return [*self.notes, *self.host.notes, *filter(None, (self.told,)), *self._unused()]

    def _unused(self) -> Iterator[Note]:
        """Lines that call iptables and were not read: what they did, nobody knows."""
        for line in self._sniffer.unused[:_MOST_UNUSED]:
            facts = (("text", line.text.strip()[:80]),)
            place = Place(file=self.file, line=line.number, column=line.column(0))
            yield Note(code=codes.CALL_NOT_READ, place=place, facts=facts)

    def told_beside(self) -> list[Held]:
        """What the warnings of the text say stands beside, once its tables are read."""
        return [*self.host.beside, *self.beside.told(self._families), *self._lost]
