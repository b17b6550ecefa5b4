"""Declarations of chains in a save: `:INPUT ACCEPT [0:0]`; of a broken one, as much as it tells."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.dialects.rule.words import LONGEST_NAME, NAME_EXPECTED, Source, unquote
from iptsim.errors import DumpError
from iptsim.model import Counters
from iptsim.regex import regex

POLICIES = ("ACCEPT", "DROP", "QUEUE")
_NAME = r'("(?:[^"\\]|\\.)*"|\S+)'
_CHAIN = regex(rf"\s*:\s*{_NAME}(?:\s+(\S+))?(?:\s+\[([0-9]{{1,20}}):([0-9]{{1,20}})\])?\s*")
_BEGINS = regex(rf"\s*:\s*{_NAME}(?:\s+(\S+))?")
# In the block of a table, and nowhere else, such a line is a declaration that somebody broke.
_BROKEN = regex(r":\s?[\w.-]+(?:\s+[A-Za-z0-9-]+)?\s*(?:\[.*|\s\d+:\d+.*)?$")
_DECLARES = ":NAME POLICY [0:0]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a line declares; `wrong` is what is broken in it, `spans` where both words stand."""

    chain: str | None
    said: str | None = None
    counters: Counters | None = None
    spans: tuple[tuple[int, int], ...] = ()
    wrong: DumpError | None = None


def may_declare(text: str) -> bool:
    """Whether a line in the block of a table is most likely a broken declaration."""
    return _BROKEN.match(text) is not None


def declaration(source: Source) -> Declaration:
    """What the line of a source declares."""
    text = source.text
    found = _CHAIN.fullmatch(text)
    if found is None:
        return _broken(source)
    name = unquote(found[1])
    counters = Counters(packets=int(found[3]), bytes=int(found[4])) if found[3] else None
    wrong = None
    if len(name) > LONGEST_NAME:
        wrong = source.error("this is too long for a chain's name", *found.span(1), NAME_EXPECTED)
    elif name in POLICIES and (found[2] or "[").startswith("["):
        wrong = source.error("this declares no chain", *found.span(1), _DECLARES)
    return Declaration(
        chain=None if wrong else name,
        said=found[2],
        counters=counters,
        spans=(found.span(1), found.span(2)),
        wrong=wrong,
    )


def _broken(source: Source) -> Declaration:
    text = source.text
    whole = (len(text) - len(text.lstrip()), len(text.rstrip()))
    found = _BEGINS.match(text)
    if found is None or found[1][:1] == "[" or len(found[1]) > LONGEST_NAME:
        wrong = source.error("this declares no chain", *whole, _DECLARES)
        return Declaration(chain=None, wrong=wrong)
    said = found[2] if found[2] in (*POLICIES, "-") else None
    start = found.end() if said else found.start(2)
    start += len(text[start:]) - len(text[start:].lstrip())
    wrong = source.error("this declares no chain", start, whole[1], _DECLARES)
    return Declaration(chain=unquote(found[1]), said=said, spans=(found.span(1),), wrong=wrong)
