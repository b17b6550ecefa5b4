"""Statements and rules as nft lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iptsim.dialects.nft.printed_values import (
    element,
    lookup,
    number,
    quoted,
    timespan,
    value,
    verdict,
)
from iptsim.nftables.datatypes import type_of, types_of
from iptsim.nftables.elements import Element
from iptsim.nftables.expressions import (
    Address,
    AnonymousSet,
    Binary,
    Expression,
    InterfaceName,
    Number,
    Range,
    RawPayload,
    Symbol,
)
from iptsim.nftables.nft_ruleset import NftRule
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
    Match,
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
from iptsim.nftables.symbols import BITMASKS

_TYPES = {"ip": "ipv4_addr", "ip6": "ipv6_addr"}
_SIZES = (("gbytes", 1 << 30), ("mbytes", 1 << 20), ("kbytes", 1 << 10), ("bytes", 1))


def rule(of: NftRule) -> str:
    """A rule's statements and its comment, in one line."""
    told = [statement(each) for each in of.statements]
    return " ".join([*told, f"comment {quoted(of.comment)}"] if of.comment is not None else told)


def statement(of: Statement) -> str:
    """One statement."""
    return _PRINTERS[type(of)](of)


def _match(of: Match) -> str:
    kinds = types_of(of.left)
    if isinstance(of.left, RawPayload):
        kinds = ("hex",)
    if (flags := _flags(of)) is not None:
        return flags
    listed = of.operator in ("in", "!")
    right = value(of.right, kinds, "," if listed else " | ")
    operator = "" if of.operator == "in" or _is_silent(of) else f"{of.operator} "
    return f"{value(of.left)} {operator}{right}"


def _is_silent(of: Match) -> bool:
    """Whether equality has no word: not beside operators, nor where it would ask for one bit."""
    if of.operator != "==" or isinstance(of.left, Binary):
        return False
    return isinstance(of.right, AnonymousSet) or type_of(of.left) not in BITMASKS


def _flags(of: Match) -> str | None:
    """`tcp flags syn / fin,syn`; None for all others."""
    left, right = of.left, of.right
    if not isinstance(left, Binary) or left.operator != "&" or not isinstance(right, Number):
        return None
    kind = type_of(left.left)
    if kind != "tcp_flag" or not isinstance(left.right, Number):
        return None
    if left.right.value & (left.right.value - 1) == 0:
        return None  # of one flag nft lists `tcp flags & fin == fin`
    told = [number(each, kind, ",") for each in (right.value, left.right.value)]
    operator = f"{of.operator} " if of.operator != "==" else ""
    return f"{value(left.left)} {operator}{told[0]} / {told[1]}"


def _assignment(of: Assignment) -> str:
    kind = type_of(of.target)
    return f"{value(of.target)} set {value(of.value, (kind,), ',')}"


def _verdict_map(of: VerdictMap) -> str:
    return f"{value(of.key)} vmap {lookup(of.map, types_of(of.key), ())}"


def _reject(of: Reject) -> str:
    if of.kind is None:
        return "reject"
    if of.code is None:
        return f"reject with {of.kind}"
    kind = f"{of.kind}_code"
    between = " " if of.kind == "icmpx" else " type "
    return f"reject with {of.kind}{between}{number(of.code, kind)}"


def _nat(of: Nat) -> str:
    to = _target(of.address, of.port, _TYPES.get(of.family or "", ""))
    prefix = "prefix " if "netmap" in of.flags else ""
    family = f"{of.family} " if of.family else ""
    told = [of.kind, f"{family}{prefix}to {to}" if to else family.strip()]
    flags = sorted(of.flags - {"netmap"}, key=("random", "fully-random", "persistent").index)
    return " ".join(word for word in (*told, ",".join(flags)) if word)


def _target(address: Expression | None, port: Expression | None, kind: str) -> str:
    behind = "" if port is None else f":{value(port, ('inet_service',))}"
    if address is None:
        return behind
    told = value(address, (kind, "inet_service"))
    if behind and _is_ipv6(address):
        told = "-".join(f"[{each}]" for each in told.split("-"))
    return told + behind


def _is_ipv6(of: Expression) -> bool:
    single = of.low if isinstance(of, Range) else of
    return isinstance(single, Address) and single.width == 128


def _tproxy(of: Tproxy) -> str:
    family = f"{of.family} " if of.family else ""
    return f"tproxy {family}to {_target(of.address, of.port, _TYPES.get(of.family or '', ''))}"


