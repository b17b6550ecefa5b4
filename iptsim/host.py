"""What is known of the host besides its rules: addresses, routes, and what else somebody told.

Values only; `iptsim.netfilter.reading.host_facts` reads them from the output of `ip -j`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass, field, replace
from iptsim.fib import LOCAL, TABLES, Fib, NextHop, Route
from iptsim.sysctls import Sysctls
from iptsim.values import IntSet, Network

if TYPE_CHECKING:
    from iptsim.ipsec_policy import RoutingRule

if TYPE_CHECKING:
    from iptsim.ipset import IpSet
    from iptsim.sockets import OwnSocket, Socket

__all__ = [
    "NOBODY",
    "Device",
    "Fib",
    "Host",
    "InterfaceAddress",
    "NextHop",
    "Route",
    "Sources",
    "loopback",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAddress:
    """An address of an interface, with its network; the order is the kernel's.

    `network` is that of the peer where the address has one, as of a tunnel. `broadcast` is the
    address that somebody gave as such. `scope` is host, link, site, global or a number as text.
    The flags are those of `ip address`: a `secondary` address has an earlier one in its network,
    a `tentative` one (IPv6) is not yet, or never, the host's, `routed` is whether the kernel made
    a route to `network`.
    """

    interface: str
    address: int
    network: Network
    broadcast: int | None = None
    scope: str = "global"
    secondary: bool = False
    deprecated: bool = False
    tentative: bool = False
    optimistic: bool = False
    temporary: bool = False
    routed: bool = True

    @property
    def width(self) -> int:
        """The address's width in bits, 32 or 128."""
        return self.network.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An interface: its group (a name of /etc/iproute2/group where that has one), whether it is up.

    `group` is None where nobody told it.

    A device that is down keeps its IPv4 addresses, which stay the host's, but has no routes. `kind`
    is its link's as `ip` calls it (ether, loopback, ppp, none …); None where nobody told. `bridge`
    is whether it is a bridge, as far as is told: other interfaces have it for master.
    """

    name: str
    group: int | str | None = 0
    up: bool = True
    kind: str | None = None
    bridge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources that packets have which come by an interface: `addresses` of `width` bits.

    `interface` is a name, or a pattern as iptables has it: `eth+`.
    """

    interface: str
    width: int
    addresses: IntSet


def loopback(width: int) -> tuple[int, int]:
    """The first and the last loopback address: 127.0.0.0/8 or ::1."""
    return (127 << 24, (128 << 24) - 1) if width == 32 else (1, 1)


