"""Steps through legacy tables (`iptables-legacy`): what the kernel logs of them, and their rules.

A packet under trace is logged at every rule it matches (`net/ipv4/netfilter/ip_tables.c`,
trace_packet) as `TRACE: table:chain:type:number`, before the target is asked. So the verdict is not
in the log: that of a built-in target is in the tables, and that of an extension's shows in what is
logged next. `type` is of no use: an unconditional rule with a built-in target is called policy or
return too (get_chainname_rulenum). The number tells: past the last rule is the end of the chain.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.kernel.host.namespaces import JudgeError, Namespace
from iptsim.packet import HOOKS, Packet
from iptsim.regex import regex

_LIBC = ctypes.CDLL(None, use_errno=True)
_INFO, _ENTRIES = 64, 65  # IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES; of IPv6 the same
_NAME = 32  # XT_TABLE_MAXNAMELEN
_TARGET = struct.Struct("=H29sB")  # struct xt_entry_target; a standard one has an int after it
_RETURN = -5  # XT_RETURN; other negative verdicts are -1 - NF_…
_FIXED: Mapping[int, str] = {-1: "drop", -2: "accept", -4: "queue", _RETURN: "return"}
_REROUTING = ("DNAT", "REDIRECT", "NETMAP")
_SYN, _SYN_ACK_FIN_RST = 0x02, 0x17
_TRACE = regex(r"TRACE: ([^:]+):(.+):[a-z]+:(\d+) ")
_NFLOG = struct.Struct("=IHHHH64s")  # struct xt_nflog_info


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand in struct ipt_entry or ip6t_entry, as this machine's C lays them out."""

    level: int
    names: str
    entry: struct.Struct
    flags: int
    goto: int


