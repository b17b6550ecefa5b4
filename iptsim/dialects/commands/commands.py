"""`iptables -t nat -A …` as scripts and their logs have it.

Sources: iptables(8); what parts the words of a shell: dash(1), «Lexical Structure».
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.commands.branches import Called, described
from iptsim.dialects.commands.broken import whole_commands
from iptsim.dialects.commands.executed import executed
from iptsim.dialects.commands.maybe import Path, arranged, carry_out_maybe, maybe_note, settled
from iptsim.dialects.commands.maybe import left_out as left_out_behind
from iptsim.dialects.commands.shell_variables import Filled, Value, Variables
from iptsim.dialects.commands.shell_words import literal, shell_commands
from iptsim.dialects.parts import Line, ReadTable, Section, joined_lines
from iptsim.dialects.rule.plans import Read, read_plainly
from iptsim.dialects.rule.remarks import is_whole, tidied
from iptsim.dialects.rule.spoiled import salvaged
from iptsim.dialects.rule.words import Source, Word
from iptsim.dialects.save.clock import by_time, timed_notes, unordered
from iptsim.dialects.save.gaps import leave_out_anywhere
from iptsim.dialects.save.table_so_far import BadCommandError, TableState
from iptsim.dialects.save.unsure import crude_words, unsure
from iptsim.dialects.signs.elided import left_out, says_left_out
from iptsim.dialects.signs.shapes import only_asks
from iptsim.errors import DumpError, Place
from iptsim.model import Note
from iptsim.regex import regex

_PROGRAM = regex(r"(?:\S*/)?(?:xtables-multi/)?(ip6?)tables(?:-legacy|-nft)?")
_BEFORE = regex(
    r"(?:\S*/)?(?:sudo|exec|env|command|time|nohup|\+|-\S+|\w+=.*|if|then|else|elif|do|!|\{|[\w*|.-]+\))"
)
_VARIABLE = regex(r"[\"']?\$(?:([A-Za-z_]\w*|[1-9])|\{([A-Za-z_]\w*)\})[\"']?")

Key = tuple[int, str]


def read_commands(section: Section) -> list[ReadTable]:
    """The tables that the commands of a section build, one for each family and table named.

    The commands are carried out in order. Lines that call no iptables, or only look (-L, -S, -C),
    say nothing; one below which iptables printed why it did not take it was never applied. Raises
    `DumpError` for a command that iptables would refuse, and for one that a shell would still fill
    in (`$PORT`); of a lenient section such a command is carried out as far as it can be read.
    """
    states: dict[Key, TableState] = {}
    left = None
    notes: list[Note] = []
    used: dict[str, Value] = {}
    joined: list[tuple[int, int]] = []
    pending: list[_Call] = []
    ran = executed(section)
    order = by_time(ran.lines)
    traced = bool(ran.echoed) or order.turned
    section = replace(section, lines=order.lines, branches=None if traced else section.branches)
    notes += [ran.note(section.file)] if ran.echoed else []
    for raw in whole_commands(section.lines, partial(_one_call, section)):
        line, note = _tidied(raw, section)
        joined += joined_lines([line])
        notes += [note] if note else []
        source = Source(file=section.file, lines=(line,), text=line.text)
        if says_left_out(line.text):
            left = left_out(line.text, source.place(0))
            _run_all(states, section, pending)
            pending = []
            for state in states.values():
                leave_out_anywhere(state, left)
            continue
        filled = _filled(section, line)
        calls = _read_calls(source, section, filled)
        pending += [
            _Call(source=source, family=family, words=words, filled=filled, alone=len(calls) == 1)
            for family, words in calls
        ]
        used |= filled.used
    _run_all(states, section, pending)
    doubtful = unordered(states.values(), order.tied)
    for state in list(states.values())[:1]:
        timed = timed_notes(order, doubtful, state.place)
        state.notes[:0] = [*notes, *_filled_in(used, state), *timed]
    ends = [_finished(key, state, elided=left is not None) for key, state in states.items()]
    return [replace(each, joined=tuple(joined)) for each in ends]


def _run_all(states: dict[Key, TableState], section: Section, calls: Sequence[_Call]) -> None:
    """Carry calls out, each where the script does; what may not have run is told."""
    if not section.branches:
        for call in calls:
            _run(states, section, call)
        return
    items = [(call.at, call.text, call) for call in calls]
    told: dict[str, list[int]] = {}
    given = partial(_with_arguments, section)
    for call, path in arranged(items, section.branches, given):
        _run(states, section, replace(call, path=path))
        if path and not only_asks(call.words):
            told.setdefault(described(path), []).append(call.at[0])
    behind = [call.at[0] for call in left_out_behind(items, section.branches)]
    for state in list(states.values())[:1]:
        state.notes += [maybe_note(section.file, name, lines) for name, lines in told.items()]
        state.notes += [maybe_note(section.file, "", behind)] if behind else []


def _with_arguments(
    section: Section, call: _Call, called: Sequence[Called]
) -> tuple[str, _Call] | None:
    """A call in a function's body with what the function is given; None where it is not meant.

    What calls `$1` was told for each program: the one that the function is given is meant.
    """
    if "$" not in call.source.lines[0].full:
        return call.text, call
    from iptsim.dialects.commands.arguments import arguments  # noqa: PLC0415  # few scripts

    shifted = section.branches.shifted if section.branches is not None else ()
    given = arguments(called, shifted, call.filled.variables)
    if "tables" in given.get("1", "") and "$1" in call.source.lines[0].full:
        meant = call.family == (6 if "ip6" in given["1"] else 4)
        return (call.text, call) if meant else None
    filled = replace(call.filled, given=given, used={})
    found = [words for _, words in _read_calls(call.source, section, filled) if words]
    own = next((words for words in found if words[0].start == call.start), None)
    told = call if own is None else replace(call, words=own, filled=filled)
    return told.text, told


def _one_call(section: Section, line: Line) -> Read | None:
    """What the one call of a line says, if it can be read."""
    source = Source(file=section.file, lines=(line,), text=line.text)
    filled = _filled(section, line)
    try:
        found = list(_calls(source, filled))
        return _read(found[0][1], source, found[0][0], filled) if len(found) == 1 else None
    except DumpError:
        return None


def _filled(section: Section, line: Line) -> Filled:
    return Filled(variables=section.variables or Variables(), line=line.number)


def _filled_in(used: Mapping[str, Value], state: TableState) -> list[Note]:
    """What was put in the place of variables."""
    told = ", ".join(f"{name}={value.text}" for name, value in used.items())
    lines = ", ".join(dict.fromkeys(str(value.line) for value in used.values()))
    facts = (("told", told), ("lines", lines))
    return [Note(code=codes.SCRIPT_VARIABLES, place=state.place, facts=facts)] if used else []


def _read_calls(source: Source, section: Section, filled: Filled) -> list[tuple[int, list[Word]]]:
    """The calls on a line; where a quote is never closed, nobody knows where they end."""
    try:
        return list(_calls(source, filled))
    except DumpError:
        crude = list(of_program(crude_words(source), source, filled))
        if not section.lenient and not all(only_asks(words) for _, words in crude):
            raise
        return crude


def _tidied(line: Line, section: Section) -> tuple[Line, Note | None]:
    """A line without what its writer put behind the command."""
    filled = _filled(section, line)

    def reads(text: str) -> bool:
        source = Source(file=section.file, lines=(line,), text=text)
        try:
            calls = _calls(source, filled)
            found = [_read(words, source, section.family or f, filled) for f, words in calls]
        except DumpError:
            return False
        return bool(found) and all(each is not None and is_whole(each) for each in found)

    return tidied(line, section.file, reads)


def _finished(key: Key, state: TableState, *, elided: bool) -> ReadTable:
    return ReadTable(
        name=key[1],
        family=key[0],
        chains=tuple(chain.finished() for chain in state.chains.values()),
        form="input",
        place=state.place,
        notes=tuple(state.notes),
        elided=elided,
        commands=tuple(state.done),
    )


def _calls(source: Source, filled: Filled) -> Iterator[tuple[int, list[Word]]]:
    """Each call of iptables or ip6tables on a line: its family, and the words behind the name."""
    if "tables" not in source.text and "$" not in source.text:
        return
    for words in shell_commands(source, filled):
        yield from of_program(words, source, filled)


def of_program(
    words: list[Word], source: Source, filled: Filled
) -> Iterator[tuple[int, list[Word]]]:
    """The calls of iptables that a command is: each with its family and the words behind it."""
    for number, word in enumerate(words):
        found = _PROGRAM.fullmatch(word.text)
        behind = words[number + 1 :]
        if found:
            yield (6 if found[1] == "ip6" else 4), behind
        else:
            yield from _of_variable(word, behind, source, filled)
        if found or not _BEFORE.fullmatch(word.text):
            return


def _of_variable(
    word: Word, behind: list[Word], source: Source, filled: Filled
) -> Iterator[tuple[int, list[Word]]]:
    """`$IPT -A …`; where nobody knows which of several it is, the variable stays as a word."""
    named = _VARIABLE.fullmatch(source.text, word.start, word.end)
    if named is None:
        return
    texts = [each.text for each in behind]
    program = filled.variables.program(named[1] or named[2], texts)
    if program is not None:
        flags = [Word(text=each, start=word.start, end=word.start) for each in program.flags]
        own = flags if program.sure else [word]
        yield from ((family, [*own, *behind]) for family in program.families)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of iptables: the words behind its name; `alone`: no other stands on its line."""

    source: Source
    family: int
    words: list[Word]
    filled: Filled
    alone: bool
    path: Path = ()

    @property
    def at(self) -> tuple[int, int]:
        """Its line, and its column from 0."""
        line = self.source.lines[0]
        return line.number, line.column(self.words[0].start if self.words else 0) - 1

    @property
    def start(self) -> int:
        """Where its first word stands in the text of its line; -1 without one."""
        return self.words[0].start if self.words else -1

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)


