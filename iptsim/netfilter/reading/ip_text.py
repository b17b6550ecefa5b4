"""What `ip route` and `ip rule` print for people, as the entries that `ip -j` would print.

Source: iproute2, ip/iproute.c (print_route), ip/iprule.c (print_rule).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.netfilter.reading.prompts import printed_lines
from iptsim.values import parse_network

_KINDS = frozenset(
    {
        "unicast", "local", "broadcast", "multicast", "anycast", "unreachable", "blackhole",
        "prohibit", "throw", "nat",
    }
)  # fmt: skip
_WAYLESS = frozenset({"unreachable", "blackhole", "prohibit", "throw"})
_FLAGS = frozenset(
    {"onlink", "linkdown", "dead", "pervasive", "offload", "trap", "notify", "rt_trap"}
)
_SAME = {"via": "gateway", "proto": "protocol", "src": "prefsrc"}
_REALMS = ("realm", "realms")
_ALONE = frozenset({"not", "detached", "[detached]", "iif_detached", "oif_detached"})
_ENDS = frozenset({"unreachable", "blackhole", "prohibit", "nop"})


def is_json(text: str) -> bool:
    """Whether a text is what `ip -j` prints."""
    return text.removeprefix("\ufeff").lstrip().startswith(("[", "{", '"'))


def route_entries(text: str) -> Iterator[dict[str, Any]]:
    """The routes that `ip route` printed; `UsageError` with its line for any other text."""
    held: dict[str, Any] | None = None
    at = (0, "")
    for number, line in printed_lines(text):
        words = line.split()
        if words[0] == "nexthop" and held is not None:
            held.setdefault("nexthops", []).append(_told(words[1:], "route", number, line))
            continue
        if held is not None:
            yield _led(held, *at)
        held, at = _route(words, number, line), (number, line)
    if held is not None:
        yield _led(held, *at)


def _led(entry: dict[str, Any], number: int, line: str) -> dict[str, Any]:
    """A route with a way; busybox prints none of several next hops."""
    if "dev" not in entry and not entry.get("nexthops") and entry["type"] not in _WAYLESS:
        raise not_of("route", number, line)
    return entry


def _route(words: list[str], number: int, line: str) -> dict[str, Any]:
    kind = words.pop(0) if words[0] in _KINDS else "unicast"
    if not words:
        raise not_of("route", number, line)
    if words[0] != "default":
        try:
            parse_network(words[0])
        except ValueError:
            raise not_of("route", number, line) from None
    entry: dict[str, Any] = {"type": kind, "dst": words[0]}
    first, *others = " ".join(words[1:]).split("nexthop ")
    entry |= _told(first.split(), "route", number, line)
    if others:
        entry["nexthops"] = [_told(hop.split(), "route", number, line) for hop in others]
    return entry


def _told(words: list[str], what: str, number: int, line: str) -> dict[str, Any]:
    """The words of a route as keys and values; what follows `cache` is no part of it."""
    entry: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if word in _FLAGS:
            entry.setdefault("flags", []).append(word)
            continue
        value = next(rest, None)
        if value is None:
            raise not_of(what, number, line)
        if value in ("inet", "inet6", "lock"):
            value = next(rest, value)
        if word in _REALMS:
            source, _, to = value.rpartition("/")
            entry["flow"] = {"to": to, **({"from": source} if source else {})}
        else:
            if word == "metric" and not value.isdigit():
                raise not_of(what, number, line)
            entry[_SAME.get(word, word)] = int(value) if word == "metric" else value
    return entry


def rule_entries(text: str) -> Iterator[dict[str, Any]]:
    """The rules that `ip rule` printed; `UsageError` with its line for any other text."""
    for number, line in printed_lines(text):
        priority, colon, rest = line.strip().partition(":")
        if not colon or not priority.isdigit():
            raise not_of("rule", number, line)
        yield {"priority": int(priority), **_rule(rest.split(), number, line)}


def _rule(words: list[str], number: int, line: str) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if word in _ALONE:
            entry |= {"not": None} if word == "not" else {}
            continue
        if word in _ENDS:
            entry["action"] = word
            continue
        value = next(rest, None)
        if value is None:
            raise not_of("rule", number, line)
        entry |= _selector(word, value)
    return entry


def _selector(word: str, value: str) -> dict[str, Any]:
    if word in ("from", "to"):
        address, _, length = value.partition("/")
        name = "src" if word == "from" else "dst"
        return {name: address, **({f"{name}len": int(length)} if length.isdigit() else {})}
    if word == "fwmark":
        mark, _, mask = value.partition("/")
        return {"fwmark": mark, **({"fwmask": mask} if mask else {})}
    if word in ("sport", "dport", "uidrange"):
        low, _, high = value.partition("-")
        name = "uid" if word == "uidrange" else word
        return {f"{name}_start": low, f"{name}_end": high or low}
    names = {"lookup": "table", "suppress_prefixlength": "suppress_prefixlen", "dsfield": "tos"}
    return {names.get(word, word): value}


def not_of(what: str, number: int, line: str) -> UsageError:
    """The error that a line is which `ip WHAT` does not print."""
    message = f"not the output of `ip {what}`, line {number}: {line.strip()[:60]}"
    facts = {"what": what, "line": number, "value": line.strip()[:60]}
    return UsageError(message, code=codes.NOT_IP_TEXT, **facts)
