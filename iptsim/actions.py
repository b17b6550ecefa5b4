"""What a target does, as data: the tracer carries it out, the symbolic engine compiles it.

A rule's target lowers to a tuple of these, carried out in order. The last one says how the walk
goes on: a `Verdict`, `Return`, `Jump`, or `Continue` (the next rule).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import overload

from iptsim.dataclass import dataclass, field
from iptsim.no_collection import no_collection
from iptsim.predicate import InSet, Predicate
from iptsim.values import IntSet


class Fate(Enum):
    """The verdicts that end a packet's way through a table; RETURN only that through a chain."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    REJECT = "REJECT"
    QUEUE = "QUEUE"
    STOLEN = "STOLEN"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The table ends with `fate`; only ACCEPT lets the packet go on to the next table.

    `bypassed` is whether a queue let it through on which nobody listens: then nat binds nothing.
    """

    fate: Fate
    bypassed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """The next rule is asked: LOG, MARK, a rule without a target.

    `broke` is whether the rule did not match to its end: in nftables a condition may stand behind
    what a rule has done already.
    """

    broke: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Back to the rule after the jump; in a built-in chain, to its policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """On to `chain`; with `goto` its end returns to where the calling chain was called from."""

    chain: str
    goto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBits:
    """`field = (field & ~mask) ^ value`, as MARK --set-xmark, TOS, DSCP and CONNMARK do.

    A packet without a connection (INVALID, UNTRACKED) has no `connmark`: nothing happens to it, and
    nothing is copied to or from it (xt_connmark.c, `if (ct == NULL) return XT_CONTINUE`).
    """

    field: str
    value: int
    mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyBits:
    """`to = (to & ~to_mask) ^ ((source & source_mask) << shift)`, as CONNMARK saves and restores.

    A negative `shift` is to the right; what leaves the 32 bits is lost.
    """

    to: str
    to_mask: int
    source: str
    source_mask: int
    shift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """`field += delta`; a byte is held within 0..255, as TTL and HL do."""

    field: str
    delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """`field` gets a value that the dump does not tell (HMARK's hash).

    Without `told` it is not even known whether it is changed, so that counts as no rewrite.
    """

    field: str
    detail: str
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Untrack:
    """The packet is not tracked: its state becomes UNTRACKED and nat never sees it.

    Nothing happens to a packet that has its connection already (one that loops back to
    PREROUTING), nor after an earlier `Template` or `Untrack` (xt_CT.c, xt_ct_target).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """CT gives the connection to come its settings (helper, …); a later `Untrack` is void.

    `zone` is a number of 16 bits, "mark" for the packet's own mark, or the words of one that nobody
    knows; of packets in `direction` (ORIGINAL, REPLY; "": both) only the connections of their zone
    are found. `late`: given to any packet without a connection, tracking or not.
    """

    zone: int | str = 0
    direction: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """State outside of the packet changes: a fact that reads `name` is another one from here on.

    Where `by` names what changes it, facts of that (`Fact.visited`) count how often it did.
    """

    name: str
    by: str = ""


CHECKSUM = "the checksum"
"""The state that is touched where a rule writes into a header and leaves its checksum wrong."""


class Side(Enum):
    """Which half of the packet's addresses a translation rewrites."""

    SOURCE = "source"
    DESTINATION = "destination"
    # NETMAP in a user chain: the destination in PREROUTING and OUTPUT, the source elsewhere.
    BY_HOOK = "by hook"


class To(Enum):
    """Where a translation's new address comes from."""

    GIVEN = "given"  # `addresses`
    INCOMING = "incoming"  # REDIRECT: of the incoming interface; loopback for local packets
    OUTGOING = "outgoing"  # MASQUERADE: of the outgoing interface
    MAPPED = "mapped"  # NETMAP: the network's bits from `addresses.first`, the rest kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Translate:
    """A NAT target; it ends the nat table for the packet and holds for its whole connection.

    `addresses` and `ports` are the choices (None: left as they are); one choice is certain, of
    several the kernel takes one that this dump does not tell, unless the present value is among
    them (`nf_nat_core.c`, get_unique_tuple). `mask` is NETMAP's network mask, `base` the first
    port of a DNAT port shift, `random` --random and --random-fully.
    """

    side: Side
    to: To
    addresses: IntSet | None = None
    ports: IntSet | None = None
    mask: int = 0
    base: int | None = None
    random: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """TPROXY: hand the unchanged packet to a local socket at `port` (0: its own) and `address`.

    `address` 0 is the first of the incoming interface. `listens` is whether a transparent socket
    takes it there; where nobody told (None) that is taken as given. Without one the kernel drops
    the packet (xt_TPROXY.c, tproxy_tg4).
    """

    port: int
    address: int
    listens: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """`then` for a packet of which `when` holds, else `otherwise`; always a target's last action.

    Both end as any target's actions do. Where the packet does not tell, its way forks; with
    `undecided` that is done instead, for what is not worth a fork.
    """

    when: Predicate
    then: tuple[Action, ...]
    otherwise: tuple[Action, ...]
    undecided: tuple[Action, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`then` for a packet of which `when` holds and that no earlier case takes."""

    when: Predicate
    then: tuple[Action, ...]


class LateCases(Sequence[Case]):
    """The cases of a large map, each made when somebody looks at it; equal to a tuple of them."""

    def __init__(self, size: int, make: Callable[[int], Case]) -> None:
        self._size, self._make = size, make
        self._made: dict[int, Case] = {}

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Case: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Case, ...]: ...

    def __getitem__(self, at: int | slice) -> Case | tuple[Case, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(self._size)))
        place = at + self._size if at < 0 else at
        if not 0 <= place < self._size:
            raise IndexError(at)
        if place not in self._made:
            self._made[place] = self._make(place)
        return self._made[place]

    def __iter__(self) -> Iterator[Case]:
        return (self[place] for place in range(self._size))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Sequence) and tuple(self) == tuple(other))

    def __hash__(self) -> int:
        return hash(tuple(self))


Row = tuple[tuple[int | str | None, ...], int]
"""What the fields hold of which a case is (None: one of several values), and the case's place."""
Find = Callable[[tuple[int | str | None, ...]], Iterable[int]]


@dataclass(frozen=True, kw_only=True)
class Cases:
    """The first case that takes the packet, else `otherwise`; always a target's last action.

    A map of nftables: there may be thousands, so for a packet of which some of `fields` are known
    they are looked up. Every case has a row for each combination of values that it is of; `find`
    tells the places of the cases that may be of a value of every field.
    """

    cases: Sequence[Case]
    otherwise: tuple[Action, ...]
    fields: tuple[str, ...] = ()
    rows_of: Callable[[], tuple[Row, ...]] | None = field(default=None, compare=False, repr=False)
    find: Find | None = field(default=None, compare=False, repr=False)

    def facing(self, values: tuple[int | str | None, ...]) -> Sequence[Case]:
        """The cases that may take a packet whose `fields` hold these values (None: not known)."""
        asked = tuple(n for n, value in enumerate(values) if value is not None)
        if not asked or self.rows_of is None:
            return self.cases
        if self.find is not None and len(asked) == len(values):
            return tuple(self.cases[place] for place in self.find(values))
        if asked not in self._found:
            with no_collection():
                self._found[asked] = self._by(asked)
        exact, others = self._found[asked]
        places = exact.get(tuple(values[n] for n in asked), ())
        return tuple(self.cases[place] for place in sorted({*places, *others}))

    def by_some(self, values: tuple[int | str | None, ...]) -> Iterator[_Some]:
        """As `facing`, of thousands some at a time.

        With the first of them stands what every packet holds that one of these takes. The first
        case stands alone: whoever asks it has asked for all that the others ask for.
        """
        found = self.facing(values)
        if len(found) < _MANY or found is not self.cases:
            yield found, None
            return
        yield found[:1], None
        for at, when in self._together:
            yield found[at : at + _AT_ONCE], when

    @cached_property
    def _together(self) -> tuple[tuple[int, Predicate | None], ...]:
        """The first places of some, from the second on, and what the first field holds for them."""
        held: dict[int, list[int | str | None]] = {}
        for values, place in self.rows_of() if self.rows_of is not None else ():
            held.setdefault(place, []).append(values[0])
        places = range(1, len(self.cases), _AT_ONCE)
        some = ([held.get(n, [None]) for n in range(at, min(at + _AT_ONCE, len(self.cases)))]
                for at in places)  # fmt: skip
        asked = (_is_one_of(self.fields, [each for one in own for each in one]) for own in some)
        return tuple(zip(places, asked, strict=True))

    def _by(self, asked: tuple[int, ...]) -> _Found:
        exact: dict[tuple[int | str | None, ...], list[int]] = {}
        others: list[int] = []
        for values, place in self.rows_of() if self.rows_of is not None else ():
            told = tuple(values[n] for n in asked)
            (others if None in told else exact.setdefault(told, [])).append(place)
        return exact, others

    @cached_property
    def _found(self) -> dict[tuple[int, ...], _Found]:
        return {}


_Found = tuple[dict[tuple[int | str | None, ...], list[int]], list[int]]
_Some = tuple[Sequence[Case], Predicate | None]
_AT_ONCE = 64
_MANY = 4 * _AT_ONCE


def _is_one_of(fields: tuple[str, ...], values: list[int | str | None]) -> Predicate | None:
    """That the first field holds one of the values; None where that is not told of each."""
    numbers = [(value, value) for value in values if isinstance(value, int)]
    if not fields or len(numbers) < len(values):
        return None
    return InSet(field=fields[0], values=IntSet.of(numbers))


Ending = Verdict | Continue | Return | Jump
Change = SetBits | CopyBits | Add | Forget | Untrack | Template | Touch | Translate | Deliver
Action = Ending | Change | Branch | Cases


def ways_of(action: Action) -> tuple[tuple[Action, ...], ...]:
    """What may be done in an action's place, where it says what is done when."""
    if isinstance(action, Branch):
        return (
            action.then,
            action.otherwise,
            *(() if action.undecided is None else (action.undecided,)),
        )
    if isinstance(action, Cases):
        return (*(case.then for case in action.cases), action.otherwise)
    return ()


def questions_of(action: Action) -> tuple[Predicate, ...]:
    """What an action asks before it does one thing or another."""
    if isinstance(action, Branch):
        return (action.when,)
    return tuple(case.when for case in action.cases) if isinstance(action, Cases) else ()
