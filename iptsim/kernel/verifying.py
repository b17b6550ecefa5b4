"""One packet asked of the tracer and of the real kernel, on the same host."""

from __future__ import annotations

import json
import os
import platform
import socket
from collections.abc import Iterator, Mapping
from types import MappingProxyType, TracebackType

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.ipsec_policy import RoutingRule
from iptsim.kernel.host.interfaces import Links, links_for
from iptsim.kernel.host.ip_batch import table_number
from iptsim.kernel.host.namespaces import JudgeError, Namespace
from iptsim.kernel.host.open_sockets import open_socket
from iptsim.kernel.host.privilege import enter_user_namespace
from iptsim.kernel.host.tools import tool
from iptsim.kernel.judge import Judge
from iptsim.kernel.loading.cannot_judge import as_dumped, hanging_on, lacks, strange
from iptsim.kernel.loading.loading import Loadable
from iptsim.kernel.loading.native_text import NativeText, native_text
from iptsim.kernel.loading.rereading import Misread, misread
from iptsim.kernel.loading.standing import Originals
from iptsim.kernel.packet_sides import sides
from iptsim.kernel.side_by_side import Comparison, compare
from iptsim.model import Dump, Note, Ruleset, Target
from iptsim.netfilter.new_connections import first_state
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.sockets import Socket
from iptsim.tracer import Trace, Tracer
from iptsim.tracer.host.arrival import first_hook, picks_up
from iptsim.tracing import asked
from iptsim.values import InterfacePattern, Masked, Range, format_address

_HOOKS = ("PREROUTING", "OUTPUT")
_TCP, _UDP = 6, 17
_DELIVERED = "133"  # a routing table of our own

PACKETS_FAULTS = frozenset(
    {
        codes.PACKETS_NOT_TOGETHER,
        codes.SENDING_FAILED,
        codes.NO_SUCH_LINK,
        codes.NO_SUCH_USER,
        codes.NOT_JUDGED_FROM_HOOK,
        codes.SENT_BY_A_SOCKET,
        codes.PACKET_NOT_MADE,
        codes.OTHER_STATE_TO_KERNEL,
        codes.NO_ROUTE_BY_INTERFACE,
        codes.MARK_NOT_GIVEN,
        codes.HANGS_ON_UNTOLD,
        codes.HANGS_ON_UNKNOWN,
    }
)
"""Codes of errors that are of one packet only."""

NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class UnjudgeableError(IptsimError):
    """A packet that cannot be made to enter as asked, or of which the dump tells too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """Who judged: the backend (nft or legacy), iptables' version and the kernel's release."""

    backend: str
    iptables: str
    kernel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The answer: both ways of the packet side by side, and the rules that were loaded.

    `asked` is the packet as far as the user gave it; as it was sent, it is the comparison's
    journey's. `host` is the one that both had, with addresses of its own where they are `made_up`.
    `notes` say where the loaded rules may not be what the dumped host had.
    """

    asked: Packet
    comparison: Comparison
    ruleset: Ruleset
    host: Host
    made_up: bool
    notes: tuple[Note, ...]
    software: Software


@dataclass(slots=True, kw_only=True)
class _Court:
    """A judge with its interfaces, the families whose rules are loaded, and its host."""

    judge: Judge
    links: Links
    hosts: dict[int, Host] = field(default_factory=dict)
    misread: dict[int, tuple[Misread, ...]] = field(default_factory=dict)
    sockets: dict[Socket, socket.socket] = field(default_factory=dict)

    def open(self, told: Socket) -> None:
        """Have that socket on the host; once, whoever asks for it again."""
        if told not in self.sockets:
            self.sockets[told] = open_socket(told, self.judge.trio.host)

    def close(self) -> None:
        """Take the host down, with all that is in it."""
        for each in self.sockets.values():
            each.close()
        self.judge.close()


