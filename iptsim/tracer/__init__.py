"""One packet, every step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from iptsim.errors import UsageError
from iptsim.host import NOBODY, Host
from iptsim.model import Note, Ruleset
from iptsim.packet import Packet
from iptsim.tracer.compile import Library
from iptsim.tracer.journey import End, Journey
from iptsim.tracer.outcome import Cube, Outcome, Rewrite, Skipped, Step, Trace
from iptsim.tracer.outcomes import outcomes
from iptsim.tracer.start import Question, begin, first_hook
from iptsim.values import format_address

__all__ = ["Cube", "Outcome", "Rewrite", "Skipped", "Step", "Trace", "Tracer", "trace"]

HERE = Note(code="IPT0311")
"""Taken as given: addressed to this host."""


@dataclass(frozen=True, slots=True)
class Tracer:
    """Traces many packets through one rule set; rules are lowered once for each host told."""

    library: Library
    _libraries: dict[tuple[int, bytes | None], Library] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, ruleset: Ruleset) -> Tracer:
        """A tracer of that rule set."""
        return cls(Library(ruleset=ruleset))

    def trace(
        self,
        packet: Packet,
        *,
        hook: str | None = None,
        host: Host | None = None,
        skipped: bool = False,
    ) -> Trace:
        """The packet's way and fate; see `trace`."""
        if packet.family != self.library.ruleset.family:
            raise UsageError(
                f"an IPv{packet.family} packet asked of IPv{self.library.ruleset.family} rules",
                code="IPT0145",
            )
        question = Question(
            packet=packet,
            hook=first_hook(packet, hook),
            host=host or NOBODY,
            keep_skipped=skipped,
        )
        found = self._answer(question)
        if HERE in found.assumed and packet.dst is not None:
            return replace(found, notes=(*found.notes, *self._elsewhere(question, found)))
        return found

    def _answer(self, question: Question, *, here: bool = True) -> Trace:
        setting, world = begin(question, here=here)
        journey = Journey(library=self._library(question), setting=setting, question=question)
        ends = journey.go(world)
        return Trace(
            packet=question.packet,
            hook=question.hook,
            outcomes=outcomes(ends, setting),
            assumed=tuple(dict.fromkeys(note for end in ends for note in end.world.assumed)),
            notes=_notes(ends),
        )

    def _library(self, question: Question) -> Library:
        """The rules as the host of the question, and its packet's payload, decide them."""
        host, payload = question.host, question.packet.payload
        if host is NOBODY and payload is None:
            return self.library
        # The library holds its host, so that no other one gets the same id.
        key = (id(host), payload)
        if key not in self._libraries:
            ruleset = self.library.ruleset
            self._libraries[key] = Library(ruleset=ruleset, host=host, payload=payload)
        return self._libraries[key]

    def _elsewhere(self, question: Question, found: Trace) -> tuple[Note, ...]:
        """Where forwarding the packet would meet another verdict, a note of that."""
        other = self._answer(replace(question, keep_skipped=False), here=False)
        met = {outcome.verdict for outcome in found.outcomes}
        told = next((outcome for outcome in other.outcomes if outcome.verdict not in met), None)
        if told is None or question.packet.dst is None:
            return ()
        step = told.decided_by
        facts = (
            ("address", format_address(question.packet.dst, self.library.ruleset.width)),
            ("verdict", told.verdict),
            ("rule", f"{step.table} {step.chain} {step.rule or 'policy'}" if step else ""),
        )
        return (Note(code="IPT0326", facts=facts),)


def _notes(ends: list[End]) -> tuple[Note, ...]:
    hidden = any(
        fact.code == "IPT0402"
        for end in ends
        for region in end.world.regions
        for fact, _value in region.facts.values()
    )
    told = [note for end in ends for note in end.world.notes]
    return tuple(dict.fromkeys([*([Note(code="IPT0301")] if hidden else []), *told]))


def trace(
    ruleset: Ruleset,
    packet: Packet,
    *,
    hook: str | None = None,
    host: Host | None = None,
    skipped: bool = False,
) -> Trace:
    """What the kernel would do with a packet, step by step.

    A packet that is not fully given has an outcome for each way it may go, with its condition.
    `hook` is where it starts (PREROUTING; OUTPUT where a user, a group or an outgoing interface
    is given); `host` the addresses and routes, where known; `skipped` also keeps the rules that
    did not match. Raises `UsageError` for a question without an answer and `LoopError` when the
    packet gets into a jump loop.
    """
    return Tracer.of(ruleset).trace(packet, hook=hook, host=host, skipped=skipped)
