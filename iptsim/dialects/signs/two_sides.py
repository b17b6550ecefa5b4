"""Signs before lines by which somebody tells two dumps in one text: `-` taken out, `+` put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from iptsim.dataclass import dataclass
from iptsim.regex import regex

# Names are bounded: a line of ten thousand signs is looked at from each of them.
_RULE = r"(?:\[\d+:\d+\] )?-[AI] \S"
_COUNTED = r"(?:\d+ +)?(?:\d+[KMGT]? +\d+[KMGT]? +)?"
_ROW = _COUNTED + r"[\w-]{1,64} +(?:all|tcp|udp|icmp|\d+) +(?:--|-f|!f) "
_STATEMENT = rf"(?:{_RULE}|-[PN] \S|:\S{{1,64}} (?:ACCEPT|DROP|-)(?: \[|$)|{_ROW})"
_CALL = r"(?:sudo )?(?:/\S{0,99}/)?ip6?tables -"
_SIGNS = regex(rf"[+-] ?(?:{_STATEMENT})|[+-]{_CALL}|<<<<<<< ")
_BARE = regex(rf"\s*(?:{_RULE}|{_ROW}|{_CALL})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """How the signs stand: right before the lines, or (`wide`) with a blank between."""

    wide: bool
    signed: re.Pattern[str]

    def of(self, texts: Iterable[str]) -> list[str]:
        """The signs that stand before rules and chains."""
        found = (self.signed.match(text.lstrip()) for text in texts)
        return [each["sign"] for each in found if each is not None]


TIGHT = Marking(wide=False, signed=regex(rf"(?P<sign>[+-])(?:{_STATEMENT}|{_CALL})"))
# A shell's trace has a plus before commands, and a list of YAML a dash.
WIDE = Marking(wide=True, signed=regex(rf"(?P<sign>[+-]) {_STATEMENT}"))


def may_be_marked(text: str) -> bool:
    """Whether a quick look finds a sign before a rule, or a conflict of a merge."""
    return _SIGNS.search(text) is not None


def marking(texts: Sequence[str]) -> Marking | None:
    """The signs that tell two dumps; None where they make a list, or none stand there."""
    if not may_be_marked("\n".join(texts)):
        return None
    for form in (TIGHT, WIDE):
        signs = form.of(texts)
        if set(signs) == {"+", "-"}:
            return form
        # A list has its sign before every item; a dash before some of the rules takes them out.
        # `--A INPUT` once is as likely a slip of the hand.
        several = form.wide or len(signs) > 1
        if set(signs) == {"-"} and several and _unsigned(texts) >= len(signs):
            return form
    return None


def _unsigned(texts: Iterable[str]) -> int:
    return sum(_BARE.match(text) is not None for text in texts)
