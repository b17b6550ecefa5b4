"""Answers about one rule set: a packet's way, who meets a fate, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iptsim.asked_rules import ruleset_of
from iptsim.dataclass import dataclass
from iptsim.lint import Finding, Report
from iptsim.notebook.python_names import named_in_python
from iptsim.notebook.shown import Shown, style_of
from iptsim.notebook.stepper import Steps
from iptsim.query import Answer, Query
from iptsim.render.outputs.html import lint_html, query_html, trace_html
from iptsim.render.outputs.lint_json import lint_json
from iptsim.render.outputs.lint_text import lint_text
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.query_text import query_text
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import Outcome, Trace
from iptsim.worlds.expectation import read_expectation

if TYPE_CHECKING:
    from iptsim.notebook import Json, Rules


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Walk(Shown):
    """A packet's way and fate; `trace` holds it as data."""

    rules: Rules
    trace: Trace

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Each way that the packet can fare, the dump read as it stands first."""
        return self.trace.outcomes

    def steps(self, outcome: int = 0) -> Steps:
        """The way of one outcome to be stepped through; `IndexError` for no such outcome.

        The rules that were passed over are there where the trace was asked with `verbose`.
        """
        return Steps(rules=self.rules, trace=self.trace, outcome=self.outcomes[outcome])

    def meets(self, fate: str) -> bool:
        """Whether the packet surely fares so: `ACCEPT`, `DROP`, `REDIRECT:15001`, ….

        Raises `UsageError` for a text that is no fate.
        """
        with named_in_python():
            wanted = read_expectation(fate)
        return all(wanted.met_by(outcome) for outcome in self.outcomes)

    def json(self) -> Json:
        """The answer as data, `iptsim.trace/1`."""
        return trace_json(self.trace, lang=self.rules.lang, notes=self.rules.notes)

    def __str__(self) -> str:
        return self._as(trace_text)

    def _repr_html_(self) -> str:
        return self._as(trace_html)

    def _as(self, render: Callable[..., str]) -> str:
        ruleset = ruleset_of(self.rules.dump, self.trace.packet.family)
        answer = TraceAnswer(trace=self.trace, ruleset=ruleset, style=style_of(self.rules))
        return render(answer, notes=self.rules.notes)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Meeting(Shown):
    """The packets that meet a fate; `query` holds them as data."""

    rules: Rules
    query: Query

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The packets of each rule that decides so, those of a hook together."""
        return self.query.answers

    def json(self) -> Json:
        """The answer as data, `iptsim.query/1`."""
        return query_json(self.query, lang=self.rules.lang, notes=self.rules.notes)

    def __str__(self) -> str:
        return query_text(self.query, style_of(self.rules), notes=self.rules.notes)

    def _repr_html_(self) -> str:
        return query_html(self.query, style_of(self.rules), notes=self.rules.notes)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Findings(Shown):
    """What is wrong or idle in the rules; `report` holds it as data, `schema` names its JSON."""

    rules: Rules
    report: Report
    schema: str = "iptsim.lint/1"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each with its code, its place and its proof, in the order of the dump."""
        return self.report.findings

    def json(self) -> Json:
        """The answer as data, `iptsim.lint/1` or, of `check`, `iptsim.check/1`."""
        return {**lint_json(self.report, lang=self.rules.lang), "schema": self.schema}

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        return True  # an answer, whether it found something or not

    def __str__(self) -> str:
        return lint_text(self.report, style_of(self.rules))

    def _repr_html_(self) -> str:
        return lint_html(self.report, style_of(self.rules))
