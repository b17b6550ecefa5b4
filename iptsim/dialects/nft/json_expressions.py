"""Expressions of `nft -j` (libnftables-json(5)) to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iptsim.dialects.nft.cursor import StrangeWordsError
from iptsim.dialects.nft.literals import NoValueError, literal
from iptsim.dialects.nft.nft_fields import folded
from iptsim.nftables.datatypes import type_of, types_of
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Anything,
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
    Prefix,
    Range,
    RawPayload,
    RawTcpOption,
    Rt,
    SetReference,
    Socket,
    prefix_of,
)

OPERATORS = ("|", "^", "&", "<<", ">>")
_OPTIONS = {"tcp option": "tcp", "ip option": "ip", "sctp chunk": "sctp", "dccp option": "dccp"}
ElementStatements = Callable[[Mapping[str, Any]], dict[str, Any]]


def only(of: Any) -> tuple[str, Any]:
    """The one key of an object, and what it holds."""
    if not isinstance(of, dict) or len(of) != 1:
        raise StrangeWordsError
    key, value = next(iter(of.items()))
    return str(key), value


def read_expression(of: Any, kinds: Sequence[str] = ("",)) -> Expression:
    """An expression; `kinds` are the types of the parts of a value."""
    kind = kinds[0] if kinds else ""
    if isinstance(of, bool):
        return Number(value=int(of))
    if isinstance(of, int):
        return Number(value=of)
    if isinstance(of, str):
        return _word(of, kind)
    if isinstance(of, list):
        return _bits(of, kind)
    key, held = only(of)
    if key in OPERATORS:
        return _binary(key, held, kind)
    read = _READERS.get(key)
    if read is not None:
        return read(held)
    several = _SEVERAL.get(key)
    if several is None:
        raise StrangeWordsError
    return several(held, kinds)


def _word(of: str, kind: str) -> Expression:
    if of == "*" and kind != "string":
        return Anything()
    if of[:1] == "@":
        return SetReference(name=of[1:])
    try:
        return literal(of, kind)
    except NoValueError:
        raise StrangeWordsError from None


def _bits(of: Sequence[Any], kind: str) -> Expression:
    """Flags, which together are one number."""
    found: Expression = Number(value=0)
    for each in of:
        found = folded("|", found, read_expression(each, (kind,)))
    return found


def _binary(operator: str, of: Any, kind: str) -> Expression:
    if not isinstance(of, list) or len(of) < 2:
        raise StrangeWordsError
    found = read_expression(of[0], (kind,))
    for each in of[1:]:
        found = folded(operator, found, read_expression(each, (type_of(found) or kind,)))
    return found


def _concatenation(of: Any, kinds: Sequence[str]) -> Expression:
    told = [*kinds, *[""] * len(of)]
    parts = (read_expression(each, (kind,)) for each, kind in zip(of, told, strict=False))
    return Concatenation(parts=tuple(parts))


def _prefix(of: Any, kinds: Sequence[str]) -> Expression:
    base, length = read_expression(of["addr"], kinds), of["len"]
    if isinstance(base, Address) and isinstance(length, int) and 0 <= length <= base.width:
        return prefix_of(base, length)
    if isinstance(base, Address | Number) and isinstance(length, int):
        return Prefix(base=base, length=length)
    raise StrangeWordsError


def _range(of: Any, kinds: Sequence[str]) -> Expression:
    low, high = of
    return Range(low=read_expression(low, kinds), high=read_expression(high, kinds))


def _set(of: Any, kinds: Sequence[str]) -> Expression:
    return AnonymousSet(elements=read_elements(of, kinds, ()))


def read_map(of: Any, value: str) -> MapLookup:
    """`{"key": …, "data": …}`; the type of what it holds."""
    key = read_expression(of["key"])
    return MapLookup(key=key, map=read_lookup(of["data"], types_of(key), (value,)))


def read_lookup(
    of: Any, kinds: Sequence[str], values: Sequence[str]
) -> AnonymousSet | SetReference:
    """A set or map, told here or by its name."""
    if isinstance(of, str) and of[:1] == "@":
        return SetReference(name=of[1:])
    key, held = only(of)
    if key != "set":
        raise StrangeWordsError
    return AnonymousSet(elements=read_elements(held, kinds, values))


def read_elements(of: Any, kinds: Sequence[str], values: Sequence[str]) -> tuple[Element, ...]:
    """The elements of a set, or pairs of a map's."""
    told = of if isinstance(of, list) else [of]
    return tuple(_element(each, kinds, values) for each in told)


