"""The host under judgement between a client and a server, all three in namespaces."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.host import InterfaceAddress
from iptsim.kernel.host.interfaces import LINKS, Link, Links
from iptsim.kernel.host.ip_batch import address_words
from iptsim.kernel.host.namespaces import JudgeError, Namespace
from iptsim.values import parse_address

_HOST_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/default/accept_dad": "0",
    # Answers of the host itself carry no flow label, so none is mistaken for a packet under trace.
    "net/ipv6/auto_flowlabels": "0",
}
# A new namespace has these as the first one has them now (net/ipv4/devinet.c, devinet_init_net).
_IPV4_SYSCTLS = ("rp_filter", "accept_local", "route_localnet", "log_martians")


def _mac(index: int, side: int) -> bytes:
    return bytes((2, 0, 0, 0, index, side))


def _colons(mac: bytes) -> str:
    return mac.hex(":")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The socket at the far end of a link, and the MAC addresses of both ends."""

    socket: socket.socket
    far: bytes
    near: bytes


class Trio:
    """Three fresh namespaces joined by veth pairs, with static neighbours."""

    def __init__(self, links: Links | tuple[Link, ...] = LINKS) -> None:
        self._all = links if isinstance(links, Links) else Links(links=links)
        self.links = self._all.links
        self._wires: dict[str, Wire] = {}
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
        self._wires.clear()

    @property
    def _how(self) -> str:
        """What keeps addresses from making routes where all routes are told."""
        return "" if self._all.routes is None else " noprefixroute"

    def _join(self) -> None:
        each = {f"net/ipv4/conf/{w}/{n}": "0" for w in ("all", "default") for n in _IPV4_SYSCTLS}
        self.host.sysctls(each | _HOST_SYSCTLS)
        fds = (self.client.fd, self.server.fd)
        self.host.run("ip", "-batch", "-", stdin=self._host_commands(), pass_fds=fds)
        for peer in (self.client, self.server):
            peer.run("ip", "-batch", "-", stdin=self._peer_commands(peer))
        for family in (4, 6):
            self._rules(family)
        # The order counts: what is written for `all` may be written for every interface.
        for path, value in self._all.sysctls:
            self.host.sysctls({path: str(value)})

    def _rules(self, family: int) -> None:
        """Instead of the rules that every host has (`ip rule flush` leaves that for local)."""
        told = [words for of, words in self._all.rules if of == family]
        if told:
            lines = ["rule flush", "rule del pref 0", *(f"rule add {words}" for words in told)]
            self.host.run("ip", f"-{family}", "-batch", "-", stdin="\n".join(lines) + "\n")

    def _peer(self, link: Link) -> Namespace:
        return self.client if link.at_client else self.server

    def _host_commands(self) -> str:
        lines = ["link set lo up", *out_of_the_way(self.host.interfaces(), self.links)]
        for own in _in_order(self._all.loopback):
            # A network of IPv4 on lo is local as a whole, in no table that anyone tells.
            how = self._how if own.width == 128 else ""
            lines.append(f"address add {address_words(own)} dev lo{how}")
        for index, link in enumerate(self.links):
            lines += self._link_commands(index, link)
        if self._all.routes is not None:
            lines += [f"route {route}" for route in self._all.routes]
        else:
            last = self.links[-1]
            peers = [peer for peer in (last.peer, last.peer6) if peer]
            lines += [f"route add default via {peer} dev {last.name}" for peer in peers]
        return "\n".join(lines) + "\n"

    def _link_commands(self, index: int, link: Link) -> list[str]:
        fd, name = self._peer(link).fd, link.name
        here, there = _colons(_mac(index, 1)), _colons(_mac(index, 2))
        arp = "" if link.arp else "arp off "
        up = " up" if link.up else ""
        addresses = _in_order((*link.addresses(32), *link.addresses(128)))
        lines = [
            f"link add name {name} address {here} type veth"
            f" peer name p{index} address {there} netns /proc/self/fd/{fd}",
            # Without a link-local address the host stays silent until it is asked.
            f"link set dev {name} {arp}group {link.group} addrgenmode none{up}",
        ]
        lines += [f"address add {address_words(a)} dev {name}{self._how}" for a in addresses]
        lines += [
            f"neighbour add {peer} lladdr {there} dev {name} nud permanent"
            for peer in (link.peer, link.peer6)
            if peer
        ]
        return lines

    def _peer_commands(self, peer: Namespace) -> str:
        lines = ["link set lo up"]
        for index, link in enumerate(self.links):
            if self._peer(link) is peer:
                lines.append(f"link set p{index} addrgenmode none up")
        return "\n".join(lines) + "\n"

    def link(self, name: str) -> Link:
        """The link of that name; `JudgeError` when there is none."""
        for link in self.links:
            if link.name == name:
                return link
        raise JudgeError(f"no interface is called {name}", code=codes.NO_SUCH_LINK)

    def wire(self, name: str) -> Wire:
        """The far end of a link; `JudgeError` when there is none of that name."""
        link = self.link(name)
        if name not in self._wires:
            index = self.links.index(link)
            far = self._peer(link).socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._stack.callback(far.close)
            far.bind((f"p{index}", 0))
            self._wires[name] = Wire(socket=far, far=_mac(index, 2), near=_mac(index, 1))
        return self._wires[name]

    def address(self, name: str, family: int) -> int:
        """The host's own address on a link, else its first on any; `JudgeError` without one."""
        width = 32 if family == 4 else 128
        own = [a for link in (self.link(name), *self.links) for a in link.addresses(width)]
        for address in (*own, *(a for a in self._all.loopback if a.width == width)):
            return address.address
        raise JudgeError(f"the host has no address of IPv{family}", code=codes.NO_SUCH_LINK)

    def peer_address(self, name: str, family: int) -> int:
        """The neighbour's address on a link; without one another in the host's network there."""
        link, width = self.link(name), 32 if family == 4 else 128
        text = link.peer if family == 4 else link.peer6
        if text is not None:
            return parse_address(text)[0]
        own = {a.address for each in self.links for a in each.addresses(width)}
        for address in link.addresses(width):
            ((first, last),) = address.network.addresses.ranges
            for value in range(first + 1, min(last, first + len(own) + 2)):
                if value not in own:
                    return value
        return parse_address("192.0.2.1" if family == 4 else "2001:db8::1")[0]

    def broadcasts(self, name: str) -> frozenset[int]:
        """The IPv4 addresses that everybody on a link listens to."""
        own = self.link(name).addresses(32)
        last = {a.network.addresses.ranges[-1][1] for a in own if a.network.mask.bit_count() < 31}
        return frozenset({(1 << 32) - 1, *last, *(a.broadcast for a in own if a.broadcast)})


def _in_order(addresses: tuple[InterfaceAddress, ...]) -> Iterator[InterfaceAddress]:
    """As they are to be added: IPv6 puts the newest first (net/ipv6/addrconf.c)."""
    yield from (a for a in addresses if a.width == 32)
    yield from reversed([a for a in addresses if a.width == 128])


def out_of_the_way(existing: Iterable[str], links: Iterable[Link]) -> list[str]:
    """What `ip -batch` is told so that tunl0 and its like leave their names to our links.

    Every namespace has those where their module is loaded (net/core/sysctl_net_core.c,
    fb_tunnels_only_for_init_net), and they cannot be deleted.
    """
    clashes = sorted({link.name for link in links} & set(existing))
    return [f"link set dev {name} down name {i}.iptsim" for i, name in enumerate(clashes)]
