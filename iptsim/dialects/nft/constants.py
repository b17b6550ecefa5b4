"""What stands to the right of a comparison, and in sets: values, ranges, concatenations, sets."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.dialects.nft import stateful
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError
from iptsim.dialects.nft.literals import NoValueError, literal
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    AnonymousSet,
    Anything,
    Concatenation,
    Expression,
    Number,
    Range,
    SetReference,
)
from iptsim.nftables.nft_statements import Verdict
from iptsim.nftables.symbols import BITMASKS

VERDICT = "verdict"
_ENDLESS = frozenset({"accept", "drop", "continue", "return", "queue"})
_KINDS = frozenset({"WORD", "STRING", "ADDRESS"})
_TIMES = frozenset({"hour", "time"})
_OR = frozenset({"|", "or"})


def constant(words: Cursor, kind: str) -> Expression:
    """One value of a type, a prefix or a range."""
    if words.kind() not in _KINDS:
        raise StrangeWordsError
    start = words.at
    found = _literal(words.take(), kind)
    if kind in _TIMES and words.kind() == "COLON":
        while words.kind() == "COLON" and words.kind(1) == "WORD":
            words.at += 2
        return _literal(words.upto(start), kind)
    if words.peek() == "-" and words.kind() == "WORD":
        words.take()
        return Range(low=found, high=_literal(words.take(), kind))
    if words.kind() == "COLON" and kind == "classid" and words.kind(1) == "WORD":
        words.at += 2
        return _literal(words.upto(start), kind)
    return found


def _literal(word: str, kind: str) -> Expression:
    try:
        return literal(str(word), kind)
    except NoValueError:
        raise StrangeWordsError from None


def right_side(words: Cursor, kinds: Sequence[str]) -> Expression:
    """What something is compared with; `kinds` are the types of its parts."""
    if words.kind() in ("OPEN", "REFERENCE"):
        return lookup(words, kinds, ())
    found = concatenated(words, kinds)
    while words.peek() == "," and BITMASKS.issuperset(kinds) and words.kind(1) in _KINDS:
        words.take()
        found = _both(found, _bits(words, kinds[0]))
    return found


def lookup(
    words: Cursor, kinds: Sequence[str], values: Sequence[str]
) -> AnonymousSet | SetReference:
    """A set or map, told here or by its name; `values` are the types of a map's values."""
    if words.kind() == "REFERENCE":
        return SetReference(name=words.take()[1:])
    words.expect("{")
    return AnonymousSet(elements=elements(words, kinds, values))


def concatenated(words: Cursor, kinds: Sequence[str]) -> Expression:
    """Values side by side, each of its type."""
    parts = [_part(words, kinds[0] if kinds else "")]
    while words.kind() == "DOT":
        words.take()
        parts.append(_part(words, kinds[len(parts)] if len(parts) < len(kinds) else ""))
    return parts[0] if len(parts) == 1 else Concatenation(parts=tuple(parts))


def _part(words: Cursor, kind: str) -> Expression:
    """One value, or bits of a number that several values tell."""
    if words.accept("*"):
        return Anything()
    return _bits(words, kind)


def _bits(words: Cursor, kind: str) -> Expression:
    if words.accept("("):
        found = _bits(words, kind)
        words.expect(")")
    else:
        found = constant(words, kind)
    while words.peek() in _OR:
        words.take()
        found = _both(found, _bits(words, kind))
    return found


def _both(left: Expression, right: Expression) -> Expression:
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(value=left.value | right.value)
    raise StrangeWordsError


def elements(words: Cursor, kinds: Sequence[str], values: Sequence[str]) -> tuple[Element, ...]:
    """Elements up to the closing brace; sets among them are taken apart."""
    found: list[Element] = []
    while not words.accept("}"):
        if words.accept("{"):
            found += elements(words, kinds, values)
        else:
            found.append(element(words, kinds, values))
        if not words.accept(",") and words.peek() != "}":
            raise StrangeWordsError
    return tuple(found)


def element(words: Cursor, kinds: Sequence[str], values: Sequence[str]) -> Element:
    """One element of a set or map."""
    key = concatenated(words, kinds)
    told = stateful.told(words)
    value = _value(words, values) if words.accept(":") else None
    more = stateful.told(words) if value is not None else {}
    return Element(key=key, value=value, **{**told, **more})


def _value(words: Cursor, kinds: Sequence[str]) -> Expression | Verdict:
    """The value of a map's element."""
    if words.peek() in ("jump", "goto"):
        return Verdict(kind=words.take(), chain=words.name())
    if words.peek() in _ENDLESS and (tuple(kinds) == (VERDICT,) or not kinds):
        return Verdict(kind=words.take())
    return concatenated(words, kinds)
