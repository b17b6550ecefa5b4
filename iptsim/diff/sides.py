"""Which rules decide how a packet fares on one side of a diff."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from iptsim.errors import UsageError
from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.symbolic.telling.ordinary_packets import Picked
from iptsim.symbolic.traces.agreement import agrees, as_picked
from iptsim.tracer import Outcome, Step, Tracer
from iptsim.tracer.host.kernel_settings import LOCALNET, with_localnet
from iptsim.tracer.rules.ready import Library

Changed = frozenset[tuple[str, str, int | None]]
"""The rules that changed on a side: table, chain, number; None for the chain's policy."""
MOST_WAYS = 200
"""Ways at one rule beyond which nobody is named: each of them hangs on facts that nobody told."""


class Side:
    """One side of a diff, ready to follow packets."""

    def __init__(self, ruleset: Ruleset, changed: Changed, host: Host) -> None:
        self._tracer = Tracer.of(ruleset)
        self.changed, self._host = changed, host
        self._localnet = with_localnet(host)

    def follow(
        self, packet: Packet, hook: str, picked: Picked, met: Callable[[Library], Library]
    ) -> Outcome | None:
        """The packet's way, its open facts being as `picked` has them; None where they are many.

        `met` leaves over the rules that the picked packet meets: to it the others do nothing.
        """
        host = self._localnet if picked.get(f"fact {LOCALNET.key}") else self._host
        try:
            found = self._tracer.ways(
                packet, met, hook=hook, host=host, most=MOST_WAYS,
                part=partial(as_picked, picked=picked),
            )  # fmt: skip
        except UsageError:
            return None
        return next((outcome for outcome in found if agrees(outcome, picked)), None)

    def deciders(self, outcome: Outcome) -> Iterator[Step]:
        """The last changed rule or policy that led to the fate; else the step that made it.

        A packet let through as it came, by what did not change, is decided by nobody in particular.
        """
        steps = outcome.steps
        rewriting = [number for number, step in enumerate(steps) if step.rewrites]
        rewrote = outcome.destination is not None and bool(rewriting)
        led = steps[: rewriting[-1] + 1] if rewrote else steps
        changed = [s for s in self._among(led) if not _let_pass(s, outcome)]
        here = [s for s in changed if (s.hook, s.table) == (led[-1].hook, led[-1].table)]
        # A rule after the rewrite decides where none before it changed: it lets the packet through.
        lost = outcome.destination is None
        later = [] if lost else self._among(steps)
        yield from (here or changed or later)[-1:] or (led[-1:] if rewrote or lost else ())

    def _among(self, steps: Sequence[Step]) -> list[Step]:
        """The steps of rules and policies that changed."""
        told = (step for step in steps if not step.untold)
        return [step for step in told if (step.table, step.chain, step.rule) in self.changed]


def _let_pass(step: Step, outcome: Outcome) -> bool:
    """Whether a lost packet was let pass there: accept of nftables ends its base chain alone."""
    return outcome.destination is None and step.action == "accept" and " " in step.table
