"""What nft prints behind marks that every line has: of a quote, a log, `cat -n`, a table's box.

The marks become blanks, so that places stay true. They are found by what they leave: a listing of
nft, of whose lines nine of ten have them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from iptsim.dialects.nft.nft_signs import begins_nft
from iptsim.regex import regex

_TABLE = regex(
    r"(?:^|[^\w-])(?P<table>table[ \t]+(?:ip6?|inet|arp|bridge|netdev)[ \t]+[\w.-]+[ \t]*\{)"
)
_MOST = 1 << 21
_SHOWN = 2000
_MARKS = (
    regex(r"(?:[ \t]*>)+[ \t]?"),
    regex(r"[ \t]*\d+[\t:|][ \t]?"),
    regex(r"[^\s:]+[:-]\d+[:-]"),
    regex(r"[│┃|║][ \t]?"),
)
_BOX_END = regex(r"[ \t]*[│┃|║][ \t]*$")
_RECORD = regex(
    r"(?P<before>[^\n]*?\"(?:log|msg|message|MESSAGE)\"[ ]?:[ ]?|[ \t]*)"
    r"(?P<text>\"(?:[^\"\\]|\\.)*\")(?P<after>[^\n]*)$"
)
_WORDS = 6
Peel = Callable[[str], str | None]
"""A line with blanks in the place of its marks; None for one that has none."""


def may_be_marked(text: str) -> bool:
    """Whether a table of nft begins behind something else in its line."""
    found = _TABLE.search(text) if "table" in text and "chain" in text else None
    return found is not None and bool(text[text.rfind("\n", 0, found.start("table")) + 1 :])


def without_marks(text: str) -> str | None:
    """The text with blanks in the place of the marks; None where that makes no listing of nft."""
    if len(text) > _MOST:
        return None
    lines = text.split("\n")
    for peel in _peels(lines):
        shown = [line for line in lines[:_SHOWN] if line.strip()]
        if sum(peel(line) is not None for line in shown) * 10 < len(shown) * 9:
            continue
        bare = "\n".join(peel(line) or "" for line in lines)
        if begins_nft(bare) and bare.count("{") == bare.count("}"):
            return bare
    return None


def _peels(lines: Sequence[str]) -> Iterator[Peel]:
    for mark in _MARKS:
        yield partial(_blanked, mark)
    yield _record
    head = next((line for line in lines if _TABLE.search(line)), "")
    found = _TABLE.search(head)
    before = head[: found.start("table")].split() if found is not None else []
    if 0 < len(before) <= _WORDS:
        words = r"[ \t]+".join(re.sub(r"\d+", r"\\d+", re.escape(word)) for word in before)
        shared = re.compile(rf"{words}(?:[ ]|$)")  # made of this text's words
        yield partial(_blanked, shared)


def _blanked(mark: re.Pattern[str], line: str) -> str | None:
    found = mark.match(line)
    if found is None:
        return None
    return " " * found.end() + _BOX_END.sub("", line[found.end() :])


def _record(line: str) -> str | None:
    found = _RECORD.match(line)
    if found is None:
        return None
    try:
        told = json.loads(found["text"], strict=False)
    except ValueError:
        return None
    bare = str(told).rstrip("\r\n")
    return None if "\n" in bare else " " * (found.start("text") + 1) + bare
