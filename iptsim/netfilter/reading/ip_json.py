"""The JSON of iproute2 (`ip -j`), read with care: whoever wrote the file may have erred.

Source: iproute2, lib/json_print.c, ip/ipaddress.c, ip/iproute.c.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.values import Network, parse_address

Entry = Mapping[str, Any]


def arrays(text: str, what: str) -> Iterator[list[Entry]]:
    """The arrays of objects in a text that may have several, one after the other.

    `what` is addr or route. Raises `UsageError` for anything else.
    """
    decoder, at = json.JSONDecoder(), 0
    text = text.removeprefix("\ufeff").strip()
    while at < len(text) or at == 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            why = str(error) if isinstance(error, ValueError) else "nested too deep"
            raise _not_json(what, why) from None
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise _not_json(what, "not a list")
        yield found
        at = end + len(text[end:]) - len(text[end:].lstrip())


def _not_json(what: str, why: str) -> UsageError:
    message = f"not the output of `ip -j {what}`: {why}"
    return UsageError(message, code=codes.NOT_IP_JSON, what=what, why=why)


def wrong(what: str, entry: Entry, key: str, expected: str, code: str) -> NoReturn:
    """Refuse a value, with where it stands: raises `UsageError`."""
    name = next((str(entry[k])[:60] for k in ("ifname", "dst", "local") if k in entry), "?")
    value = json.dumps(entry.get(key), default=str)[:60]
    message = f"`ip -j {what}`, {name}: {key} {value}: expected {expected}"
    facts = {"what": what, "name": name, "key": key, "value": value, "expected": expected}
    raise UsageError(message, code=code, **facts)


def text_of(entry: Entry, key: str, what: str, code: str, default: str | None = None) -> str:
    """A text that is there; numbers count as text, as `ip -N` prints them."""
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        wrong(what, entry, key, "a name", code)
    return str(value)


def number_of(entry: Entry, key: str, most: int, what: str, code: str) -> int:
    """A number from 0 to `most`; 0 where there is none."""
    value = entry.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        wrong(what, entry, key, f"a number from 0 to {most}", code)
    return value


def address_of(entry: Entry, key: str, width: int | None, what: str, code: str) -> tuple[int, int]:
    """An address and its width in bits; `width` None takes either family."""
    value = entry.get(key)
    if isinstance(value, str):
        try:
            return parse_address(value, width)
        except ValueError:
            pass
    family = {None: "", 32: "IPv4 ", 128: "IPv6 "}[width]
    wrong(what, entry, key, f"an {family}address", code)


def list_of(entry: Entry, key: str, what: str, code: str) -> Sequence[Any]:
    """A list; an empty one where there is none."""
    value = entry.get(key, [])
    if not isinstance(value, list):
        wrong(what, entry, key, "a list", code)
    return value


def objects_of(entry: Entry, key: str, what: str, code: str) -> Sequence[Entry]:
    """A list of objects."""
    value = list_of(entry, key, what, code)
    if not all(isinstance(part, dict) for part in value):
        wrong(what, entry, key, "a list of objects", code)
    return value


def network(value: int, length: int, width: int) -> Network:
    """The network of that prefix length in which an address lies."""
    full = (1 << width) - 1
    mask = full ^ (full >> length)
    return Network(value=value & mask, mask=mask, width=width)
