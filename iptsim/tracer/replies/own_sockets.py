"""Which socket of this host later packets of a connection find: their connection's own.

A TCP listener has it as soon as the first packet came (net/ipv4/tcp_input.c, tcp_conn_request), for
the addresses and ports with which that one was delivered. TPROXY's is transparent, as is any that a
transparent socket accepts (inet_sk(newsk)->transparent, `no_srccheck` of its request).
"""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.netfilter.new_connections import SYN_ACK, TCP
from iptsim.sockets import OwnSocket, Socket
from iptsim.worlds.connection import Connection
from iptsim.worlds.terms import Term, value_of
from iptsim.worlds.variables import ARRIVING

_SYN, _UDP = 0x02, 17
_ALWAYS_COOKIES = 2
_ENDS = ("src", "dst", "sport", "dport")


def with_socket(connection: Connection, kind: str) -> Connection:
    """The connection on a host that has its socket, as its packet `kind` finds that."""
    return replace(connection, host=connection.host.later(_own(connection, kind)))


def _own(connection: Connection, kind: str) -> OwnSocket | None:
    if kind == "reply":
        # Who sent the first packet has a socket, unless it wrote the packet itself.
        return OwnSocket() if connection.began_here and _may_have(connection) else None
    if connection.destination != "local" or connection.began_here:
        return None
    if connection.proto == _UDP:
        # An answer has the address and port that were asked, for which somebody made a socket.
        taken = connection.taken and kind == "next"
        return OwnSocket(transparent=True, likely=False) if taken else None
    return _accepted(connection, kind) if _opens(connection) else None


def _may_have(connection: Connection) -> bool:
    return value_of(connection.fields["socket"]) != "no" and connection.proto in (TCP, _UDP)


def _opens(connection: Connection) -> bool:
    flags = value_of(connection.fields["tcp_flags"])
    asks = flags is None or (isinstance(flags, int) and flags & SYN_ACK == _SYN)
    return connection.proto == TCP and asks


def _accepted(connection: Connection, kind: str) -> OwnSocket | None:
    """What a listener made; one that comes again may find a listener that had no room for it."""
    told, ends = connection.host.sockets, _changed(connection)
    known = {True} if connection.taken else _listens(connection)
    if not known:
        return None
    sure = told is not None and len(known) == 1 and ends is not None and kind == "next"
    cookies = connection.host.sysctls.of("net/ipv4/tcp_syncookies") == _ALWAYS_COOKIES
    certain = sure and not cookies
    return OwnSocket(
        ends=ends or (), transparent=known == {True}, certain=certain, mark=_mark(connection)
    )


def _mark(connection: Connection) -> int | None:
    mark = value_of(connection.fields["mark"]) if connection.taken else None
    return mark if isinstance(mark, int) and mark else None


def _changed(connection: Connection) -> tuple[tuple[str, int], ...] | None:
    """Of its ends those that rules changed; None where they are not known."""
    given, ends = connection.packet.given(), []
    for name in _ENDS:
        term = connection.fields[name]
        if _as_it_came(name, term, given.get(name)):
            continue
        value = value_of(term)
        if not isinstance(value, int):
            return None
        ends.append((name, value))
    return tuple(ends)


def _as_it_came(name: str, term: Term, given: object) -> bool:
    return term == ARRIVING[name] if given is None else value_of(term) == given


def _listens(connection: Connection) -> set[bool]:
    """Whether the told listener is transparent; both where that is open, none where none is."""
    told = connection.host.sockets
    if told is None:
        return {False}
    family = connection.packet.family
    mine = [s for s in told if s.proto == TCP and s.peer is None and s.family in (None, family)]
    port, dst = value_of(connection.fields["dport"]), value_of(connection.fields["dst"])
    here = [s for s in mine if port in (None, s.port) and _bound(s, dst)]
    if not here or port is None or (dst is None and any(s.address is not None for s in here)):
        return {True, False} if here else set()
    first = min(map(_rank, here))
    return {s.transparent for s in here if _rank(s) == first}


def _bound(socket: Socket, dst: object) -> bool:
    return socket.address is None or dst is None or socket.address == dst


def _rank(socket: Socket) -> tuple[bool, bool]:
    return socket.address is None, socket.family is None
