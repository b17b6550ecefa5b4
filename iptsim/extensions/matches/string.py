r"""string: whether the packet holds a string of bytes.

iptables-save prints bytes that are not ASCII letters, figures or signs as --hex-string
(libxt_string.c, is_hex_string), whichever option they were given by.

Sources: iptables-extensions(8), string; extensions/libxt_string.c; net/netfilter/xt_string.c.
"""

from __future__ import annotations

import re
from dataclasses import replace

from iptsim.extensions.codec import Codec
from iptsim.extensions.normal import dropping
from iptsim.extensions.opaque import unless_negated
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.types import Choice, Number
from iptsim.extensions.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate

_PIECE = re.compile(r"\|([^|]*)\||\\(.)|([^|\\])", re.DOTALL)
_HEX = re.compile(r"\|(?:[0-9A-Fa-f]{2}\s*)*\|")


def _encode(text: str, _family: int) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _read_hex(text: str, family: int) -> bytes:
    """`GET|0d 0a|`: bars enclose hexadecimal digits, a backslash takes the next sign as it is."""
    found = b""
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise ValueError(f"{text!r} does not end its hexadecimal digits with '|'")
        plain = piece[2] or piece[3] or ""
        found += bytes.fromhex(piece[1]) if piece[1] else _encode(plain, family)
        position = piece.end()
    return found


def _heard(text: str, family: int) -> bytes:
    """A listing prints both alike; digits between bars are hexadecimal where they have to be."""
    inner = re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if _HEX.fullmatch(inner):
        found = bytes.fromhex(inner.strip("|"))
        if _is_hex(found):
            return found
    return _encode(inner, family)


def _is_hex(value: bytes) -> bool:
    return value.endswith(b"\\") or any(not 0x20 <= byte < 0x7F for byte in value)


def _write(value: bytes, _family: int) -> str:
    if _is_hex(value):
        return f'"|{value.hex()}|"'
    return '"' + re.sub(r'(["\\])', r"\\\1", value.decode("ascii")) + '"'


def _normalize(options: tuple[Option, ...], family: int) -> tuple[Option, ...]:
    named = tuple(_named(o) if isinstance(o.value, bytes) else o for o in options)
    return dropping({"--from": 0, "--to": 65535})(named, family)


def _named(option: Option) -> Option:
    assert isinstance(option.value, bytes)
    return replace(option, name="--hex-string" if _is_hex(option.value) else "--string")


def _opaque(match: Match, where: Context) -> Predicate:
    name = "--hex-string" if match.has("--hex-string") else "--string"
    return unless_negated(name, Fact(key="", code="IPT0445", reads=("*",)))(match, where)


_EXPECTED = 'a string, such as "GET /index.html"'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_OPTIONS = (
    Opt(
        name="--string",
        value=Codec(parse=_encode, heard=_heard, show=_write, expected=_EXPECTED, listing=_QUOTED),
        negatable=True,
    ),
    Opt(
        name="--hex-string",
        value=Codec(parse=_read_hex, show=_write, expected='a string, such as "GET|0d 0a|"'),
        negatable=True,
    ),
    Opt(name="--algo", value=Choice(names=("bm", "kmp"))),
    Opt(name="--from", value=Number(bits=16)),
    Opt(name="--to", value=Number(bits=16)),
    Opt(name="--icase"),
)
_PARTS = (
    Part("--string", "{!}{}", required=True),
    Part("--algo", "ALGO name {}"),
    Part("--from", "FROM {}"),
    Part("--to", "TO {}"),
    Part("--icase", "ICASE"),
)

EXTENSIONS = (
    MatchExtension(
        name="string",
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="STRING match", parts=_PARTS),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
