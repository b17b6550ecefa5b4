"""A rule's text to its statements, from left to right; what nobody knows is an `Unknown`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dataclass import replace
from iptsim.dialects.nft import constants, nft_fields, rare_statements, stateful, translations
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError, cursor
from iptsim.nftables.datatypes import type_of, types_of
from iptsim.nftables.expressions import (
    AnonymousSet,
    Binary,
    Concatenation,
    Expression,
    Fib,
    Number,
    Prefix,
    Range,
    SetReference,
)
from iptsim.nftables.nft_statements import (
    Assignment,
    Match,
    Notrack,
    Statement,
    Unknown,
    Verdict,
    VerdictMap,
)
from iptsim.nftables.symbols import BITMASKS

_OPERATORS = {
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">",
    "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=", "!": "!",
}  # fmt: skip
_BOOLEAN = frozenset({"exists", "missing"})
_CT_OBJECTS = frozenset({"helper", "timeout", "expectation"})
_INTERFACES = frozenset({"oif", "oifname"})
_ENDS = frozenset({"accept", "drop", "continue", "return"})
KNOWN_AGAIN = frozenset(
    {
        *_ENDS, "jump", "goto", "counter", "log", "reject", "masquerade", "redirect", "dnat",
        "snat", "queue", "notrack", "comment",
    }
)  # fmt: skip
"""Words at which a rule is read on, behind words that nobody knows."""


def read_rule(text: str) -> tuple[tuple[Statement, ...], str | None]:
    """The statements of a rule, and its comment."""
    try:
        words = cursor(text)
    except StrangeWordsError:
        return (Unknown(text=text.strip()),), None
    found: list[Statement] = []
    comment = None
    while not words.done:
        start = words.at
        try:
            if words.accept("comment"):
                comment = words.name()
            else:
                found.append(statement(words))
        except StrangeWordsError:
            words.at = start
            words.skip_to(KNOWN_AGAIN)
            found.append(_unknown(words.upto(start)))
    return tuple(found), comment


def _unknown(text: str) -> Unknown:
    return Unknown(text=text, why="variable" if "$" in text else "words")


def statement(words: Cursor) -> Statement:
    """The next statement; raises `StrangeWordsError`."""
    first = words.peek()
    if words.kind() == "WORD":
        if first in _ENDS:
            return Verdict(kind=str(words.take()))
        read = _READERS.get(first)
        if read is not None and (found := read(words)) is not None:
            return found
    return _by_expression(words)


def _jump(words: Cursor) -> Statement:
    return Verdict(kind=str(words.take()), chain=words.name())


def _counted(words: Cursor) -> Statement:
    """A statement that counts or limits, or an object's that does."""
    if words.peek(1) == "name":
        kind = str(words.take())
        words.take()
        return rare_statements.object_reference(words, kind)
    found = stateful.statement(words)
    assert found is not None  # its first word was looked at
    return found


def _notrack(words: Cursor) -> Statement:
    words.take()
    return Notrack()


def _ct(words: Cursor) -> Statement | None:
    """`ct count`, `ct helper set "x"`; None for all others."""
    if words.peek(1) == "count":
        return stateful.statement(words)
    if words.peek(1) in _CT_OBJECTS and words.peek(2) == "set":
        kind = f"ct {words.peek(1)}"
        words.at += 3
        return rare_statements.object_reference(words, kind)
    return None


def _by_expression(words: Cursor) -> Statement:
    """A comparison, a verdict map, or something that is set."""
    if not (nft_fields.is_field(words) or words.kind() in ("PAREN", "OPEN", "VARIABLE")):
        raise StrangeWordsError
    left = nft_fields.expression(words)
    if words.accept("vmap"):
        held = constants.lookup(words, types_of(left), (constants.VERDICT,))
        return VerdictMap(key=left, map=held)
    if words.accept("set"):
        return _assigned(words, left)
    return _compared(words, left)


def _assigned(words: Cursor, target: Expression) -> Statement:
    kind = type_of(target)
    value = nft_fields.expression(words, kind)
    while words.peek() == "," and kind in BITMASKS:
        words.take()
        value = nft_fields.folded("|", value, constants.constant(words, kind))
    return Assignment(target=target, value=value)


def _compared(words: Cursor, left: Expression) -> Statement:
    told = _OPERATORS.get(words.peek())
    if told is not None:
        words.take()
    if words.peek() in _BOOLEAN:
        return _exists(words, left, told or "==")
    right = constants.right_side(words, types_of(left))
    if words.accept("/"):
        left = Binary(operator="&", left=left, right=constants.right_side(words, types_of(left)))
        return Match(left=left, operator=told or "==", right=right)
    right = _alone(right)
    return compared(left, told or implied(left, right), right)


def compared(left: Expression, operator: str, right: Expression) -> Match:
    """The comparison; with interface 0 there is no route, which names and `-n` tell apart."""
    if isinstance(left, Fib) and left.result in _INTERFACES and right == Number(value=0):
        left = Fib(flags=left.flags, result="check")
    return Match(left=left, operator=operator, right=right)


def _exists(words: Cursor, left: Expression, operator: str) -> Statement:
    if isinstance(left, Fib):
        left = Fib(flags=left.flags, result="check")
    return Match(left=left, operator=operator, right=Number(value=int(words.take() == "exists")))


def implied(left: Expression, right: Expression) -> str:
    """What a comparison without an operator asks (netlink_linearize.c, netlink_gen_relational)."""
    many = isinstance(right, AnonymousSet | SetReference)
    bits = not isinstance(left, Binary) and type_of(left) in BITMASKS
    return "in" if bits and not many else "=="


def _alone(right: Expression) -> Expression:
    """A set of one plain value is that value: nft itself takes it so."""
    if not isinstance(right, AnonymousSet) or len(right.elements) != 1:
        return right
    only = right.elements[0]
    plain = only.value is None and only.timeout is None and only.comment is None
    single = isinstance(only.key, Range | Concatenation) or only.statements
    if not plain or single:
        return right
    # Of an element the kernel is given the masked bits, whatever stands behind them.
    return replace(only.key, written=None) if isinstance(only.key, Prefix) else only.key


_READERS: Mapping[str, Callable[[Cursor], Statement | None]] = {
    "jump": _jump,
    "goto": _jump,
    "notrack": _notrack,
    "ct": _ct,
    **dict.fromkeys(("counter", "limit", "quota", "last"), _counted),
    **translations.READERS,
    **rare_statements.READERS,
}
