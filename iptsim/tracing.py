"""Where a packet's trace begins: the rules of a dump asked, and the answer as it is told.

An answer has one outcome for each fate and rule that decides it, however many ways there are. A
packet that leaves one way open never comes to the symbolic room: it is imported only when there are
outcomes to join, or more ways than the tracer follows one by one.
"""

from __future__ import annotations

from collections.abc import Collection

from iptsim import codes
from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Dump, Note, Ruleset
from iptsim.packet import Packet
from iptsim.questions import Question
from iptsim.tracer import Outcome, Trace, Tracer
from iptsim.tracer.host.arrival import Question as Traced
from iptsim.tracer.premises import about_text

FEW = 64
"""Ways at one rule up to which the tracer follows each of them."""
TOO_MANY = codes.TOO_MANY_WAYS
ASK_ARRIVING = Note(code=codes.ASK_ARRIVING)
"""How to ask for a packet from the network by where it goes out."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tracing:
    """Traces packets through a dump; its rules are made ready once for each family."""

    dump: Dump
    _tracers: dict[int, Tracer] = field(default_factory=dict, init=False, repr=False, compare=False)

    def ask(
        self,
        question: Question,
        *,
        host: Host | None = None,
        skipped: bool = False,
        follow: Collection[str] = (),
        most: int | None = None,
    ) -> Trace:
        """The packet's way and fate, with what a reader should know of the text that was asked.

        See `trace_grouped`. Raises `UsageError` where the dump has no rules of the packet's family.
        """
        ruleset, packet = asked(self.dump, question)
        tracer = self._tracers.get(ruleset.family) or Tracer.of(ruleset)
        self._tracers[ruleset.family] = tracer
        hook = question.hook
        found = trace_grouped(
            tracer, packet, hook=hook, host=host, skipped=skipped, follow=follow, most=most
        )
        return about_text(found, self.dump, question.family)


def asked(dump: Dump, question: Question) -> tuple[Ruleset, Packet]:
    """The rules of a dump that a question asks, and the packet as one of their family.

    Raises `UsageError` where the dump has none of its family.
    """
    ruleset = ruleset_of(dump, question.family)
    return ruleset, question.packet.with_(family=ruleset.family)


def trace_grouped(  # noqa: PLR0913  # those of `Tracer.trace`
    tracer: Tracer,
    packet: Packet,
    *,
    hook: str | None = None,
    host: Host | None = None,
    skipped: bool = False,
    follow: Collection[str] = (),
    most: int | None = None,
) -> Trace:
    """As `Tracer.trace`, with the ways of one fate that one rule decides as one outcome.

    The condition of such an outcome is exact, its steps are those of its most ordinary packet.
    With `follow` every way stays an outcome of its own, for each leads to another connection.
    `most` is how many outcomes are told where there are very many, some of each fate; the trace
    then has the others in `untold`.
    """
    if follow:
        return tracer.trace(packet, hook=hook, host=host, skipped=skipped, follow=follow)
    try:
        found = tracer.trace(packet, hook=hook, host=host, skipped=skipped, most=FEW)
    except UsageError as error:
        if error.code != TOO_MANY:
            raise
        question = tracer.question(packet, hook=hook, host=host, skipped=skipped)
        return _how_to_ask(_all_ways(tracer, question, most))
    return _how_to_ask(found if _differ(found.outcomes) else _joined(found))


def _how_to_ask(found: Trace) -> Trace:
    """With a note where a condition, given as an option by itself, would ask another question."""
    arrives = found.hook == "PREROUTING" and found.packet.in_ is None
    asked = (c.field for o in found.outcomes for cube in o.when for c in cube.conditions)
    if not arrives or "out" not in asked:
        return found
    return replace(found, notes=(*found.notes, ASK_ARRIVING))


def key_of(outcome: Outcome) -> Key:
    """What outcomes that are told as one have in common."""
    step = outcome.decided_by
    decider = None if step is None else (step.table, step.chain, step.rule)
    return (*outcome.fate, decider)


def _differ(outcomes: Collection[Outcome]) -> bool:
    return len({key_of(outcome) for outcome in outcomes}) == len(outcomes)


def _joined(found: Trace) -> Trace:
    from iptsim.symbolic.traces.joined_outcomes import joined  # noqa: PLC0415  # a short start

    return joined(found, key_of)


def _all_ways(tracer: Tracer, question: Traced, most: int | None) -> Trace:
    from iptsim.symbolic.sets.diagrams import CapacityError  # noqa: PLC0415  # a short start
    from iptsim.symbolic.traces.fates_at_once import all_ways  # noqa: PLC0415  # a short start

    try:
        return all_ways(tracer.ready_for(question), question, key_of, most=most)
    except CapacityError:
        packet, hook, host = question.packet, question.hook, question.host
        return tracer.trace(packet, hook=hook, host=host, skipped=question.keep_skipped)
