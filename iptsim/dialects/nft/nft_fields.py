"""Expressions of a rule: what a packet has, operators, concatenations and map lookups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dialects.nft import constants
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError
from iptsim.nftables.datatypes import (
    CT,
    EXTENSION_HEADERS,
    HEADERS,
    META,
    UNQUALIFIED,
    type_of,
    types_of,
)
from iptsim.nftables.expressions import (
    Binary,
    Concatenation,
    Ct,
    Expression,
    ExtensionHeader,
    Fib,
    Hash,
    HeaderOption,
    Ipsec,
    MapLookup,
    Meta,
    Number,
    Numgen,
    Osf,
    Payload,
    RawPayload,
    RawTcpOption,
    Rt,
    Socket,
)

_LEVELS = (
    {"|": "|", "or": "|"},
    {"^": "^", "xor": "^"},
    {"&": "&", "and": "&"},
    {"<<": "<<", "lshift": "<<", ">>": ">>", "rshift": ">>"},
)
"""Operators, those that bind least first (nft's parser_bison.y)."""
_FOLD: Mapping[str, Callable[[int, int], int]] = {
    "|": int.__or__,
    "^": int.__xor__,
    "&": int.__and__,
    "<<": lambda left, right: left << min(right, 256),
    ">>": int.__rshift__,
}
_FIB_FLAGS = frozenset({"saddr", "daddr", "mark", "iif", "oif"})
_FIB_RESULTS = frozenset({"type", "oif", "oifname", "check"})
_FAMILIES = ("ip", "ip6")


def expression(words: Cursor, kind: str = "") -> Expression:
    """An expression; `kind` is the type of a word that is a value."""
    parts = [_level(words, 0, kind)]
    while words.kind() == "DOT":
        words.take()
        parts.append(_level(words, 0, kind))
    found = parts[0] if len(parts) == 1 else Concatenation(parts=tuple(parts))
    if words.accept("map"):
        held = constants.lookup(words, types_of(found), (kind,))
        return MapLookup(key=found, map=held)
    return found


def _level(words: Cursor, level: int, kind: str) -> Expression:
    if level == len(_LEVELS):
        return _primary(words, kind)
    found = _level(words, level + 1, kind)
    while (operator := _LEVELS[level].get(words.peek())) is not None:
        words.take()
        words.nest()
        found = folded(operator, found, _level(words, level + 1, type_of(found) or kind))
    return found


def folded(operator: str, left: Expression, right: Expression) -> Expression:
    """The operation, done where both sides are numbers."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(value=_FOLD[operator](left.value, right.value))
    return Binary(operator=operator, left=left, right=right)


def _primary(words: Cursor, kind: str) -> Expression:
    word = words.peek()
    if word == "(":
        words.take()
        found = expression(words, kind)
        words.expect(")")
        return found
    if words.kind() == "RAW":
        return _raw(words.take())
    read = _READERS.get(word) if words.kind() == "WORD" else None
    packets = None if read is None else read(words)
    return constants.constant(words, kind) if packets is None else packets


def _raw(word: str) -> RawPayload:
    base, offset, length = word[1:].split(",")
    return RawPayload(base=base, offset=int(offset), length=int(length))


def is_field(words: Cursor) -> bool:
    """Whether an expression of a packet begins here."""
    return words.kind() == "RAW" or (words.kind() == "WORD" and words.peek() in _READERS)


def _meta(words: Cursor) -> Expression:
    words.take()
    key = words.take()
    if key not in META:
        raise StrangeWordsError
    return Meta(key=key)


def _unqualified(words: Cursor) -> Expression:
    return Meta(key=words.take())


def _ct(words: Cursor) -> Expression:
    words.take()
    direction = words.take() if words.peek() in ("original", "reply") else None
    family = words.take() if words.peek() in _FAMILIES else None
    key = words.take()
    if key not in CT or key == "count":
        raise StrangeWordsError
    return Ct(key=key, direction=direction, family=family)


def _fib(words: Cursor) -> Expression:
    words.take()
    flags = [words.take()]
    while words.kind() == "DOT":
        words.take()
        flags.append(words.take())
    result = words.take()
    if not _FIB_FLAGS.issuperset(flags) or result not in _FIB_RESULTS:
        raise StrangeWordsError
    return Fib(flags=tuple(map(str, flags)), result=result)


def _socket(words: Cursor) -> Expression:
    words.take()
    key = words.take()
    if key not in ("transparent", "mark", "wildcard", "cgroupv2"):
        raise StrangeWordsError
    level = words.number() if words.accept("level") else None
    return Socket(key=key, level=level)


def _rt(words: Cursor) -> Expression:
    """A route's, or of the routing header (`rt type`)."""
    if (header := _extension_header(words)) is not None:
        return header
    words.take()
    family = words.take() if words.peek() in _FAMILIES else None
    key = words.take()
    if key not in ("classid", "nexthop", "mtu", "ipsec"):
        raise StrangeWordsError
    return Rt(key=key, family=family)


def _osf(words: Cursor) -> Expression:
    words.take()
    ttl = words.take() if words.accept("ttl") else None
    key = words.take()
    if key not in ("name", "version"):
        raise StrangeWordsError
    return Osf(key=key, ttl=ttl)


def _ipsec(words: Cursor) -> Expression:
    words.take()
    direction = words.take()
    number = words.number() if words.accept("spnum") else 0
    family = words.take() if words.peek() in _FAMILIES else None
    key = words.take()
    if direction not in ("in", "out") or key not in ("reqid", "spi", "saddr", "daddr"):
        raise StrangeWordsError
    return Ipsec(direction=direction, key=key, number=number, family=family)


def _numgen(words: Cursor) -> Expression:
    words.take()
    mode = words.take()
    words.expect("mod")
    modulus = words.number()
    if mode not in ("inc", "random"):
        raise StrangeWordsError
    return Numgen(mode=mode, modulus=modulus, offset=_offset(words))


def _offset(words: Cursor) -> int:
    return words.number() if words.accept("offset") else 0


def _jhash(words: Cursor) -> Expression:
    words.take()
    of = expression(words)
    words.expect("mod")
    modulus = words.number()
    seed = words.number() if words.accept("seed") else None
    return Hash(of=of, modulus=modulus, seed=seed, offset=_offset(words))


def _symhash(words: Cursor) -> Expression:
    words.take()
    words.expect("mod")
    modulus = words.number()
    return Hash(modulus=modulus, offset=_offset(words))


def _exthdr(words: Cursor) -> Expression:
    words.take()
    return ExtensionHeader(header=words.take())


def _extension_header(words: Cursor) -> Expression | None:
    fields = EXTENSION_HEADERS[words.peek()]
    if words.peek(1) not in fields:
        return None
    header, field = words.take(), str(words.take())
    if words.accept("["):
        # `srh sid[1]`, one of several addresses.
        field = f"{field}[{words.number()}]"
        words.expect("]")
    return ExtensionHeader(header=header, field=field)


def _payload(words: Cursor) -> Expression | None:
    """A header's field; None where the word is but a protocol's name."""
    protocol, field = words.peek(), words.peek(1)
    if (protocol, field) in _OPTIONS:
        return _option(words)
    if protocol == "arp" and field in ("saddr", "daddr"):
        field = f"{field} {words.peek(2)}"
    if field not in HEADERS[protocol]:
        return None
    words.at += 1 + len(field.split())
    return Payload(protocol=protocol, field=field)


_OPTIONS = frozenset({("tcp", "option"), ("ip", "option"), ("sctp", "chunk"), ("dccp", "option")})
_NO_OPTION_FIELDS = frozenset({"exists", "missing", "set", "map", "vmap", "==", "!=", ""})


def _option(words: Cursor) -> Expression:
    protocol, _ = words.take(), words.take()
    if words.kind() == "RAW":
        kind, offset, length = words.take()[1:].split(",")
        return RawTcpOption(kind=int(kind), offset=int(offset), length=int(length))
    option = words.take()
    field = None if words.peek() in _NO_OPTION_FIELDS else str(words.take())
    return HeaderOption(protocol=protocol, option=str(option), field=field)


_READERS: Mapping[str, Callable[[Cursor], Expression | None]] = {
    **dict.fromkeys(UNQUALIFIED, _unqualified),
    **dict.fromkeys(EXTENSION_HEADERS, _extension_header),
    **dict.fromkeys(HEADERS, _payload),
    "meta": _meta,
    "ct": _ct,
    "fib": _fib,
    "socket": _socket,
    "rt": _rt,
    "osf": _osf,
    "ipsec": _ipsec,
    "numgen": _numgen,
    "jhash": _jhash,
    "symhash": _symhash,
    "exthdr": _exthdr,
}
