"""What `sh -vx` ran: each command stands there as the shell read it, and with a plus as it ran it.

Only the second counts: a loop's body is read once and run often, a function that nobody calls is
read and never run. Sources: dash(1), «-v verbose», «-x xtrace»; bash(1), `PS4`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.commands.calls import PROMPT
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.regex import regex

_TRACED = regex(
    r"(?:^|[\s\"'|:\]>»])\++(?: +|(?:\([^()\s]*\):?|[^\s():]*:?\d+:)(?:\s*\w+\(\):)?\s+)"
    r"(?:(?:sudo|env|exec|command|-\w+|\w+=\S*) +)*\Z"
)
_EXPANDED = regex(r"\$(?:\w+|[*@#?]|\{[^}]*\}|\([^)]*\))|`[^`]*`|\\\n|[\"'\\]")
_JOINED = regex(r";|&&|\|\|")
_LONGEST = 4096
_NEAR = 320
_MOST_ABOVE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """The commands that were run; `echoed` are the numbers of lines that were only read."""

    lines: tuple[Line, ...]
    echoed: tuple[int, ...] = ()

    def note(self, file: str) -> Note:
        """That a shell printed what it read, too, which is not counted."""
        numbers = ", ".join(map(str, dict.fromkeys(self.echoed)))
        place = Place(file=file, line=self.echoed[0])
        return Note(code=codes.COMMANDS_ECHOED, place=place, facts=(("lines", numbers),))


def executed(section: Section) -> Executed:
    """The commands of a section, without those that a shell printed as it read them.

    It is such a text where the commands without a plus come again with one. A plain one that does
    not, above all that have a plus or below them, ran while nothing was traced.
    """
    groups = list(_groups(section.lines))
    traced = [_is_traced(group[0]) for group in groups]
    if not any(traced) or all(traced):
        return Executed(lines=section.lines)
    twins = _twins([group[0] for group in groups], traced)
    if not _is_echo(groups, traced, twins):
        return Executed(lines=section.lines)
    first, last = traced.index(True), len(traced) - 1 - traced[::-1].index(True)
    kept, echoed = list[Line](), list[int]()
    for at, group in enumerate(groups):
        outside = not first < at < last and at not in twins and _is_plain(group[0], section)
        if _is_run(group[0]) if traced[at] else _is_typed(group[0]) or outside:
            kept += (
                [_as_quoted(group[0], groups[twins[at]][0]), *group[1:]] if at in twins else group
            )
        else:
            echoed.append(group[0].number)
    return Executed(lines=tuple(kept), echoed=tuple(echoed))


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Each command with the lines that may be its rest."""
    group: list[Line] = []
    for line in lines:
        if group and not line.rest:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _is_traced(line: Line) -> bool:
    cut = _before(line)
    return "+" in cut and _TRACED.search(cut) is not None


def _before(line: Line) -> str:
    """What was cut off before a command; where a program was put in for a name, as far as told."""
    end = _start(line)
    return line.full[max(0, end - _NEAR) : end]


def _start(line: Line) -> int:
    return max(line.shift, behind_stamps(line.full))


def _is_indented(line: Line) -> bool:
    before = _before(line)
    return (not before.strip() and bool(before)) or before.endswith(("  ", "\t"))


def _is_run(line: Line) -> bool:
    """Whether a traced line calls the program itself, and no function that will."""
    return "tables" in line.full[_start(line) :]


def _is_typed(line: Line) -> bool:
    return PROMPT.match(line.full) is not None


def _is_plain(line: Line, section: Section) -> bool:
    """Whether a command stands alone on its line, in no branch and no loop."""
    branched = section.branches is not None and section.branches.path(line.number, line.shift)
    return not (branched or _is_indented(line) or _JOINED.search(line.text))


def _twins(heads: Sequence[Line], traced: Sequence[bool]) -> dict[int, int]:
    """Which commands with a plus are which without, and the other way round: the nearest above."""
    found: dict[int, int] = {}
    pieces = [[] if ran else _pieces(line.text) for line, ran in zip(heads, traced, strict=True)]
    above: list[int] = []
    for at, (line, ran) in enumerate(zip(heads, traced, strict=True)):
        if not ran:
            above.append(at)
            continue
        text = _bare(line.text)
        near = reversed(above[-_MOST_ABOVE:])
        twin = next((n for n in near if pieces[n] and _fits(pieces[n], text)), None)
        if twin is not None:
            found |= {at: twin, twin: at}
            above.remove(twin)
    return found


def _is_echo(
    groups: Sequence[Sequence[Line]], traced: Sequence[bool], twins: dict[int, int]
) -> bool:
    """Whether most commands that stand plain come again with a plus."""
    plain = [
        at for at, group in enumerate(groups)
        if not traced[at] and not _is_indented(group[0]) and not _is_typed(group[0])
    ]  # fmt: skip
    return bool(twins) and sum(at in twins for at in plain) * 2 >= len(plain)


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[\"'\\]", "", text).split())


def _pieces(text: str) -> list[str]:
    """What stands between the values that a shell puts in."""
    if len(text) > _LONGEST:
        return []
    marked = _EXPANDED.sub(lambda found: "" if found[0] in "\"'\\" else "\0", text)
    marked = marked.replace("\\\n", " ")
    return " ".join(_JOINED.split(marked)[0].split()).split("\0")


def _fits(pieces: Sequence[str], text: str) -> bool:
    """Whether the pieces stand in a text in this order, the first and the last at its ends."""
    if len(pieces) == 1:
        return text == pieces[0]
    place = 0
    if not (text.startswith(pieces[0]) and text.endswith(pieces[-1])):
        return False
    for piece in pieces:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def _as_quoted(ran: Line, read: Line) -> Line:
    """The command with the quotes of what was read, which dash leaves out when it tells."""
    same = "$" not in read.text and "`" not in read.text and not _JOINED.search(read.text)
    lost = same and ran.text.strip() != read.text.strip() and not re.search(r"[\"']", ran.text)
    return replace(ran, text=read.text, gaps=()) if lost else ran
