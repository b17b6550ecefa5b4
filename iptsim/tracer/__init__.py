"""One packet, every step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import UsageError
from iptsim.extensions.values.hostnames import asked_names
from iptsim.host import NOBODY, Host
from iptsim.model import Note, Ruleset
from iptsim.packet import Packet
from iptsim.tracer.host.arrival import Question, begin, first_hook
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.outcomes import outcomes
from iptsim.tracer.premises import outside, premises
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.untold_chains import completed
from iptsim.tracer.rules.worlds_at_a_rule import MOST_WORLDS, EachWay
from iptsim.values import format_address
from iptsim.worlds.connection import FOLLOWING, Connection
from iptsim.worlds.outcome import Cube, Outcome, Rewrite, Skipped, Step, Trace
from iptsim.worlds.regions import Region, products
from iptsim.worlds.world import Setting, World, altered

__all__ = [
    "FOLLOWING", "Connection", "Cube", "Outcome", "Rewrite", "Skipped", "Step", "Trace", "Tracer",
    "trace",
]  # fmt: skip

MOST_FOLLOWED = 200
"""Outcomes of a packet up to which those that follow are traced."""

MOST_LIBRARIES = 8
"""Hosts and payloads for which the rules stay lowered; packets of a stream each have their own."""

HERE = Note(code=codes.TO_THIS_HOST)
"""Taken as given: addressed to this host."""


_Told = tuple[int, bytes | None, frozenset[str], frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Tracer:
    """Traces many packets through one rule set; rules are lowered once for each host told."""

    library: Library
    _libraries: dict[_Told, Library] = field(default_factory=dict, repr=False)
    journeys: Callable[..., Journey] = Journey
    """What takes packets through; who wants to see how gives one that tells."""

    @classmethod
    def of(cls, ruleset: Ruleset) -> Tracer:
        """A tracer of that rule set."""
        return cls(Library(ruleset=completed(ruleset)))

    def trace(
        self,
        packet: Packet,
        *,
        hook: str | None = None,
        host: Host | None = None,
        skipped: bool = False,
        follow: Collection[str] = (),
        most: int = MOST_WORLDS,
    ) -> Trace:
        """The packet's way and fate; see `trace`. `most` is how many ways may stand at one rule."""
        question = self.question(packet, hook=hook, host=host, skipped=skipped)
        found = self._answer(question, most=most)
        if HERE in found.assumed and packet.tells("dst"):
            other = self._answer(replace(question, keep_skipped=False), here=False, most=most)
            found = replace(found, notes=(*found.notes, *elsewhere(found, other.outcomes)))
        return self._followed(found, follow, skipped) if follow else found

    def ways(
        self,
        packet: Packet,
        among: Callable[[Library], Library],
        *,
        hook: str,
        host: Host,
        most: int,
        part: Callable[[Region], Region],
    ) -> tuple[Outcome, ...]:
        """The outcomes of a packet on those of the rules that `among` leaves over.

        `part` takes what is open of the packet to the part of it that is followed.
        """
        question = self.question(packet, hook=hook, host=host)
        library = among(self.ready_for(question))
        setting, world = begin(question)
        world = altered(world, regions=tuple(map(part, products(world.regions))))
        return tuple(outcomes(self._ends(library, question, setting, world, most), setting))

    def sent_to_others(
        self, packet: Packet, *, host: Host | None = None, most: int = MOST_WORLDS
    ) -> Trace:
        """What becomes of packets that this host sends to any address but its own.

        Precondition: the packet's destination is not told.
        """
        from iptsim.tracer.host.outgoing_interface import to_another  # noqa: PLC0415  # rare

        question = self.question(packet, hook="OUTPUT", host=host)
        setting, world = begin(question)
        return self._go(question, setting, to_another(world, setting), most)

    def question(
        self,
        packet: Packet,
        *,
        hook: str | None = None,
        host: Host | None = None,
        skipped: bool = False,
    ) -> Question:
        """What `trace` is asked; `UsageError` for a packet of another family than the rules."""
        if packet.family != self.library.ruleset.family:
            raise UsageError(
                f"an IPv{packet.family} packet asked of IPv{self.library.ruleset.family} rules",
                code=codes.PACKET_OF_OTHER_FAMILY,
                asked=packet.family,
                own=self.library.ruleset.family,
            )
        if self.library.ruleset.only is not None:
            from iptsim.tracer.rules.asked_alone import hook_of  # noqa: PLC0415  # seldom asked

            hook = hook_of(self.library.ruleset, packet, hook)
        return Question(
            packet=packet,
            hook=first_hook(packet, hook),
            host=(host or NOBODY).for_width(self.library.ruleset.width),
            keep_skipped=skipped,
        )

    def _followed(self, found: Trace, kinds: Collection[str], skipped: bool) -> Trace:
        """The trace with those that follow each of its outcomes."""
        if len(found.outcomes) > MOST_FOLLOWED:
            raise UsageError(
                "too many ways are open to this packet; tell more of it (--src, --dst, --in …)",
                code=codes.TOO_MANY_WAYS,
            )
        outcomes = [
            replace(o, follows=tuple((k, self.follow(o, k, skipped=skipped)) for k in kinds))
            for o in found.outcomes
        ]
        why = [o.connection.unanswered for o in outcomes if o.connection is not None]
        notes = dict.fromkeys((*found.notes, *(note for note in why if note is not None)))
        return replace(found, outcomes=tuple(outcomes), notes=tuple(notes))

    def follow(
        self,
        outcome: Outcome,
        kind: str,
        *,
        told: Packet | None = None,
        answered: Outcome | None = None,
        skipped: bool = False,
    ) -> Trace | None:
        """The packet that follows one which fared as `outcome`, in the same connection.

        `kind` is one of `FOLLOWING`: "again", the same packet before an answer came; "reply", the
        answer; "next", what the first side sends after an answer that fared as `answered` (as the
        first of its outcomes, where none is given). `told` has what is known of the packet besides
        (uid, mark, TTL, …). None where there is no such packet, which
        `outcome.connection.unanswered` explains. Raises `UsageError` where what is told is not of
        this connection.
        """
        connection = outcome.connection
        if connection is None or connection.destination is None:
            return None
        from iptsim.tracer.replies.later_packets import answer, same_way  # noqa: PLC0415  # if asked

        connection = self._with_socket(connection, kind)
        if kind == "again":
            given = connection.given("again") if connection.known else None
            return self._start(*same_way(connection, "again", given, told), skipped)
        if connection.unanswered is not None:
            return None
        if kind == "reply":
            return self._start(*answer(connection, told), skipped)
        if answered is not None:
            return self._next(connection, answered, told, skipped)
        reply = self._start(*answer(self._with_socket(connection, "reply"), None), False)
        found = self._next(connection, reply.outcomes[0], told, skipped)
        if found is None or len(reply.outcomes) == 1:
            return found
        return replace(found, notes=(*found.notes, Note(code=codes.ANSWER_MAY_DIFFER)))

    def _with_socket(self, connection: Connection, kind: str) -> Connection:
        if not self.library.asks_sockets:
            return connection
        from iptsim.tracer.replies.own_sockets import with_socket  # noqa: PLC0415  # few rules ask

        return with_socket(connection, kind)

    def _next(
        self, connection: Connection, answered: Outcome, told: Packet | None, skipped: bool
    ) -> Trace | None:
        from iptsim.tracer.replies.later_packets import after_answer  # noqa: PLC0415  # if asked

        left = answered.connection
        if connection.untracked and left is not None and left.known and left.destination:
            # The answer opened the connection, so what follows is an answer to it.
            told = _own(connection.packet) if told is None else told
            return self.follow(answered, "reply", told=told, skipped=skipped)
        return self._start(*after_answer(connection, left, told), skipped)

    def _start(self, question: Question, setting: Setting, world: World, skipped: bool) -> Trace:
        return self._go(question, replace(setting, keep_skipped=skipped), world)

    def _answer(self, question: Question, *, here: bool = True, most: int = MOST_WORLDS) -> Trace:
        return self._go(question, *begin(question, here=here), most)

    def _go(
        self, question: Question, setting: Setting, world: World, most: int = MOST_WORLDS
    ) -> Trace:
        library = self.ready_for(question)
        ends = self._ends(library, question, setting, world, most)
        return Trace(
            packet=question.packet,
            hook=question.hook,
            outcomes=outcomes(ends, setting),
            assumed=tuple(
                dict.fromkeys(
                    (
                        *(note for end in ends for note in end.world.assumed),
                        *premises(library.ruleset, question.hook),
                    )
                )
            ),
            notes=_notes(library.ruleset, ends),
        )

    def _ends(
        self, library: Library, question: Question, setting: Setting, world: World, most: int
    ) -> list[End]:
        keeping, way = EachWay(most=most), self.journeys
        journey = way(library=library, setting=setting, question=question, keeping=keeping)
        return journey.go(world)

    def ready_for(self, question: Question) -> Library:
        """The rules as the host of the question, and its packet's payload, decide them."""
        host, payload = question.host, question.packet.payload
        named = asked_names(question.packet.names)
        if host is NOBODY and payload is None and not named:
            return self.library
        # The library holds its host, so that no other one gets the same id.
        told = frozenset(() if payload is None else question.packet.given())
        key = (id(host), payload, told, named)
        if key not in self._libraries:
            while len(self._libraries) >= MOST_LIBRARIES:
                del self._libraries[next(iter(self._libraries))]
            ruleset = self.library.ruleset
            self._libraries[key] = Library(
                ruleset=ruleset, host=host, payload=payload, told=told, named=named
            )
        return self._libraries[key]