# ip or ipv6 part, nfcache, target_offset, next_offset, comefrom, counters.
_IPV4 = Layout(
    level=socket.SOL_IP,
    names="ip_tables_names",
    entry=struct.Struct("@84sIHHIQQ"),
    flags=82,
    goto=2,
)
_IPV6 = Layout(
    level=socket.IPPROTO_IPV6, names="ip6_tables_names",
    entry=struct.Struct("@136sIHHIQQ"), flags=131, goto=4,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a rule does: a verdict, and the chain of a jump or goto; None where it is `extension`'s.

    The verdicts are those of `KernelStep`. `echo` is what the rule itself logs to group 0.
    """

    verdict: str | None
    chain: str = ""
    extension: str = ""
    policy: bool = False
    echo: str | None = None


Tables = dict[tuple[str, str], tuple[Target, ...]]
"""For each (table, chain) its rules' targets; a built-in chain has its policy as one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A rule that a packet matched, by its number; or, without a table, the end of a hook."""

    hook: str
    table: str = ""
    chain: str = ""
    number: int = 0


def logged(prefix: str, hook: int) -> Logged | None:
    """A line of the log, None where it is not of a trace (a rule's own NFLOG)."""
    found = _TRACE.fullmatch(prefix)
    if found is None:
        return None
    table, chain, number = found.groups()
    return Logged(hook=HOOKS[hook], table=table, chain=chain, number=int(number))


def verdict_of(lines: Sequence[Logged], at: int, target: Target, packet: Packet) -> str:
    """The verdict of a rule that matched, from its target or what was logged after it."""
    if target.verdict is not None:
        return target.verdict
    if target.extension == "NFQUEUE":
        return "queue"
    if at + 1 == len(lines):
        if target.extension in _REROUTING and lines[at].hook == "OUTPUT":
            return ""  # perhaps accepted, and without a route to the new destination
        # SYNPROXY answers a SYN, and drops an ACK to what it never said (ipt_SYNPROXY.c).
        syn = (packet.tcp_flags or 0) & _SYN_ACK_FIN_RST == _SYN
        return "stolen" if target.extension == "SYNPROXY" and syn else "drop"
    here, after = lines[at], lines[at + 1]
    return "continue" if (after.hook, after.table) == (here.hook, here.table) else "accept"


def read_tables(namespace: Namespace, family: int) -> Tables:
    """The rules of every legacy table that is loaded, as the kernel itself holds them."""
    layout = _IPV4 if family == 4 else _IPV6
    af = socket.AF_INET if family == 4 else socket.AF_INET6
    names = namespace.do(lambda: _names(layout))
    tables: Tables = {}
    if names:
        with namespace.socket(af, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            for name in names:
                tables |= _table(name, raw.fileno(), layout)
    return tables


def _names(layout: Layout) -> list[str]:
    path = Path("/proc/thread-self/net", layout.names)
    return path.read_text().split() if path.exists() else []


def _option(fd: int, layout: Layout, option: int, question: bytes, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(question, size)
    length = ctypes.c_uint32(size)
    if _LIBC.getsockopt(fd, layout.level, option, buffer, ctypes.byref(length)):
        words = os.strerror(ctypes.get_errno())
        raise JudgeError(
            f"reading a legacy table: {words}", code=codes.LEGACY_NOT_READ, words=words
        )
    return buffer.raw[: length.value]


def _table(table: str, fd: int, layout: Layout) -> Tables:
    name = table.encode().ljust(_NAME, b"\0")
    info = struct.unpack_from("=32sI5I5III", _option(fd, layout, _INFO, name, 84))
    size = info[13]
    head = _NAME + 8  # the name, the size, and what aligns the entries
    blob = _option(fd, layout, _ENTRIES, name + struct.pack("=I", size), head + size)[head:]
    starts = {offset: HOOKS[hook] for hook, offset in enumerate(info[2:7]) if info[1] >> hook & 1}
    return _chains(table, blob, starts, layout)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    at: int
    after: int
    goto: bool
    name: str
    data: bytes


def _entries(blob: bytes, layout: Layout) -> Iterator[_Entry]:
    at = 0
    while at + layout.entry.size <= len(blob):
        ip, _, target_at, size, *_ = layout.entry.unpack_from(blob, at)
        width, name, _ = _TARGET.unpack_from(blob, at + target_at)
        data = blob[at + target_at + _TARGET.size : at + target_at + width]
        text = name.split(b"\0")[0].decode()
        yield _Entry(
            at=at, after=at + size, goto=bool(ip[layout.flags] & layout.goto), name=text, data=data
        )
        at += size


def _chains(table: str, blob: bytes, starts: Mapping[int, str], layout: Layout) -> Tables:
    entries = list(_entries(blob, layout))
    # A chain of the user's begins after an entry that holds its name; the last one ends the table.
    heads = {e.after: _text(e.data) for e in entries if e.name == "ERROR"} | dict(starts)
    chains: dict[str, list[Target]] = {}
    chain = ""
    for entry in entries:
        chain = heads.get(entry.at, chain)
        if entry.name != "ERROR":
            chains.setdefault(chain, []).append(_target(entry, heads))
    for name, rules in chains.items():
        last = rules.pop()  # a chain of the user's ends in a return, which is no rule
        if name in starts.values():
            rules.append(replace(last, policy=True))
    return {(table, name): tuple(rules) for name, rules in chains.items()}


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode(errors="surrogateescape")


def _target(entry: _Entry, heads: Mapping[int, str]) -> Target:
    if entry.name:
        return Target(verdict=None, extension=entry.name, echo=_echo(entry))
    (number,) = struct.unpack_from("=i", entry.data)
    if number < 0:
        return Target(verdict=_FIXED[number])
    # A rule without a target jumps to the one after it.
    if number == entry.after and not entry.goto:
        return Target(verdict="continue")
    return Target(verdict="goto" if entry.goto else "jump", chain=heads[number])


def _echo(entry: _Entry) -> str | None:
    if entry.name != "NFLOG":
        return None
    _, group, *_, prefix = _NFLOG.unpack_from(entry.data)
    return _text(prefix) if group == 0 else None
