"""dnat, snat, masquerade, redirect and tproxy: where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dialects.nft import constants, nft_fields
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError
from iptsim.nftables.expressions import Binary, Expression, MapLookup, Range
from iptsim.nftables.nft_statements import Nat, Statement, Tproxy

_FLAGS = frozenset({"random", "fully-random", "persistent"})
_FAMILIES = ("ip", "ip6")
_TYPES = {"ip": "ipv4_addr", "ip6": "ipv6_addr"}
_PORT = "inet_service"


def _nat(words: Cursor) -> Statement:
    """`dnat ip to 10.0.0.1:80 random`, `dnat ip addr . port to …`, `dnat ip prefix to …`."""
    kind = str(words.take())
    family = str(words.take()) if words.peek() in _FAMILIES and words.peek(1) in _BEHIND else None
    prefix = words.accept("prefix")
    words.accept("interval")
    if words.accept("addr") and words.kind() == "DOT":
        words.at += 2
    words.accept("to")
    address, port = _target(words, family)
    flags = _flags(words) | ({"netmap"} if prefix else frozenset())
    return Nat(kind=kind, family=family, address=address, port=port, flags=frozenset(flags))


_BEHIND = ("to", "addr", "prefix", "interval")


def _own(words: Cursor) -> Statement:
    """Masquerade and redirect, which choose the address themselves."""
    kind = str(words.take())
    port = None
    if words.accept("to"):
        words.accept(":")
        port = _port(words)
    return Nat(kind=kind, port=port, flags=_flags(words))


def _flags(words: Cursor) -> frozenset[str]:
    found = set()
    while words.peek() in _FLAGS:
        found.add(str(words.take()))
        words.accept(",")
    return frozenset(found)


def _tproxy(words: Cursor) -> Statement:
    words.take()
    family = str(words.take()) if words.peek() in _FAMILIES and words.peek(1) == "to" else None
    words.expect("to")
    address, port = _target(words, family)
    return Tproxy(family=family, address=address, port=port)


def _target(words: Cursor, family: str | None) -> tuple[Expression | None, Expression | None]:
    """`ADDRESS`, `ADDRESS:PORT`, `:PORT`, each a value, a range or a map lookup."""
    address = None if words.kind() == "COLON" else _address(words, _TYPES.get(family or "", ""))
    port = _port(words) if words.accept(":") else None
    return address, port


def _address(words: Cursor, kind: str) -> Expression:
    if words.accept("["):
        return _bracketed(words, kind)
    if not nft_fields.is_field(words):
        return constants.constant(words, kind)
    found = nft_fields.expression(words, kind)
    return _mapped(found)


def _bracketed(words: Cursor, kind: str) -> Expression:
    """`[fd00::1]` before a port, and `[fd00::1]-[fd00::9]`."""
    found = constants.constant(words, kind or "ipv6_addr")
    words.expect("]")
    if words.accept("-"):
        words.expect("[")
        found = Range(low=found, high=constants.constant(words, kind or "ipv6_addr"))
        words.expect("]")
    return found


def _port(words: Cursor) -> Expression:
    if nft_fields.is_field(words):
        return _mapped(nft_fields.expression(words, _PORT))
    return constants.constant(words, _PORT)


def _mapped(found: Expression) -> Expression:
    """What a packet has is no target as it is; what a map has for it is, and bits of it are."""
    if isinstance(found, MapLookup | Binary):
        return found
    raise StrangeWordsError


READERS: Mapping[str, Callable[[Cursor], Statement | None]] = {
    "dnat": _nat,
    "snat": _nat,
    "masquerade": _own,
    "redirect": _own,
    "tproxy": _tproxy,
}
"""What reads a statement that begins with that word."""
