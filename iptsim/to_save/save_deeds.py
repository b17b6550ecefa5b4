"""What a rule of nftables does, as targets of iptables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iptsim.dataclass import dataclass
from iptsim.extensions.nft.nft_words import words
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.expressions import Address, Ct, Expression, Meta, Number, Range
from iptsim.to_save.save_lines import TRANSPORTS, UnsaidError
from iptsim.to_save.save_marks import connmark_set, mark_set
from iptsim.to_save.save_values import Place, ends
from iptsim.values import format_address

_CODES = {
    "icmp": {0: "icmp-net-unreachable", 1: "icmp-host-unreachable", 2: "icmp-proto-unreachable",
             3: "icmp-port-unreachable", 9: "icmp-net-prohibited", 10: "icmp-host-prohibited",
             13: "icmp-admin-prohibited"},
    "icmpv6": {0: "icmp6-no-route", 1: "icmp6-adm-prohibited", 3: "icmp6-addr-unreachable",
               4: "icmp6-port-unreachable"},
}  # fmt: skip
_BOTH = {
    0: ("icmp-net-unreachable", "icmp6-no-route"),
    1: ("icmp-port-unreachable", "icmp6-port-unreachable"),
    2: ("icmp-host-unreachable", "icmp6-addr-unreachable"),
    3: ("icmp-admin-prohibited", "icmp6-adm-prohibited"),
}
"""What nft's own codes are in each family (nf_tables: nft_reject_icmp_code, icmpv6_code)."""
_TRANSLATIONS = {
    "dnat": ("DNAT", "--to-destination", ("PREROUTING", "OUTPUT")),
    "snat": ("SNAT", "--to-source", ("POSTROUTING", "INPUT")),
    "masquerade": ("MASQUERADE", "--to-ports", ("POSTROUTING",)),
    "redirect": ("REDIRECT", "--to-ports", ("PREROUTING", "OUTPUT")),
}
_FLAGS = {
    "dnat": {"random": "--random", "persistent": "--persistent"},
    "snat": {
        "random": "--random", "fully-random": "--random-fully", "persistent": "--persistent",
    },
    "masquerade": {"random": "--random", "fully-random": "--random-fully"},
    "redirect": {"random": "--random"},
}  # fmt: skip
_LOG_FLAGS = {
    "tcp sequence": ("--log-tcp-sequence",),
    "tcp options": ("--log-tcp-options",),
    "ip options": ("--log-ip-options",),
    "skuid": ("--log-uid",),
    "ether": ("--log-macdecode",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A target with its options; `protocols` are those of which the rule must have asked one.

    `final` is whether no later rule of the chain sees the packet. `nothing` is a statement that
    packets of this family pass over.
    """

    target: str
    final: bool = False
    protocols: tuple[int, ...] = ()
    nothing: bool = False


def deed_of(one: nft.Statement, place: Place) -> Deed:  # a statement each
    """The target that does it; `UnsaidError` where there is none."""
    match one:
        case nft.Reject():
            return _reject(one, place)
        case nft.Nat():
            return _translation(one, place)
        case nft.Assignment(target=Meta(key="mark")):
            return Deed(target=mark_set(one.value))
        case nft.Assignment(target=Ct(key="mark", direction=None)):
            return Deed(target=connmark_set(one.value))
        case nft.Notrack():
            place.needs("CT --notrack", "raw")
            return Deed(target="CT --notrack")
        case nft.Log():
            return Deed(target=_log(one))
        case nft.Queue():
            return Deed(target=_queue(one), final=True)
        case nft.Unknown(text=text):
            raise UnsaidError(text, text)
    raise UnsaidError(beginning(one), beginning(one))


_BEGINNINGS: Mapping[type, str] = {
    nft.ConnectionLimit: "ct count", nft.FlowAdd: "flow", nft.ResetOption: "reset",
    nft.VerdictMap: "vmap",
}  # fmt: skip
"""Where a statement is not called as its class is."""


def beginning(one: nft.Statement) -> str:
    """How a statement begins in a text of nft."""
    match one:
        case nft.Nat(kind=kind) | nft.Xt(kind=kind) | nft.Verdict(kind=kind):
            return kind
        case nft.Assignment(target=Meta(key=key) | Ct(key=key)):
            return f"{key} set"
        case nft.Assignment(target=target):
            return words(target)
        case nft.ObjectReference(kind=kind):
            return kind
        case nft.DynamicSet(operation=operation):
            return f"{operation} @"
    return _BEGINNINGS.get(type(one), type(one).__name__.lower())


def _reject(one: nft.Reject, place: Place) -> Deed:
    try:
        place.needs("REJECT", "filter", "INPUT", "FORWARD", "OUTPUT")
    except UnsaidError as none:
        raise UnsaidError(none.what, "reject") from None
    if one.kind == "tcp reset":
        return Deed(target="REJECT --reject-with tcp-reset", final=True, protocols=(6,))
    at = 0 if place.family == 4 else 1
    if one.kind in (None, "icmpx"):
        return Deed(
            target=_with(_BOTH.get(1 if one.code is None else one.code, ("", ""))[at]), final=True
        )
    known = _CODES.get(one.kind or "", {})
    if (one.kind == "icmp") != (place.family == 4):
        return Deed(target="", nothing=True)
    return Deed(target=_with(known.get(3 if one.code is None else one.code, "")), final=True)


def _with(kind: str) -> str:
    if not kind:
        raise UnsaidError("reject with …", "reject")
    return f"REJECT --reject-with {kind}"


def _translation(one: nft.Nat, place: Place) -> Deed:
    name, option, hooks = _TRANSLATIONS[one.kind]
    family = {"ip": 4, "ip6": 6}.get(one.family or "")
    if family is None and isinstance(one.address, Address):
        family = 4 if one.address.width == 32 else 6
    if family not in (None, place.family):
        return Deed(target="", nothing=True)
    place.needs(name, "nat", *hooks)
    unknown = one.flags - _FLAGS[one.kind].keys()
    if unknown:
        raise UnsaidError(f"{one.kind} {' '.join(sorted(unknown))}", one.kind)
    flags = "".join(f" {word}" for flag, word in _FLAGS[one.kind].items() if flag in one.flags)
    to = _to(one, plain=one.kind in ("masquerade", "redirect"))
    protocols = tuple(TRANSPORTS) if one.port is not None else ()
    told = f" {option} {to}" if to else ""
    if not to and one.kind in ("dnat", "snat"):
        raise UnsaidError(one.kind, one.kind)
    return Deed(target=f"{name}{told}{flags}", final=True, protocols=protocols)


def _to(one: nft.Nat, *, plain: bool) -> str:
    """Where a translation leads: an address, a port, or both; ranges of either."""
    port = "" if one.port is None else _span(one.port, str)
    if one.address is None:
        return port if plain or not port else f":{port}"
    width = _width(one.address)
    address = _span(one.address, lambda number: format_address(number, width))
    if width == 128 and port:
        low, dash, high = address.partition("-")
        address = f"[{low}]{dash}{f'[{high}]' if high else ''}"
    return f"{address}:{port}" if port else address


def _width(value: Expression) -> int:
    match value:
        case Address(width=width) | Range(low=Address(width=width)):
            return width
    raise UnsaidError("to …", "to ")


def _span(value: Expression, shown: Callable[[int], str]) -> str:
    if not isinstance(value, Address | Number | Range):
        raise UnsaidError("to …", "to ")
    low, high = ends(value)
    return shown(low) if low == high else f"{shown(low)}-{shown(high)}"


def _log(one: nft.Log) -> str:
    prefix = one.prefix or ""
    longest = 63 if one.group is not None else 29  # xt_NFLOG.h, xt_LOG.h
    if set(prefix) & set('"\\\n$') or not prefix.isprintable() or len(prefix.encode()) > longest:
        raise UnsaidError(f"log prefix {prefix!r}", "log")
    if one.group is not None:
        return _nflog(one, prefix)
    if one.snaplen is not None or one.queue_threshold is not None:
        raise UnsaidError("log", "log")
    return "LOG" + (f' --log-prefix "{prefix}"' if prefix else "") + _log_options(one)


def _nflog(one: nft.Log, prefix: str) -> str:
    if one.flags or one.level is not None:
        raise UnsaidError("log group", "log")
    told = f' --nflog-prefix "{prefix}"' if prefix else ""
    told += f" --nflog-group {one.group}"
    if one.snaplen is not None:
        told += f" --nflog-size {one.snaplen}"
    if one.queue_threshold is not None:
        told += f" --nflog-threshold {one.queue_threshold}"
    return f"NFLOG{told}"


_LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"]


def _log_options(one: nft.Log) -> str:
    if one.level is not None and one.level not in _LEVELS:
        raise UnsaidError(f"log level {one.level}", "log")
    told = f" --log-level {_LEVELS.index(one.level)}" if one.level is not None else ""
    flags = tuple(_LOG_FLAGS) if "all" in one.flags else one.flags
    for flag in flags:
        if flag not in _LOG_FLAGS:
            raise UnsaidError(f"log flags {flag}", "log")
        told += f" {' '.join(_LOG_FLAGS[flag])}"
    return told


def _queue(one: nft.Queue) -> str:
    numbers = Number(value=0) if one.numbers is None else one.numbers
    if not isinstance(numbers, Number | Range) or not {*one.flags} <= {"bypass", "fanout"}:
        raise UnsaidError("queue", "queue")
    low, high = ends(numbers)
    told = f"--queue-num {low}" if low == high else f"--queue-balance {low}:{high}"
    bypass = " --queue-bypass" if "bypass" in one.flags else ""
    return f"NFQUEUE {told}{bypass}" + (" --queue-cpu-fanout" if "fanout" in one.flags else "")
