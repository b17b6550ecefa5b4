"""Which LOG rules write a line of the kernel's log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.model import Chain, Note, Rule, Ruleset, Table
from iptsim.netfilter.reading.log_line import LogLine
from iptsim.packet import HOOKS
from iptsim.tracer import Outcome, Step, Trace

_LOG = "LOG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A LOG rule with the line's prefix, and the hooks from which the kernel comes to it."""

    table: str
    chain: str
    rule: int
    hooks: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table} {self.chain} {self.rule}"


def writers(ruleset: Ruleset, line: LogLine) -> tuple[Writer, ...]:
    """The LOG rules that may have written a line: of its prefix, and at a hook that it can be of.

    Of prefixes that the line's text ends in, the longest is meant: nothing parts it from what a
    system's log puts before it.
    """
    found = [each for each in _logging(ruleset) if _fits(each[1], line)]
    longest = max((len(prefix) for _writer, prefix in found), default=0)
    return tuple(
        replace(writer, hooks=hooks)
        for writer, prefix in found
        if len(prefix) == longest or not line.prefix
        if (hooks := tuple(hook for hook in writer.hooks if hook in line.hooks))
    )


def _logging(ruleset: Ruleset) -> Iterator[tuple[Writer, str]]:
    for table, chain, number, rule in ruleset.rules():
        if rule.target is not None and rule.target.name == _LOG:
            yield _writer(table, chain, number), _prefix(rule)


def _writer(table: Table, chain: Chain, number: int) -> Writer:
    reached = table.hooks_of(chain.name)
    hooks = tuple(hook for hook in HOOKS if hook in reached)
    return Writer(table=table.name, chain=chain.name, rule=number, hooks=hooks)


def _prefix(rule: Rule) -> str:
    assert rule.target is not None
    return rule.target.value("--log-prefix", str) or ""


def _fits(prefix: str, line: LogLine) -> bool:
    if line.exact:
        return line.prefix == prefix
    return line.prefix.endswith(prefix) if line.prefix and prefix else not line.prefix


def where_written(found: Sequence[Writer], line: LogLine) -> str:
    """The hook at which the line was written, where all writers stand at one; else the earliest.

    The packet is as it was there: what rules before it rewrote is rewritten already.
    """
    hooks = {hook for writer in found for hook in writer.hooks} or {*line.hooks}
    return next(hook for hook in HOOKS if hook in hooks)


def with_writers(answer: Trace, found: Sequence[Writer], line: LogLine) -> Trace:
    """The answer with a note on which of the rules it meets wrote the line."""
    names = {(each.table, each.chain, each.rule) for each in found}
    met = dict.fromkeys(
        f"{step.table} {step.chain} {step.rule}"
        for outcome in answer.outcomes
        for step in _steps(outcome, names)
    )
    facts: Mapping[str, str] = {"rules": " / ".join(met), "prefix": line.prefix.strip()}
    if not met:
        code = codes.LOG_RULE_NOT_MET if found else codes.NO_SUCH_LOG_RULE
        facts = {"rules": " / ".join(map(str, found)), "prefix": facts["prefix"]}
    else:
        code = codes.LOG_LINE_WRITTEN
    note = Note(code=code, facts=tuple(facts.items()))
    return replace(answer, notes=(note, *answer.notes))


def _steps(outcome: Outcome, names: set[tuple[str, str, int]]) -> Iterator[Step]:
    return (step for step in outcome.steps if (step.table, step.chain, step.rule or 0) in names)
