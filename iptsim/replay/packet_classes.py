"""Addresses and ports that neither the rules nor the host tell apart.

Every condition and every translation has its ends; between two of them all values fare alike, so
one packet's answer is that of all packets with values of the same classes. Where a rule makes a
value out of a packet's own (NETMAP, a shifted range) or looks at bits within one, values are told
apart one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator

from iptsim.actions import Action, To, Translate, questions_of, ways_of
from iptsim.many.address_classes import AddressClasses
from iptsim.predicate import Bits, InSet, Predicate, atoms
from iptsim.replay.ip_headers import Tuple
from iptsim.tracer.rules.ready import Library
from iptsim.values import IntSet

_ADDRESSES = frozenset({"src", "dst", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"})
_PORTS = frozenset(
    {"sport", "dport", "ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"}
)
_WHOLE = frozenset({"eui64"})


class PacketClasses:
    """The classes of addresses and ports of a family's packets."""

    def __init__(self, library: Library) -> None:
        self._host = AddressClasses(library.host, library.ruleset.width)
        self._sets: dict[bool, list[IntSet]] = {True: [], False: []}
        self._exact: dict[bool, bool] = {True: False, False: False}
        for table in library.ruleset.tables:
            for chain in table.chains:
                for ready in library.chain(table, chain):
                    self._condition(ready.condition)
                    self._actions(ready.actions)
        self._starts = {of: sorted(set(_ends(sets))) for of, sets in self._sets.items()}

    def _condition(self, condition: Predicate) -> None:
        for atom in atoms(condition):
            name = getattr(atom, "field", "")
            if name in _WHOLE:
                self._exact[True] = True
            elif name in _ADDRESSES or name in _PORTS:
                of = name in _ADDRESSES
                if isinstance(atom, InSet):
                    self._sets[of].append(atom.values)
                elif isinstance(atom, Bits):
                    self._exact[of] = True

    def _actions(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            for when in questions_of(action):
                self._condition(when)
            for way in ways_of(action):
                self._actions(way)
            if isinstance(action, Translate):
                self._translation(action)

    def _translation(self, made: Translate) -> None:
        self._exact[True] |= made.to is To.MAPPED
        self._exact[False] |= made.base is not None
        if made.addresses is not None:
            self._sets[True].append(made.addresses)
        if made.ports is not None:
            self._sets[False].append(made.ports)

    def of(self, tuple_: Tuple) -> Hashable:
        """What packets have in common that fare alike, as far as addresses and ports decide."""
        family, proto, src, dst, sport, dport = tuple_
        return (
            family, proto, self._address(src), self._address(dst), self._port(sport),
            self._port(dport), src == dst, sport == dport,
        )  # fmt: skip

    def _address(self, value: int) -> Hashable:
        if self._exact[True]:
            return value
        return bisect_right(self._starts[True], value), self._host(value)

    def _port(self, value: int) -> int:
        return value if self._exact[False] else bisect_right(self._starts[False], value)


def _ends(sets: list[IntSet]) -> Iterator[int]:
    for values in sets:
        for low, high in values.ranges:
            yield low
            yield high + 1
