"""The numbers that `--line-numbers` prints stay the rules', and tell where rules are missing.

Where no title promises numbers, rows may have them all the same: who types them, or pastes a title
of another call, means the rule's place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import replace
from iptsim.dialects.listing.listed_chains import ListedChain
from iptsim.dialects.listing.rows import fitting
from iptsim.dialects.listing.torn_rows import Row
from iptsim.dialects.signs.signs import COUNT, WHERE
from iptsim.model import Rule, Unread
from iptsim.regex import regex

_NUMBERED = {"plain": "numbered", "verbose": "numbered_verbose", "uncounted": "numbered_uncounted"}
_NUMBER = regex(r"\s*(\d{1,6})\s+")
_WHERE = regex(WHERE)
_COUNT = regex(COUNT)
_PLACES = ("SOURCE", "DESTINATION")


def number_rows(chain: ListedChain) -> None:
    """Read the numbers that no title promises: all rows have one, or one row has its place's."""
    numbered = _NUMBERED.get(chain.kind or "")
    rows = [row for row in chain.rows if isinstance(row, Row)]
    if chain.kind is None or numbered is None or not rows or len(rows) < len(chain.rows):
        return
    told = [_number(row.line.text, chain.kind, numbered) for row in rows]
    if all(told):
        chain.kind = numbered
        return
    for place, (row, found) in enumerate(zip(rows, told, strict=True), 1):
        if found is not None and int(found[1]) == place:
            row.line = row.line.behind(found.end())


def _number(text: str, unnumbered: str, numbered: str) -> re.Match[str] | None:
    """The number before a row whose addresses stand where they should behind it only."""
    found = _NUMBER.match(text)
    if found is None or _addressed(text, unnumbered) or not _addressed(text, numbered):
        return None
    return found


def _addressed(text: str, row_kind: str) -> bool:
    """Whether addresses stand where they should, and no count in the target's place."""
    columns = fitting(row_kind, text)
    if columns is None or _COUNT.fullmatch(columns["TARGET_0"] or ""):
        return False
    return all(_WHERE.fullmatch(columns[each]) for each in _PLACES)


def with_gaps(rules: Sequence[Rule]) -> tuple[list[Rule], bool]:
    """The rules of a chain with what their numbers leave out, and whether the numbers rise.

    A gap beside a place where the writer left rules out is that place.
    """
    if all(rule.number is None for rule in rules):
        return list(rules), True
    done: list[Rule] = []
    rises, following = True, 1
    for rule in rules:
        if rule.number is None:
            done.append(replace(rule, number=following))
            continue
        missing = rule.number - following
        rises = rises and missing >= 0
        if missing > 0:
            _leave_out(done, rule, following, missing)
        done.append(rule)
        following = rule.number + 1
    return done, rises


def _leave_out(done: list[Rule], rule: Rule, number: int, missing: int) -> None:
    above = done[-1].unread if done else None
    if above is not None and above.why == "elided":
        done[-1] = replace(done[-1], unread=replace(above, count=missing))
    else:
        gap = Unread(why="gap", count=missing)
        done.append(Rule(place=rule.place, number=number, unread=gap))
