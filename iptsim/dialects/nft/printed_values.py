"""Expressions as nft lists them (nftables 1.0.6; what a newer nft lists otherwise it reads so)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from iptsim.extensions.values.services import PROTOCOL_NAMES
from iptsim.nftables.datatypes import type_of, types_of
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Anything,
    Binary,
    Concatenation,
    Ct,
    Expression,
    ExtensionHeader,
    Fib,
    Hash,
    HeaderOption,
    InterfaceName,
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
    Symbol,
    UnknownExpression,
)
from iptsim.nftables.nft_statements import Statement, Verdict
from iptsim.nftables.symbols import BITMASKS, NAMES
from iptsim.values import format_address, format_mac

_SPANS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_ALONE = frozenset(
    {"iif", "iifname", "iiftype", "iifgroup", "oif", "oifname", "oiftype", "oifgroup"}
)
"""Keys of `meta` that nft lists without that word."""
PrintStatement = Callable[[Statement], str]


def quoted(text: str) -> str:
    """A string in the quotes that nft reads; it knows no escapes."""
    return f'"{text}"'


def timespan(milliseconds: int) -> str:
    """`1h30m`, `9m59s984ms`."""
    found = ""
    for unit, size in _SPANS:
        count, milliseconds = divmod(milliseconds, size)
        found += f"{count}{unit}" if count else ""
    return found or "0s"


@lru_cache(maxsize=256)
def _name_of(kind: str) -> Mapping[int, str]:
    if kind == "inet_proto":
        return PROTOCOL_NAMES
    names: dict[int, str] = {}
    for name, number in NAMES.get(kind, {}).items():
        names.setdefault(number, name)
    return names


def number(value: int, kind: str, between: str = " | ") -> str:
    """A number of a type: its name where nft has one; bits are parted by `between`."""
    if kind in BITMASKS and kind != "ct_label":
        return _bits(value, kind, between)
    if kind == "mark":
        return f"0x{value:08x}"
    if kind == "boolean":
        return "exists" if value else "missing"
    if kind == "seconds":
        return timespan(value * 1000)
    name = _name_of(kind).get(value)
    if name is not None:
        return quoted(name) if kind == "day" else name
    if kind == "classid":
        return f"{value >> 16:x}:{value & 0xFFFF:x}"
    return f"0x{value:x}" if kind in ("hex", "ether_type") else str(value)


def _bits(value: int, kind: str, between: str) -> str:
    names = _name_of(kind)
    held = [bit for bit in sorted(names) if bit and value & bit]
    rest = value & ~sum(held)
    told = [names[bit] for bit in held] + ([f"0x{rest:x}"] if rest or not held else [])
    return between.join(told)


def value(of: Expression, kinds: Sequence[str] = ("",), between: str = " | ") -> str:
    """A value, or an expression of a packet; `kinds` are the types of its parts."""
    kind = kinds[0] if kinds else ""
    if isinstance(of, Number):
        return number(of.value, kind, between)
    if isinstance(of, Address):
        return format_mac(of.value) if of.width == 48 else format_address(of.value, of.width)
    if isinstance(of, InterfaceName):
        return quoted(of.name.replace("*", "\\*") + ("*" if of.wildcard else ""))
    if isinstance(of, Symbol):
        return quoted(of.name)
    if isinstance(of, Concatenation):
        told = [*kinds, *[""] * len(of.parts)]
        return " . ".join(value(each, (k,)) for each, k in zip(of.parts, told, strict=False))
    if isinstance(of, AnonymousSet):
        return "{ " + ", ".join(element(each, kinds, ()) for each in of.elements) + " }"
    printer = _PRINTERS.get(type(of))
    return field(of, kind) if printer is None else printer(of, kind)


def _prefix(of: Prefix, kind: str) -> str:
    return f"{value(of.base, (kind,))}/{of.length}"


def _range(of: Range, kind: str) -> str:
    return f"{value(of.low, (kind,))}-{value(of.high, (kind,))}"


def _binary(of: Binary, kind: str) -> str:
    """Brackets stand where what is in them binds less."""
    inner = type_of(of.left) or kind
    left, right = value(of.left, (kind,)), value(of.right, (inner,))
    if isinstance(of.left, Binary) and _BINDS[of.left.operator] < _BINDS[of.operator]:
        left = f"({left})"
    if isinstance(of.right, Binary) or " | " in right:
        right = f"({right})"
    return f"{left} {of.operator} {right}"


def _map(of: MapLookup, kind: str) -> str:
    return f"{value(of.key)} map {lookup(of.map, types_of(of.key), (kind, 'inet_service'))}"


def lookup(of: AnonymousSet | SetReference, kinds: Sequence[str], values: Sequence[str]) -> str:
    """A set or map behind its key."""
    if isinstance(of, SetReference):
        return f"@{of.name}"
    return "{ " + ", ".join(element(each, kinds, values) for each in of.elements) + " }"


def element(of: Element, kinds: Sequence[str], values: Sequence[str]) -> str:
    """One element, with what is told of it besides."""
    told = [value(of.key, kinds)]
    told += [f"timeout {timespan(of.timeout)}"] if of.timeout is not None else []
    told += [f"expires {timespan(of.expires)}"] if of.expires is not None else []
    told += [stateful(each) for each in of.statements]
    told += [f"comment {quoted(of.comment)}"] if of.comment is not None else []
    if of.value is not None:
        held = of.value
        told += [":", verdict(held) if isinstance(held, Verdict) else value(held, values)]
    return " ".join(told)


def stateful(of: Statement) -> str:
    """A statement of an element."""
    from iptsim.dialects.nft.printed_statements import statement  # noqa: PLC0415  # mutual

    return statement(of)


def verdict(of: Verdict) -> str:
    """`accept`, `jump x`."""
    return of.kind if of.chain is None else f"{of.kind} {of.chain}"


def field(of: Any, kind: str = "") -> str:
    """What a packet, its connection or its socket has."""
    printer = _FIELDS.get(type(of))
    if printer is None:
        raise TypeError(f"no expression: {of!r} ({kind})")
    return printer(of)


def _words(*words: object) -> str:
    return " ".join(str(word) for word in words if word is not None and word != "")


def _hash(of: Hash) -> str:
    told = "symhash" if of.of is None else f"jhash {value(of.of)}"
    seed = None if of.seed is None else f"seed 0x{of.seed:x}"
    return _words(told, f"mod {of.modulus}", seed, f"offset {of.offset}" if of.offset else None)


def _numgen(of: Numgen) -> str:
    offset = f"offset {of.offset}" if of.offset else None
    return _words("numgen", of.mode, f"mod {of.modulus}", offset)


def _fib(of: Fib) -> str:
    return f"fib {' . '.join(of.flags)} {'oif' if of.result == 'check' else of.result}"


def _extension_header(of: ExtensionHeader) -> str:
    return f"exthdr {of.header}" if of.field is None else f"{of.header} {of.field}"


def _header_option(of: HeaderOption) -> str:
    what = "chunk" if of.protocol == "sctp" else "option"
    return _words(of.protocol, what, of.option, of.field)


def _ipsec(of: Ipsec) -> str:
    spnum = f"spnum {of.number}" if of.number else None
    return _words("ipsec", of.direction, spnum, of.family, of.key)


_BINDS = {"|": 0, "^": 1, "&": 2, "<<": 3, ">>": 3}
_PRINTERS: Mapping[type, Callable[[Any, str], str]] = {
    Prefix: _prefix,
    Range: _range,
    Anything: lambda _of, _kind: "*",
    SetReference: lambda of, _kind: f"@{of.name}",
    MapLookup: _map,
    Binary: _binary,
    UnknownExpression: lambda of, _kind: of.text,
}
_FIELDS: Mapping[type, Callable[[Any], str]] = {
    Meta: lambda of: of.key if of.key in _ALONE else f"meta {of.key}",
    Payload: lambda of: f"{of.protocol} {of.field}",
    RawPayload: lambda of: f"@{of.base},{of.offset},{of.length}",
    Ct: lambda of: _words("ct", of.direction, of.family, of.key),
    Fib: _fib,
    Socket: lambda of: _words("socket", of.key, None if of.level is None else f"level {of.level}"),
    Rt: lambda of: _words("rt", of.family, of.key),
    ExtensionHeader: _extension_header,
    HeaderOption: _header_option,
    RawTcpOption: lambda of: f"tcp option @{of.kind},{of.offset},{of.length}",
    Osf: lambda of: _words("osf", None if of.ttl is None else f"ttl {of.ttl}", of.key),
    Ipsec: _ipsec,
    Numgen: _numgen,
    Hash: _hash,
}
