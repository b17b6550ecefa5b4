"""A packet's way to be stepped through."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass
from iptsim.notebook.shown import Shown, style_of
from iptsim.render.outputs.steps_html import steps_html
from iptsim.render.outputs.steps_text import steps_text
from iptsim.render.shared.step_cards import Card, cards
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import Outcome, Trace

if TYPE_CHECKING:
    from iptsim.notebook import Rules


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Steps(Shown):
    """One way of a packet, step by step: what it holds as it comes there, its chains, its rule.

    In Jupyter each step is a line that opens; it needs no widget and no script, so it works in an
    untrusted notebook, on a forge and in a page made of the notebook, too.
    """

    rules: Rules
    trace: Trace
    outcome: Outcome

    def __len__(self) -> int:
        return len(self.outcome.steps)

    def __str__(self) -> str:
        return steps_text(self._cards(), style_of(self.rules))

    def _repr_html_(self) -> str:
        # The same each time that it is shown, so that a stored notebook stays as it is.
        group = f"steps-{zlib.crc32(str(self).encode()):x}"
        return steps_html(self._cards(), style_of(self.rules), group=group)

    def _cards(self) -> list[Card]:
        ruleset = ruleset_of(self.rules.dump, self.trace.packet.family)
        answer = TraceAnswer(trace=self.trace, ruleset=ruleset, style=style_of(self.rules))
        return cards(answer, self.outcome)