def elsewhere(found: Trace, forwarded: Iterable[Outcome]) -> tuple[Note, ...]:
    """Where forwarding the packet (those outcomes) would meet another verdict, a note of that."""
    met = {outcome.verdict for outcome in found.outcomes}
    told = next((outcome for outcome in forwarded if outcome.verdict not in met), None)
    dst = found.packet.dst
    if told is None:
        return ()
    width = 32 if found.packet.family == 4 else 128
    name = dict(found.packet.names).get("dst", "")
    step = told.decided_by
    facts = (
        ("address", name if dst is None else format_address(dst, width)),
        ("verdict", told.verdict),
        ("rule", f"{step.table} {step.chain} {step.rule or 'policy'}" if step else ""),
    )
    code = codes.WERE_ADDRESS_NOT_OURS if step else codes.WERE_ADDRESS_NOT_OURS_UNDECIDED
    return (Note(code=code, facts=facts if step else facts[:2]),)


def _own(packet: Packet) -> Packet:
    """What a packet of a user's program keeps from one to the next."""
    told = {name: getattr(packet, name) for name in ("socket", "uid", "gid", "mark", "ttl", "tos")}
    return Packet(family=packet.family).with_(**told)


def _notes(ruleset: Ruleset, ends: list[End]) -> tuple[Note, ...]:
    own = [Note(code=codes.LISTING_HIDES_INTERFACES)] if ruleset.hides_interfaces else []
    own += outside(ruleset)
    return tuple(dict.fromkeys([*own, *(note for end in ends for note in end.world.notes)]))


def trace(
    ruleset: Ruleset,
    packet: Packet,
    *,
    hook: str | None = None,
    host: Host | None = None,
    skipped: bool = False,
    follow: Collection[str] = (),
) -> Trace:
    """What the kernel would do with a packet, step by step.

    A packet that is not fully given has an outcome for each way it may go, with its condition.
    `hook` is where it starts (PREROUTING; OUTPUT where a user, a group or an outgoing interface
    is given); `host` the addresses and routes, where known; `skipped` also keeps the rules that
    did not match; `follow` names the packets to trace after it, in each outcome's `follows`
    (see `Tracer.follow`). Raises `UsageError` for a question without an answer and `LoopError`
    when the packet gets into a jump loop.
    """
    tracer = Tracer.of(ruleset)
    return tracer.trace(packet, hook=hook, host=host, skipped=skipped, follow=follow)
