r"""string: whether the packet holds a string of bytes.

iptables-save prints bytes that are not ASCII letters, figures or signs as --hex-string
(libxt_string.c, is_hex_string), whichever option they were given by.

Sources: iptables-extensions(8), string; extensions/libxt_string.c; net/netfilter/xt_string.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands, Wrong, between
from iptsim.extensions.packet_bytes.layout import over_layouts
from iptsim.extensions.packet_bytes.string_search import LAST, Search, holds
from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.shared.normal_options import dropping
from iptsim.extensions.shared.opaque import about, told_as, without_not
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.codec import Codec
from iptsim.extensions.values.value_types import Choice, Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, negate_if
from iptsim.regex import regex

_PIECE = regex(r"\|([^|]*)\||\\(.)|([^|\\])", re.DOTALL)
_HEX = regex(r"\|(?:[0-9A-Fa-f]{2}\s*)*\|")
_RUNS = regex(rb"[ -~]+|[^ -~]+")
# XT_STRING_MAX_PATTERN_SIZE (linux/netfilter/xt_string.h).
_LONGEST = 128


def _encode(text: str, _family: int) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def read_bytes(text: str) -> bytes:
    """`GET|0d 0a|`: bars enclose hexadecimal digits, a backslash takes the next sign as it is.

    `ValueError` where the digits do not end or are none.
    """
    found = bytearray()
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise ValueError(f"{text!r} does not end its hexadecimal digits with '|'")
        plain = piece[2] or piece[3] or ""
        found += bytes.fromhex(piece[1]) if piece[1] else plain.encode("utf-8", "surrogateescape")
        position = piece.end()
    return bytes(found)


def write_bytes(value: bytes) -> str:
    """A text that `read_bytes` reads to these bytes; what is no ASCII sign in digits."""
    return "".join(_piece(part) for part in _RUNS.findall(value))


def _piece(run: bytes) -> str:
    if 0x20 <= run[0] < 0x7F:
        return re.sub(r"([|\\])", r"\\\1", run.decode("ascii"))
    return f"|{run.hex()}|"


def _read(text: str, family: int) -> bytes:
    return _short(_encode(text, family))


def _read_hex(text: str, _family: int) -> bytes:
    return _short(read_bytes(text))


def _short(pattern: bytes) -> bytes:
    if len(pattern) > _LONGEST:
        raise ValueError(f"a string of {len(pattern)} bytes is longer than {_LONGEST}")
    return pattern


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


def _lower(match: Match, where: Context) -> Predicate:
    name = "--hex-string" if match.has("--hex-string") else "--string"
    option = match.option(name)
    code = codes.PAYLOAD if where.payload is None else codes.HEADER_BYTES
    if option is None:  # iptables refuses it
        return about(match, where, Fact(key="", code=code, reads=("*",)))
    fact = about(without_not(match, name), where, Fact(key="", code=code, reads=("*",)))
    found = _found(_search(match, option, where.told), where.family, where.payload, fact)
    return negate_if(option.negate, found)


def _search(match: Match, option: Option, told: frozenset[str]) -> Search:
    algorithm = match.option("--algo")
    return Search(
        pattern=value_of(option.value, bytes),
        first=_number(match, "--from", 0),
        last=_number(match, "--to", LAST),
        any_case=match.has("--icase"),
        algorithm="" if algorithm is None else str(algorithm.value),
        told=told,
    )


def _number(match: Match, name: str, default: int) -> int:
    option = match.option(name)
    return default if option is None else value_of(option.value, int)


@lru_cache(maxsize=256)
def _found(search: Search, family: int, payload: bytes | None, fact: Fact) -> Predicate:
    if payload is None:
        return told_as(fact, search.somewhere(family, fact))
    found = over_layouts(family, payload, lambda layout: holds(search, layout).settled(fact))
    return told_as(fact, found)


_EXPECTED = 'a string, such as "GET /index.html"'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_OPTIONS = (
    Opt(
        name="--string",
        value=Codec(parse=_read, heard=_heard, show=_write, expected=_EXPECTED, listing=_QUOTED),
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


def _order(match: Match, _family: int) -> Iterator[Wrong]:
    first, last = match.value("--from", int) or 0, match.value("--to", int)
    if last is not None and last < first:
        yield from between("--to", last, first, LAST)


EXTENSIONS = (
    MatchExtension(
        name="string",
        demands=Demands(
            further=_order,
            one_of=(("--string", "--hex-string"), ("--algo",)),
            exclusive=(("--string", "--hex-string"),),
        ),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="STRING match", parts=_PARTS),
        normalize=_normalize,
        lower=_lower,
    ),
)
