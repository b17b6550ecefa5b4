"""Sockets of the host under judgement: those that somebody told, and those that TPROXY asks for."""

from __future__ import annotations

import socket

from iptsim import codes
from iptsim.kernel.host.namespaces import JudgeError, Namespace
from iptsim.sockets import Socket
from iptsim.values import format_address

_TCP = 6
# linux/in.h, in6.h
_IP_TRANSPARENT, _IPV6_TRANSPARENT = 19, 75


def open_socket(told: Socket, host: Namespace) -> socket.socket:
    """The socket, in the host's namespace; close it.

    Raises `JudgeError` where it cannot be made, as a TCP connection to somebody who is not there.
    """
    six = told.family != 4
    kind = socket.SOCK_STREAM if told.proto == _TCP else socket.SOCK_DGRAM
    made = host.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    try:
        _set_up(made, told, six=six)
    except OSError as error:
        made.close()
        raise _refused(told, str(error)) from error
    return made


def _set_up(made: socket.socket, told: Socket, *, six: bool) -> None:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(told.family == 6))
    if told.transparent:
        made.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
        if six:
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
    made.bind((_text(told.address, six), told.port))
    if told.peer is not None:
        made.settimeout(0)
        made.connect((_text(told.peer[0], six), told.peer[1]))
    elif told.proto == _TCP:
        made.listen()


def _text(address: int | None, six: bool) -> str:
    return "" if address is None else format_address(address, 128 if six else 32)


def _refused(told: Socket, why: str) -> JudgeError:
    name = "tcp" if told.proto == _TCP else "udp"
    return JudgeError(
        f"cannot make the {name} socket at port {told.port}: {why}",
        code=codes.SOCKET_NOT_MADE, proto=name, port=told.port, words=why,
    )  # fmt: skip
