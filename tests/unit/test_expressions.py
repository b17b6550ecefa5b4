"""No regular expression of the house can be matched in a number of ways that grows as a power.

Within a repeat, two runs of the same letters, one behind the other, can part a text anywhere; where
the text then does not fit, `re` tries all ways at each turn. Found so, from the expressions
themselves, because such a text never ends a test.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from functools import cache
from re import _constants as kinds
from re import _parser as parser
from typing import Any

import iptsim
from iptsim.regex import regex

LETTERS = frozenset([*map(chr, range(32, 127)), "\n", "\t", "é", "中"])
REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
MANY = 8
HARMLESS = {
    "iptsim.dialects.places.loops._ECHO",
    "iptsim.dialects.signs.hints._INPUT",
}
"""The letter at which a turn begins (`-`) is none of those that the turn repeats."""

Part = tuple[Any, Any]


def letters(part: Part) -> frozenset[str] | None:
    """The letters that one place of an expression takes; None where it takes more than one."""
    kind, told = part
    if kind is kinds.ANY:
        return LETTERS - {"\n"}
    if kind not in (kinds.LITERAL, kinds.NOT_LITERAL, kinds.IN):
        return None
    return _taken(kind, tuple(told) if isinstance(told, list) else told)


@cache
def _taken(kind: object, told: object) -> frozenset[str]:
    """Most places of expressions are like others: each is asked once."""
    parts = list(told) if isinstance(told, tuple) else told
    tree = parser.SubPattern(parser.State(), [(kind, parts)])
    one = re._compiler.compile(tree)  # type: ignore[attr-defined]
    return frozenset(letter for letter in LETTERS if one.fullmatch(letter))


def begins(parts: Sequence[Part]) -> tuple[frozenset[str], bool]:
    """The letters that a text of these parts may begin with, and whether it may be empty."""
    found: frozenset[str] = frozenset()
    for part in parts:
        more, empty = _begins(part)
        found |= more
        if not empty:
            return found, False
    return found, True


def _begins(part: Part) -> tuple[frozenset[str], bool]:
    kind, told = part
    one = letters(part)
    if one is not None:
        return one, False
    if kind in (*REPEATS, kinds.POSSESSIVE_REPEAT):
        found, empty = begins(told[2])
        return found, empty or not told[0]
    if kind is kinds.SUBPATTERN:
        return begins(told[3])
    if kind is kinds.BRANCH:
        each = [begins(way) for way in told[1]]
        return frozenset().union(*(found for found, _ in each)), any(empty for _, empty in each)
    return frozenset(), True


def faults(parts: Sequence[Part], after: frozenset[str], *, repeated: bool) -> Iterator[str]:
    """Where runs within a repeat may end in several places; `after` is what may follow all."""
    for at, (kind, told) in enumerate(parts):
        found, empty = begins(parts[at + 1 :])
        following = found | after if empty else found
        if kind in REPEATS and told[1] is not None and int(told[1]) > MANY:
            yield from _of_a_run(told[2], parts[at + 1 : at + 2], following, repeated=repeated)
        elif kind in REPEATS:
            yield from faults(told[2], following, repeated=repeated)
        elif kind is kinds.SUBPATTERN:
            yield from faults(told[3], following, repeated=repeated)
        elif kind is kinds.BRANCH:
            for way in told[1]:
                yield from faults(way, following, repeated=repeated)


def _of_a_run(
    inner: Sequence[Part], behind: Sequence[Part], following: frozenset[str], *, repeated: bool
) -> Iterator[str]:
    one = letters(inner[0]) if len(inner) == 1 else None
    if one is None:
        yield from faults(inner, begins(inner)[0] | following, repeated=True)
    elif repeated and not behind and one & following:
        yield "a run, and the next turn may begin with its letters"
    elif repeated and behind and behind[0][0] in REPEATS:
        other = letters(behind[0][1][2][0]) or frozenset()
        if one & other:
            yield "two runs of the same letters"


def fault(pattern: str, flags: int = 0) -> list[str]:
    """What is wrong with an expression."""
    return list(faults(list(parser.parse(pattern, flags)), frozenset(), repeated=False))


def expressions() -> Iterator[tuple[str, str, int]]:
    """Each expression of the house by its name."""
    lazy = type(regex(""))
    for module in pkgutil.walk_packages(iptsim.__path__, "iptsim."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{module.name}.{name}", value.pattern, value.flags
            elif isinstance(value, lazy):
                yield f"{module.name}.{name}", value.pattern, vars(value)["_flags"]


def test_what_is_at_fault_is_seen() -> None:
    assert fault(r"(?:[^\w]|</?[a-z]+[^<>]*>){0,60}end")
    assert fault(r"\w+(?:[./][^\s=]+)+")
    assert not fault(r"(?:[^\w]|</?[a-z][^<>]*>){0,60}end")
    assert not fault(r"\w+[./][^\s=]+ *")


def test_no_expression_takes_work_that_grows_as_a_power() -> None:
    named = list(expressions())
    assert len(named) > 400
    wrong = {name: told for name, pattern, flags in named if (told := fault(pattern, flags))}
    assert {name for name in wrong if name not in HARMLESS} == set()
