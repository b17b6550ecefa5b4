"""Which rule decides how packets fare: the sets of a fate parted by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from iptsim.symbolic.merging import Record
from iptsim.tracer.compile import rule_text
from iptsim.tracer.outcome import Step

_ENDINGS = frozenset({"drop", "reject", "queue"})
_PASSING = (("rewrite",), ("accept", "return"), ("policy",))


def deciders(
    records: Iterable[Record], held: Any, *, passed: bool
) -> Iterator[tuple[Record | None, Any]]:
    """The parts of a set by the rule or policy that decided, as a trace names it.

    `passed` is whether the packets were let through: then it is the rule that last rewrote them,
    failing that the last that accepted or returned, else the last policy. None where no rule did,
    but routing. Precondition: the set holds no variables but those of packets and facts.
    """
    nothing = held & ~held
    for wanted in _PASSING if passed else ((*_ENDINGS, "policy"),):
        for record in reversed(list(records)):
            if not _decides(record, wanted, passed):
                continue
            part = held & record.held
            if part != nothing:
                yield record, part
                held &= ~part
            if held == nothing:
                return
    if held != nothing:
        yield None, held


def _decides(record: Record, wanted: tuple[str, ...], passed: bool) -> bool:
    action = record.met.action
    if action == "policy":
        return "policy" in wanted and (passed or record.met.chain.policy == "DROP")
    return action in wanted


def step_of(record: Record) -> Step:
    """The record as the step of a trace."""
    met, ready = record.met, record.met.ready
    policy = met.chain.policy or "ACCEPT"
    if ready is None:
        text, target, place = f"-P {met.chain.name} {policy}", policy, met.chain.place
    else:
        text, place = rule_text(ready.rule, ready.where), ready.rule.place
        target = ready.rule.target.name if ready.rule.target else ""
    return Step(
        hook=met.hook,
        table=met.table,
        chain=met.chain.name,
        rule=None if ready is None else ready.number,
        place=place,
        text=text,
        action=met.action,
        target=target,
    )