class Verifier:
    """Asks many packets of one dump. Use it in a `with`: it has a throwaway host in it.

    `host` is what is told of the dumped host, `ipset` the text of `ipset save`, `backend` nft or
    legacy, `texts` what the dump was read from, by the files' names in its places: the whole
    tables in it are loaded as they stand. The first packet makes the host; without root the whole
    process then moves into a user namespace. Raises `JudgeError` where no kernel can be asked,
    `UnloadableError` for a rule that it does not take, and `UnjudgeableError` for a host of
    another time than now.
    """

    def __init__(
        self,
        dump: Dump,
        host: Host,
        *,
        ipset: str | None = None,
        backend: str = "nft",
        texts: Mapping[str, str] = NO_TEXTS,
    ) -> None:
        if host.time is not None:
            raise UnjudgeableError(
                "cannot judge --time: the kernel's clock shows now", code=codes.CLOCK_SHOWS_NOW
            )
        self._dump, self._host, self._ipset, self._backend = dump, host, ipset, backend
        self._originals, self._texts = Originals(texts), texts
        self._native: NativeText | None = None
        self._told: tuple[Note, ...] = ()
        self._loadables: dict[int, Loadable] = {}
        self._tracers: dict[int, Tracer] = {}
        self._court: _Court | None = None
        self._rootless = False

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the host down, with all that is in it."""
        if self._court is not None:
            self._court.close()
            self._court = None

    def verify(self, question: Question, *, skipped: bool = False) -> Verified:
        """The packet's way by our tracer and by the kernel.

        `skipped` keeps the rules that did not match. Raises `UnjudgeableError` for a packet that
        cannot be made, and for one whose way hangs on what the dump does not tell; `UsageError`
        where the dump has no rules of its family.
        """
        ruleset, packet = asked(self._dump, question)
        hook = _hook(question)
        loadable = self._loadable(ruleset)
        court = self._seated(packet, hook, loadable)
        (journey,) = court.judge.send([(_to_send(packet, hook, court), hook)])
        host = court.hosts[ruleset.family]
        trace = self._tracers[ruleset.family].trace(
            journey.packet, hook=journey.hook, host=host, skipped=skipped
        )
        _refuse_untold(trace, ruleset)
        comparison = replace(compare(trace, journey), misread=court.misread.get(ruleset.family, ()))
        return Verified(
            asked=packet,
            comparison=comparison,
            ruleset=loadable.ruleset,
            host=host,
            made_up=self._host.addresses is None,
            notes=(*loadable.notes, *self._told),
            software=_software(court.judge, ruleset.family, native=self._native is not None),
        )

    def _loadable(self, ruleset: Ruleset) -> Loadable:
        if ruleset.family not in self._loadables:
            own = replace(
                ruleset, tables=tuple(t for t in ruleset.tables if t.nft_table is None), nft=None
            )
            self._native = self._native or native_text(self._dump, self._texts)
            loadable = Loadable.of(own, self._originals)
            told = as_dumped(own) if lacks(own) else loadable.ruleset
            with_all = replace(loadable, ruleset=_with_native(loadable.ruleset, ruleset))
            self._loadables[ruleset.family] = with_all
            self._tracers[ruleset.family] = Tracer.of(_with_native(told, ruleset))
        return self._loadables[ruleset.family]

    def _seated(self, packet: Packet, hook: str, loadable: Loadable) -> _Court:
        """The judge on a host that such a packet can come through, the rules loaded."""
        links = self._links(packet, hook, loadable.ruleset)
        if self._court is None or self._court.links != links or self._is_late(packet):
            self.close()
            self._rootless = self._rootless or os.geteuid() != 0
            enter_user_namespace()
            self._court = _Court(judge=self._judge(links), links=links)
            if self._ipset is not None:
                self._court.judge.ipset(self._ipset)
            for told in self._host.sockets or ():
                self._court.open(told)
        if packet.family not in self._court.hosts:
            _load(self._court, loadable, self._host, rootless=self._rootless)
            if self._native is not None:
                self._told = self._native.load(self._court.judge.load_native)
        return self._court

    def _is_late(self, packet: Packet) -> bool:
        """Tables of nftables are made last, as the text tells them: so they are asked first."""
        assert self._court is not None
        return self._native is not None and packet.family not in self._court.hosts

    def _judge(self, links: Links) -> Judge:
        """A fresh host, which tracks connections if the dump's own rules have it do so."""
        return Judge(links, backend=self._backend)

    def _links(self, packet: Packet, hook: str, ruleset: Ruleset) -> Links:
        names = [*_interfaces(ruleset), *([packet.in_] if packet.in_ else [])]
        names += [each.text for each in self._native.names] if self._native else []
        own, others = ((), ()) if self._host.addresses is not None else sides(packet, hook)
        out = packet.out if packet.out != "lo" else None
        return links_for(self._host, names, out=out, local=own, avoid=others)


