"""Statements that end or leave a rule otherwise, write logs, or keep sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dialects.nft import constants, nft_fields, stateful
from iptsim.dialects.nft.cursor import Cursor, StrangeWordsError
from iptsim.nftables.expressions import Expression, MapLookup, Number
from iptsim.nftables.nft_statements import (
    Dup,
    DynamicSet,
    FlowAdd,
    Fwd,
    Log,
    Meter,
    ObjectReference,
    Queue,
    Reject,
    ResetOption,
    Statement,
    Synproxy,
    Xt,
)

_REJECTED = {"icmp": "icmp_code", "icmpv6": "icmpv6_code", "icmpx": "icmpx_code"}
_LOG_NUMBERS = {"group": "group", "snaplen": "snaplen", "queue-threshold": "queue_threshold"}
_LEVELS = frozenset({"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"})


def _reject(words: Cursor) -> Statement:
    words.take()
    if not words.accept("with"):
        return Reject()
    kind = str(words.take())
    if kind == "tcp":
        words.expect("reset")
        return Reject(kind="tcp reset")
    if kind not in _REJECTED:
        raise StrangeWordsError
    words.accept("type")
    words.accept("code")
    code = constants.constant(words, _REJECTED[kind])
    if not isinstance(code, Number):
        raise StrangeWordsError
    return Reject(kind=kind, code=code.value)


def _log(words: Cursor) -> Statement:
    words.take()
    prefix = level = None
    numbers: dict[str, int] = {}
    flags: tuple[str, ...] = ()
    while True:
        if words.accept("prefix"):
            prefix = words.name()
        elif words.accept("level"):
            level = _one_of(words, _LEVELS)
        elif words.accept("flags"):
            flags += _log_flags(words)
        elif words.peek() in _LOG_NUMBERS:
            name = _LOG_NUMBERS[words.take()]
            numbers[name] = words.number()
        else:
            return Log(prefix=prefix, level=level, flags=flags, **numbers)


def _one_of(words: Cursor, known: frozenset[str]) -> str:
    word = str(words.take())
    if word not in known:
        raise StrangeWordsError
    return word


def _log_flags(words: Cursor) -> tuple[str, ...]:
    first = _one_of(words, frozenset({"all", "skuid", "ether", "tcp", "ip"}))
    if first == "ip":
        words.expect("options")
        return ("ip options",)
    if first != "tcp":
        return (first,)
    kinds = frozenset({"sequence", "options"})
    found = [f"tcp {_one_of(words, kinds)}"]
    while words.peek() == "," and words.peek(1) in kinds:
        words.take()
        found.append(f"tcp {words.take()}")
    return tuple(found)


def _queue(words: Cursor) -> Statement:
    """`queue flags bypass to 0-3`, and the older `queue num 0-3 bypass`."""
    words.take()
    flags = _queue_flags(words) if words.accept("flags") else ()
    numbers = None
    if words.accept("to") or words.accept("num"):
        numbers = nft_fields.expression(words, "integer")
    return Queue(numbers=numbers, flags=flags or _queue_flags(words))


def _queue_flags(words: Cursor) -> tuple[str, ...]:
    found = []
    while words.peek() in ("bypass", "fanout"):
        found.append(str(words.take()))
        words.accept(",")
    return tuple(found)


def _dup(words: Cursor) -> Statement:
    words.take()
    words.expect("to")
    first = _aim(words)
    if words.accept("device"):
        return Dup(address=first, device=_aim(words, "ifname"))
    return Dup(address=first)


def _aim(words: Cursor, kind: str = "") -> Expression:
    if words.kind() == "STRING":
        return constants.constant(words, kind or "ifname")
    return nft_fields.expression(words, kind)


def _fwd(words: Cursor) -> Statement:
    words.take()
    family = str(words.take()) if words.peek() in ("ip", "ip6") and words.peek(1) == "to" else None
    words.expect("to")
    first = _aim(words, "" if family else "ifname")
    if words.accept("device"):
        return Fwd(family=family, address=first, device=_aim(words, "ifname"))
    return Fwd(family=family, device=first)


def _flow(words: Cursor) -> Statement:
    words.take()
    if not (words.accept("add") or words.accept("offload")) or words.kind() != "REFERENCE":
        raise StrangeWordsError
    return FlowAdd(flowtable=words.take()[1:])


def _synproxy(words: Cursor) -> Statement:
    words.take()
    return object_reference(words, "synproxy") if words.accept("name") else synproxy(words)


def object_reference(words: Cursor, kind: str) -> ObjectReference:
    """The name of an object, or the map that tells it."""
    if words.kind() == "STRING" or not nft_fields.is_field(words):
        return ObjectReference(kind=kind, name=words.name())
    found = nft_fields.expression(words)
    if not isinstance(found, MapLookup):
        raise StrangeWordsError
    return ObjectReference(kind=kind, name=found)


def synproxy(words: Cursor) -> Synproxy:
    """Behind `synproxy`: `mss 1460 wscale 7 timestamp sack-perm`."""
    mss = words.number() if words.accept("mss") else None
    wscale = words.number() if words.accept("wscale") else None
    flags = []
    while words.peek() in ("timestamp", "sack-perm"):
        flags.append(str(words.take()))
    return Synproxy(mss=mss, wscale=wscale, flags=tuple(flags))


def _dynamic(words: Cursor) -> Statement:
    """`update @s { ip saddr timeout 10m limit rate 3/second }`."""
    operation = str(words.take())
    name = _reference(words)
    words.expect("{")
    key = nft_fields.expression(words)
    told = stateful.told(words)
    value = None
    if words.accept(":"):
        value = nft_fields.expression(words)
    words.expect("}")
    told.pop("comment", None)
    told.pop("expires", None)
    return DynamicSet(operation=operation, set=name, key=key, value=value, **told)


def _reference(words: Cursor) -> str:
    if words.kind() != "REFERENCE":
        raise StrangeWordsError
    return words.take()[1:]


def _old_dynamic(words: Cursor) -> Statement:
    """The older `set update ip saddr timeout 5s @s`."""
    words.take()
    operation = _one_of(words, frozenset({"add", "update", "delete"}))
    key = nft_fields.expression(words)
    told = stateful.told(words)
    told.pop("comment", None)
    return DynamicSet(operation=operation, key=key, set=_reference(words), **told)


def _meter(words: Cursor) -> Statement:
    words.take()
    name = words.name()
    size = words.number() if words.accept("size") else None
    words.expect("{")
    key = nft_fields.expression(words)
    told = stateful.told(words)
    words.expect("}")
    statements = told.get("statements", ())
    return Meter(name=name, key=key, size=size, statements=statements, timeout=told.get("timeout"))


def _reset(words: Cursor) -> Statement:
    words.at += 1
    words.expect("tcp")
    words.expect("option")
    return ResetOption(option=str(words.take()))


def _xt(words: Cursor) -> Statement:
    words.take()
    kind = _one_of(words, frozenset({"match", "target", "watcher"}))
    return Xt(kind=kind, name=words.name())


READERS: Mapping[str, Callable[[Cursor], Statement | None]] = {
    "reject": _reject,
    "log": _log,
    "queue": _queue,
    "dup": _dup,
    "fwd": _fwd,
    "flow": _flow,
    "synproxy": _synproxy,
    "meter": _meter,
    "reset": _reset,
    "xt": _xt,
    "set": _old_dynamic,
    **dict.fromkeys(("add", "update", "delete"), _dynamic),
}
"""What reads a statement that begins with that word."""
