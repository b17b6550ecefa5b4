"""A word that stands for a value, by the type that is compared: `ssh`, `10.0.0.0/8`, `"eth*"`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from iptsim.extensions.values.services import PROTOCOLS, SERVICES
from iptsim.nftables.expressions import (
    Address,
    Expression,
    InterfaceName,
    Number,
    Prefix,
    Range,
    Symbol,
    prefix_of,
)
from iptsim.nftables.symbols import NAMES
from iptsim.regex import regex
from iptsim.values import parse_address

_SPANS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_TIME = regex(r"(?:\d{1,10}(?:ms|[wdhms]))+")
_PIECE = regex(r"(\d+)(ms|[wdhms])")
_MAC = regex(r"[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}")
_HANDLE = regex(r"([0-9a-fA-F]{0,4}):([0-9a-fA-F]{0,4})")
_WIDTHS = {"ipv4_addr": 32, "ipv6_addr": 128}
_BITS = {"dscp": 6, "ecn": 2, "inet_proto": 8, "inet_service": 16, "mark": 32, "ether_type": 16}
_TEXTS = frozenset({"string", "uid", "gid", "realm", "ct_label", "cgroupsv2", "time", "hour"})
_INTERFACES = frozenset({"ifname", "iface_index"})
_CLOSED = frozenset(NAMES) - {"iface_type", "devgroup", "classid"}
"""Types of which nft knows all names by itself; those of others are in files of the host."""


class NoValueError(ValueError):
    """The word is no value of that type."""


def milliseconds(word: str) -> int:
    """`1h30m`, `9m59s984ms`, or seconds as a number; raises `NoValueError`."""
    if _TIME.fullmatch(word):
        return sum(
            int(count) * (1 if unit == "ms" else _SPANS[unit] * 1000)
            for count, unit in _PIECE.findall(word)
        )
    if word.isascii() and word.isdigit() and len(word) < 20:
        return int(word) * 1000
    raise NoValueError(word)


@lru_cache(maxsize=65536)
def literal(word: str, kind: str) -> Expression:
    """The value, range or prefix that a word is; `word` has its quotes.

    A name that has no number here is a `Symbol`. Raises `NoValueError` for what is no value.
    """
    if word[:1] == '"':
        return _quoted(word, kind)
    if kind in _INTERFACES and not word.isdigit():
        return _interface(word)
    if "/" in word and (found := _prefix(word, kind)) is not None:
        return found
    single = _single(word, kind)
    if single is not None:
        return single
    return _range(word, kind) or _symbol(word, kind)


def _quoted(word: str, kind: str) -> Expression:
    text = word.strip('"')
    if kind in _INTERFACES:
        return _interface(text if word[-1] == '"' else text.removesuffix('"*') + "*")
    names = _names(kind)
    if names and (number := names(text)) is not None:
        return Number(value=number)
    return Symbol(name=text)


def _interface(text: str) -> Expression:
    if text.endswith("\\*"):
        return InterfaceName(name=text[:-2] + "*")
    return InterfaceName(name=text.removesuffix("*"), wildcard=text.endswith("*"))


def _names(kind: str) -> Callable[[str], int | None] | None:
    """What tells the number of a name of a type."""
    if kind == "inet_proto":
        return PROTOCOLS.get
    if kind == "inet_service":
        return SERVICES.get
    return NAMES[kind].get if kind in NAMES else None


def _single(word: str, kind: str) -> Expression | None:
    """One number or address; None where it is none."""
    names = _names(kind)
    if names is not None and (number := names(word)) is not None:
        return Number(value=number)
    if kind in _WIDTHS:
        return _address(word, _WIDTHS[kind])
    if kind == "ether_addr":
        return _mac(word)
    if (number := _number(word)) is not None:
        return Number(value=number)
    if kind == "seconds" and _TIME.fullmatch(word):
        return Number(value=milliseconds(word) // 1000)
    if kind == "classid" and (found := _HANDLE.fullmatch(word)):
        return Number(value=int(found[1] or "0", 16) << 16 | int(found[2] or "0", 16))
    return _untyped(word) if kind in ("", "integer") else None


def _untyped(word: str) -> Expression | None:
    """A word that nothing tells the type of, by its looks."""
    if _MAC.fullmatch(word):
        return _mac(word)
    if ":" in word:
        return _address(word, 128)
    return _address(word, 32) if word.count(".") == 3 else None


def _number(word: str) -> int | None:
    if word.isdigit() and word.isascii() and len(word) <= 40:
        return int(word)
    if word[:2] == "0x" and len(word) <= 42:
        try:
            return int(word, 16)
        except ValueError:
            return None
    return None


def _mac(word: str) -> Expression | None:
    if not _MAC.fullmatch(word):
        return None
    octets = (int(octet, 16) for octet in word.split(":"))
    return Address(value=int.from_bytes(bytes(octets)), width=48)


def _address(word: str, width: int) -> Expression | None:
    if not (word[:1].isdigit() or ":" in word):
        return None
    try:
        return Address(value=parse_address(word, width)[0], width=width)
    except ValueError:
        return None


def _prefix(word: str, kind: str) -> Expression | None:
    base, _, length = word.partition("/")
    if not (length.isascii() and length.isdigit()) or len(length) > 3:
        return None
    single = _single(base, kind)
    if isinstance(single, Address) and int(length) <= single.width:
        return prefix_of(single, int(length))
    if isinstance(single, Number) and int(length) <= _BITS.get(kind, 128):
        return Prefix(base=single, length=int(length))
    return None


def _range(word: str, kind: str) -> Expression | None:
    """`80-90`; names have the same mark in them, so each is looked at."""
    at = word.find("-", 1)
    while at > 0:
        low, high = _single(word[:at], kind), _single(word[at + 1 :], kind)
        if low is not None and high is not None:
            return Range(low=low, high=high)
        at = word.find("-", at + 1)
    return None


def _symbol(word: str, kind: str) -> Expression:
    """A name of which the text does not tell the number."""
    named = word[:1].isalpha() or word[:1] == "_" or kind in _TEXTS
    if not named or kind in _CLOSED:
        raise NoValueError(word)
    return Symbol(name=word)