def _run(states: dict[Key, TableState], section: Section, call: _Call) -> None:
    words, source = call.words, call.source
    if not any(word.text.startswith("-") for word in words):
        return
    if only_asks(words):
        return
    family = section.family or call.family
    place = source.place(words[0].start)

    def state_of(table: str | None) -> TableState:
        name = table or section.table or "filter"
        return states.setdefault((family, name), TableState(name=name, place=place))

    try:
        _whole(source)
        read = _read(words, source, family, call.filled)
        _carry_out(state_of(read.table), read, source, place, call.path)
    except DumpError as wrong:
        if source.lines[0].failed and call.alone:
            _not_taken(state_of(_table(words)), words, source)
        elif not section.lenient:
            raise
        else:
            part = None
            if not source.lines[0].cut:
                part = salvaged(
                    words, source, wrong, lambda kept: _read(kept, source, family, call.filled)
                )
            told = part.table if part else _table(words)
            named = told is None or told.isalpha()
            for state in [state_of(told)] if named else _of(states, family, wrong):
                done = unsure(state, words, part, source, wrong)
                if not source.lines[0].full.lstrip().startswith("+"):
                    state.done.extend((each, place) for each in done)


def _whole(source: Source) -> None:
    """Raise `DumpError` where a command goes on in a line that cannot be joined to it."""
    line = source.lines[0]
    if line.cut:
        end = len(source.text.rstrip())
        message = "this command is broken here, and does not go on in the next line as a rule"
        raise source.error(
            message, max(end - 1, 0), end, "the command on one line", codes.BROKEN_COMMAND
        )


