"""Whether a packet is in an IP set whose members are told: the set as a predicate.

Sources: net/netfilter/xt_set.c; net/netfilter/ipset/ip_set_core.c (ip_set_test),
ip_set_hash_gen.h (mtype_test_cidrs), ip_set_getport.c, and each type's kadt function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from iptsim.extensions.shared.ipset_areas import Area, TooManyError, areas, segments
from iptsim.extensions.shared.layer4 import first_fragment
from iptsim.host import Host
from iptsim.ipset import IpSet, SetInterface, SetMember, SetPart, SetPorts
from iptsim.predicate import (
    ALWAYS,
    NEVER,
    InSet,
    Interface,
    Predicate,
    all_of,
    any_of,
    bits,
    equals,
    named,
    negate,
)
from iptsim.values import InterfacePattern, IntSet, Range

_PORTED = frozenset({6, 17, 132, 136})
_ICMP = frozenset({1, 58})
_ADDRESSES = frozenset({"ip", "net"})
_FULL_MARK = 0xFFFFFFFF
_LEAVES = 8
_MOST_MASKED = 10_000


def touched(name: str, host: Host) -> tuple[str, ...]:
    """What `Touch` calls the set, and the sets that it lists: a change of any changes it."""
    held = host.set_named(name)
    listed = held.members if held is not None and held.kind == "list:set" else ()
    return (f"set {name}", *(f"set {member.parts[0]}" for member in listed))


def membership(
    held: IpSet, sides: tuple[str, ...], family: int, host: Host, *, nomatch: bool = False
) -> Predicate | None:
    """When a packet is in the set; None where its members alone do not tell.

    `sides` are `src` or `dst` for each dimension; more than the type has are not asked. With
    `nomatch` (--return-nomatch) those that an exception meets, for types that have such.
    """
    if held.kind == "list:set":
        return _list(held, sides, family, host, nomatch)
    return _single(held, sides, family, nomatch and "net" in held.dimensions)


def _list(
    held: IpSet, sides: tuple[str, ...], family: int, host: Host, nomatch: bool
) -> Predicate | None:
    """In any of the sets that the list names (ip_set_list_set.c, list_set_ktest)."""
    parts: list[Predicate] = []
    for member in held.members:
        listed = host.set_named(str(member.parts[0]))
        inside = None
        if listed is not None and listed.kind != "list:set":
            inside = membership(listed, sides, family, host, nomatch=nomatch)
        if inside is None:
            return None
        parts.append(inside)
    return any_of(parts)


@lru_cache(maxsize=64)
def _single(held: IpSet, sides: tuple[str, ...], family: int, nomatch: bool) -> Predicate | None:
    """A set asked for fewer dimensions than it has, or with the other family, holds nothing."""
    if len(sides) < len(held.dimensions) or held.family not in (None, family):
        return NEVER
    try:
        return _Lowering(held, sides, nomatch).predicate()
    except TooManyError:
        return None


class _Lowering:
    """Members with the same port (mark, MAC address) share an area of addresses.

    No type has more than one dimension that is no address.
    """

    def __init__(self, held: IpSet, sides: tuple[str, ...], nomatch: bool) -> None:
        self._held, self._nomatch = held, nomatch
        asked = list(zip(held.dimensions, sides, strict=False))
        self._fields = [side for name, side in asked if name in _ADDRESSES]
        other = [(name, side) for name, side in asked if name not in _ADDRESSES]
        self._other, self._side = other[0] if other else ("", "")

    def predicate(self) -> Predicate:
        """When a packet is in the set; `TooManyError` where its members do not tell."""
        held = self._held
        several = len(self._fields) > 1 or "net" in held.dimensions
        if (held.mask is not None and several) or (self._other == "mac" and self._side == "dst"):
            # What a bitmask makes of networks, and the MAC address of the receiver, are unknown.
            raise TooManyError
        if self._other == "iface":
            return _interfaces(held.members, self._fields[0], self._side, nomatch=self._nomatch)
        leaves = [(keys, self._area(area)) for area, keys in self._groups().items()]
        return all_of((*self._first(), self._keyed(leaves)))

    def _groups(self) -> dict[Area, list[SetPart]]:
        """For each area the ports (marks, MAC addresses) with which it is in the set."""
        by_key: dict[SetPart, list[tuple[tuple[Range, ...], bool]]] = {}
        for member in self._held.members:
            ranges = tuple(part for part in member.parts if isinstance(part, Range))
            keys = [part for part in member.parts if not isinstance(part, Range)]
            key: SetPart = keys[0] if keys else None
            by_key.setdefault(key, []).append((ranges, member.nomatch))
        groups: dict[Area, list[SetPart]] = {}
        for key, members in by_key.items():
            groups.setdefault(areas(members, nomatch=self._nomatch), []).append(key)
        groups.pop((), None)
        return groups

    def _first(self) -> Iterator[Predicate]:
        """What must be so for the kernel to look at all."""
        if self._other == "port":
            yield first_fragment()
        if self._other == "mac":
            # What this host sends has none yet; over lo it is one of zeros, over a tunnel none.
            yield from (negate(_is_interface("in", "")), named("ethernet", "yes"))

    def _area(self, area: Area) -> Predicate:
        if not self._fields:
            return ALWAYS
        if self._held.mask is not None:
            return _masked(self._fields[0], area[0][0], self._held.mask)
        if len(self._fields) == 1:
            return InSet(field=self._fields[0], values=area[0][0])
        first, second = self._fields
        return _tree(first, [(one, InSet(field=second, values=two)) for one, two in area])

    def _keyed(self, leaves: Sequence[tuple[list[SetPart], Predicate]]) -> Predicate:
        """Any of the keys together with its area."""
        numbers = [(_numbers(keys), area) for keys, area in leaves]
        match self._other:
            case "port":
                return _ports(leaves, "sport" if self._side == "src" else "dport")
            case "mark" if self._held.markmask == _FULL_MARK:
                return _tree("mark", numbers)
            case "mark":
                mask = self._held.markmask
                return any_of(all_of((_masked("mark", n, mask), area)) for n, area in numbers)
            case "mac":
                of_any = (area for keys, area in leaves if None in keys)
                return any_of((*of_any, _tree("mac_src", numbers)))
            case _:
                return any_of(area for _keys, area in leaves)


def _numbers(keys: Iterable[SetPart]) -> IntSet:
    return IntSet.of((key, key) for key in keys if isinstance(key, int))


def _is_interface(field: str, name: str) -> Predicate:
    return Interface(field=field, pattern=InterfacePattern(text=name))


def _masked(field: str, addresses: IntSet, mask: int) -> Predicate:
    """A bitmask may have holes, so each address is compared by itself."""
    if len(addresses.ranges) > _MOST_MASKED or addresses.count > _MOST_MASKED:
        raise TooManyError
    return any_of(dict.fromkeys(bits(field, value & mask, mask) for value in addresses))


def _ports(leaves: Sequence[tuple[list[SetPart], Predicate]], field: str) -> Predicate:
    """The ports of each protocol with their areas."""
    by_proto: dict[int | None, list[tuple[IntSet, Predicate]]] = {}
    for keys, area in leaves:
        ranges: dict[int | None, list[tuple[int, int]]] = {}
        for key in keys:
            if isinstance(key, SetPorts):
                ranges.setdefault(key.proto, []).append((key.ports.low, key.ports.high))
        for proto, held in ranges.items():
            by_proto.setdefault(proto, []).append((IntSet.of(held), area))
    return any_of(_of_proto(proto, held, field) for proto, held in by_proto.items())


def _of_proto(proto: int | None, leaves: list[tuple[IntSet, Predicate]], field: str) -> Predicate:
    """A protocol without ports has port 0, ICMP its type and code (ip_set_getport.c, get_port)."""
    if proto is None:
        # bitmap:port knows ports of tcp and udp only (ip_set_get_ip_port).
        both = InSet(field="proto", values=IntSet.of(((6, 6), (17, 17))))
        return all_of((both, _tree(field, leaves)))
    if proto in _ICMP:
        found = any_of(all_of((_icmp(values), area)) for values, area in leaves)
    elif proto in _PORTED:
        found = _tree(field, leaves)
    else:
        found = any_of(area for values, area in leaves if proto and 0 in values)
    return all_of((equals("proto", proto), found))


def _icmp(values: IntSet) -> Predicate:
    """Numbers of 16 bits, the type before the code."""
    by_type: dict[int, list[tuple[int, int]]] = {}
    for value in values & IntSet.width(16):
        by_type.setdefault(value >> 8, []).append((value & 255, value & 255))
    return any_of(
        all_of((equals("icmp_type", kind), InSet(field="icmp_code", values=IntSet.of(codes))))
        for kind, codes in by_type.items()
    )


def _tree(field: str, leaves: list[tuple[IntSet, Predicate]]) -> Predicate:
    """One of `leaves`, whose sets do not overlap; halves are asked for first, so it is quick."""
    leaves = sorted(((held, then) for held, then in leaves if held), key=lambda leaf: leaf[0].first)
    if len(leaves) <= _LEAVES:
        return any_of(all_of((InSet(field=field, values=held), then)) for held, then in leaves)
    middle = len(leaves) // 2
    halves = (leaves[:middle], leaves[middle:])
    return any_of(
        all_of((InSet(field=field, values=_union(half)), _tree(field, half))) for half in halves
    )


def _union(leaves: list[tuple[IntSet, Predicate]]) -> IntSet:
    return IntSet.of(each for held, _then in leaves for each in held.ranges)


Named = tuple[tuple[SetInterface, bool], ...]
"""Interfaces in the order in which they are asked, and whether each is an exception."""


def _interfaces(members: Iterable[SetMember], field: str, side: str, *, nomatch: bool) -> Predicate:
    """hash:net,iface: the innermost network that is there with any interface decides alone.

    The kernel looks no further than networks of its length (`multi` in mtype_test_cidrs). A
    bridge's port is never asked for by iptables, which has no way to set IPSET_FLAG_PHYSDEV.
    """
    by_network: dict[Range, list[tuple[SetInterface, bool]]] = {}
    for member in members:
        network, interface = member.parts
        assert isinstance(network, Range)
        assert isinstance(interface, SetInterface)
        if not interface.bridge_port:
            by_network.setdefault(network, []).append((interface, member.nomatch))
    found: dict[Named, list[tuple[int, int]]] = {}
    for low, high, chain in segments(by_network):
        found.setdefault(tuple(chain[0]), []).append((low, high))
    device = "in" if side == "src" else "out"
    leaves = [(IntSet.of(r), _named(named, device, nomatch)) for named, r in found.items()]
    return _tree(field, leaves)


def _named(named: Named, field: str, nomatch: bool) -> Predicate:
    """The first that fits decides."""
    told: Predicate = NEVER
    for interface, excepted in reversed(named):
        here = Interface(field=field, pattern=interface.pattern)
        told = any_of((here, told)) if excepted is nomatch else all_of((negate(here), told))
    return told
