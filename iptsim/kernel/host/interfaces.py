"""The interfaces of the host under judgement, and making them up from what is told of a host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.host import Host, InterfaceAddress
from iptsim.kernel.host.ip_batch import routes_for, rules_for
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.kernel.host.settings import settings_for
from iptsim.regex import regex
from iptsim.values import InterfacePattern, Network, parse_address, parse_network

MOST_LINKS = 250
"""How many interfaces a host under judgement may have: one byte of their MAC addresses."""

# What dev_valid_name (net/core/dev.c) takes, without what `ip -batch` cannot be told. A byte that
# is no UTF-8 is a lone surrogate; others stand for nothing.
_NAME = regex(r"""[^\s/:%#'"\\\x00\ud800-\udc7f\udd00-\udfff]{1,15}""")
# "all" and "default" are folders of /proc/sys/net/ipv4/conf (net/ipv4/devinet.c).
_RESERVED = ("lo", ".", "..", "all", "default")
_MADE_UP = ("198.18.{}.0/24", "2001:2:0:{:x}::/64")  # RFC 2544 and RFC 5180


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An interface of the host; its other end is in the client or the server.

    `address` and `address6` are the host's with their prefix lengths, `own` are further ones in the
    kernel's order, of both families. `peer` and `peer6` are the neighbour's; without `arp` every
    next hop is reachable, named or not. `group` is that of `ip link`.
    """

    name: str
    address: str | None = None
    peer: str | None = None
    address6: str | None = None
    peer6: str | None = None
    at_client: bool = False
    own: tuple[InterfaceAddress, ...] = ()
    arp: bool = True
    up: bool = True
    group: int = 0

    def addresses(self, width: int) -> tuple[InterfaceAddress, ...]:
        """Those of 32 or 128 bits."""
        text = self.address if width == 32 else self.address6
        first = () if text is None else (_address(text, self.name),)
        return (*first, *(a for a in self.own if a.width == width))


def _address(text: str, interface: str) -> InterfaceAddress:
    value, _ = parse_address(text.partition("/")[0])
    return InterfaceAddress(interface=interface, address=value, network=parse_network(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """All interfaces of the host.

    `loopback` are further addresses of lo. `routes` are as `ip` takes them after the word route,
    and then addresses make none; None: theirs, and the default by the last link's peer. `rules` are
    as `ip` takes them after the word rule, with the family that they are of (4 or 6), instead of
    all that every host has. `sysctls` are told settings by their place below /proc/sys.
    """

    links: tuple[Link, ...]
    loopback: tuple[InterfaceAddress, ...] = ()
    routes: tuple[str, ...] | None = None
    rules: tuple[tuple[int, str], ...] = ()
    sysctls: tuple[tuple[str, int], ...] = ()


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


def links_for(
    host: Host,
    interfaces: Iterable[str] = (),
    *,
    out: str | None = None,
    local: Iterable[tuple[int, int]] = (),
    avoid: Iterable[tuple[int, int]] = (),
) -> Links:
    """The interfaces of `host` and `interfaces`: names and patterns (`eth+`) of rules and packets.

    At least one; `lo` has no link, nor has a name that no interface can have (`eth0:1`). What the
    host does not tell is made up: a network for each interface, which holds none of the addresses
    `avoid`, and for a family without routes the default by `out`, else by the last link. `local`
    are addresses of the host besides, on lo. Addresses are with their width, 32 or 128. Raises
    `JudgeError` above `MOST_LINKS` interfaces.
    """
    names = _names(host, (*interfaces, *([out] if out else [])))
    addresses = host.addresses
    if addresses is None:
        addresses = tuple(_made_up(names, host, (*local, *avoid)))
    default = out if out in names else names[-1]
    held = {(a.address, a.width) for a in addresses}
    loopback = [a for a in addresses if a.interface == "lo" and (a.address, a.width) not in _OF_LO]
    loopback += [_single(value, width) for value, width in local if (value, width) not in held]
    return Links(
        links=tuple(_link(name, host, addresses) for name in names),
        loopback=tuple(dict.fromkeys(loopback)),
        routes=tuple(dict.fromkeys(routes_for(host, addresses, default))),
        rules=tuple(rules_for(host)),
        sysctls=tuple(settings_for(host, names)),
    )


_OF_LO = ((127 << 24 | 1, 32), (1, 128))  # lo has these by itself


def _single(value: int, width: int) -> InterfaceAddress:
    network = Network(value=value, mask=(1 << width) - 1, width=width)
    return InterfaceAddress(interface="lo", address=value, network=network)


def possible(name: str) -> bool:
    """Whether a link of that name can be made; lo is there anyway."""
    if name in _RESERVED or _NAME.fullmatch(name) is None:
        return False
    return len(name.encode(errors="surrogateescape")) <= 15  # IFNAMSIZ without its zero


def _names(host: Host, interfaces: tuple[str, ...]) -> tuple[str, ...]:
    told = [a.interface for a in host.addresses or ()]
    told += [way.interface for r in host.routes or () for way in r.ways]
    for name in told:
        if name != "lo" and not possible(name):
            raise JudgeError(f"no interface can be called {name!r}", code=codes.NO_SUCH_LINK)
    patterns = [InterfacePattern(text=text) for text in interfaces]
    plain = told + [p.text for p in patterns if not p.wildcard]
    names = dict.fromkeys(filter(possible, plain))
    for pattern in patterns:
        if pattern.wildcard and not any(name in pattern for name in names):
            stem = pattern.text[:-1]
            one = f"{stem or 'eth'}0"
            names[one if possible(one) else stem] = None
    found = tuple(filter(possible, names)) or ("eth0",)
    if len(found) > MOST_LINKS:
        raise JudgeError(
            f"{len(found)} interfaces, of which at most {MOST_LINKS} can be made",
            code=codes.NO_SUCH_LINK,
        )
    return found


def _made_up(
    names: Iterable[str], host: Host, avoid: Iterable[tuple[int, int]]
) -> Iterator[InterfaceAddress]:
    """The second address of a free network of each family for each name."""
    taken = tuple(avoid)
    for pattern in _MADE_UP:
        free = (n for n in map(parse_network, map(pattern.format, range(256))))
        free = (n for n in free if not _taken(n, host, taken))
        for name, network in zip(names, free, strict=False):
            yield InterfaceAddress(interface=name, address=network.value + 2, network=network)


def _taken(network: Network, host: Host, avoid: tuple[tuple[int, int], ...]) -> bool:
    routed = (r.network for r in host.routes or () if r.network.mask)
    return any(width == network.width and value in network for value, width in avoid) or any(
        r.width == network.width and (r.value in network or network.value in r) for r in routed
    )


def _link(name: str, host: Host, addresses: tuple[InterfaceAddress, ...]) -> Link:
    own = dict.fromkeys(a for a in addresses if a.interface == name)
    group = next((d.group for d in host.devices or () if d.name == name), 0)
    return Link(
        name=name,
        own=tuple(a for a in own if a.optimistic or not a.tentative),
        arp=False,
        up=host.is_up(name),
        group=group if isinstance(group, int) else 0,
    )
