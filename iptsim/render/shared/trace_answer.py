"""The parts of an answer that several of its paragraphs tell of, each worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.model import Note, Ruleset
from iptsim.render.shared.conditions import Names, rule_names
from iptsim.render.shared.fates import (
    Fate,
    ToldFate,
    as_listed,
    fates,
    is_crowd,
    likely_first,
    lying_behind,
)
from iptsim.render.shared.summary import told_fates
from iptsim.render.shared.terminal import Style
from iptsim.worlds.outcome import Step, Trace

if TYPE_CHECKING:
    from iptsim.knowledge.bridge_networks import Behind

_LEADING = frozenset(
    {
        codes.LOG_RULE_NOT_MET,
        codes.NO_SUCH_LOG_RULE,
        codes.LOG_LINE_OTHERWISE,
        codes.LOGGED_WAY_OUT_OTHERWISE,
        codes.LOGGED_OUT_BUT_OWN,
    }
)
_MOST_COMMENTS = 3
"""Fates whose rules' comments are told: those that are shown first."""


@dataclass(frozen=True, kw_only=True)
class TraceAnswer:
    """A trace, the rules that were traced, and how to show what came of it.

    Of a packet that follows another, `before` is that one's trace, with whose answer remarks were
    told already. `counted`: the packets that met each rule are asked for, too.
    """

    trace: Trace
    ruleset: Ruleset
    style: Style
    counted: bool = False
    before: Trace | None = None

    @cached_property
    def fates(self) -> list[Fate]:
        """The different fates, the likely one first; see `iptsim.render.shared.fates.fates`."""
        found = fates(self.trace)
        if not as_listed(found):
            return found if self.behind is None else lying_behind(found, self.behind.outcome)
        from iptsim.knowledge.likely_ways import (  # noqa: PLC0415  # most dumps hide nothing
            likely_cube,
            likely_way,
        )

        likely = likely_way(self.trace)
        when = None if likely is None else likely_cube(self.trace, likely)
        return likely_first(found, likely, when)

    @cached_property
    def behind(self) -> Behind | None:
        """The likely way of a packet to a network of which the rules tell the bridge."""
        if len(self.trace.outcomes) == 1 or self.is_crowd:
            return None
        from iptsim.knowledge.bridge_networks import way_behind  # noqa: PLC0415  # few ways are open

        return way_behind(self.trace, self.ruleset)

    @cached_property
    def shows_counts(self) -> bool:
        """Whether counters are asked for, and the dump tells those of rules."""
        chains = (chain for table in self.ruleset.tables for chain in table.chains)
        firsts = (chain.rule(1) for chain in chains) if self.counted else ()
        return any(rule is not None and rule.counters is not None for rule in firsts)

    @cached_property
    def is_crowd(self) -> bool:
        """Whether there are too many outcomes to tell of each fate all its packets."""
        return is_crowd(self.trace)

    @cached_property
    def names(self) -> Names:
        """The numbers of the rules that conditions speak of, by how their facts call them."""
        outcomes = (*self.trace.outcomes, *self.trace.untold)
        return rule_names((cube for each in outcomes for cube in each.when), self.ruleset)

    @cached_property
    def told(self) -> list[ToldFate]:
        """The fates in words; of a crowd the first of them."""
        if not self.is_crowd:
            return list(told_fates(self.fates, self.names, self.style))
        from iptsim.render.shared.crowd import crowd  # noqa: PLC0415  # few are

        return list(crowd(self.fates, self.names, self.style))

    @property
    def assumed(self) -> tuple[Note, ...]:
        """What was taken as given, and was not told before."""
        before = () if self.before is None else self.before.assumed
        return tuple(note for note in self.trace.assumed if note not in before)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader should know, and was not told before, nor leads the answer."""
        before = () if self.before is None else self.before.notes
        told = (note for note in self.trace.notes if note.code not in _LEADING)
        return tuple(note for note in told if note not in before)

    @property
    def leading(self) -> tuple[Note, ...]:
        """What speaks against what was asked: a reader has to know it before the answer."""
        if self.before is not None:
            return ()
        return tuple(note for note in self.trace.notes if note.code in _LEADING)


def comments(answer: TraceAnswer) -> Iterable[str]:
    """What the writers of the deciding rules put beside these."""
    steps = [step for step in _deciders(answer) if "comment" in step.text]
    if not steps:
        return ()
    from iptsim.explain.rule_comments import comments_of  # noqa: PLC0415  # most have none

    return comments_of(steps, answer.style.lang)


def _deciders(answer: TraceAnswer) -> Iterator[Step]:
    """The rules that decided the first fates, and that sent the packet elsewhere."""
    for fate in answer.fates[:_MOST_COMMENTS]:
        outcome = fate.outcomes[0]
        sent = (step for step in outcome.steps if any(r.field == "dst" for r in step.rewrites))
        yield from sent
        if outcome.decided_by is not None:
            yield outcome.decided_by
