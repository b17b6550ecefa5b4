"""Sets in place of single values: `--src 10.0.0.0/8,192.0.2.1`, `--dport 1-1024,8443`, `!22`.

Every packet whose field lies in the set is asked for at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from iptsim import codes
from iptsim.errors import UsageError, wrong
from iptsim.packet import NOBODY, option_of
from iptsim.regex import regex
from iptsim.values import IntSet, parse_address, parse_network

Sets = tuple[tuple[str, IntSet], ...]
WIDTHS: Mapping[str, int] = {
    "sport": 16, "dport": 16, "uid": 32, "gid": 32, "mark": 32, "ttl": 8, "tos": 8, "length": 32,
}  # fmt: skip
"""Fields of numbers that a set may be given of, with their bits; the source address is one, too."""
_RANGE = regex(r"(0x[0-9a-fA-F]+|\d+)[-:](0x[0-9a-fA-F]+|\d+)")
SERVICE_NAME = regex(r"[a-z][\w.-]*/[a-z][\w.-]*(?::[\w.-]+)?")
"""The name of a Service, with its namespace and, it may be, its port: `shop/web:http`."""
_ADDRESSES = "src"
_OF_ONE_VALUE = frozenset(
    {"dst", "proto", "in", "out", "ctstate", "icmp_type", "tcp_mss", "spi", "fragment", "mac_src"}
)
_MOST = 1000


def sets_in(
    texts: Mapping[str, str],
    single: Callable[[str, str], int],
    family: int | None,
    valued: Callable[[str, str], str],
) -> tuple[dict[str, str], Sets, int | None]:
    """The texts that are single values, the sets, and the family that an address of a set tells.

    `single` reads one value of a field; `valued` gives what a name was told to be, and any other
    text as it is. Raises `UsageError`, with the option, for a set that is none or that holds
    nothing, and for one of a field that takes none.
    """
    rest = dict(texts)
    sets: list[tuple[str, IntSet]] = []
    for name, given in texts.items():
        _refuse(name, given)
        if not _is_set(name, given):
            continue
        del rest[name]
        text = _with_values(given, partial(valued, name))
        if name == _ADDRESSES:
            family = family or (6 if ":" in text else 4)
        width = (32 if family == 4 else 128) if name == _ADDRESSES else WIDTHS[name]
        sets.append((name, _read(name, text, width, single)))
    return rest, tuple(sets), family


def of_nobody(texts: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """The texts besides a user or group `none`: without a socket a packet has neither.

    Raises `UsageError` where one of them is told besides.
    """
    users = {key: texts[key] for key in ("uid", "gid") if key in texts}
    if NOBODY not in users.values():
        return texts, {}
    other = next((key for key, text in users.items() if text != NOBODY), None)
    if other is not None:
        raise wrong(option_of(other), codes.HAS_NONE, "a packet without a socket has none")
    return {key: text for key, text in texts.items() if key not in users}, {"socket": "no"}


def read_addresses(name: str, text: str, width: int) -> IntSet:
    """A set of addresses of that width, as `--src` takes it.

    Raises `UsageError`, with the option of that name, for a text that is none.
    """
    negate, bare = text[:1] == "!", text.removeprefix("!").strip()
    pieces = bare.split(",")
    if len(pieces) > _MOST:
        raise _wrong(name, f"more than {_MOST} parts")
    found = IntSet.of(span for one in pieces for span in _addresses(name, one.strip(), width))
    return _held(name, text, IntSet.between(0, (1 << width) - 1) - found if negate else found)


def _held(name: str, text: str, found: IntSet) -> IntSet:
    if not found.ranges:
        raise _wrong(name, f"{text!r} holds nothing")
    return found


def _refuse(name: str, text: str) -> None:
    """Raise `UsageError` for a set of a field that takes one value."""
    if name not in _OF_ONE_VALUE:
        return
    spans = "/" in text and not SERVICE_NAME.fullmatch(text)
    network = name == "dst" and (spans or (_ends(text) is not None and text[:1].isdigit()))
    if "," in text or text[:1] == "!" or network:
        option = f"--{name.replace('_', '-')}"
        known = ", ".join(f"--{each}" for each in (_ADDRESSES, *WIDTHS))
        message = f"{option}: takes one value, and {text!r} is a set; sets take {known}"
        raise UsageError(message, code=codes.WRONG_SET_OF_PACKETS, option=option)


def _with_values(text: str, value: Callable[[str], str]) -> str:
    """A set with the values of the names in it."""
    negate, bare = text[:1] == "!", text.removeprefix("!").strip()
    pieces = ",".join(value(piece.strip()) for piece in bare.split(","))
    return f"!{pieces}" if negate else pieces


def _is_set(name: str, text: str) -> bool:
    if name == _ADDRESSES:
        spans = "/" in text and not SERVICE_NAME.fullmatch(text)
        return "," in text or spans or text[:1] == "!" or _ends(text) is not None
    if name not in WIDTHS:
        return False
    spans = ("-" in text or ":" in text) and _RANGE.fullmatch(text) is not None
    return "," in text or text[:1] == "!" or spans


def _read(name: str, text: str, width: int, single: Callable[[str, str], int]) -> IntSet:
    if name == _ADDRESSES:
        return read_addresses(name, text, width)
    negate, bare = text[:1] == "!", text.removeprefix("!").strip()
    pieces = bare.split(",")
    if len(pieces) > _MOST:
        raise _wrong(name, f"more than {_MOST} parts")
    ranges = [span for piece in pieces for span in _piece(name, piece.strip(), width, single)]
    every = IntSet.between(0, (1 << width) - 1)
    return _held(name, text, every - IntSet.of(ranges) if negate else IntSet.of(ranges))


def _piece(
    name: str, text: str, width: int, single: Callable[[str, str], int]
) -> Iterator[tuple[int, int]]:
    found = _RANGE.fullmatch(text)
    if found is None:
        value = single(name, text)
        yield value, value
        return
    low, high = int(found[1], 0), int(found[2], 0)
    if not low <= high < 1 << width:
        raise _wrong(name, f"{text!r} is no range of 0 to {(1 << width) - 1}")
    yield low, high


def _addresses(name: str, text: str, width: int) -> Iterator[tuple[int, int]]:
    ends = _ends(text)
    try:
        if ends is not None:
            low, high = (parse_address(end, width)[0] for end in ends)
            if low > high:
                raise ValueError
            yield low, high
        else:
            yield from parse_network(text, width).addresses.ranges
    except ValueError:
        what = "no address, prefix or range, such as 10.0.0.0/8 or 10.0.0.1-10.0.0.9"
        raise _wrong(name, f"{text!r} is {what}") from None


def _ends(text: str) -> tuple[str, str] | None:
    low, dash, high = text.partition("-")
    return (low.strip(), high.strip()) if dash and high else None


def _wrong(name: str, message: str) -> UsageError:
    return UsageError(f"--{name}: {message}", code=codes.WRONG_SET_OF_PACKETS, option=f"--{name}")
