"""Statements of `nft -j` (libnftables-json(5)) to values; what nobody knows is an `Unknown`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from iptsim.dialects.nft.constants import VERDICT
from iptsim.dialects.nft.cursor import StrangeWordsError
from iptsim.dialects.nft.json_expressions import (
    only,
    read_expression,
    read_lookup,
    read_map,
)
from iptsim.dialects.nft.nft_rules import compared, implied
from iptsim.nftables.datatypes import type_of, types_of
from iptsim.nftables.expressions import Expression, Fib
from iptsim.nftables.nft_statements import (
    Assignment,
    ConnectionLimit,
    Counter,
    Dup,
    DynamicSet,
    FlowAdd,
    Fwd,
    Last,
    Limit,
    Log,
    Meter,
    Nat,
    Notrack,
    ObjectReference,
    Queue,
    Quota,
    Reject,
    ResetOption,
    Statement,
    Synproxy,
    Tproxy,
    Unknown,
    Verdict,
    VerdictMap,
    Xt,
)
from iptsim.nftables.symbols import NAMES

_UNITS = {"packets": 1, "bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20, "gbytes": 1 << 30}
_TYPES = {"ip": "ipv4_addr", "ip6": "ipv6_addr"}
_ENDLESS = ("accept", "drop", "continue", "return")
_WRONG = (StrangeWordsError, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What a text that is no JSON of nft's may lead to."""


def read_statement(of: Any) -> Statement:
    """One statement of a rule."""
    try:
        key, held = only(of)
        return _READERS[key](held)
    except _WRONG:
        return Unknown(text=json.dumps(of)[:2000])


def read_value(of: Any, kinds: Sequence[str]) -> Expression | Verdict:
    """The value of a map's element."""
    if tuple(kinds) == (VERDICT,) or (isinstance(of, dict) and _is_verdict(of)):
        return _verdict(of)
    return read_expression(of, kinds)


def _is_verdict(of: Mapping[str, Any]) -> bool:
    return len(of) == 1 and next(iter(of)) in (*_ENDLESS, "jump", "goto")


def _verdict(of: Any) -> Verdict:
    key, held = only(of)
    if key in ("jump", "goto"):
        return Verdict(kind=key, chain=str(held["target"]))
    if key not in _ENDLESS:
        raise StrangeWordsError
    return Verdict(kind=key)


def _verdict_of(kind: str, of: Any) -> Verdict:
    return _verdict({kind: of})


