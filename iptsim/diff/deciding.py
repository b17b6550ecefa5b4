"""Which rules decide how a packet fares on one side of a diff."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.symbolic.ordinary import Picked
from iptsim.tracer import Outcome, Step, Tracer

Changed = frozenset[tuple[str, str, int | None]]
"""The rules that changed on a side: table, chain, number; None for the chain's policy."""
MOST_WAYS = 200
"""Ways at one rule beyond which nobody is named: each of them hangs on facts that nobody told."""


class Side:
    """One side of a diff, ready to follow packets."""

    def __init__(self, ruleset: Ruleset, changed: Changed, host: Host) -> None:
        self._tracer = Tracer.of(ruleset)
        self._changed, self._host = changed, host

    def follow(self, packet: Packet, hook: str, picked: Picked) -> Outcome | None:
        """The packet's way, its open facts being as `picked` has them; None where they are many."""
        try:
            found = self._tracer.trace(packet, hook=hook, host=self._host, most=MOST_WAYS)
        except UsageError:
            return None
        outcomes = found.outcomes
        return next((outcome for outcome in outcomes if _agrees(outcome, picked)), None)

    def deciders(self, outcome: Outcome) -> Iterator[Step]:
        """The last changed rule or policy that led to the fate; else the step that made it.

        A packet let through as it came, by what did not change, is decided by nobody in particular.
        """
        steps = outcome.steps
        rewriting = [number for number, step in enumerate(steps) if step.rewrites]
        rewrote = outcome.destination is not None and bool(rewriting)
        led = steps[: rewriting[-1] + 1] if rewrote else steps
        changed = [step for step in led if (step.table, step.chain, step.rule) in self._changed]
        here = [s for s in changed if (s.hook, s.table) == (led[-1].hook, led[-1].table)]
        yield from (here or changed)[-1:] or (
            led[-1:] if rewrote or outcome.destination is None else ()
        )


def _agrees(outcome: Outcome, picked: Picked) -> bool:
    """Whether the outcome is that of the facts as they were picked."""
    if not outcome.when:
        return True
    return any(
        all(picked.get(f"fact {fact.key}", fact.usually) == value for fact, value in cube.facts)
        for cube in outcome.when
    )
