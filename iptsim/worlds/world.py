"""One of the ways that a packet may have come so far, and what the rules did to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter

from iptsim.actions import Side, Template
from iptsim.dataclass import dataclass, field, replace
from iptsim.host import Host
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.values import format_address, format_mac
from iptsim.worlds.connection import Followed
from iptsim.worlds.domains import ADDRESS_FIELDS
from iptsim.worlds.fields import Fields
from iptsim.worlds.outcome import Carried, Rewrite, Skipped, Step
from iptsim.worlds.regions import EVERYTHING, PacketSet
from iptsim.worlds.terms import Term, value_of
from iptsim.worlds.variables import Variables

DECIDING = (
    "fields", "gone", "settled", "to_host", "sent", "refused", "decided_tracking", "template",
    "zones", "strayed", "bound", "wrote", "aim", "taken",
)  # fmt: skip
"""What decides how a world goes on, and what becomes of the packets after it.

Worlds that hold the same in all of these are one, whatever way they came. Of a field that is in
doubt it is said here, not in `TELLING`: two worlds too many cost time, one too few is a wrong
answer.
"""
TELLING = ("steps", "rewrites", "told", "skipped", "carried", "assumed", "notes")
"""What is only told of a world's way; worlds that are one may differ in it.

`rewrites` are what `fields` hold, and by which rule; `told` counts them; `assumed` and `notes` of
all the worlds are told of the one that they become.
"""
MARKED_ELSEWHERE = "another's mark"
"""`World.taken` where rules of another table changed the mark afterwards."""
SENT_ELSEWHERE = "route by lo"
"""In `World.gone` of what nat gave another destination on its way back by lo."""
ROUTED_AGAIN = "route"
"""In `World.gone` of what mangle changed so that it is routed again after OUTPUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A set of packets that went the same way, and what their fields hold now.

    A field is in `DECIDING` or in `TELLING`, but for the set itself.

    `regions` are disjoint and speak of variables; `fields` says what each field holds in terms of
    them. `settled` are the sides whose translation the connection has (nat asks once for each);
    `to_host` is whether a rule sent the packet to this host itself, `taken` the table in which one
    gave it to a socket (TPROXY), or `MARKED_ELSEWHERE`, `sent` whether one sent it to
    an address that is taken not to be this host's, for nobody told, `refused` whether a nat target
    drops it, for there is no address that it could take,
    `decided_tracking` whether one said how it is tracked, `template` what CT gave its connection
    to come, `zones` where packets of each direction then are found; `strayed` is whether it did not
    find the connection that it belongs to; `bound` is whether, at this hook, a chain of nat has set
    up a translation; `wrote` is the destination that stood there before a rule of the chain wrote
    another into the header, `aim` the one that was routed to, where the header has another since.
    `told` counts the rewrites that steps
    have taken; `carried` is what no rule did, but the connection. `gone` maps rewritten fields to
    the text of their rewrite.
    """

    regions: tuple[PacketSet, ...] = (EVERYTHING,)
    fields: Mapping[str, Term]
    steps: tuple[Step, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    told: int = 0
    gone: Mapping[str, str] = field(default_factory=dict)
    settled: frozenset[Side] = frozenset()
    to_host: bool = False
    taken: str = ""
    sent: bool = False
    refused: bool = False
    decided_tracking: bool = False
    template: Template | None = None
    zones: Mapping[str, Term] = field(default_factory=dict)
    strayed: bool = False
    bound: bool = False
    wrote: Term | None = None
    aim: Term | None = None
    skipped: tuple[Skipped, ...] = ()
    carried: tuple[Carried, ...] = ()
    assumed: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def state(self) -> tuple[object, ...]:
        """Something hashable that is equal for worlds of one walk that go on alike."""
        return self.state_but()

    def state_but(self, *left_out: str) -> tuple[object, ...]:
        """`state` without some of what decides, which the caller compares in a way of its own."""
        return tuple(map(_hashable, _deciding(left_out)(self)))

    def with_told(self, *others: World) -> World:
        """The world with what was assumed and noted in others that go on as this one."""
        worlds = (self, *others)
        assumed = tuple(dict.fromkeys(note for world in worlds for note in world.assumed))
        notes = tuple(dict.fromkeys(note for world in worlds for note in world.notes))
        return altered(self, assumed=assumed, notes=notes)

    def known(self, name: str) -> int | str | None:
        """The value of a field, where it is known."""
        return value_of(self.fields[name])

    def text(self, name: str) -> str | None:
        """The value of an interface or state field, where it is known."""
        value = self.known(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """The value of a number field, where it is known."""
        value = self.known(name)
        return value if isinstance(value, int) else None

    @property
    def connected(self) -> bool:
        """Whether it has a connection, as far as its state tells; nothing else is looked at."""
        state = value_of(Fields.of(self.fields).unseen("ctstate"))
        return state not in ("INVALID", "UNTRACKED")

    def holding(self, **fields: Term) -> World:
        """The world with some fields holding something else, without a rule having done it."""
        renamed = {name.rstrip("_"): term for name, term in fields.items()}
        return altered(self, fields=Fields.of(self.fields).holding(renamed))

    def assume(self, *notes: Note) -> World:
        """The world with more taken as given."""
        return altered(self, assumed=tuple(dict.fromkeys((*self.assumed, *notes))))

    def note(self, note: Note) -> World:
        """The world with something more to tell about it."""
        return altered(self, notes=tuple(dict.fromkeys((*self.notes, note))))


altered = replace
"""A world with something else in some of its fields; a walk makes tens of thousands."""


@lru_cache
def _deciding(left_out: tuple[str, ...]) -> attrgetter[tuple[object, ...]]:
    return attrgetter(*[name for name in DECIDING if name not in left_out])


_AS_IT_IS = frozenset({bool, frozenset, type(None)})


def _hashable(held: object) -> object:
    if type(held) in _AS_IT_IS:  # most are, and to ask for a `Mapping` takes long
        return held
    if isinstance(held, dict):
        return frozenset(held.items())
    if isinstance(held, Fields):
        return held.key
    return frozenset(held.items()) if isinstance(held, Mapping) else held


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all worlds of a trace share: family, host, and the domains of the variables.

    Those alone grow while a trace runs: a choice of the kernel that nobody can know (a port out of
    a range) is a new variable. `state` is the connection state that tracking will give the packet;
    `here` whether it is addressed to this host where nothing else tells; `presumed` are fields
    that nobody gave and that have a usual value, with the note to print where that decides.
    `followed` is the connection that the packet is known to belong to; then `way_back` is the
    interface that an answer leaves by where no routes are told. `usual` are the values of an
    ordinary packet where they differ from `outcomes.USUAL`.

    `exact` is whether packets that routing throws away are told apart from the others, as in a walk
    over all packets; then `room` is the set of those that can be, in the terms of that walk, and
    `statuses` whether a rule asks if the connection is translated. `localnet_open` are the address
    fields (src, dst) of which what hangs on route_localnet, that nobody told, is told apart; for
    others it is taken to be off.
    """

    family: int
    host: Host
    domains: Variables
    state: str = "NEW"
    here: bool = True
    presumed: Mapping[str, Note] = field(default_factory=dict)
    keep_skipped: bool = False
    packet: Packet = field(default_factory=Packet)
    hook: str = "PREROUTING"
    followed: Followed | None = None
    way_back: Term | None = None
    usual: Mapping[str, int | str] = field(default_factory=dict)
    exact: bool = False
    statuses: bool = False
    room: object = None
    localnet_open: frozenset[str] = frozenset()

    @property
    def width(self) -> int:
        """The width of an address in bits."""
        return 32 if self.family == 4 else 128

    def show(self, name: str, value: int | str) -> int | str:
        """A field's value as JSON and people see it: addresses as texts, numbers as numbers."""
        if name in ADDRESS_FIELDS and isinstance(value, int):
            return format_address(value, self.width)
        if name == "mac_src" and isinstance(value, int):
            return format_mac(value)
        return value
