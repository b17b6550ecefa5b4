"""Which rule decides how packets fare: the sets of a fate parted by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from iptsim.symbolic.walk.equal_worlds import Record
from iptsim.symbolic.walk.met_rules import Tree
from iptsim.tracer.rules.ready import rule_text
from iptsim.tracer.rules.step_words import policy_text
from iptsim.worlds.outcome import Step

_ENDINGS = frozenset({"drop", "reject", "queue"})
_PASSING = (("rewrite",), ("accept", "return"), ("policy",))


TOP = 5
"""Levels that a tree of records lacks at its top: there the unions are the largest."""


class Deciders:
    """The rules and policies of a walk, ready to tell which of them decides of packets.

    Precondition: the records' sets hold no variables but those of packets and facts.
    """

    def __init__(self, records: Sequence[Record], nothing: Any) -> None:
        self._records, self._nothing = records, nothing
        self._trees: dict[tuple[tuple[str, ...], bool], Tree] = {}

    def of(self, held: Any, *, passed: bool) -> Iterator[tuple[Record | None, Any]]:
        """The parts of a set by the rule or policy that decided, as a trace names it.

        `passed` is whether the packets were let through: then it is the rule that last rewrote
        them, failing that the last that accepted or returned, else the last policy. None where no
        rule did, but routing. Precondition: as with the records.
        """
        for wanted in _PASSING if passed else ((*_ENDINGS, "policy"),):
            parts, held = self._tree(wanted, passed).last(held)
            yield from parts
            if held == self._nothing:
                return
        yield None, held

    def returned(self, held: Any, chain: str) -> Iterator[tuple[Record | None, Any]]:
        """The parts of a set that comes back from `chain`, by its rules that return them.

        None where its end does, or a chain that it goes to. What a chain returns that it jumps to
        comes back into it.
        """
        records = [r for r in self._records if r.met.action == "return"]
        tree = Tree([r for r in records if r.met.chain.name == chain], self._nothing)
        parts, held = tree.last(held)
        yield from parts
        if held != self._nothing:
            yield None, held

    def _tree(self, wanted: tuple[str, ...], passed: bool) -> Tree:
        key = (wanted, passed)
        if key not in self._trees:
            records = [record for record in self._records if _decides(record, wanted, passed)]
            levels = max(1, len(records).bit_length() - TOP)
            self._trees[key] = Tree(records, self._nothing, levels)
        return self._trees[key]


def _decides(record: Record, wanted: tuple[str, ...], passed: bool) -> bool:
    action = record.met.action
    if action == "policy":
        return "policy" in wanted and (passed or record.met.chain.policy == "DROP")
    return action in wanted


def step_of(record: Record) -> Step:
    """The record as the step of a trace."""
    met, ready = record.met, record.met.ready
    if ready is None:
        text, place = policy_text(met.chain), met.chain.place
    else:
        text, place = rule_text(ready.rule, ready.where), ready.rule.place
    return Step(
        hook=met.hook,
        table=met.table,
        chain=met.chain.name,
        rule=None if ready is None else ready.number or None,
        place=place,
        text=text,
        action=met.action,
        target=met.target,
        untold="" if ready is None else ready.label,
    )
