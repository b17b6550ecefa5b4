"""What a target does, as statements of nftables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iptsim.actions import Action, CopyBits, SetBits, Side, To, Translate
from iptsim.model import Target
from iptsim.nftables.expressions import (
    Address,
    Binary,
    Ct,
    Expression,
    HeaderOption,
    Meta,
    Number,
    Payload,
    Range,
    Rt,
)
from iptsim.nftables.nft_statements import (
    Assignment,
    Dup,
    Log,
    Nat,
    Notrack,
    Queue,
    Reject,
    Statement,
    Synproxy,
    Tproxy,
    Verdict,
)
from iptsim.to_nft.nft_literals import networks
from iptsim.values import IntSet
from iptsim.values import Range as Numbers

_FULL = 0xFFFFFFFF
Told = tuple[Statement, ...] | None
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "RETURN": "return"}
_REJECTS = {
    "icmp-net-unreachable": ("icmp", 0), "icmp-host-unreachable": ("icmp", 1),
    "icmp-proto-unreachable": ("icmp", 2), "icmp-port-unreachable": ("icmp", 3),
    "icmp-net-prohibited": ("icmp", 9), "icmp-host-prohibited": ("icmp", 10),
    "icmp-admin-prohibited": ("icmp", 13), "tcp-reset": ("tcp reset", None),
    "icmp6-no-route": ("icmpv6", 0), "icmp6-adm-prohibited": ("icmpv6", 1),
    "icmp6-addr-unreachable": ("icmpv6", 3), "icmp6-port-unreachable": ("icmpv6", 4),
    "icmp6-policy-fail": ("icmpv6", 5), "icmp6-reject-route": ("icmpv6", 6),
}  # fmt: skip
_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
_FLAGS = {
    "--log-ip-options": "ip options", "--log-uid": "skuid", "--log-macdecode": "ether",
}  # fmt: skip


def deeds(target: Target | None, actions: tuple[Action, ...], family: int) -> Told:
    """The statements of a target that leads to no chain; None where nft has none."""
    if target is None:
        return ()
    if target.name in _VERDICTS:
        return (Verdict(kind=_VERDICTS[target.name]),)
    tell = _TELLS.get(target.name)
    if tell is not None:
        return tell(target)
    changes = [a for a in actions if isinstance(a, SetBits | CopyBits | Translate)]
    if target.name not in _BY_ACTIONS or len(changes) != 1:
        return None
    one = _change(changes[0], target, family)
    return None if one is None else (one,)


_BY_ACTIONS = frozenset(
    {"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "MARK", "CONNMARK", "DSCP", "TOS", "TTL", "HL"}
)


def _change(one: SetBits | CopyBits | Translate, target: Target, family: int) -> Statement | None:
    if isinstance(one, Translate):
        return _translated(one, target, family)
    if isinstance(one, CopyBits):
        return _copied(one)
    return _set(one, family)


# --- translations


def _translated(one: Translate, target: Target, family: int) -> Statement | None:
    """One range of addresses and one of ports at most; a port shift nft does not know."""
    width = 32 if family == 4 else 128
    kind = {
        (Side.DESTINATION, To.GIVEN): "dnat",
        (Side.SOURCE, To.GIVEN): "snat",
        (Side.DESTINATION, To.INCOMING): "redirect",
        (Side.SOURCE, To.OUTGOING): "masquerade",
    }.get((one.side, one.to))
    ranges = [held for held in (one.addresses, one.ports) if held is not None]
    if kind is None or one.base is not None or any(len(held.ranges) != 1 for held in ranges):
        return None
    if kind in ("dnat", "snat") and one.addresses is None:
        return _port_only(kind, one, target)
    address = None if one.addresses is None else _addresses(one.addresses, width)
    port = None if one.ports is None else _numbers(one.ports)
    return Nat(kind=kind, address=address, port=port, flags=_flags(target))


def _port_only(kind: str, one: Translate, target: Target) -> Statement | None:
    if one.ports is None:
        return None
    return Nat(kind=kind, port=_numbers(one.ports), flags=_flags(target))


def _flags(target: Target) -> frozenset[str]:
    names = {"--random": "random", "--random-fully": "fully-random", "--persistent": "persistent"}
    return frozenset(flag for name, flag in names.items() if target.has(name))


def _addresses(values: IntSet, width: int) -> Expression:
    ((low, high),) = values.ranges
    if low == high:
        return next(iter(networks(values, width)))
    return Range(low=Address(value=low, width=width), high=Address(value=high, width=width))


def _numbers(values: IntSet) -> Expression:
    ((low, high),) = values.ranges
    if low == high:
        return Number(value=low)
    return Range(low=Number(value=low), high=Number(value=high))


# --- marks and headers


def _set(one: SetBits, family: int) -> Statement | None:
    if one.field in ("mark", "connmark"):
        field: Expression = Meta(key="mark") if one.field == "mark" else Ct(key="mark")
        return Assignment(target=field, value=changed(field, one.value, one.mask))
    header = "ip" if family == 4 else "ip6"
    if one.field == "ttl":
        name = "ttl" if family == 4 else "hoplimit"
        held = Payload(protocol=header, field=name)
        return Assignment(target=held, value=Number(value=one.value))
    if one.field == "tos" and one.mask == 0xFC and not one.value & 3:
        held = Payload(protocol=header, field="dscp")
        return Assignment(target=held, value=Number(value=one.value >> 2))
    return None


def changed(field: Expression, value: int, mask: int) -> Expression:
    """`(field & ~mask) ^ value`, as short as it goes."""
    if mask == _FULL:
        return Number(value=value)
    kept: Expression = field
    if mask and value != mask:
        kept = Binary(operator="&", left=field, right=Number(value=_FULL ^ mask))
    if not value:
        return kept
    if value & ~mask == 0:
        return Binary(operator="|", left=kept, right=Number(value=value))
    if value & mask == 0 or value == mask:
        return Binary(operator="^", left=kept, right=Number(value=value))
    return Binary(operator="^", left=kept, right=Number(value=value))


def _copied(one: CopyBits) -> Statement | None:
    """No two fields are joined by nft: what is not overwritten whole cannot be said."""
    if one.to_mask != _FULL or one.shift:
        return None
    fields: dict[str, Expression] = {"mark": Meta(key="mark"), "connmark": Ct(key="mark")}
    value: Expression = fields[one.source]
    if one.source_mask != _FULL:
        value = Binary(operator="&", left=value, right=Number(value=one.source_mask))
    return Assignment(target=fields[one.to], value=value)


# --- by their options


def _reject(target: Target) -> Told:
    told = _REJECTS.get(target.value("--reject-with", str) or "")
    return None if told is None else (Reject(kind=told[0], code=told[1]),)


def _log(target: Target) -> Told:
    prefix = target.value("--log-prefix", str)
    level = target.value("--log-level", int)
    if (prefix is not None and not is_plain(prefix)) or (level or 0) > 7:
        return None
    return (
        Log(
            prefix=prefix,
            level=None if level is None else _LEVELS[level],
            flags=tuple(_log_flags(target)),
        ),
    )


def _log_flags(target: Target) -> Iterator[str]:
    tcp = [name for name in ("sequence", "options") if target.has(f"--log-tcp-{name}")]
    if tcp:
        yield f"tcp {','.join(tcp)}"
    yield from (flag for name, flag in _FLAGS.items() if target.has(name))


def is_plain(text: str) -> bool:
    """Whether a string of nft can hold a text: it knows no escapes, and has at most 127 bytes."""
    return '"' not in text and "\n" not in text and "$" not in text and len(text.encode()) < 128


def _nflog(target: Target) -> Told:
    prefix = target.value("--nflog-prefix", str)
    if prefix is not None and not is_plain(prefix):
        return None
    return (
        Log(
            prefix=prefix,
            group=target.value("--nflog-group", int) or 0,
            snaplen=target.value("--nflog-size", int),
            queue_threshold=target.value("--nflog-threshold", int),
        ),
    )


def _nfqueue(target: Target) -> Told:
    balance = target.value("--queue-balance", Numbers)
    number: Expression = Number(value=target.value("--queue-num", int) or 0)
    if balance is not None:
        number = Range(low=Number(value=balance.low), high=Number(value=balance.high))
    names = {"--queue-bypass": "bypass", "--queue-cpu-fanout": "fanout"}
    flags = tuple(flag for name, flag in names.items() if target.has(name))
    return (Queue(numbers=number, flags=flags),)


def _ct(target: Target) -> Told:
    if target.has("--notrack") and len(target.options) == 1:
        return (Notrack(),)
    zone = target.option("--zone")
    if zone is not None and isinstance(zone.value, int) and len(target.options) == 1:
        return (Assignment(target=Ct(key="zone"), value=Number(value=zone.value)),)
    return None


def _tcpmss(target: Target) -> Told:
    """Only a size that is there is lowered: where none is, xtables puts one in (xt_TCPMSS.c)."""
    size = HeaderOption(protocol="tcp", option="maxseg", field="size")
    fixed = target.value("--set-mss", int)
    value: Expression = Rt(key="mtu") if fixed is None else Number(value=fixed)
    return (Assignment(target=size, value=value),)


def _synproxy(target: Target) -> Told:
    if target.has("--ecn"):
        return None
    names = {"--timestamp": "timestamp", "--sack-perm": "sack-perm"}
    return (
        Synproxy(
            mss=target.value("--mss", int),
            wscale=target.value("--wscale", int),
            flags=tuple(flag for name, flag in names.items() if target.has(name)),
        ),
    )


def tproxy(target: Target, actions: tuple[Action, ...], family: int) -> Told:
    """Hand over, mark and accept; who has no such socket is told by the next rule (drop)."""
    port, address = target.value("--on-port", Numbers), target.value("--on-ip", int)
    if port is None:
        return None
    width = 32 if family == 4 else 128
    held = Address(value=address, width=width) if address else None
    number = Number(value=port.low) if port.low else None
    marks = [one for one in actions if isinstance(one, SetBits)]
    told = [_set(one, family) for one in marks]
    if (held is None and number is None) or None in told:
        return None
    changes = tuple(one for one in told if one is not None)
    return (Tproxy(address=held, port=number), *changes, Verdict(kind="accept"))


def _tee(target: Target) -> Told:
    gateway = target.value("--gateway", int)
    if gateway is None or target.has("--oif"):
        return None
    width = 32 if gateway < 1 << 32 else 128
    return (Dup(address=Address(value=gateway, width=width)),)


_TELLS: Mapping[str, Callable[[Target], Told]] = {
    "REJECT": _reject,
    "LOG": _log,
    "NFLOG": _nflog,
    "NFQUEUE": _nfqueue,
    "QUEUE": lambda _target: (Queue(numbers=Number(value=0)),),
    "CT": _ct,
    "NOTRACK": lambda _target: (Notrack(),),
    "TCPMSS": _tcpmss,
    "SYNPROXY": _synproxy,
    "TRACE": lambda _target: (Assignment(target=Meta(key="nftrace"), value=Number(value=1)),),
    "TEE": _tee,
}