_MOST_LATER = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Addresses, interfaces, routes, IP sets, sockets, the time; None where nobody told them.

    `rules` are those of `ip rule`, `sources` what was told to come by interfaces, `sysctls` the
    settings of the kernel that were told. `widths`
    are those of the addresses that `addresses` tells (see `for_width`). `own_socket` is that of the
    connection of which a later packet is asked.
    """

    addresses: tuple[InterfaceAddress, ...] | None = None
    routes: tuple[Route, ...] | None = None
    devices: tuple[Device, ...] | None = None
    sets: tuple[IpSet, ...] | None = None
    sockets: tuple[Socket, ...] | None = None
    time: int | None = None  # seconds since 1970
    rules: tuple[RoutingRule, ...] | None = None
    sources: tuple[Sources, ...] = ()
    sysctls: Sysctls = field(default_factory=Sysctls)
    widths: frozenset[int] = frozenset({32, 128})
    own_socket: OwnSocket | None = None
    _others: dict[int, Host] = field(default_factory=dict, init=False, repr=False, compare=False)
    _later: dict[OwnSocket | None, Host] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _fibs: dict[tuple[int | RoutingRule, str | None], Fib] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def set_named(self, name: str) -> IpSet | None:
        """The IP set of that name; None when there is none, or nobody told."""
        return next((each for each in self.sets or () if each.name == name), None)

    def later(self, own: OwnSocket | None) -> Host:
        """The host as a later packet of a connection finds it, which has that socket here.

        The same one for equal sockets: rules are lowered for each host (`Tracer.ready_for`).
        """
        if own == self.own_socket:
            return self
        if own not in self._later:
            if len(self._later) >= _MOST_LATER:
                self._later.clear()
            self._later[own] = replace(self, own_socket=own)
        return self._later[own]

    def for_width(self, width: int) -> Host:
        """The host as far as is told of a family: without addresses, where those are the other's.

        A walk is of one family; this is where it begins.
        """
        if self.addresses is None or width in self.widths:
            return self
        if width not in self._others:
            self._others[width] = replace(self, addresses=None)
        return self._others[width]

    def local(self, width: int) -> IntSet | None:
        """The host's own addresses of `width` bits, loopback included; None when not told."""
        return self.fib(width).of_kind("local") if self.tells_addresses(width) else None

    def tells_addresses(self, width: int) -> bool:
        """Whether the host's own addresses are told, by its interfaces or its local routes."""
        own = self.addresses is not None and width in self.widths
        return own or self._tells_local(width)

    def tells_routes(self, width: int) -> bool:
        """Whether the routes of that family are told; those of the other family say nothing."""
        if self.routes is None:
            return False
        return not self.routes or any(r.network.width == width for r in self.routes)

    def fib(self, width: int, device: str | None = None) -> Fib:
        """What is told of the routes, with those that the addresses make.

        With `device` as a packet is routed that has to stay on its link: by its routes alone.
        """
        key: tuple[int | RoutingRule, str | None] = (width, device)
        if key not in self._fibs:
            routes = (r for r in self.every_route(width) if device in (None, r.interface))
            self._fibs[key] = Fib.of(routes, width, merged=not self.custom_rules(width))
        return self._fibs[key]

    def tells_table(self, rule: RoutingRule) -> bool:
        """Whether the routes of the table are told that a rule asks for."""
        told = (r.table for r in self.routes or () if r.network.width == rule.width)
        return rule.table in TABLES or self._tells_local(rule.width) or rule.table in told

    def fib_of(self, rule: RoutingRule, device: str | None = None) -> Fib:
        """The routes by which a rule of `ip rule` ends the search, by `device` alone if named."""
        key: tuple[int | RoutingRule, str | None] = (rule, device)
        if key not in self._fibs:
            from iptsim.ipsec_policy import taken  # noqa: PLC0415  # few hosts have such rules

            routes = self.every_route(rule.width)
            self._fibs[key] = taken(rule, (r for r in routes if device in (None, r.interface)))
        return self._fibs[key]

    def every_route(self, width: int) -> tuple[Route, ...]:
        """The routes told, and those that the addresses make where table local is not told."""
        made = () if self._tells_local(width) else tuple(self._made(width))
        return (*made, *(r for r in self.routes or () if r.network.width == width))

    def own(self, width: int, device: str | None = None) -> IntSet:
        """The host's single addresses, of `device` alone if one is named: no networks of its own.

        Precondition: the host's addresses are told.
        """
        if self.addresses is not None:
            ready = (a for a in self.of(device, width) if not a.tentative or a.optimistic)
            return IntSet.of((a.address, a.address) for a in ready)
        full = (1 << width) - 1
        return IntSet.of(
            (r.network.value, r.network.value)
            for r in self.routes or ()
            if r.kind == "local"
            and r.made
            and r.network.mask == full
            and r.network.width == width
            and device in (None, r.interface)
        )

    def of(self, interface: str | None, width: int) -> tuple[InterfaceAddress, ...]:
        """The addresses of an interface (None: of all) in the kernel's order."""
        own = (a for a in self.addresses or () if a.width == width)
        return tuple(a for a in own if interface in (None, a.interface))

    def connected(self, address: int, width: int) -> tuple[str, ...]:
        """The interfaces whose own network an address lies in, by the longest prefix."""
        near = [a for a in self.of(None, width) if self._routed(a) and address in a.network]
        longest = max((a.network.mask for a in near), default=0)
        return tuple(dict.fromkeys(a.interface for a in near if a.network.mask == longest))

    def other_tables(self, width: int) -> tuple[Route, ...]:
        """The routes that only an `ip rule` brings into play; none where no rule does."""
        if self.rules_of(width) is not None and not self.custom_rules(width):
            return ()
        told = (route for route in self.routes or () if route.network.width == width)
        return tuple(route for route in told if route.table not in TABLES)

    def rules_of(self, width: int) -> tuple[RoutingRule, ...] | None:
        """The rules of that family in their order; None where they are not told."""
        told = [rule for rule in self.rules or () if rule.width == width]
        return tuple(sorted(told, key=lambda rule: rule.priority)) if told else None

    def custom_rules(self, width: int) -> bool:
        """Whether rules are told besides those that every host has."""
        return not all(rule.usual for rule in self.rules_of(width) or ())

    def devices_with_routes(self, width: int) -> tuple[str, ...]:
        """The interfaces of all routes that an address takes, in the order of their names."""
        if self.custom_rules(width):
            every = (way.interface for r in self.every_route(width) for way in r.ways)
            return tuple(sorted(set(every)))
        segments = self.fib(width).segments
        return tuple(sorted({r.interface for *_range, e in segments for r in e if r.interface}))

    def may_bridge(self, interface: str | None, family: int) -> bool:
        """Whether a packet that comes by it (by any where None) may have come by a bridge's port.

        Not where iptables sees no such packet (net/bridge/br_netfilter_hooks.c).
        """
        program = "iptables" if family == 4 else "ip6tables"
        off = self.sysctls.of(f"net/bridge/bridge-nf-call-{program}") == 0
        return not off and any(d.bridge and interface in (None, d.name) for d in self.devices or ())

    def is_up(self, interface: str) -> bool:
        """Whether the interface is up, as far as is told."""
        return not any(d.name == interface and not d.up for d in self.devices or ())

    def kind_of(self, interface: str) -> str | None:
        """What `ip` calls the interface's link, as far as is told (see `Device`)."""
        return next((d.kind for d in self.devices or () if d.name == interface), None)

    def _routed(self, address: InterfaceAddress) -> bool:
        return address.routed and not address.secondary and self.is_up(address.interface)

    def _tells_local(self, width: int) -> bool:
        return any(r.table == LOCAL and r.network.width == width for r in self.routes or ())

    def _made(self, width: int) -> Iterator[Route]:
        """The routes of table local that the kernel makes of addresses."""
        own = self.of(None, width)
        if not any(address.interface == "lo" for address in own):
            own = (*own, _OF_LO[width])
        for address in own:
            yield from self._made4(address) if width == 32 else self._made6(address)
        if width == 128:
            names = [d.name for d in self.devices or () if d.up and d.name != "lo"]
            names = names or list(dict.fromkeys(a.interface for a in own if a.interface != "lo"))
            for name in names:
                yield Route(
                    network=_MULTICAST6,
                    interface=name,
                    kind="multicast",
                    table=LOCAL,
                    unordered=True,
                )

    def _made4(self, own: InterfaceAddress) -> Iterator[Route]:
        """net/ipv4/fib_frontend.c, fib_add_ifaddr."""
        local = _single(own.address, 32)
        made = _made_route(own, "local")
        yield made
        if not self.is_up(own.interface):
            return
        if own.broadcast not in (None, 0xFFFFFFFF):
            yield replace(made, network=_single(own.broadcast or 0, 32), kind="broadcast")
        if own.secondary or own.network.value >> 24 == 0 or own.network == local:
            return
        if own.interface == "lo" and own.routed:
            yield replace(made, network=own.network)
        if own.network.mask.bit_count() < 31:
            last = own.network.addresses.ranges[-1][1]
            yield replace(made, network=_single(last, 32), kind="broadcast")

    def _made6(self, own: InterfaceAddress) -> Iterator[Route]:
        """net/ipv6/addrconf.c; taken as given: the host forwards, so it is the subnet's router."""
        if own.tentative and not own.optimistic:
            return
        made = _made_route(own, "local")
        yield made
        router = own.address & own.network.mask
        if own.network.mask.bit_count() < 127 and router and own.interface != "lo":
            yield replace(made, network=_single(router, 128), kind="anycast")


def _made_route(own: InterfaceAddress, kind: str) -> Route:
    network = _single(own.address, own.width)
    return Route(
        network=network,
        interface=own.interface,
        kind=kind,
        table=LOCAL,
        made=True,
        unordered=True,
    )


def _single(address: int, width: int) -> Network:
    return Network(value=address, mask=(1 << width) - 1, width=width)


_OF_LO = {
    32: InterfaceAddress(
        interface="lo",
        address=127 << 24 | 1,
        network=Network(value=127 << 24, mask=0xFF << 24, width=32),
        scope="host",
    ),
    128: InterfaceAddress(interface="lo", address=1, network=_single(1, 128), scope="host"),
}
_MULTICAST6 = Network(value=0xFF << 120, mask=0xFF << 120, width=128)

NOBODY = Host()
"""A host of which nothing is told."""