def _size(count: int) -> str:
    unit, size = next(each for each in _SIZES if count % each[1] == 0 or each[1] == 1)
    return f"{count // size} {unit}" if count else "0 bytes"


def _limit(of: Limit) -> str:
    over = "over " if of.over else ""
    rate = f"{of.rate}" if of.unit == "packets" else f"{_size(of.rate)}"
    burst = ""
    if of.burst is not None:
        burst = (
            f" burst {of.burst} packets" if of.unit == "packets" else f" burst {_size(of.burst)}"
        )
    return f"limit rate {over}{rate}/{of.per}{burst}"


def _quota(of: Quota) -> str:
    used = f" used {_size(of.used)}" if of.used else ""
    return f"quota {'over ' if of.over else ''}{_size(of.bytes)}{used}"


def _counter(of: Counter) -> str:
    if of.packets is None:
        return "counter"
    return f"counter packets {of.packets} bytes {of.bytes or 0}"


def _last(of: Last) -> str:
    return "last used never" if of.used is None else f"last used {timespan(of.used)}"


def _connection_limit(of: ConnectionLimit) -> str:
    return f"ct count {'over ' if of.over else ''}{of.count}"


def _object(of: ObjectReference) -> str:
    told = quoted(of.name) if isinstance(of.name, str) else value(of.name, ("string",))
    between = "set" if of.kind.startswith("ct ") else "name"
    return f"{of.kind} {between} {told}"


def _log(of: Log) -> str:
    told = ["log"]
    told += [f"prefix {quoted(of.prefix)}"] if of.prefix is not None else []
    told += [f"group {of.group}"] if of.group is not None else []
    told += [f"snaplen {of.snaplen}"] if of.snaplen is not None else []
    if of.queue_threshold is not None:
        told.append(f"queue-threshold {of.queue_threshold}")
    told += [f"level {of.level}"] if of.level is not None else []
    return " ".join([*told, *(f"flags {flag}" for flag in of.flags)])


def _queue(of: Queue) -> str:
    flags = f" flags {','.join(of.flags)}" if of.flags else ""
    return f"queue{flags}" + ("" if of.numbers is None else f" to {value(of.numbers)}")


def _dup(of: Dup) -> str:
    device = "" if of.device is None else f" device {value(of.device)}"
    return "dup" if of.address is None else f"dup to {_bare(of.address)}{device}"


def _bare(of: Expression) -> str:
    return value(of, ("ifname" if isinstance(of, InterfaceName | Symbol) else "",))


def _fwd(of: Fwd) -> str:
    family = f"{of.family} " if of.family else ""
    if of.address is None:
        return f"fwd {family}to {_bare(of.device)}"
    return f"fwd {family}to {value(of.address)} device {_bare(of.device)}"


def _synproxy(of: Synproxy) -> str:
    told = ["synproxy"]
    told += [f"mss {of.mss}"] if of.mss is not None else []
    told += [f"wscale {of.wscale}"] if of.wscale is not None else []
    return " ".join((*told, *of.flags))


def _inside(of: DynamicSet | Meter) -> str:
    held = of.value if isinstance(of, DynamicSet) else None
    one = Element(key=of.key, timeout=of.timeout, statements=of.statements)
    told = element(one, (), ())
    return f"{{ {told} }}" if held is None else f"{{ {told} : {value(held)} }}"


def _meter(of: Meter) -> str:
    size = "" if of.size is None else f"size {of.size} "
    return f"meter {of.name} {size}{_inside(of)}"


_PRINTERS: Mapping[type, Callable[[Any], str]] = {
    Match: _match,
    Verdict: verdict,
    VerdictMap: _verdict_map,
    Queue: _queue,
    Reject: _reject,
    Nat: _nat,
    Tproxy: _tproxy,
    Assignment: _assignment,
    Notrack: lambda _of: "notrack",
    Limit: _limit,
    Quota: _quota,
    Counter: _counter,
    Last: _last,
    ConnectionLimit: _connection_limit,
    ObjectReference: _object,
    Log: _log,
    Dup: _dup,
    Fwd: _fwd,
    FlowAdd: lambda of: f"flow add @{of.flowtable}",
    Synproxy: _synproxy,
    DynamicSet: lambda of: f"{of.operation} @{of.set} {_inside(of)}",
    Meter: _meter,
    ResetOption: lambda of: f"reset tcp option {of.option}",
    Xt: lambda of: f'xt {of.kind} "{of.name}"',
    Unknown: lambda of: of.text,
}
