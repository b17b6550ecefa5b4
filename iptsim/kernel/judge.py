"""Asks the real kernel: rules loaded, packets sent, their steps read."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from types import TracebackType

from iptsim.kernel.events import WATCH_TABLE, Journey, Scribe
from iptsim.kernel.frames import ICMP, ICMPV6, PORTED, TCP, ethernet, ip_packet
from iptsim.kernel.namespaces import JudgeError, program
from iptsim.kernel.netlink import Netfilter
from iptsim.kernel.trio import LINKS, Link, Trio
from iptsim.packet import Packet

NEEDED = ("ip", "nft", "iptables-restore", "iptables-save", "ip6tables-restore", "ip6tables-save")
_FIRST_IDENTITY = 0x1000
_LAST_IDENTITY = 0xFFFF
_TABLES = ("raw", "mangle", "nat", "filter", "security")
# A rule that drops a local packet makes its sender fail with EPERM, and routing with the others;
# what became of the packet is in its steps.
_PART_OF_A_JOURNEY = (errno.EPERM, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES)

# The rules under judgement stay as they are: tracing is turned on before all of them (raw is at
# -300) and the packet is seen after all of them (nat's source side is at 100). The chain without
# a hook is never walked, but its rule turns connection tracking on, as it is on any host that has
# been up for a while: without, a nat table in which no rule matches on a connection or translates
# is not asked at all (net/netfilter/nf_nat_core.c, nf_nat_inet_fn: no nf_conn).
_WATCH = f"""
table inet {WATCH_TABLE} {{
  chain start_prerouting {{
    type filter hook prerouting priority -1000; meta nftrace set 1
  }}
  chain start_output {{ type filter hook output priority -1000; meta nftrace set 1; }}
  chain end_input {{ type filter hook input priority 1000; }}
  chain end_postrouting {{ type filter hook postrouting priority 1000; }}
  chain tracking {{ ct state new; }}
}}
"""


class Judge:
    """A throwaway host with real rules in it. Use it in a `with`; needs root.

    `backend` is nft or legacy. The kernel tells the steps of nft rules only: legacy tables log
    theirs to the kernel's log instead, so a journey through them has sightings but no steps.
    Raises `JudgeError` where the kernel or a program refuses.
    """

    def __init__(self, links: tuple[Link, ...] = LINKS, *, backend: str = "nft") -> None:
        self.backend = backend
        self.trio = Trio(links)
        self._identity = _FIRST_IDENTITY
        self._listeners: list[socket.socket] = []
        try:
            self.trio.host.run("nft", "-f", "-", stdin=_WATCH)
            self._netfilter = Netfilter(self.trio.host)
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
        for listener in self._listeners:
            listener.close()
        self._netfilter.close()
        self.trio.close()

    def _tool(self, name: str) -> str:
        special = name.replace("tables", f"tables-{self.backend}", 1)
        try:
            program(special)
        except JudgeError:
            return name
        return special

    def load(self, text: str, *, family: int = 4) -> None:
        """Replace the tables that the restore input names, and forget every connection."""
        name = "iptables-restore" if family == 4 else "ip6tables-restore"
        self.trio.host.run(self._tool(name), stdin=text)
        self._netfilter.forget_connections()

    def clear(self) -> None:
        """Remove every rule of both families."""
        for kind in ("ip", "ip6"):
            lines = "".join(f"add table {kind} {t}\ndelete table {kind} {t}\n" for t in _TABLES)
            self.trio.host.run("nft", "-f", "-", stdin=lines)
        self._netfilter.forget_connections()

    def save(self, *, family: int = 4) -> str:
        """What iptables-save prints of the rules that are loaded."""
        name = "iptables-save" if family == 4 else "ip6tables-save"
        return self.trio.host.run(self._tool(name))

    def listing(self, table: str, *flags: str, family: int = 4) -> str:
        """What `iptables -t table -L` with these flags prints of the rules that are loaded."""
        name = "iptables" if family == 4 else "ip6tables"
        return self.trio.host.run(self._tool(name), "-t", table, "-L", *flags)

    def addresses(self) -> str:
        """What `ip -j addr` prints of the host."""
        return self.trio.host.run("ip", "-j", "addr")

    def routes(self, *, family: int = 4) -> str:
        """What `ip -j route` prints of the host."""
        return self.trio.host.run("ip", "-j", f"-{family}", "route")

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
        """The packet with everything given that sending it needs.

        Inbound: from the client to the host's address on the first link; outbound: from the host
        to the neighbour on the last link, sent by root; TCP SYN from 40000 to 80, TTL 64, TOS 0, as
        long as its headers are.
        """
        inbound = hook == "PREROUTING"
        link = (packet.in_ or self.trio.links[0].name) if inbound else self.trio.links[-1].name
        there = self.trio.peer_address(link, packet.family)
        here = self.trio.address(link, packet.family)
        usual: dict[str, int | str | None] = {
            "src": there if inbound else here, "dst": here if inbound else there,
            "proto": TCP, "ttl": 64, "tos": 0, "mark": 0,
        }  # fmt: skip
        usual |= {"in_": link} if inbound else {"uid": 0, "gid": 0}
        known = {name: value for name, value in usual.items() if getattr(packet, name) is None}
        full = _with_transport(packet.with_(**known))
        if inbound and full.mac_src is None:
            full = full.with_(mac_src=int.from_bytes(self.trio.wires[link][1], "big"))
        return full.with_(length=len(ip_packet(full, 0)))

    def send(
        self, packets: Iterable[tuple[Packet, str]], *, quiet: float = 0.05
    ) -> tuple[Journey, ...]:
        """The journeys of packets, each with the hook where it enters: PREROUTING or OUTPUT.

        They are sent one after the other, and every connection is forgotten before each, so each
        is the first of its own. A packet whose end the rules do not tell (routing threw it away)
        is given up when no event came for `quiet` seconds.
        """
        sent = [(self.complete(packet, hook), hook) for packet, hook in packets]
        numbers = self._numbers({packet.family for packet, _ in sent})
        return tuple(self._journey(packet, hook, numbers, quiet) for packet, hook in sent)

    def _journey(
        self, packet: Packet, hook: str, numbers: dict[tuple[str, str, int], int], quiet: float
    ) -> Journey:
        identity = self._next_identity()
        scribe = Scribe((identity,), numbers)
        self._netfilter.forget_connections()
        self._emit(packet, hook, identity)
        for event in self._netfilter.trace_events(quiet):
            scribe.write(event)
            if scribe.ended(identity):
                break
        return scribe.journey(identity, packet, hook)

    def _numbers(self, families: set[int]) -> dict[tuple[str, str, int], int]:
        if len(families) > 1:
            raise JudgeError("packets of one family at a time", code="IPT0605")
        return {k: v for f in families for k, v in self._netfilter.rule_numbers(f).items()}

    def _next_identity(self) -> int:
        identity = self._identity
        self._identity = _FIRST_IDENTITY if identity == _LAST_IDENTITY else identity + 1
        return identity

    def _emit(self, packet: Packet, hook: str, identity: int) -> None:
        if hook == "PREROUTING":
            self._emit_frame(packet, identity)
        elif hook == "OUTPUT":
            self._emit_local(packet, identity)
        else:
            raise JudgeError(f"a packet cannot be made to enter at {hook}", code="IPT0605")

    def _emit_frame(self, packet: Packet, identity: int) -> None:
        wire, far, near = self.trio.wires[str(packet.in_)]
        wire.send(ethernet(packet, identity, far, near))

    def _emit_local(self, packet: Packet, identity: int) -> None:
        af, size = (socket.AF_INET, 4) if packet.family == 4 else (socket.AF_INET6, 16)
        raw = self.trio.host.socket(
            af, socket.SOCK_RAW, socket.IPPROTO_RAW, uid=packet.uid or 0, gid=packet.gid or 0
        )
        destination = socket.inet_ntop(af, (packet.dst or 0).to_bytes(size, "big"))
        with raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, packet.mark or 0)
            try:
                raw.sendto(ip_packet(packet, identity), (destination, 0))
            except OSError as error:
                if error.errno not in _PART_OF_A_JOURNEY:
                    raise JudgeError(f"sending a packet: {error}", code="IPT0606") from error


def _with_transport(packet: Packet) -> Packet:
    if packet.proto in (ICMP, ICMPV6):
        echo = 8 if packet.proto == ICMP else 128
        kind = echo if packet.icmp_type is None else packet.icmp_type
        return packet.with_(icmp_type=kind, icmp_code=packet.icmp_code or 0)
    if packet.proto not in PORTED:
        return packet
    flags = 0x02 if packet.proto == TCP and packet.tcp_flags is None else packet.tcp_flags
    sport = 40000 if packet.sport is None else packet.sport
    dport = 80 if packet.dport is None else packet.dport
    return packet.with_(sport=sport, dport=dport, tcp_flags=flags)
