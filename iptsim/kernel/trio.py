"""The host under judgement between a client and a server, all three in namespaces."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

from iptsim.kernel.namespaces import Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An interface of the host and the address at its other end, in the client or the server.

    `address` is the host's with its prefix length, `peer` the neighbour's; one pair of IPv4, and
    one of IPv6 (`address6`, `peer6`) where there is one.
    """

    name: str
    address: str
    peer: str
    address6: str | None = None
    peer6: str | None = None
    at_client: bool = False


LINKS = (
    Link(
        name="eth0", address="10.0.0.2/24", peer="10.0.0.1",
        address6="fd00:0:0:1::2/64", peer6="fd00:0:0:1::1", at_client=True,
    ),
    Link(
        name="eth1", address="10.1.0.2/24", peer="10.1.0.9",
        address6="fd00:0:0:2::2/64", peer6="fd00:0:0:2::9",
    ),
)  # fmt: skip
"""eth0 towards the client, eth1 towards the server; the last link is the default route."""

_HOST_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    # Answers of the host itself carry no flow label, so none is mistaken for a packet under trace.
    "net/ipv6/auto_flowlabels": "0",
}


def _mac(index: int, side: int) -> bytes:
    return bytes((2, 0, 0, 0, index, side))


def _colons(mac: bytes) -> str:
    return mac.hex(":")


class Trio:
    """Three fresh namespaces joined by veth pairs, with static neighbours. Needs root."""

    def __init__(self, links: tuple[Link, ...] = LINKS) -> None:
        self.links = links
        self._stack = ExitStack()
        try:
            self.host = self._stack.enter_context(Namespace())
            self.client = self._stack.enter_context(Namespace())
            self.server = self._stack.enter_context(Namespace())
            self._join()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take all three down."""
        self._stack.close()

    def _join(self) -> None:
        for name, value in _HOST_SYSCTLS.items():
            self.host.sysctl(name, value)
        fds = (self.client.fd, self.server.fd)
        self.host.run("ip", "-batch", "-", stdin=self._host_commands(), pass_fds=fds)
        for peer in (self.client, self.server):
            peer.run("ip", "-batch", "-", stdin=self._peer_commands(peer))

    def _peer(self, link: Link) -> Namespace:
        return self.client if link.at_client else self.server

    def _host_commands(self) -> str:
        lines = ["link set lo up"]
        for index, link in enumerate(self.links):
            lines += self._link_commands(index, link)
        last = self.links[-1]
        lines.append(f"route add default via {last.peer} dev {last.name}")
        if last.peer6:
            lines.append(f"route add default via {last.peer6} dev {last.name}")
        return "\n".join(lines) + "\n"

    def _link_commands(self, index: int, link: Link) -> list[str]:
        peer = f"/proc/self/fd/{self._peer(link).fd}"
        here, there = _colons(_mac(index, 1)), _colons(_mac(index, 2))
        lines = [
            f"link add {link.name} address {here} type veth"
            f" peer name p{index} address {there} netns {peer}",
            # Without a link-local address the host stays silent until it is asked.
            f"link set {link.name} addrgenmode none up",
            f"address add {link.address} dev {link.name}",
            f"neighbour add {link.peer} lladdr {there} dev {link.name} nud permanent",
        ]
        if link.address6 and link.peer6:
            lines.append(f"address add {link.address6} dev {link.name} nodad")
            lines.append(f"neighbour add {link.peer6} lladdr {there} dev {link.name}")
        return lines

    def _peer_commands(self, peer: Namespace) -> str:
        lines = ["link set lo up"]
        for index, link in enumerate(self.links):
            if self._peer(link) is peer:
                lines.append(f"link set p{index} addrgenmode none up")
        return "\n".join(lines) + "\n"

    @cached_property
    def wires(self) -> dict[str, tuple[socket.socket, bytes, bytes]]:
        """For each link the socket at its far end, and the far and the near MAC address."""
        wires = {}
        for index, link in enumerate(self.links):
            wire = self._peer(link).socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._stack.callback(wire.close)
            wire.bind((f"p{index}", 0))
            wires[link.name] = (wire, _mac(index, 2), _mac(index, 1))
        return wires

    def address(self, name: str, family: int) -> int:
        """The host's own address on a link; `ValueError` when it has none of that family."""
        (link,) = (link for link in self.links if link.name == name)
        text = link.address if family == 4 else link.address6
        if text is None:
            raise ValueError(f"{name} has no address of IPv{family}")
        return int(ipaddress.ip_interface(text).ip)

    def peer_address(self, name: str, family: int) -> int:
        """The neighbour's address on a link; `ValueError` when it has none of that family."""
        (link,) = (link for link in self.links if link.name == name)
        text = link.peer if family == 4 else link.peer6
        if text is None:
            raise ValueError(f"{name} has no neighbour of IPv{family}")
        return int(ipaddress.ip_address(text))
