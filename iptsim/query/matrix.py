"""Which groups of addresses reach which, by a service: after FFFUU's service matrix.

Asked are packets that open a connection, from PREROUTING on, that pass through this host or are for
it. Every pair of a source and a destination is told apart exactly by how such packets fare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import count, product
from string import ascii_uppercase
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.host import NOBODY, Host
from iptsim.model import Note, Ruleset
from iptsim.packet import FIELDS, TCP_FLAGS, Packet
from iptsim.predicate import InSet, Interface, Predicate, any_of, negate
from iptsim.query.address_groups import Row, split
from iptsim.symbolic.sets.diagrams import Manager, growing
from iptsim.symbolic.telling.set_cubes import possible
from iptsim.symbolic.walk.differences import groups
from iptsim.symbolic.walk.engine import Engine
from iptsim.values import InterfacePattern, IntSet

HOOK = "PREROUTING"
_SAID = frozenset({codes.TO_THIS_HOST, codes.TO_ANOTHER_HOST})
"""What is taken as given of a packet, and is asked both ways here."""
TCP = 6
SERVICES = (22, 80, 443)
"""The ports of tcp that are asked where nobody says which."""


class Reach(StrEnum):
    """How connections from one group to another fare.

    `YES`: each is let through; `SOME`: of those that differ in other fields (an interface, the
    source port) some are, certainly; `MAYBE`: it hangs on what nobody told; `NO`: none is.
    """

    YES = "yes"
    SOME = "some"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Addresses that fare alike, as sources and as destinations; called A, B, … Z, AA and so on."""

    name: str
    addresses: IntSet


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Which groups reach which.

    `reach` is by the names of two groups, `host` (this host) by that of the source. `interfaces`
    are those by which alone packets were asked for, where their sources were told.
    """

    packet: Packet
    groups: tuple[Group, ...]
    reach: Mapping[tuple[str, str], Reach]
    host: Mapping[str, Reach]
    interfaces: tuple[str, ...] = ()
    assumed: tuple[Note, ...] = ()


def services(packet: Packet) -> tuple[Packet, ...]:
    """The packets to ask for: as told, or to the usual services where no protocol is."""
    if packet.tells("proto", "dport", "sport"):
        return (packet,)
    return tuple(packet.with_(proto=TCP, dport=port) for port in SERVICES)


def matrix(ruleset: Ruleset, packet: Packet, *, host: Host = NOBODY) -> Matrix:
    """Which groups of addresses reach which with packets as `packet` tells.

    Raises `CapacityError` where the rules are too many for this machine.
    """
    asked = packet.with_(family=ruleset.family, ctstate=packet.ctstate or "NEW")
    if asked.proto == TCP and asked.tcp_flags is None:
        asked = asked.with_(tcp_flags=TCP_FLAGS["SYN"])
    told = tuple(one.interface for one in host.sources if one.width == ruleset.width)
    interfaces = told if packet.in_ is None else ()

    def work(manager: Manager) -> Matrix:
        names = [name for name in (packet.in_, packet.out) if name]
        engine = Engine(manager, (ruleset,), host=host, interfaces=names)
        return _Asking(engine, asked, interfaces).matrix()

    return replace(growing(work, ruleset), packet=packet.with_(family=ruleset.family))


class _Asking:
    """Asks one rule set for one service."""

    def __init__(self, engine: Engine, packet: Packet, interfaces: tuple[str, ...]) -> None:
        self._engine, self._packet, self._interfaces = engine, packet, interfaces
        self._assumed: dict[Note, None] = {}

    def matrix(self) -> Matrix:
        """The groups, and how they reach each other."""
        universe = self._engine.universe
        through, to_host = self._relations(here=False), self._relations(here=True)
        dst, src = universe.blocks["dst"], universe.blocks["src"]
        columns = split(universe.manager, through, dst.numbers)
        alone = [universe.manager.without(one, dst.numbers) for one in to_host]
        flat = [one for row in columns for one in row]
        rows = split(universe.manager, [*alone, *flat], src.numbers)
        return self._told(columns, rows)

    def _relations(self, *, here: bool) -> Row:
        """Of pairs of addresses: there are packets, some may pass, some do, some do not for sure.

        The last is told as its contrary is: some may be kept out.
        """
        universe, manager = self._engine.universe, self._engine.universe.manager
        fates = self._engine.fates(0, self._packet, HOOK, self._within(), here=here)
        passed: Any = manager.false
        for group in groups(fates.ends):
            passed |= group.held if group.fate.verdict == "ACCEPT" else manager.false
        for note in (note for end in fates.ends for note in end.world.assumed):
            if note.code not in _SAID:
                self._assumed[note] = None
        room = self._room(possible(universe, fates.setting), here)
        names = {"dst"} if here else set()
        blocks = [b for b in universe.blocks.values() if b.name not in {"src", "dst"} - names]
        facts = [n for b in blocks if b.name not in FIELDS for n in b.numbers]
        fields = [n for b in blocks if b.name in FIELDS for n in b.numbers]
        every = [*fields, *facts]
        kept = manager.without(room & ~passed, facts)
        there = manager.without(room, facts)
        found = (room, room & passed, there & ~kept, room & ~passed)
        return tuple(manager.without(one, every) for one in found)

    def _within(self) -> Predicate | None:
        named = [InterfacePattern(text=name) for name in self._interfaces]
        return any_of(Interface(field="in", pattern=one) for one in named) if named else None

    def _room(self, room: Any, here: bool) -> Any:
        universe, host = self._engine.universe, self._engine.host
        within = self._within()
        room = room if within is None else room & universe.of(within)
        own = host.local(32 if self._packet.family == 4 else 128)
        if own is None:
            return room
        local = InSet(field="dst", values=own)
        return room & universe.of(local if here else negate(local))

    def _told(self, columns: Mapping[Row, IntSet], rows: Mapping[Row, IntSet]) -> Matrix:
        """Groups are addresses that fare alike in each row and in each column."""
        true = self._engine.universe.manager.true
        cells = [
            _Cell(addresses=both, column=number, row=tuple(one == true for one in row))
            for (number, column), (row, sources) in product(
                enumerate(columns.values()), rows.items()
            )
            if (both := column & sources).ranges
        ]
        found = _merged([cell for cell in cells if cell.is_there(cells)])
        named = list(zip(_names(), found, strict=False))
        return Matrix(
            packet=self._packet,
            groups=tuple(Group(name=name, addresses=cell.addresses) for name, cell in named),
            reach={(a, b): one.reaches(other) for a, one in named for b, other in named},
            host={name: cell.reaches_host for name, cell in named},
            interfaces=self._interfaces,
            assumed=tuple(self._assumed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """Addresses with one column and one row: four marks of this host, then four of each column."""

    addresses: IntSet
    column: int
    row: Row

    @property
    def reaches_host(self) -> Reach:
        return _reach(self.row[:4])

    def reaches(self, other: _Cell) -> Reach:
        return _reach(self._marks(other))

    def is_there(self, every: list[_Cell]) -> bool:
        """Whether packets can be from it or to it at all."""
        ways = ((*self._marks(other)[:1], *other._marks(self)[:1]) for other in every)
        return bool(self.row[0]) or any(map(any, ways))

    def reach_of(self, others: list[_Cell]) -> tuple[Reach, ...]:
        """What it reaches."""
        return (self.reaches_host, *map(self.reaches, others))

    def is_reached(self, others: list[_Cell]) -> bool:
        """Whether there are packets to it."""
        return any(other._marks(self)[0] for other in others)

    def _marks(self, other: _Cell) -> Row:
        start = 4 * (other.column + 1)
        return self.row[start : start + 4]


def _merged(cells: list[_Cell]) -> list[_Cell]:
    """Those that fare alike made one, the smallest first."""
    alike: dict[tuple[Reach, ...], _Cell] = {}
    for cell in cells:
        ways = ((cell.reaches(other), other.reaches(cell)) for other in cells)
        key = (cell.reaches_host, *(reach for both in ways for reach in both))
        held = alike[key].addresses | cell.addresses if key in alike else cell.addresses
        alike[key] = replace(cell, addresses=held)
    found = sorted(alike.values(), key=lambda cell: -cell.addresses.count)
    for cell in [cell for cell in found if not cell.is_reached(cells)]:
        # No packet is for it, so it may be told with addresses that reach the same.
        like = (
            one for one in found if one is not cell and one.reach_of(cells) == cell.reach_of(cells)
        )
        if (other := next(like, None)) is not None:
            found.remove(cell)
            both = replace(other, addresses=other.addresses | cell.addresses)
            found[found.index(other)] = both
    return sorted(found, key=lambda cell: _rank(cell, found))


def _rank(cell: _Cell, every: list[_Cell]) -> tuple[bool, int, int]:
    """The smallest groups first, last those that nobody reaches and that reach nobody."""
    ways = {cell.reaches_host, *(way for o in every for way in (cell.reaches(o), o.reaches(cell)))}
    return (ways == {Reach.NO}, cell.addresses.count, cell.addresses.first)


def _reach(told: Row) -> Reach:
    there, may, some, kept = told
    if not there:
        return Reach.NO
    if not kept:
        return Reach.YES
    if some:
        return Reach.SOME
    return Reach.MAYBE if may else Reach.NO


def _names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_uppercase, repeat=length):
            yield "".join(letters)
