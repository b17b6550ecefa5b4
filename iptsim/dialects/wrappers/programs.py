"""Names that a script gives to iptables: a function, an alias, a search for the program.

Sources: dash(1), «Functions», «Aliases», «Command Substitution».
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_PROGRAM = r"(?:\S*/)?ip6?tables(?:-legacy|-nft)?"
_FUNCTION = regex(
    r"(?:^|[\n;])\s*(?:function\s+)?(?P<name>[A-Za-z_][\w-]*)\s*(?:\(\s*\)\s*)?\{(?P<body>(?:[^{}]|\{[^{}]*\}){1,400})\}"
)
_ALIAS = regex(
    rf"(?:^|[\n;])\s*alias\s+(?P<name>[\w-]+)=(?P<quote>[\"'])(?:sudo\s+)?"
    rf"(?P<call>{_PROGRAM}[^\"'$`;|&\n]*)(?P=quote)"
)
_ALL = r"\"?\$[@*]\"?"
_PASSED = regex(
    rf"(?:{_PROGRAM}(?:\s+-[\w-]+(?:\s+[\w.]+)?)*\s+-C\s+{_ALL}[^|]*\|\|\s*)?"
    rf"(?:sudo\s+|exec\s+)?(?P<call>{_PROGRAM}(?:\s+-[\w-]+(?:\s+[\w.]+)?)*)\s+{_ALL}\s*(?:\|\|.*)?\Z"
)
_FIRST = regex(r"\s*(?:sudo\s+)?(?P<name>\"?\$1\"?)\s+-")
_GIVEN = regex(rf"\s*(?P<name>[A-Za-z_][\w-]*)\s+(?P<call>{_PROGRAM})\s*(?:#.*)?\Z")
_OPENS = regex(r"\s*(?:function\s+)?(?P<name>[A-Za-z_][\w-]*)\s*(?:\(\s*\))?\s*(?P<brace>\{)?\s*\Z")
_HARMLESS = regex(r"(?:(?:echo|printf|log|logger|set|local)\b.*|:|#.*)\Z")
# A function that carries out what it is given, and may say so or give up.
_RUNS = regex(rf"(?:if\s+!\s+)?(?:sudo\s+)?{_ALL}\s*(?:\|\|.*)?\Z")
_GIVES_UP = regex(r"(?:(?:then\s+)?(?:echo|printf|exit|return|die)\b.*|then|fi|\})\Z")
_SEARCHED = regex(
    rf"\"?(?:`|\$\()\s*(?:which|command\s+-v|type\s+-p)\s+(?P<call>{_PROGRAM})\s*(?:`|\))\"?(?=\s+-)"
)
_PLACE = (
    r"(?:^|[;&|({{]|\b(?:then|do|else|sudo))(?P<gap>\s*)(?P<name>{names})"
    r"(?=\s+(?:-|{operand}|(?:sudo\s+)?{program}\s+-))"
)
# What may follow a name that stands for `iptables -A`, too.
_OPERAND = r"[A-Z][\w-]*\s+(?:!\s+)?-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The programs that a function is called with, whose first argument is what it calls."""

    programs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Puts the calls of iptables in the place of the names that a script gives them."""

    calls: Mapping[str, tuple[str, ...]]
    named: re.Pattern[str] | None
    given: Given | None = None

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The line with the programs; one for each that a function calls."""
        if self.given is not None and (first := _FIRST.match(line.text)) is not None:
            return tuple(_put(line, *first.span("name"), each) for each in self.given.programs)
        if self.calls and "tables" in line.text and re.search(_ALL, line.text):
            return ()  # the function's own line
        found = None if self.named is None else self.named.search(line.text)
        if found is None:
            searched = _searched(line)
            return None if searched is line else (searched,)
        return tuple(_put(line, *found.span("name"), each) for each in self.calls[found["name"]])


def find_programs(lines: Sequence[Line]) -> Programs | None:
    """The names that a sample gives to iptables, if a line calls one of them."""
    text = "\n".join(line.text for line in lines)
    if "tables" not in text:
        return None
    calls = _named(text)
    names = "|".join(map(re.escape, sorted(calls, key=len, reverse=True)))
    place = _PLACE.format(names=names, operand=_OPERAND, program=_PROGRAM)
    named = re.compile(place) if names else None
    used = named is not None and any(named.search(line.text) for line in lines)
    given = _given(lines)
    searched = given is not None or any(_SEARCHED.search(line.text) for line in lines)
    found = Programs(calls=calls if used else {}, named=named if used else None, given=given)
    return found if used or searched else None


def _given(lines: Sequence[Line]) -> Given | None:
    """The programs that a function is called with which calls `$1 -A …`; None where others may be.

    Each rule is then told for each of them, and of a call only those of its program are meant.
    """
    texts = [line.text for line in lines]
    name = next((_name_above(texts, n) for n, text in enumerate(texts) if _FIRST.match(text)), "")
    if not name:
        return None
    calls = [text for text in texts if text.split()[:1] == [name]]
    found = [each["call"] for text in calls if (each := _GIVEN.match(text)) is not None]
    programs = tuple(dict.fromkeys(found))
    apart = len({"ip6" in each for each in programs}) == len(programs)
    return Given(programs=programs) if programs and apart and len(found) == len(calls) else None


def _name_above(texts: Sequence[str], number: int) -> str:
    """The function that begins above a line; "" where none does."""
    found = (_OPENS.match(text) for text in reversed(texts[:number]))
    return next((each["name"] for each in found if each is not None), "")


def _named(text: str) -> dict[str, tuple[str, ...]]:
    """Each name with the calls that it stands for; none for a function that does more."""
    told: dict[str, tuple[str, ...]] = {}
    for each in _ALIAS.finditer(text):
        told[each["name"]] = (each["call"].strip(),)
    told |= {each["name"]: _passed(each["body"]) for each in _FUNCTION.finditer(text)}
    return {name: calls for name, calls in told.items() if calls and "tables" not in name}


def _passed(body: str) -> tuple[str, ...]:
    """The calls of a function's body that hand all its arguments on; "" where they are the call."""
    parts = [part.strip() for part in re.split(r"[;\n]", body) if part.strip()]
    if sum(_RUNS.match(part) is not None for part in parts) == 1:
        known = all(
            any(each.match(part) for each in (_RUNS, _GIVES_UP, _HARMLESS)) for part in parts
        )
        return ("",) if known else ()
    found = [(part, _PASSED.match(part)) for part in parts]
    if any(call is None and _HARMLESS.match(part) is None for part, call in found):
        return ()
    return tuple(call["call"] for _, call in found if call is not None)


def _searched(line: Line) -> Line:
    found = _SEARCHED.search(line.text)
    return line if found is None else _put(line, *found.span(), found["call"])


def _put(line: Line, start: int, end: int, words: str) -> Line:
    """The line with other words at a place; what stands behind them keeps its columns."""
    text = line.text[:start] + words + line.text[end:]
    missing = end - start - len(words)
    if missing < 0:
        moved = tuple(gap if gap <= start else gap - missing for gap in line.gaps)
        return replace(line, text=text, shift=line.shift + missing, gaps=moved)
    behind = start + len(words)
    gaps = [gap if gap <= start else max(gap - missing, behind) for gap in line.gaps]
    return replace(line, text=text, gaps=tuple(sorted([*gaps, *[behind] * missing])))
