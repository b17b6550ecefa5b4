"""The time and the sockets of a host, as somebody types them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from iptsim import codes
from iptsim.errors import UsageError
from iptsim.regex import regex
from iptsim.sockets import Socket
from iptsim.values import parse_address

NO_SOCKETS = "none"
_PROTOCOLS = {"tcp": 6, "udp": 17}
_SOCKET = regex(
    r"(?P<proto>tcp|udp):(?P<own>\[[0-9a-fA-F:.]+\]|[0-9.]+|\*):(?P<port>[0-9]{1,5})"
    r"(?:-(?P<peer>\[[0-9a-fA-F:.]+\]|[0-9.]+):(?P<there>[0-9]{1,5}))?(?P<flag>,transparent)?"
)
_LAST_YEAR = 2106


def read_time(text: str) -> int:
    """`2030-12-31T23:59:59`, with a zone (`Z`, `+02:00`) or of UTC, to the second since 1970.

    `UsageError` for anything else, and beyond what 32 bits hold, as xt_time counts.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _no_time(text) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not 1970 < moment.year < _LAST_YEAR:
        raise _no_time(text)
    return int(moment.timestamp())


def _no_time(text: str) -> UsageError:
    message = f"{text!r} is not a time such as 2030-12-31T23:59:59"
    return UsageError(message, code=codes.NOT_A_TIME, value=text)


def read_sockets(texts: Iterable[str]) -> tuple[Socket, ...]:
    """`tcp:10.0.0.2:80`, `udp:[fd00::2]:53,transparent`, `tcp:*:22`, or `none` alone.

    `-10.0.0.7:40000` after a port is the peer of a connected socket. `*` is any address of both
    families, `0.0.0.0` of IPv4, `[::]` of IPv6. `UsageError` for anything else.
    """
    told = list(texts)
    if NO_SOCKETS in told and len(told) > 1:
        message = "--socket none goes with no other --socket"
        raise UsageError(message, code=codes.NONE_BESIDE_SOCKETS)
    return () if NO_SOCKETS in told else tuple(map(_socket, told))


def _socket(text: str) -> Socket:
    found = _SOCKET.fullmatch(text)
    if found is None:
        raise _no_socket(text)
    try:
        family, address = _own(found["own"])
        peer = None if found["peer"] is None else (_address(found["peer"]), _port(found["there"]))
        port = _port(found["port"])
        if peer and (address is None or peer[0][1] != family):
            raise _no_socket(text)
    except ValueError:
        raise _no_socket(text) from None
    return Socket(
        proto=_PROTOCOLS[found["proto"]],
        family=family,
        address=address,
        port=port,
        peer=None if peer is None else (peer[0][0], peer[1]),
        transparent=found["flag"] is not None,
    )


def _own(text: str) -> tuple[int | None, int | None]:
    """The family and the address of a socket, the address None where it is any."""
    if text == "*":
        return None, None
    address, family = _address(text)
    return family, address or None


def _address(text: str) -> tuple[int, int]:
    address, width = parse_address(text.strip("[]"))
    if (width == 128) is not text.startswith("["):
        raise ValueError(text)
    return address, 4 if width == 32 else 6


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 1 << 16:
        raise ValueError(text)
    return port


def _no_socket(text: str) -> UsageError:
    message = f"{text!r} is not a socket such as tcp:10.0.0.2:80, tcp:*:22 or none"
    return UsageError(message, code=codes.NOT_A_SOCKET, value=text)
