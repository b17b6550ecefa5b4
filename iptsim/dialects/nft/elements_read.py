"""The elements of a named set or map, of which there may be a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dialects.nft import constants
from iptsim.dialects.nft.cursor import StrangeWordsError, cursor
from iptsim.dialects.nft.literals import NoValueError, literal
from iptsim.dialects.nft.outside import is_left_out
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import Anything, Concatenation, Expression
from iptsim.nftables.nft_statements import Verdict
from iptsim.regex import regex

_PIECE = regex(r'(?:[^,"{}]|"[^"]*"|\{[^{}]*\})+')
_ENDLESS = frozenset({"accept", "drop", "continue", "return"})
_WITH_COLONS = frozenset({"ipv6_addr", "ether_addr"})
# What writers and pagers leave where elements were; no element of nft's has it.
_MARK = regex(
    r"\[[^\[\]]*\]|<[^<>]*>|\([^()]*\)|-+\s*(?:More|snip\w*|cut)\s*-+(?:\s*\(\d+%\))?|\.{2,}|…+",
    2,  # IGNORECASE
)
_MORE = regex(r"(?:and |\+ ?)?(?:\d+|many|some) (?:more|others|elements)\b.*|etc\.?|snip|省略.*", 2)
_MAY_SAY = regex(
    r"(?i)\.\.|[\[<(…略]|--|\bmore\b|\bothers\b|\belements\b|\betc\b|snip|omit|truncat"
)
_BLANK = regex(r"\s")


def read_elements(
    text: str, kinds: Sequence[str], values: Sequence[str]
) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """What stands between the braces: the elements, and the pieces that nobody can read."""
    found: list[Element] = []
    strange: list[str] = []
    if _MAY_SAY.search(text) is not None:
        text, strange = _told_whole(text)
    for piece in map(str.strip, _PIECE.findall(text)):
        if piece:
            try:
                found += _plain(piece, kinds, values) or _told(piece, kinds, values)
            except StrangeWordsError:
                strange.append(piece)
    return tuple(found), tuple(strange)


def _told_whole(text: str) -> tuple[str, list[str]]:
    """The elements without what says that some are left out, and what says so."""
    strange: list[str] = []
    kept: list[str] = []
    for piece in map(str.strip, _PIECE.findall(text)):
        rest = [piece] if '"' in piece else _MARK.split(piece)
        if len(rest) > 1 or is_left_out(piece) or _MORE.fullmatch(piece) is not None:
            strange.append(piece)
            kept += rest if len(rest) > 1 else []
        else:
            kept.append(piece)
    return ", ".join(kept), strange


def _told(piece: str, kinds: Sequence[str], values: Sequence[str]) -> tuple[Element, ...]:
    words = cursor(piece)
    found = constants.element(words, kinds, values)
    if not words.done:
        raise StrangeWordsError
    return (found,)


def _plain(piece: str, kinds: Sequence[str], values: Sequence[str]) -> tuple[Element, ...]:
    """An element of words alone; none where it has more."""
    key, told, value = piece.partition(" : ")
    parts = key.split(" . ")
    if len(parts) != len(kinds) or _BLANK.search(key.replace(" . ", "")):
        return ()
    try:
        read = tuple(_parts(parts, kinds))
        named = read[0] if len(read) == 1 else Concatenation(parts=read)
        if not told:
            return () if values else (Element(key=named),)
        held = _value(value, values)
    except NoValueError:
        return ()
    return () if held is None else (Element(key=named, value=held),)


def _parts(parts: Sequence[str], kinds: Sequence[str]) -> Iterator[Expression]:
    for part, kind in zip(parts, kinds, strict=True):
        if ":" in part and kind not in _WITH_COLONS:
            raise NoValueError(part)
        yield Anything() if part == "*" else literal(part, kind)


def _value(text: str, kinds: Sequence[str]) -> Expression | Verdict | None:
    words = text.split()
    if tuple(kinds) == (constants.VERDICT,):
        if len(words) == 2 and words[0] in ("goto", "jump") and '"' not in words[1]:
            return Verdict(kind=words[0], chain=words[1])
        return Verdict(kind=text) if text in _ENDLESS else None
    if len(kinds) == 1 and len(words) == 1:
        return literal(text, kinds[0])
    return None
