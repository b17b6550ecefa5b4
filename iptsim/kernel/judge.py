"""Asks the real kernel: rules loaded, packets sent, their steps read."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType

from iptsim import codes
from iptsim.dataclass import dataclass, field
from iptsim.kernel.completing import complete
from iptsim.kernel.events.events import WATCH_TABLE, Journey, Native, Scribe
from iptsim.kernel.events.legacy_log import Tables, read_tables
from iptsim.kernel.events.native_names import native_names, without_watch
from iptsim.kernel.events.netlink import Netfilter
from iptsim.kernel.events.silence import Say, silent
from iptsim.kernel.host.ingress_mark import arriving_mark
from iptsim.kernel.host.interfaces import LINKS, Link, Links
from iptsim.kernel.host.namespaces import JudgeError, Namespace, ProgramError
from iptsim.kernel.host.tools import line_of, tool
from iptsim.kernel.host.trio import Trio
from iptsim.kernel.sending import emit, receive
from iptsim.packet import Packet
from iptsim.regex import regex

_FIRST_IDENTITY = 0x1000
_LAST_IDENTITY = 0xFFFF
_TABLES = ("raw", "mangle", "nat", "filter", "security")
_EMPTY = "*filter\nCOMMIT\n"

# The rules under judgement stay as they are: tracing is turned on before all of them (raw is at
# -300) and the packet is seen after all of them (nat's source side is at 100). Nothing here may ask
# for a connection: that would have the kernel track them, and a nat table of which no rule does so
# is idle (net/netfilter/nf_nat_core.c, nf_nat_inet_fn: no nf_conn, no chain). What the host sends
# without a user's socket is no packet of the judge: an answer, or the copy that TEE makes
# (net/core/skbuff.c, __copy_skb_header leaves the socket out), which goes its own way.
_WATCH = f"""
table inet {WATCH_TABLE} {{
  chain start_prerouting {{
    type filter hook prerouting priority -1000; meta nftrace set 1
  }}
  chain start_output {{
    type filter hook output priority -1000; meta skuid 0-4294967295 meta nftrace set 1 accept
    meta nftrace set 0
  }}
  chain end_input {{ type filter hook input priority 1000; }}
  chain end_postrouting {{ type filter hook postrouting priority 1000; }}
}}
"""
# A chain without a hook is never walked, but its rule has both families tracked.
_TRACKING = f"table inet {WATCH_TABLE} {{ chain tracking {{ ct state new; }}; }}\n"
# Chains at devices come before that, and behind it.
_WATCH_DEVICES = {
    "ingress": "chain start_ingress {{ type filter hook ingress devices = {{ {} }} priority -1000;"
    " meta nftrace set 1; }}",
    "egress": "chain end_egress {{ type filter hook egress devices = {{ {} }} priority 1000; }}",
}
_AT_DEVICE = {hook: regex(rf'hook"?:?\s*"?{hook}') for hook in _WATCH_DEVICES}
# What legacy tables log of a rule is not whether it let the packet pass: these show that it did.
_PASSED = f"""
table inet {WATCH_TABLE} {{
  chain end_prerouting {{ type filter hook prerouting priority 1000; }}
  chain end_forward {{ type filter hook forward priority 1000; }}
  chain end_output {{ type filter hook output priority 1000; }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """nft: rule numbers by (table, chain, handle); legacy: the rules' targets."""

    numbers: dict[tuple[str, str, int], int]
    tables: Tables
    native: Native = field(default_factory=Native)


class Judge:
    """A throwaway host with real rules in it. Use it in a `with`.

    `backend` is nft or legacy: which kind of tables `load` makes. `tracking` is whether something
    besides the rules has the kernel track connections, as on a host that does more; without, as the
    tracer takes it, a nat table is idle unless a rule of its family asks for a connection. Needs
    root, or `enter_user_namespace`. Raises `JudgeError` where the kernel or a program refuses.
    """

    def __init__(
        self,
        links: Links | tuple[Link, ...] = LINKS,
        *,
        backend: str = "nft",
        tracking: bool = False,
    ) -> None:
        self.backend = backend
        self._tracking = tracking
        self._links = links
        self._identity = _FIRST_IDENTITY
        self._listeners: list[socket.socket] = []
        self._sets = ""
        self._native = False
        self._restored: frozenset[str] = frozenset()
        self._begin()

    def _begin(self) -> None:
        self.trio = Trio(self._links)
        legacy = self.backend == "legacy"
        try:
            watch = _WATCH + (_PASSED if legacy else "") + (_TRACKING if self._tracking else "")
            self.trio.host.run("nft", "-f", "-", stdin=watch)
            if legacy:
                _have_modules()
            self._netfilter = Netfilter(self.trio.host, log=legacy)
        except BaseException:
            self.trio.close()
            raise

    def __enter__(self) -> Judge:
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
        while self._listeners:
            self._listeners.pop().close()
        self._netfilter.close()
        self.trio.close()

    def ipset(self, text: str) -> None:
        """Make the sets that rules name, from what `ipset save` prints; before `load`.

        Raises `JudgeError` (IPT0615) with ipset's own words and the `line` that it refused.
        """
        self._sets = text
        self._feed(codes.IPSET_REFUSES, text, "ipset", "restore")

    def load(self, text: str, *, family: int = 4) -> None:
        """Replace the tables that the restore input names, and forget every connection.

        Raises `JudgeError` (IPT0614) with the program's own words; its facts are these `words`,
        the `program`, and the `line` that it refused, None where it tells none.
        """
        name = "iptables-restore" if family == 4 else "ip6tables-restore"
        self._feed(codes.RESTORE_REFUSES, text, tool(name, self.backend))
        self._restored |= {line[1:].strip() for line in text.splitlines() if line[:1] == "*"}
        self._netfilter.forget_connections()

    def load_native(self, text: str) -> None:
        """Add tables of nftables, as `nft -f` or `nft -j` reads them; forget every connection.

        Raises `JudgeError` (IPT0614) as `load` does.
        """
        if text[:1] == "{":
            # As a word: nft opens /dev/stdin anew for JSON, which is not given to nobody.
            self._feed(codes.RESTORE_REFUSES, "", "nft", "-j", text)
        else:
            self._feed(codes.RESTORE_REFUSES, text, "nft", "-f", "-")
        self._native = True
        self._watch_devices(text)
        self._netfilter.forget_connections()

    def _watch_devices(self, text: str) -> None:
        """Have packets traced and seen at devices, where chains stand there."""
        hooks = [hook for hook in _WATCH_DEVICES if _AT_DEVICE[hook].search(text)]
        names = ", ".join(f'"{name}"' for name in ("lo", *(link.name for link in self.trio.links)))
        chains = "\n".join(_WATCH_DEVICES[hook].format(names) for hook in hooks)
        if chains:
            told = f"table netdev {WATCH_TABLE} {{\n{chains}\n}}\n"
            self.trio.host.run("nft", "-f", "-", stdin=told)

    def list_native(self) -> str:
        """What `nft list ruleset` prints of the host, but for the judge's own table."""
        return without_watch(self.trio.host.run("nft", "list", "ruleset"))

    def _feed(self, code: str, text: str, *words: str) -> None:
        try:
            self.trio.host.run(*words, stdin=text, untrusted=True)
        except ProgramError as error:
            facts = {"words": error.words, "line": line_of(error.words), "program": words[0]}
            raise JudgeError(error.message, code=code, **facts) from error

    def clear(self, *, sets: bool = True) -> None:
        """Remove every rule and table of both families, and every set unless `sets` is False.

        Legacy tables cannot be removed, so the whole host is made anew: its listeners and what
        else was done to it are gone.
        """
        if self.backend == "legacy":
            self.close()
            self._begin()
            self._native, self._restored = False, frozenset()
            return
        if self._native:
            self._remove_native()
        kinds = [(kind, table) for kind in ("ip", "ip6") for table in _TABLES]
        lines = "".join(f"add table {k} {t}\ndelete table {k} {t}\n" for k, t in kinds)
        self.trio.host.run("nft", "-f", "-", stdin=lines)
        if sets and self._sets:
            self.trio.host.run("ipset", "destroy")
        self._netfilter.forget_connections()

    def _remove_native(self) -> None:
        listed = self.trio.host.run("nft", "list", "tables")
        mine = f"table inet {WATCH_TABLE}"
        lines = (line for line in listed.splitlines() if line != mine)
        self.trio.host.run("nft", "-f", "-", stdin="".join(f"delete {line}\n" for line in lines))
        self._native, self._restored = False, frozenset()

    def save(self, *, family: int = 4) -> str:
        """What iptables-save prints of the rules that are loaded."""
        name = "iptables-save" if family == 4 else "ip6tables-save"
        return self.trio.host.run(tool(name, self.backend))

    def saved_elsewhere(self, text: str, *, family: int = 4) -> str | None:
        """What iptables-save prints of rules once loaded on a host of their own; None if refused.

        (On this one, matches with a memory would find that of the rules before them.)
        """
        kind = "iptables" if family == 4 else "ip6tables"
        restore, save = (tool(f"{kind}-{word}", self.backend) for word in ("restore", "save"))
        with Namespace() as elsewhere:
            try:
                if self._sets:
                    elsewhere.run("ipset", "restore", stdin=self._sets, untrusted=True)
                elsewhere.run(restore, stdin=text, untrusted=True)
            except ProgramError:
                return None
            return elsewhere.run(save)

    def listing(self, table: str, *flags: str, family: int = 4) -> str:
        """What `iptables -t table -L` with these flags prints of the rules that are loaded."""
        name = "iptables" if family == 4 else "ip6tables"
        return self.trio.host.run(tool(name, self.backend), "-t", table, "-L", *flags)

    def addresses(self) -> str:
        """What `ip -j addr` prints of the host."""
        return self.trio.host.run("ip", "-j", "addr")

    def routes(self, *, family: int = 4, every: bool = False) -> str:
        """What `ip -j route` prints of the host, of `every` table where that is asked."""
        which = ("show", "table", "all") if every else ()
        return self.trio.host.run("ip", "-j", f"-{family}", "route", *which)

    def deliver_marked(self, mark: int, *, family: int = 4) -> None:
        """Hand packets with this mark to the host itself, as TPROXY needs (`ip rule`)."""
        ip = ("ip", f"-{family}")
        self.trio.host.run(*ip, "rule", "add", "fwmark", str(mark), "lookup", "133")
        self.trio.host.run(*ip, "route", "add", "local", "default", "dev", "lo", "table", "133")

    def listen(self, port: int, *, family: int = 4) -> None:
        """A transparent TCP listener, without which TPROXY drops (`xt_TPROXY.c`, tproxy_tg4)."""
        af = socket.AF_INET if family == 4 else socket.AF_INET6
        listener = self.trio.host.socket(af, socket.SOCK_STREAM)
        self._listeners.append(listener)
        level, option = (socket.SOL_IP, 19) if family == 4 else (socket.IPPROTO_IPV6, 75)
        listener.setsockopt(level, option, 1)
        listener.bind(("", port))
        listener.listen()

    def complete(self, packet: Packet, hook: str) -> Packet:
        """The packet with everything given that sending it needs, see `completing.complete`."""
        return complete(packet, hook, self.trio)

    def send(
        self, packets: Iterable[tuple[Packet, str]], *, quiet: float = 0.05
    ) -> tuple[Journey, ...]:
        """The journeys of packets, each with the hook where it enters: PREROUTING or OUTPUT.

        They are sent one after the other, and every connection is forgotten before each, so each
        is the first of its own. One that comes in by lo enters at OUTPUT, addressed to the host
        itself. A packet whose end the rules do not tell (routing threw it away) is given up when no
        event came for `quiet` seconds.
        """
        sent = self._completed(packets)
        rules = self._rules(sent)
        journeys = []
        for packet, hook in sent:
            self._netfilter.forget_connections()
            journeys.append(self._journey(packet, hook, rules, quiet))
        return tuple(journeys)

    @contextmanager
    def conversation(self, *, quiet: float = 0.05) -> Iterator[Say]:
        """Sends packets that follow one another, each when the journey of the last one is known.

        As `send`, but connections are forgotten only where it begins, and the host's own answers
        are held back for as long as it lasts.
        """
        known: list[_Rules] = []

        def say(packet: Packet, hook: str) -> Journey:
            sent = self._completed([(packet, hook)])
            if not known:
                known.append(self._rules(sent))
            return self._journey(*sent[0], known[0], quiet)

        with silent(self.trio.host):
            self._netfilter.forget_connections()
            yield say

    def _completed(self, packets: Iterable[tuple[Packet, str]]) -> list[tuple[Packet, str]]:
        sent = []
        for packet, hook in packets:
            if hook not in ("PREROUTING", "OUTPUT"):
                raise JudgeError(
                    f"a packet cannot be made to enter at {hook}", code=codes.PACKETS_NOT_TOGETHER
                )
            full = self.complete(packet, hook)
            local = hook == "OUTPUT" or full.in_ == "lo"
            sent.append((full.with_(in_=None), "OUTPUT") if local else (full, hook))
        if len({packet.family for packet, _ in sent}) > 1:
            raise JudgeError("packets of one family at a time", code=codes.PACKETS_NOT_TOGETHER)
        return sent

    def _journey(self, packet: Packet, hook: str, rules: _Rules, quiet: float) -> Journey:
        identity = self._next_identity()
        scribe = Scribe((identity,), rules.numbers, packet.proto, rules.tables, rules.native)
        send = receive if hook == "PREROUTING" else emit
        with arriving_mark(packet, hook, self.trio.host):
            send(packet, identity, self.trio)
            for event in self._netfilter.trace_events(quiet):
                scribe.write(event)
                if scribe.ended(identity):
                    break
        return scribe.journey(identity, packet, hook)

    def _rules(self, sent: list[tuple[Packet, str]]) -> _Rules:
        """What names the rules of the packets' family in what the kernel tells."""
        if not sent:
            return _Rules(numbers={}, tables={})
        family = sent[0][0].family
        legacy = self.backend == "legacy"
        tables = read_tables(self.trio.host, family) if legacy else {}
        if self._native:
            made = frozenset[str]() if legacy else self._restored
            numbers, native = native_names(self.trio.host, self._netfilter, made)
            return _Rules(numbers=numbers, tables=tables, native=native)
        if legacy:
            return _Rules(numbers={}, tables=tables)
        return _Rules(numbers=self._netfilter.rule_numbers(family), tables={})

    def _next_identity(self) -> int:
        identity = self._identity
        self._identity = _FIRST_IDENTITY if identity == _LAST_IDENTITY else identity + 1
        return identity


@cache
def _have_modules() -> None:
    """Have the modules of legacy tables loaded, for which `load` has no rights (xtables_load_ko).

    In a namespace of its own: a table that was asked for once is there.
    """
    with Namespace() as elsewhere:
        for name in ("iptables-restore", "ip6tables-restore"):
            with suppress(JudgeError):  # `load` tells why
                elsewhere.run(tool(name, "legacy"), stdin=_EMPTY)
