"""Two states of nft's tables in one text: a table that is listed twice, and not the same.

A script may speak of one table in several blocks. A listing tells a table once, so a second one of
it, below a line that is no table's (a prompt, a title), is of another time or host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from iptsim.dataclass import dataclass, field
from iptsim.dialects.states.states import State
from iptsim.regex import regex

_TABLE = regex(r"table[ \t]+(?P<name>\S+[ \t]+\S+)[ \t]*\{")
_COUNTS = regex(r"packets \d+ bytes \d+|expires \S+|used \d+")
_COMMAND = regex(r"[ \t]*(?:add|insert|delete|destroy|flush|define|include|create|replace)[ \t]")
_MEMBER = regex(r"(?:chain|set|map)[ \t]+\S+[ \t]*\{")
_DRESS = "#*=_~-–—<>`'\"|•/[]（）():： \t"
_LONGEST = 80


@dataclass(slots=True, kw_only=True)
class _Group:
    """The tables of one state, each with its lines; `first` is the line where it begins."""

    first: int
    label: str
    tables: dict[str, list[str]] = field(default_factory=dict)


def nft_states(lines: Sequence[str]) -> tuple[State, ...]:
    """The states of a text that is nft's alone; none where it tells one."""
    if any(_COMMAND.match(line) for line in lines if line[:1] not in ("", "\t", "#")):
        return ()
    groups = list(_groups(lines))
    if len(groups) < 2 or not any(_differ(*pair) for pair in pairwise(groups)):
        return ()
    ends = [*(group.first - 1 for group in groups[1:]), len(lines)]
    return tuple(
        State(spans=((group.first if at else 0, end),), label=group.label)
        for at, (group, end) in enumerate(zip(groups, ends, strict=True))
    )


def _groups(lines: Sequence[str]) -> Iterator[_Group]:
    group = _Group(first=1, label="")
    closed, between, held = 0, "", None
    for number, line in enumerate(lines, 1):
        found = _TABLE.match(line)
        if found is not None:
            name = " ".join(found["name"].split())
            if not group.tables:
                group.label = _label(between)
            elif name in group.tables and between:
                yield group
                group = _Group(first=closed + 1, label=_label(between))
            held, between = group.tables.setdefault(name, []), ""
        elif held is not None:
            held.append(_COUNTS.sub("", line).strip())
            if line.startswith("}"):
                closed, held = number, None
        elif line.strip():
            between = line
    yield group


def _label(line: str) -> str:
    return line.strip().rstrip(":：").strip(_DRESS)[:_LONGEST]


def _differ(one: _Group, other: _Group) -> bool:
    both = one.tables.keys() & other.tables.keys()
    pairs = [(_members(one.tables[name]), _members(other.tables[name])) for name in both]
    return any(
        _say_otherwise(old[member], new[member])
        for old, new in pairs
        for member in old.keys() & new.keys()
    )


def _members(lines: Sequence[str]) -> dict[str, list[str]]:
    """The lines of each chain, set and map of a table."""
    found: dict[str, list[str]] = {}
    held: list[str] = []
    for line in lines:
        if _MEMBER.match(line):
            held = found.setdefault(line.partition(" # handle")[0], [])
        elif line not in ("", "}"):
            held.append(line)
    return found


def _say_otherwise(one: list[str], other: list[str]) -> bool:
    """Whether they differ; a terse listing shows no elements."""
    shown = [any(line.startswith("elements") for line in lines) for lines in (one, other)]
    return one != other and shown[0] == shown[1]