def _with_native(told: Ruleset, ruleset: Ruleset) -> Ruleset:
    native = [table for table in ruleset.tables if table.nft_table is not None]
    return replace(told, tables=(*told.tables, *native), nft=ruleset.nft)


def _refuse_untold(trace: Trace, ruleset: Ruleset) -> None:
    found = hanging_on(trace, ruleset)
    if not found:
        return
    what, unknown = ", ".join(found), strange(trace)
    if unknown.issuperset(found):
        raise UnjudgeableError(
            f"cannot judge: nobody here knows what {what} does with this packet",
            code=codes.HANGS_ON_UNKNOWN, what=what,
        )  # fmt: skip
    command = "iptables-save" if ruleset.family == 4 else "ip6tables-save"
    raise UnjudgeableError(
        f"cannot judge: this packet's way hangs on what {what} does, which this text does not"
        f" tell; `{command}` tells it",
        code=codes.HANGS_ON_UNTOLD, what=what, command=command,
    )  # fmt: skip


def _hook(question: Question) -> str:
    hook = first_hook(question.packet, question.hook)
    if hook not in _HOOKS:
        raise UnjudgeableError(
            f"cannot judge from {hook} on: no packet can be made to begin there;"
            " ask from PREROUTING or OUTPUT on",
            code=codes.NOT_JUDGED_FROM_HOOK, hook=hook,
        )  # fmt: skip
    if hook == "OUTPUT" and question.packet.socket is not None:
        message = "cannot judge --uid none: what is sent here comes from a socket"
        raise UnjudgeableError(message, code=codes.SENT_BY_A_SOCKET)
    return hook


def _interfaces(ruleset: Ruleset) -> Iterator[str]:
    """The interfaces that the rules name."""
    for _table, _chain, _number, rule in ruleset.rules():
        options = [o.value for m in (*rule.matches, rule.target) if m for o in m.options]
        for value in (rule.header.in_, rule.header.out, *options):
            if isinstance(value, InterfacePattern):
                yield value.text


def _load(court: _Court, loadable: Loadable, told: Host, *, rootless: bool) -> None:
    """Load the rules and read what the host is now; sets and sockets are those that were told."""
    family, judge = loadable.ruleset.family, court.judge
    if loadable.told:
        loadable.load(lambda text: judge.load(text, family=family), rootless=rootless)
    if loadable.reading:
        court.misread[family] = _misread(judge, loadable, family)
    read = read_host(judge.addresses(), judge.routes(family=family, every=told.rules is not None))
    court.hosts[family] = replace(
        read, sets=told.sets, sockets=told.sockets, rules=_rules(told), sysctls=told.sysctls
    )
    for rule in (rule for *_, rule in loadable.ruleset.rules()):
        if rule.target is not None and rule.target.name == "TPROXY":
            _tproxy(rule.target, family, court, listens=told.sockets is None)


def _misread(judge: Judge, loadable: Loadable, family: int) -> tuple[Misread, ...]:
    """The rules that iptables reads otherwise than we do; none where ours cannot be loaded."""
    ours = judge.saved_elsewhere(loadable.reading, family=family)
    if ours is None:
        return ()
    return misread(loadable.ruleset, ours, judge.save(family=family))