def _element(of: Any, kinds: Sequence[str], values: Sequence[str]) -> Element:
    from iptsim.dialects.nft.json_statements import element_told, read_value  # noqa: PLC0415  # mutual

    value = None
    if values:
        of, told = of
        value = read_value(told, values)
    if not (isinstance(of, dict) and "elem" in of):
        return Element(key=read_expression(of, kinds), value=value)
    held = of["elem"]
    key = read_expression(held["val"], kinds)
    return Element(key=key, value=value, **element_told(held))


def _payload(of: Any) -> Expression:
    if "base" in of:
        return RawPayload(base=of["base"], offset=of["offset"], length=of["len"])
    return Payload(protocol=of["protocol"], field=of["field"])


def _ct(of: Any) -> Expression:
    key = of["key"]
    family = of.get("family")
    if key[:3] in ("ip ", "ip6"):
        family, key = key.split(" ", 1)
    return Ct(key=key, direction=of.get("dir"), family=family)


def _fib(of: Any) -> Expression:
    flags = of.get("flags", [])
    return Fib(flags=(flags,) if isinstance(flags, str) else tuple(flags), result=of["result"])


def _tcp_option(of: Any) -> Expression:
    if "base" in of:
        return RawTcpOption(kind=of["base"], offset=of["offset"], length=of["len"])
    return HeaderOption(protocol="tcp", option=str(of["name"]), field=of.get("field"))


def _header_option(name: str) -> Callable[[Any], Expression]:
    def read(of: Any) -> Expression:
        option = str(of["name"] if "name" in of else of["type"])
        return HeaderOption(protocol=_OPTIONS[name], option=option, field=of.get("field"))

    return read


def _ipsec(of: Any) -> Expression:
    return Ipsec(
        direction=of["dir"], key=of["key"], number=of.get("spnum", 0), family=of.get("family")
    )


def _jhash(of: Any) -> Expression:
    return Hash(
        of=read_expression(of["expr"]),
        modulus=of["mod"],
        seed=of.get("seed"),
        offset=of.get("offset", 0),
    )


_READERS: Mapping[str, Callable[[Any], Expression]] = {
    "meta": lambda of: Meta(key=of["key"]),
    "payload": _payload,
    "ct": _ct,
    "fib": _fib,
    "exthdr": lambda of: ExtensionHeader(header=of["name"], field=of.get("field")),
    "tcp option": _tcp_option,
    **{name: _header_option(name) for name in ("ip option", "sctp chunk", "dccp option")},
    "rt": lambda of: Rt(key=of["key"], family=of.get("family")),
    "socket": lambda of: Socket(key=of["key"], level=of.get("level")),
    "osf": lambda of: Osf(key=of["key"], ttl=of.get("ttl")),
    "ipsec": _ipsec,
    "numgen": lambda of: Numgen(mode=of["mode"], modulus=of["mod"], offset=of.get("offset", 0)),
    "jhash": _jhash,
    "symhash": lambda of: Hash(modulus=of["mod"], offset=of.get("offset", 0)),
}
_SEVERAL: Mapping[str, Callable[[Any, Sequence[str]], Expression]] = {
    "concat": _concatenation,
    "prefix": _prefix,
    "range": _range,
    "set": _set,
    "map": lambda of, kinds: read_map(of, kinds[0] if kinds else ""),
    "elem": lambda of, kinds: read_expression(of["val"], kinds),
}
