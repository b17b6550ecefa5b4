"""What stands in a row of a logged packet: our step, the log's, and how they go together."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.dataclass import dataclass
from iptsim.kernel.events.events import KernelStep
from iptsim.kernel.logs.told_steps import NOTHING, Told
from iptsim.worlds.outcome import Step

SAME, DIFFERS, LOST, BEFORE, AFTER, ELSEWHERE = (
    "same", "differs", "lost", "before", "after", "elsewhere",
)  # fmt: skip
"""How a row's two sides go together.

`lost`: ours, and the log goes on where only this step leads; `before`, `after`: ours, where the log
has not begun or has ended; `elsewhere`: the log's, of a table that the dump has not.
"""
NOT_THERE = ("no_table", "no_chain", "no_rule")
"""Why a row differs, where the dump has no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A step of the log. Its `rule` is None for a policy and where nothing tells which it is.

    `rules` are those of the dump that it may be, none where nothing tells; `known` is whether the
    dump has one. `given` is the packet where it was asked, as far as the log tells.
    """

    step: KernelStep
    told: Told
    is_policy: bool
    rules: tuple[int, ...] = ()
    known: bool = True
    given: Mapping[str, str] = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """Our step beside the log's; None where the other side has none like it.

    `why` says of a row that differs what does: `no_table no_chain no_rule verdict passed_over
    matched other_rule ended`.
    """

    kind: str
    ours: Step | None
    seen: Seen | None
    why: str = ""

    @property
    def hook(self) -> str:
        """The hook where it was taken."""
        if self.seen is not None:
            return self.seen.step.hook
        assert self.ours is not None
        return self.ours.hook