def _rules(told: Host) -> tuple[RoutingRule, ...] | None:
    """The rules with the numbers that the judge's host has for their tables."""
    if told.rules is None:
        return None
    return tuple(replace(rule, table=table_number(rule.table, told)) for rule in told.rules)


def _tproxy(target: Target, family: int, court: _Court, *, listens: bool) -> None:
    """What TPROXY takes as given: who listens there, and the routing of its mark to this host."""
    port, mark = target.value("--on-port", Range), target.value("--tproxy-mark", Masked)
    if listens and port is not None and port.low:
        for proto in (_TCP, _UDP):
            told = Socket(proto=proto, family=family, address=None, port=port.low, transparent=True)
            court.open(told)
    if court.hosts[family].rules is None and mark is not None and mark.mask and mark.value:
        ip, host = ("ip", f"-{family}"), court.judge.trio.host
        host.run(*ip, "rule", "add", "fwmark", f"{mark.value}/{mark.mask}", "lookup", _DELIVERED)
        host.run(*ip, "route", "replace", "local", "default", "dev", "lo", "table", _DELIVERED)


def _to_send(packet: Packet, hook: str, court: _Court) -> Packet:
    """The packet, fully given, with a destination to which the routes lead out as asked.

    (A socket bound to an interface would have other routes.) Raises `UnjudgeableError` where none
    do, and for a connection state that the kernel will not give it.
    """
    out, family, asked = packet.out, packet.family, packet.ctstate
    sent = packet.with_(out=None, ctstate=None)
    if out is not None:
        sent = sent if sent.dst is not None else sent.with_(dst=_beyond(out, family, court))
        _refuse_other_way(sent, out, court)
    full = court.judge.complete(sent, hook)
    kind, loose = full.icmp_type, picks_up(court.hosts[family])
    state = first_state(family, full.proto, flags=full.tcp_flags, icmp_type=kind, loose=loose)
    if asked not in (None, state):
        raise UnjudgeableError(
            f"cannot judge --ctstate {asked}: to the kernel this packet, the first of its"
            f" connection, is {state}",
            code=codes.OTHER_STATE_TO_KERNEL, asked=asked, state=state,
        )  # fmt: skip
    return full


def _refuse_other_way(sent: Packet, out: str, court: _Court) -> None:
    by = _route(sent.dst or 0, sent.family, court.judge.trio.host)
    if by != out:
        but = f", but one by {by}" if by else ""
        raise UnjudgeableError(
            f"no route leads to that destination by {out}{but}",
            code=codes.NO_ROUTE_BY_INTERFACE,
            out=out,
        )


def _beyond(out: str, family: int, court: _Court) -> int:
    """An address that the routes lead to by an interface, if any does."""
    trio = court.judge.trio
    if out == "lo":
        return trio.address(trio.links[0].name, family)
    width = 32 if family == 4 else 128
    routes = court.hosts[family].routes or ()
    there = [route.network.value + 9 for route in routes if route.network.width == width]
    tried = [trio.peer_address(out, family), *there]
    return next((one for one in tried if _route(one, family, trio.host) == out), tried[0])


def _route(address: int, family: int, host: Namespace) -> str:
    """The interface that the kernel chooses for a destination; '' where it has no route."""
    text = format_address(address, 32 if family == 4 else 128)
    try:
        (found,) = json.loads(host.run("ip", "-j", f"-{family}", "route", "get", text))
    except (JudgeError, ValueError):
        return ""
    return str(found.get("dev", ""))


def _software(judge: Judge, family: int, *, native: bool) -> Software:
    """`iptables v1.8.9 (nf_tables)`, as the programs that loaded the rules call themselves."""
    name = tool("iptables" if family == 4 else "ip6tables", judge.backend)
    version = judge.trio.host.run(name, "--version").strip()
    if native:
        version = f"{version}, {judge.trio.host.run('nft', '--version').strip()}"
    return Software(backend=judge.backend, iptables=version, kernel=platform.release())
