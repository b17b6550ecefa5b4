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
