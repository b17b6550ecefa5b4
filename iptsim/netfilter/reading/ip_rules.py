"""The rules of `ip rule`, read from its text or from `ip -j rule`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim import codes
from iptsim.fib import DEFAULT, LOCAL
from iptsim.ipsec_policy import ENDS, GOTO, LOOKUP, NOP, RoutingRule, usual_rules
from iptsim.netfilter.reading.ip_json import Entry, arrays, network, text_of, wrong
from iptsim.netfilter.reading.ip_text import is_json, rule_entries
from iptsim.netfilter.reading.routes import table_named
from iptsim.values import Masked, Network, parse_address

_BAD = codes.WRONG_IP_RULE
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58,
    "sctp": 132}  # fmt: skip
# What a rule may ask or say that decides nothing here.
_IDLE = frozenset(
    {
        "protocol", "proto", "iif_detached", "oif_detached", "suppress_ifgroup", "l3mdev",
        "table", "action", "goto", "priority", "unresolved", "realms", "flow", "nexthop",
    }
)  # fmt: skip
_KNOWN = _IDLE | {
    "not", "src", "srclen", "dst", "dstlen", "iif", "oif", "fwmark", "fwmask", "tos", "ipproto",
    "sport", "sport_start", "sport_end", "dport", "dport_start", "dport_end", "uid_start",
    "uid_end", "suppress_prefixlen",
}  # fmt: skip


def read_rules(*texts: str) -> tuple[RoutingRule, ...]:
    """The rules of `ip rule`, or of `ip -j rule`, of one family or of both one after the other.

    A list begins where priorities begin again. Its family is that of its addresses, else IPv4
    where it has the rule for table default, which only IPv4 has; else, of a whole list, IPv6. A
    piece of a list, in which no rule asks table local, is taken to have the usual rules besides.
    Raises `UsageError`.
    """
    lists = [entries for text in texts for entries in _lists_of(text)]
    return tuple(rule for entries in lists for rule in _rules(entries))


def _rules(entries: list[Any]) -> Iterator[RoutingRule]:
    tables = {entry.get("table") for entry in entries}
    whole = bool(tables & {LOCAL, "255", 255})
    width = _width(entries) or (128 if whole else 32)
    if not whole:
        yield from usual_rules(width)
    found = (_rule(entry, width) for entry in entries if entry)
    yield from (rule for rule in found if rule is not None)


def _lists_of(text: str) -> list[list[Any]]:
    if is_json(text):
        return [array for array in arrays(text, "rule") if array]
    return _lists(list(rule_entries(text)))


def _lists(entries: list[dict[str, Any]]) -> list[list[Any]]:
    lists: list[list[Any]] = []
    for entry in entries:
        if not lists or entry["priority"] < lists[-1][-1]["priority"]:
            lists.append([])
        lists[-1].append(entry)
    return lists


def _width(entries: list[Any]) -> int | None:
    for entry in entries:
        for key in ("src", "dst"):
            text = str(entry.get(key, ""))
            if ":" in text or "." in text:
                return 128 if ":" in text else 32
    return 32 if any(entry.get("table") in (DEFAULT, "253", 253) for entry in entries) else None


def _rule(entry: Entry, width: int) -> RoutingRule | None:
    for key in entry.keys() - _KNOWN:
        wrong("rule", entry, key, "a selector that this iptsim knows", _BAD)
    if "l3mdev" in entry or entry.get("table") == "[l3mdev-table]":
        return None  # of interfaces in a VRF alone
    action, to = _action(entry)
    return RoutingRule(
        width=width,
        priority=_number(entry, "priority"),
        action=action,
        to=to,
        table=table_named(text_of(entry, "table", "rule", _BAD, "main")),
        negate="not" in entry,
        source=_network(entry, "src", width),
        destination=_network(entry, "dst", width),
        iif=_name(entry, "iif"),
        oif=_name(entry, "oif"),
        mark=_mark(entry),
        tos=_tos(entry),
        proto=_proto(entry),
        sport=_range(entry, "sport"),
        dport=_range(entry, "dport"),
        uids=_range(entry, "uid"),
        shorter=_number(entry, "suppress_prefixlen") if "suppress_prefixlen" in entry else None,
    )


def _action(entry: Entry) -> tuple[str, int]:
    if "goto" in entry:
        return (NOP, 0) if entry["goto"] == "none" else (GOTO, _number(entry, "goto"))
    action = text_of(entry, "action", "rule", _BAD, LOOKUP)
    if action not in ENDS | {LOOKUP, NOP, "to_tbl"}:
        wrong("rule", entry, "action", "lookup, unreachable, blackhole, prohibit or goto", _BAD)
    return (LOOKUP if action == "to_tbl" else action), 0


def _number(entry: Entry, key: str) -> int:
    text = str(entry.get(key, 0))
    try:
        value = int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 32:
        wrong("rule", entry, key, "a number", _BAD)
    return value


def _network(entry: Entry, key: str, width: int) -> Network | None:
    text = entry.get(key, "all")
    if text in ("all", "any", "default"):
        return None
    try:
        value, _width = parse_address(str(text), width)
    except ValueError:
        wrong("rule", entry, key, "an address of the list's family", _BAD)
    length = _number(entry, f"{key}len") if f"{key}len" in entry else width
    if length > width:
        wrong("rule", entry, f"{key}len", f"a number from 0 to {width}", _BAD)
    return network(value, length, width) if length else None


def _name(entry: Entry, key: str) -> str | None:
    return text_of(entry, key, "rule", _BAD) if key in entry else None


def _mark(entry: Entry) -> Masked | None:
    if "fwmark" not in entry:
        return None
    mask = _number(entry, "fwmask") if "fwmask" in entry else 0xFFFFFFFF
    return Masked(value=_number(entry, "fwmark"), mask=mask)


def _tos(entry: Entry) -> int | None:
    return int(str(entry["tos"]), 16) if _is_hex(entry.get("tos")) else None


def _is_hex(value: object) -> bool:
    text = str(value).lower().removeprefix("0x")
    return value is not None and 0 < len(text) <= 2 and all(c in "0123456789abcdef" for c in text)


def _proto(entry: Entry) -> int | None:
    text = entry.get("ipproto")
    if text is None:
        return None
    named = _PROTOCOLS.get(str(text))
    return _number(entry, "ipproto") if named is None else named


def _range(entry: Entry, key: str) -> tuple[int, int] | None:
    if key in entry:
        return (_number(entry, key),) * 2
    if f"{key}_start" not in entry:
        return None
    return _number(entry, f"{key}_start"), _number(entry, f"{key}_end")