def element_told(of: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an element besides its key, by the names of its fields."""
    found: dict[str, Any] = {name: of[name] * 1000 for name in ("timeout", "expires") if name in of}
    if "comment" in of:
        found["comment"] = of["comment"]
    statements = [_READERS[name](of[name]) for name in _STATEFUL if name in of]
    return {**found, "statements": tuple(statements)} if statements else found


def _match(of: Any) -> Statement:
    left, right, operator = read_expression(of["left"]), of["right"], of.get("op", "==")
    if isinstance(right, bool) and isinstance(left, Fib):
        left = Fib(flags=left.flags, result="check")
    if isinstance(right, str) and right[:1] == "@":
        value: Expression = read_lookup(right, (), ())
    else:
        value = read_expression(right, types_of(left))
    if operator == "in" and implied(left, value) != "in":
        operator = "=="
    return compared(left, operator, value)


def _vmap(of: Any) -> Statement:
    key = read_expression(of["key"])
    return VerdictMap(key=key, map=read_lookup(of["data"], types_of(key), (VERDICT,)))


def _mangle(of: Any) -> Statement:
    target = read_expression(of["key"])
    return Assignment(target=target, value=read_expression(of["value"], (type_of(target),)))


def _object(kind: str, other: Callable[[Any], Statement]) -> Callable[[Any], Statement]:
    """A statement, or the object that is named in its place."""

    def read(of: Any) -> Statement:
        if isinstance(of, str):
            return ObjectReference(kind=kind, name=of)
        if isinstance(of, dict) and "map" in of:
            return ObjectReference(kind=kind, name=read_map(of["map"], "string"))
        return other(of)

    return read


def _strange(_of: Any) -> Statement:
    raise StrangeWordsError


def _counter(of: Any) -> Statement:
    told = of or {}
    return Counter(packets=told.get("packets"), bytes=told.get("bytes"))


def _limit(of: Any) -> Statement:
    unit = of.get("rate_unit", "packets")
    size = _UNITS[unit]
    burst = of.get("burst")
    in_bytes = _UNITS[of.get("burst_unit", unit if unit != "packets" else "packets")]
    return Limit(
        rate=of["rate"] * size,
        per=of.get("per", "second"),
        burst=None if burst is None or (unit == "packets" and burst == 5) else burst * in_bytes,
        over=bool(of.get("inv")),
        unit="packets" if unit == "packets" else "bytes",
    )


def _quota(of: Any) -> Statement:
    used = of.get("used", 0) * _UNITS[of.get("used_unit", "bytes")]
    size = of["val"] if "val" in of else of["bytes"]
    size *= _UNITS[of.get("val_unit", "bytes")]
    return Quota(bytes=size, over=bool(of.get("inv")), used=used)


def _last(of: Any) -> Statement:
    return Last(used=(of or {}).get("used"))


def _nat(kind: str) -> Callable[[Any], Statement]:
    def read(of: Any) -> Statement:
        told = of or {}
        family, port = told.get("family"), told.get("port")
        flags = {*_list(told.get("flags")), *_list(told.get("type_flags"))}
        netmap = {"netmap"} if "prefix" in flags else set()
        flags = flags - {"prefix", "interval", "concat"} | netmap
        return Nat(
            kind=kind,
            family=family,
            address=_target(told.get("addr"), _TYPES.get(family or "", "")),
            port=_target(port, "inet_service"),
            flags=frozenset(flags),
        )

    return read


def _list(of: Any) -> list[str]:
    return [of] if isinstance(of, str) else list(of or ())


def _target(of: Any, kind: str) -> Expression | None:
    if of is None:
        return None
    return read_expression(of, (kind, "inet_service"))


def _tproxy(of: Any) -> Statement:
    family = of.get("family")
    return Tproxy(
        family=family,
        address=_target(of.get("addr"), _TYPES.get(family or "", "")),
        port=_target(of.get("port"), "inet_service"),
    )


def _reject(of: Any) -> Statement:
    told = of or {}
    kind, code = told.get("type"), told.get("expr")
    if isinstance(code, str):
        code = NAMES[f"{kind}_code"][code]
    return Reject(kind=kind, code=code)


def _log(of: Any) -> Statement:
    told = of or {}
    return Log(
        prefix=told.get("prefix"),
        level=told.get("level"),
        group=told.get("group"),
        snaplen=told.get("snaplen"),
        queue_threshold=told.get("queue-threshold"),
        flags=tuple(_list(told.get("flags"))),
    )


def _queue(of: Any) -> Statement:
    told = of or {}
    number = told.get("num")
    numbers = None if number is None else read_expression(number, ("integer",))
    return Queue(numbers=numbers, flags=tuple(_list(told.get("flags"))))


def _dynamic(of: Any) -> Statement:
    name = of["set"] if "set" in of else of["map"]
    elem, value = of["elem"], of.get("data")
    told = {}
    if isinstance(elem, dict) and "elem" in elem:
        told = element_told(elem["elem"])
        elem = elem["elem"]["val"]
    told.pop("comment", None)
    told.pop("expires", None)
    if "stmt" in of:
        told["statements"] = tuple(read_statement(each) for each in of["stmt"])
    return DynamicSet(
        operation=of["op"],
        set=name.removeprefix("@"),
        key=read_expression(elem),
        value=None if value is None else read_expression(value),
        **told,
    )


def _meter(of: Any) -> Statement:
    key, told = of["key"], {}
    if isinstance(key, dict) and "elem" in key:
        told = element_told(key["elem"])
        key = key["elem"]["val"]
    return Meter(
        name=of["name"],
        key=read_expression(key),
        statements=(read_statement(of["stmt"]),),
        size=of.get("size"),
        timeout=told.get("timeout"),
    )


def _dup(of: Any) -> Statement:
    device = _target(of.get("dev"), "ifname")
    address = _target(of.get("addr"), "")
    return Dup(address=device) if address is None else Dup(address=address, device=device)


def _fwd(of: Any) -> Statement:
    return Fwd(
        device=read_expression(of["dev"], ("ifname",)),
        address=_target(of.get("addr"), _TYPES.get(of.get("family", ""), "")),
        family=of.get("family"),
    )


def _synproxy(of: Any) -> Statement:
    flags = tuple(_list((of or {}).get("flags")))
    return Synproxy(mss=(of or {}).get("mss"), wscale=(of or {}).get("wscale"), flags=flags)


def _reset(of: Any) -> Statement:
    return ResetOption(option=str(of["tcp option"]["name"]))


_STATEFUL = ("counter", "limit", "quota", "last", "ct count")
_READERS: Mapping[str, Callable[[Any], Statement]] = {
    "match": _match,
    "vmap": _vmap,
    "mangle": _mangle,
    **{kind: partial(_verdict_of, kind) for kind in (*_ENDLESS, "jump", "goto")},
    "counter": _object("counter", _counter),
    "limit": _object("limit", _limit),
    "quota": _object("quota", _quota),
    "synproxy": _object("synproxy", _synproxy),
    **{kind: _object(kind, _strange) for kind in ("ct helper", "ct timeout", "ct expectation")},
    "secmark": _object("secmark", _strange),
    "last": _last,
    "ct count": lambda of: ConnectionLimit(count=of["val"], over=bool(of.get("inv"))),
    **{kind: _nat(kind) for kind in ("snat", "dnat", "masquerade", "redirect")},
    "tproxy": _tproxy,
    "reject": _reject,
    "log": _log,
    "queue": _queue,
    "notrack": lambda _of: Notrack(),
    "dup": _dup,
    "fwd": _fwd,
    "flow": lambda of: FlowAdd(flowtable=of["flowtable"].removeprefix("@")),
    "set": _dynamic,
    "map": _dynamic,
    "meter": _meter,
    "reset": _reset,
    "xt": lambda of: Xt(kind=of["type"], name=of["name"]),
}
