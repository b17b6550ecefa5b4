"""socket: whether a local socket is open for the packet.

Sources: iptables-extensions(8), socket; extensions/libxt_socket.c; net/netfilter/xt_socket.c.
"""

from __future__ import annotations

from collections.abc import Iterable

from iptsim import codes
from iptsim.actions import Action, Forget
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match
from iptsim.predicate import (
    NEVER,
    Fact,
    Predicate,
    all_of,
    any_of,
    between,
    equals,
    named,
    negate,
)
from iptsim.sockets import OwnSocket, Socket

_FLAGS = ("transparent", "nowildcard", "restore-skmark")
_OPTIONS = tuple(Opt(name=f"--{flag}") for flag in _FLAGS)
_PARTS = tuple(Part(f"--{flag}", f"(?:--)?{flag}") for flag in _FLAGS)

_FACT = Fact(key="", code=codes.SOCKET_TAKES, reads=("src", "dst", "sport", "dport"))
_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
# icmp_is_err() in include/linux/icmp.h: unreachable, source quench, redirect, time exceeded,
# parameter problem.
_ERRORS = (3, 4, 5, 11, 12)


def _opaque(match: Match, where: Context) -> Predicate:
    """Decided where the sockets are told, but for ICMP errors: they quote a packet nobody told."""
    told, own = _told(match, where), where.host.own_socket
    fact = _FACT if own is None else replace(_FACT, usually=own.likely and _content(match, own))
    if told is None:
        return fact
    if own is not None and own.certain:
        told = _own_first(match, own, told)
    # TPROXY hands its packet the socket that it found, which counts before any other.
    found: Predicate = replace(_FACT, told=told, until=("the packet's socket",))
    if own is not None and not own.certain:
        found = any_of((found, fact))
    plain = any_of((equals("proto", _TCP), equals("proto", _UDP)))
    return any_of((all_of((plain, found)), all_of((_is_error(where.family), _FACT))))


def _content(match: Match, own: OwnSocket) -> bool:
    return own.transparent or not match.has("--transparent")


def _own_first(match: Match, own: OwnSocket, told: Predicate) -> Predicate:
    """Of a connection's later packet its own socket is found before any that listens."""
    here = all_of(equals(name, value) for name, value in own.ends)
    if _content(match, own):
        return any_of((here, told))
    return all_of((negate(here), told))


def _told(match: Match, where: Context) -> Predicate | None:
    """None where two sockets share a place and the match is content with one of them only."""
    if where.host.sockets is None:
        return None
    mine = [s for s in where.host.sockets if s.family in (None, where.family)]
    answers: dict[object, set[bool]] = {}
    for socket in mine:
        place = (socket.proto, socket.address, socket.port, socket.peer)
        answers.setdefault(place, set()).add(_counts(match, socket))
    if any(len(each) > 1 for each in answers.values()):
        return None
    return _found(match, mine)


def _acts(match: Match) -> tuple[Action, ...]:
    """The packet takes over the mark of the socket, which nothing tells."""
    restores = match.has("--restore-skmark")
    return (Forget(field="mark", detail="--restore-skmark"),) if restores else ()


def _is_error(family: int) -> Predicate:
    if family == 6:
        return all_of((equals("proto", _ICMP6), between("icmp_type", 0, 127)))
    return all_of((equals("proto", _ICMP), any_of(equals("icmp_type", t) for t in _ERRORS)))


def _found(match: Match, sockets: Iterable[Socket]) -> Predicate:
    """The socket that the kernel finds decides: one connected, else of the address, else of any.

    Sources: net/ipv4/netfilter/nf_socket_ipv4.c; __inet_lookup_listener, udp4_lib_lookup2.
    """
    ranked = sorted(sockets, key=lambda s: (s.peer is None, s.address is None, s.family is None))
    told: Predicate = NEVER
    for socket in reversed(ranked):
        here = _reaches(socket)
        told = any_of((here, told)) if _counts(match, socket) else all_of((negate(here), told))
    return told


def _counts(match: Match, socket: Socket) -> bool:
    """Whether the match is content with a socket (xt_socket.c, socket_match)."""
    wildcard = socket.address is None and not match.has("--nowildcard")
    return not wildcard and (socket.transparent or not match.has("--transparent"))


def _reaches(socket: Socket) -> Predicate:
    """The packet is for the socket; a reply to what was masqueraded by its first addresses."""
    parts = [equals("proto", socket.proto)]
    if socket.peer is not None:
        parts += [equals("src", socket.peer[0]), equals("sport", socket.peer[1])]
    plain, first = _own(socket, "dst", "dport"), _own(socket, "ctorigsrc", "ctorigsrcport")
    translated = (named("ctdir", "REPLY"), named("ct_snat", "yes"))
    reply = all_of((named("ctstate", "ESTABLISHED"), *translated))
    return all_of((*parts, any_of((all_of((negate(reply), plain)), all_of((reply, first))))))


def _own(socket: Socket, address: str, port: str) -> Predicate:
    own = [] if socket.address is None else [equals(address, socket.address)]
    return all_of((*own, equals(port, socket.port)))


EXTENSIONS = (
    MatchExtension(
        name="socket",
        demands=Demands(hooks=frozenset({"PREROUTING", "INPUT"})),
        gathers=True,
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="socket", parts=_PARTS),
        opaque_of=_opaque,
        acts=_acts,
    ),
)
