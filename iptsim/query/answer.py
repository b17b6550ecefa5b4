"""What a query tells, as values."""

from __future__ import annotations

from iptsim.dataclass import dataclass
from iptsim.model import Note
from iptsim.packet import Packet
from iptsim.predicate import Fact
from iptsim.query.may_decide import MayDecide
from iptsim.worlds.outcome import Cube, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Packets that meet the fate by one and the same rule, policy or act of routing.

    `where` is a union of cubes, those that the question gave told with them; the cubes of different
    answers of one hook do not overlap. `rewrites` are the fields that rules rewrote, with what
    they hold in the end; empty for packets that were not let through. `certain` is False where it
    hangs on facts that nobody told whether a packet meets the fate at all. `share` is how much of
    all packets that is, between 0 and 1, every value of a field counting the same. `example` is
    one of the packets, which the tracer has followed to this fate, and `hangs_on` the facts that
    were so for it; None where none could be followed. `connection` are fields of the example's
    connection that decide and that no packet is told with (`ctdir`, `ctorigdstport`). `told` is
    False beyond the answers that were asked for: then `where` is empty and no example was looked
    for. With `partly` the cubes are only some of its packets, for there are too many to be read.
    """

    family: int
    hook: str
    verdict: str
    destination: str | None
    rewrites: tuple[tuple[str, int | str], ...]
    decided_by: Step | None
    where: tuple[Cube, ...]
    certain: bool
    share: float
    example: Packet | None
    hangs_on: tuple[tuple[Fact, bool], ...] = ()
    connection: tuple[tuple[str, int | str], ...] = ()
    told: bool = True
    partly: bool = False


@dataclass(frozen=True, kw_only=True)
class Query:
    """The answer to a query: by hook, what is certain first, then the larger sets first.

    No answers means that no packet at all meets the fate, within what was asked. `asked` are the
    families and hooks that were asked, with what was taken as given of the packets there.

    Where the time for an answer was over, `late` says what to tell; then some answers may have no
    packets told, and packets that start at the hooks `unasked` may meet the fate, too. Where there
    was no time for any answer, `may_decide` are the rules and policies that can be one's.
    """

    fate: str
    packet: Packet
    asked: tuple[Asked, ...]
    answers: tuple[Answer, ...]
    notes: tuple[Note, ...] = ()
    late: str = ""
    unasked: tuple[str, ...] = ()
    may_decide: tuple[MayDecide, ...] = ()

    @property
    def assumed(self) -> tuple[Note, ...]:
        """What was taken as given of any of the packets (codes IPT03xx)."""
        return tuple(dict.fromkeys(note for one in self.asked for note in one.assumed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A hook where the packets that were asked for start."""

    family: int
    hook: str
    assumed: tuple[Note, ...] = ()
