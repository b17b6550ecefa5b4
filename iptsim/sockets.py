"""A host's sockets as values, as far as the socket match looks at them."""

from __future__ import annotations

from iptsim.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """A socket: protocol (6 or 17), own address and port, and the peer's where it is connected.

    `address` None is any address, of `family` 4, of 6, or (None) of both. `transparent` tells
    whether it has the option IP_TRANSPARENT.
    """

    proto: int
    family: int | None
    address: int | None
    port: int
    peer: tuple[int, int] | None = None
    transparent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSocket:
    """The socket that a connection has here since its first packet, which a later one finds.

    `ends` are the fields (src, dst, sport, dport) in which its packets have to hold something else
    than they arrived with, and what: where nat changed the first one. `certain` is whether the
    socket is there, `transparent` whether it has IP_TRANSPARENT, `likely` whether an ordinary
    connection has it; the last two of one that is not certain say no more than what is usual.
    `mark` brought the first packet here, where TPROXY took it.

    Sources: net/ipv4/tcp_input.c, tcp_conn_request (a request is among the connections at once);
    net/ipv4/inet_connection_sock.c, inet_csk_reqsk_queue_hash_add; include/net/inet_sock.h,
    `no_srccheck`.
    """

    ends: tuple[tuple[str, int], ...] = ()
    transparent: bool = False
    certain: bool = False
    likely: bool = True
    mark: int | None = None