def _of(states: dict[Key, TableState], family: int, wrong: DumpError) -> list[TableState]:
    """The tables of a family, of which a command's may be any; raises `wrong` where none is."""
    found = [state for key, state in states.items() if key[0] == family]
    if not found:
        raise wrong
    return found


def _read(words: Sequence[Word], source: Source, family: int, filled: Filled) -> Read:
    """A command as it is carried out; `DumpError` too for what a shell would fill in."""
    literal(words, source, filled)
    return read_plainly(words, source, family, None)


def _table(words: Sequence[Word]) -> str | None:
    """The table that a command names, read or not."""
    texts = [word.text for word in words]
    for text, following in zip(texts, [*texts[1:], ""], strict=True):
        if text in ("-t", "--table"):
            return following
        if text.startswith("--table="):
            return text.partition("=")[2]
    return None


def _not_taken(state: TableState, words: Sequence[Word], source: Source) -> None:
    """A command that iptables did not take; a chain that it would not make is there already."""
    line = source.lines[0]
    told = " ".join(source.text.split())[:160]
    facts = (("command", told), ("error", line.failed), ("number", str(line.number)))
    state.notes.append(
        Note(code=codes.COMMAND_FAILED, place=source.place(words[0].start), facts=facts)
    )
    texts = [word.text for word in words]
    if "exist" in line.failed and "-N" in texts[:-1]:
        name = texts[texts.index("-N") + 1]
        if "already" in line.failed and name not in state.chains:
            state.chain(name, source.place(words[0].start)).whole = False


def _carry_out(state: TableState, read: Read, source: Source, place: Place, path: Path) -> None:
    """Carry a command out; -N of a chain that is there already fails and changes nothing.

    A shell's trace (`+ iptables …`) may stand below what was printed after it: its order tells
    nothing.
    """
    if source.lines[0].failed:
        raise source.error("iptables did not take this command", 0, len(source.text))
    if path:
        state.done.append((carry_out_maybe(state, read, place, path), place))
        return
    if not source.lines[0].full.lstrip().startswith("+"):
        state.done.append((read, place))
    if settled(state, read, place):
        return
    if read.letter == "N" and read.operands[0] in state.chains:
        return
    try:
        state.run(read, place)
    except BadCommandError as bad:
        raise source.error(bad.message, *read.spans[bad.operand], bad.expected) from None
