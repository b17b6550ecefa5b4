"""What a rule asks and does, without what decides nothing: so that ways to join it are compared.

Where a line ends within a quote, nobody knows whether a blank, an end of line or nothing stood
there. In a comment or a log's prefix it does not matter; in what `-m string` looks for it does.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.dialects.rule.plans import Read
from iptsim.model import Rule, Target

_GAPS = ("\n", " ", "")


def gaps_in(text: str) -> tuple[str, ...]:
    """The texts that one with ends of lines may have been."""
    return tuple(text.replace("\n", gap) for gap in _GAPS) if "\n" in text else (text,)


def may_decide(line: Line) -> bool:
    """Whether a line ends within a quote that may be what `-m string` looks for."""
    return "string" in line.text and ("\n" in line.text or line.text.count('"') % 2 == 1)


def alike(reads: Iterable[Read | None]) -> bool:
    """Whether all that can be read ask and do the same, and one can."""
    told = [_meaning(read) for read in reads if read is not None]
    return bool(told) and all(each == told[0] for each in told)


def _meaning(read: Read) -> object:
    return read.letter, read.operands, read.table, [_bare(rule) for rule in read.rules]


def _bare(rule: Rule) -> Rule:
    kept = tuple(match for match in rule.matches if match.name != "comment")
    target = rule.target and _unprefixed(rule.target)
    return replace(rule, place=None, matches=kept, target=target)


def _unprefixed(target: Target) -> Target:
    kept = tuple(each for each in target.options if not each.name.endswith("-prefix"))
    return replace(target, options=kept)
