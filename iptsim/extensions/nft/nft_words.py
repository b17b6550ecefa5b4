"""Expressions and statements in a few words, as nft writes them: how facts call them."""

from __future__ import annotations

from collections.abc import Iterable

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
from iptsim.nftables.nft_statements import ConnectionLimit, Limit, Match, Quota, Verdict
from iptsim.values import format_address, format_mac

_FEW = 8
_ALONE = frozenset(
    {"iif", "iifname", "iifgroup", "iiftype", "oif", "oifname", "oifgroup", "oiftype"}
)
"""What nft writes without `meta` (src/meta.c, meta_key_is_unqualified)."""


def match_words(one: Match) -> str:
    """`tcp dport 22`, `ip saddr != @blocked`."""
    sign = "" if one.operator in ("==", "in") else f"{one.operator} "
    return f"{words(one.left)} {sign}{words(one.right)}"


def limit_words(one: Limit | Quota | ConnectionLimit) -> str:
    """`limit rate over 5/minute`, `quota 1000 bytes`, `ct count over 10`."""
    over = "over " if one.over else ""
    match one:
        case Limit(rate=rate, per=per, burst=burst, unit=unit):
            many = "" if unit == "packets" else f" {unit}"
            more = "" if burst is None else f" burst {burst} {unit}"
            return f"limit rate {over}{rate}{many}/{per}{more}"
        case Quota(bytes=size):
            return f"quota {over}{size} bytes"
        case ConnectionLimit(count=count):
            return f"ct count {over}{count}"


def words(one: Expression) -> str:
    """An expression as nft writes it, numbers as numbers."""
    return _value(one) or _composed(one) or _field(one)


def _value(one: Expression) -> str:  # noqa: PLR0911  # a kind of value each
    match one:
        case Number(value=value):
            return str(value)
        case Address(value=value, width=width):
            return format_mac(value) if width == 48 else format_address(value, width)
        case InterfaceName(name=name, wildcard=wildcard):
            return f'"{name}{"*" if wildcard else ""}"'
        case Symbol(name=name):
            return f'"{name}"'
        case Prefix(base=base, length=length):
            return f"{words(base)}/{length}"
        case Range(low=low, high=high):
            return f"{words(low)}-{words(high)}"
        case Anything():
            return "*"
        case SetReference(name=name):
            return f"@{name}"
        case _:
            return ""


def _composed(one: Expression) -> str:
    match one:
        case Concatenation(parts=parts):
            return " . ".join(map(words, parts))
        case AnonymousSet(elements=elements):
            return f"{{ {_elements(elements)} }}"
        case MapLookup(key=key, map=held):
            return f"{words(key)} map {words(held)}"
        case Binary(operator=operator, left=left, right=right):
            return f"{words(left)} {operator} {words(right)}"
        case UnknownExpression(text=text):
            return text
        case _:
            return ""


def _elements(elements: Iterable[Element]) -> str:
    told = [_element(one) for one in elements]
    return ", ".join(told if len(told) <= _FEW else (*told[:_FEW], f"… {len(told) - _FEW} more"))


def _element(one: Element) -> str:
    if one.value is None:
        return words(one.key)
    if isinstance(one.value, Verdict):
        chain = f" {one.value.chain}" if one.value.chain else ""
        return f"{words(one.key)} : {one.value.kind}{chain}"
    return f"{words(one.key)} : {words(one.value)}"


def _field(one: Expression) -> str:  # a kind of expression each
    match one:
        case Meta(key=key):
            return key if key in _ALONE else f"meta {key}"
        case Payload(protocol=protocol, field=field):
            return f"{protocol} {field}"
        case RawPayload(base=base, offset=offset, length=length):
            return f"@{base},{offset},{length}"
        case Ct(key=key, direction=direction, family=family):
            return " ".join(filter(None, ("ct", direction, family, key)))
        case Fib(flags=flags, result=result):
            return f"fib {' . '.join(flags)} {result}"
        case Rt(key=key, family=family):
            return " ".join(filter(None, ("rt", family, key)))
        case Hash(of=None, modulus=modulus):
            return f"symhash mod {modulus}"
        case _:
            return _rare(one)


def _rare(one: Expression) -> str:  # noqa: PLR0911  # a kind of expression each
    match one:
        case ExtensionHeader(header=header, field=field):
            return f"exthdr {header}" if field is None else f"{header} {field}"
        case HeaderOption(protocol=protocol, option=option, field=field):
            return " ".join(filter(None, (protocol, "option", option, field)))
        case RawTcpOption(kind=kind, offset=offset, length=length):
            return f"tcp option @{kind},{offset},{length}"
        case Socket(key=key, level=level):
            return f"socket {key}" if level is None else f"socket {key} level {level}"
        case Osf(key=key):
            return f"osf {key}"
        case Ipsec(direction=direction, key=key, number=number, family=family):
            return " ".join(filter(None, ("ipsec", direction, f"spnum {number}", family, key)))
        case Numgen(mode=mode, modulus=modulus, offset=offset):
            return f"numgen {mode} mod {modulus}{f' offset {offset}' if offset else ''}"
        case Hash(of=of, modulus=modulus, seed=seed, offset=offset):
            of_what = "" if of is None else f"{words(of)} "
            return f"jhash {of_what}mod {modulus} seed {seed} offset {offset}"
        case _:
            return type(one).__name__
