"""Which socket TPROXY finds for a packet, where the host's sockets are told.

Source: net/netfilter/xt_TPROXY.c, tproxy_tg4 and tproxy_tg6_v1; net/ipv4/netfilter/
nf_tproxy_ipv4.c and net/ipv6/netfilter/nf_tproxy_ipv6.c (nf_tproxy_get_sock_v4, nf_tproxy_laddr4).
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.host import Host, InterfaceAddress
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    Fact,
    Interface,
    Predicate,
    all_of,
    any_of,
    equals,
    negate,
)
from iptsim.sockets import OwnSocket, Socket
from iptsim.values import InterfacePattern, format_address

_UDP = 17


def transparent_takes(host: Host, family: int, port: int, address: int) -> Predicate:
    """The packets that TPROXY finds a transparent socket for; it drops all others.

    `port` 0 is the packet's own, `address` 0 the first of the incoming interface. A connection of
    the packet comes before a listener, one of that address before one of any; the first that the
    kernel finds must be transparent, whatever others are. Precondition: the sockets are told.
    """
    mine = [s for s in host.sockets or () if s.family in (None, family)]
    takes: Predicate = NEVER
    found: dict[_Place, set[bool]] = {}
    for here, socket, fits in (
        *_connections(mine), *_listeners(mine, host, family, (port, address)),
    ):  # fmt: skip
        # An IPv4 socket comes before one of both families (inet_hashtables.c, compute_score).
        rank = (socket.address, family == 4 and socket.family is None)
        found.setdefault((here, rank), set()).add(fits)
    for (here, _rank), kinds in reversed(found.items()):
        so = _SOME if len(kinds) > 1 else ALWAYS if True in kinds else NEVER
        takes = any_of((all_of((here, so)), all_of((negate(here), takes))))
    return takes if host.own_socket is None else _own_first(host.own_socket, takes)


def _own_first(own: OwnSocket, takes: Predicate) -> Predicate:
    """The socket of the packet's own connection comes before any that listens."""
    if own.transparent and not own.certain:
        return takes  # the same as that of the listener
    here = all_of(equals(name, value) for name, value in own.ends)
    kept: Predicate = (
        ALWAYS if own.transparent else NEVER if own.certain else all_of((_SOME, takes))
    )
    return any_of((all_of((here, kept)), all_of((negate(here), takes))))


_Place = tuple[Predicate, tuple[int | None, bool]]
_Found = tuple[Predicate, Socket, bool]
_SOME = Fact(
    key="of the sockets at one place TPROXY finds a transparent one",
    code=codes.FOUND_TRANSPARENT,
    reads=("src", "dst", "sport", "dport"),
)


def _connections(mine: list[Socket]) -> Iterator[_Found]:
    for socket in mine:
        if socket.peer is not None and socket.address is not None:
            ends = (equals("dst", socket.address), equals("dport", socket.port))
            yield all_of((*_from_peer(socket), *ends)), socket, socket.transparent


def _from_peer(socket: Socket) -> Iterator[Predicate]:
    yield equals("proto", socket.proto)
    if socket.peer is not None:
        yield equals("src", socket.peer[0])
        yield equals("sport", socket.peer[1])


def _listeners(
    mine: list[Socket], host: Host, family: int, wanted: tuple[int, int]
) -> Iterator[_Found]:
    """In the order of their scores; a connected UDP socket is found and is none that listens."""
    port, address = wanted
    ranked = sorted(mine, key=lambda s: (s.peer is None, s.address is None, s.family is None))
    for socket in ranked:
        if port not in (0, socket.port) or (socket.peer is not None and socket.proto != _UDP):
            continue
        at_port = ALWAYS if port else equals("dport", socket.port)
        at_address = _bound(socket, host, family, address)
        here = all_of((*_from_peer(socket), at_port, at_address))
        yield here, socket, socket.transparent and socket.peer is None


def _bound(socket: Socket, host: Host, family: int, address: int) -> Predicate:
    """Whether the address that TPROXY looks for is the socket's."""
    if socket.address is None:
        return ALWAYS
    if address:
        return ALWAYS if address == socket.address else NEVER
    width = 32 if family == 4 else 128
    if host.addresses is None:
        own = format_address(socket.address, width)
        key = f"the first address of the incoming interface is {own}"
        return Fact(key=key, code=codes.FIRST_ADDRESS, detail=own, reads=("in",))
    names = dict.fromkeys(own.interface for own in host.of(None, width))
    firsts = {name: first for name in names if (first := _first(host.of(name, width)))}
    its = any_of(_by(name) for name, first in firsts.items() if first == socket.address)
    # By an interface that has none the packet's own destination is looked for.
    without = all_of((*(negate(_by(name)) for name in firsts), equals("dst", socket.address)))
    return any_of((its, without))


def _first(own: tuple[InterfaceAddress, ...]) -> int | None:
    return next((a.address for a in own if _usable(a)), None)


def _usable(own: InterfaceAddress) -> bool:
    return not (own.secondary if own.width == 32 else own.tentative or own.deprecated)


def _by(name: str) -> Predicate:
    return Interface(field="in", pattern=InterfacePattern(text=name))
