"""The library: what the program answers, as values that show themselves, in Jupyter as HTML.

`read` gives `Rules`; these answer with `Walk`, `Meeting`, `Findings` and `Graph`, and two of them
`diff` with `Comparison`. Each holds the plain value of the lower rooms, whose documentation has the
details. `str()` and `repr()` are the program's text, 100 columns wide and without colour.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Collection
from os import PathLike, fspath
from types import ModuleType
from typing import Literal, Unpack, overload

from iptsim import codes
from iptsim.asked_rules import ruleset_of
from iptsim.chain_graph import ChainGraph, chain_graph
from iptsim.dataclass import dataclass, field
from iptsim.dialects import read_files, read_text
from iptsim.dialects.sources import source_lines
from iptsim.dialects.writing.write import write_save
from iptsim.diff import Difference
from iptsim.diff import diff as compare
from iptsim.diff.difference import Change, Effect
from iptsim.errors import UsageError
from iptsim.explain.catalogue import LANGUAGES
from iptsim.extensions.values.hostnames import names_of
from iptsim.host import NOBODY, Host
from iptsim.lint import Finding, Report
from iptsim.lint import lint as inspect
from iptsim.model import Dump, Note
from iptsim.netfilter.reading.pasted import host_told
from iptsim.notebook.packet_keywords import PacketFields, known_host, read_asked, with_notes
from iptsim.notebook.shown import Shown, Text
from iptsim.packet import Packet
from iptsim.query import Answer, Query
from iptsim.query import query as ask
from iptsim.render.outputs.diff_json import diff_json
from iptsim.render.outputs.diff_text import diff_text
from iptsim.render.outputs.dump_text import dump_text
from iptsim.render.outputs.graph_dot import graph_dot
from iptsim.render.outputs.graph_json import graph_json
from iptsim.render.outputs.graph_mermaid import graph_mermaid
from iptsim.render.outputs.graph_text import graph_text
from iptsim.render.outputs.html import (
    diff_html,
    dump_html,
    lint_html,
    query_html,
    text_html,
    trace_html,
)
from iptsim.render.outputs.lint_json import lint_json
from iptsim.render.outputs.lint_text import lint_text
from iptsim.render.outputs.query_json import query_json
from iptsim.render.outputs.query_text import query_text
from iptsim.render.outputs.ruleset_json import dump_json
from iptsim.render.outputs.trace_json import trace_json
from iptsim.render.outputs.trace_text import trace_text
from iptsim.render.pictures.composing import dump_pictures
from iptsim.render.shared.hunk_lines import Sources
from iptsim.render.shared.terminal import Style, style_for
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.tracer import Outcome, Trace
from iptsim.tracing import Tracing
from iptsim.worlds.expectation import read_expectation

__all__ = [
    "Comparison", "Findings", "Graph", "Meeting", "PacketFields", "Rules", "Text", "Walk", "diff",
    "read",
]  # fmt: skip

Json = dict[str, object]
_TEXT = "<text>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rules(Shown):
    """The rules of one host, as its dump tells them; `dump` holds them as data.

    `sources` are the lines of the files as they were when they were read; `lang` is the language
    of all answers, `en` or `zh`.
    """

    dump: Dump
    sources: Sources = field(default_factory=dict, compare=False)
    lang: str = "en"
    _tracing: Tracing = field(init=False, compare=False)
    _hosts: dict[int, tuple[Host, Host]] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise UsageError(f"lang: {self.lang!r} is none of {known}", code=codes.WRONG_CALL)
        object.__setattr__(self, "_tracing", Tracing(self.dump))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was assumed in reading the dump."""
        return self.dump.notes

    def trace(
        self,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        verbose: bool = False,
        follow: Collection[str] = (),
        **fields: Unpack[PacketFields],
    ) -> Walk:
        """A packet's way through the rules, step by step, to its fate: `rules.trace(dport=8088)`.

        The packet is told by `fields` or is a `Packet`, then with no field but `hook`. What is
        not told is open: the answer has an outcome for each way. `host` is what is known of the
        host's addresses and routes (see `read_host`); `verbose` shows the rules that did not
        match, too; `follow` names the packets to follow after it in its connection, of "again",
        "reply" and "next". Raises `UsageError` for a packet that cannot be, and for one of a family
        of which the dump has no rules; `LoopError` where the packet gets into a jump loop.
        """
        question = read_asked(packet, fields, names_of(self.dump))
        known = self._known(host)
        found = self._tracing.ask(question, host=known, skipped=verbose, follow=follow)
        return Walk(rules=self, trace=found)

    def query(
        self,
        fate: str,
        packet: Packet | None = None,
        *,
        host: Host | None = None,
        **fields: Unpack[PacketFields],
    ) -> Meeting:
        """Which packets meet a fate: `rules.query("DROP")`, `rules.query("REDIRECT:15001")`.

        Of all packets, or of those that `fields` (or a `Packet`, and `hook`) tell. Raises
        `UsageError` for a text that is no fate and a packet that cannot be; `LoopError` where
        packets get into a jump loop.
        """
        question = read_asked(packet, fields, names_of(self.dump))
        found = ask(
            self.dump,
            question.packet,
            fate,
            family=question.family,
            hook=question.hook,
            host=self._known(host),
        )
        return Meeting(rules=self, query=found)

    def lint(self, *, host: Host | None = None) -> Findings:
        """What is wrong or idle: rules that can never match, chains nobody reaches, and the like.

        Each finding holds for every packet. With what is known of the `host` more is certain.
        """
        return Findings(rules=self, report=inspect(self.dump, host=self._known(host)))

    def graph(self) -> Graph:
        """Which chain leads to which, with loops, absent chains and wrong reference counts."""
        graphs = tuple(chain_graph(ruleset) for ruleset in self.dump.rulesets)
        return Graph(rules=self, graphs=graphs)

    @overload
    def convert(self, to: Literal["save"] = "save") -> Text: ...
    @overload
    def convert(self, to: Literal["json"]) -> Json: ...
    def convert(self, to: Literal["save", "json"] = "save") -> Text | Json:
        """The rules as iptables-save prints them, or as data (`iptsim.ruleset/1`).

        Raises `UnwritableError` for a save text of a rule that no extension can write.
        """
        if to == "json":
            return dump_json(self.dump, lang=self.lang)
        return Text("".join(write_save(ruleset) for ruleset in self.dump.rulesets))

    def _known(self, host: Host | None) -> Host:
        """What is known of the host, and what the dump's text tells of it besides."""
        return known_host(self.dump, host or NOBODY, self._hosts)

    def __str__(self) -> str:
        return dump_text(self.dump, _style(self))

    def _repr_html_(self) -> str:
        return dump_html(self.dump, _style(self))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Walk(Shown):
    """A packet's way and fate; `trace` holds it as data."""

    rules: Rules
    trace: Trace

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Each way that the packet can fare, the dump read as it stands first."""
        return self.trace.outcomes

    def meets(self, fate: str) -> bool:
        """Whether the packet surely fares so: `ACCEPT`, `DROP`, `REDIRECT:15001`, ….

        Raises `UsageError` for a text that is no fate.
        """
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
        answer = TraceAnswer(trace=self.trace, ruleset=ruleset, style=_style(self.rules))
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
        return query_text(self.query, _style(self.rules), notes=self.rules.notes)

    def _repr_html_(self) -> str:
        return query_html(self.query, _style(self.rules), notes=self.rules.notes)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Findings(Shown):
    """What is wrong or idle in the rules; `report` holds it as data."""

    rules: Rules
    report: Report

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each with its code, its place and its proof, in the order of the dump."""
        return self.report.findings

    def json(self) -> Json:
        """The answer as data, `iptsim.lint/1`."""
        return lint_json(self.report, lang=self.rules.lang)

    def __str__(self) -> str:
        return lint_text(self.report, _style(self.rules))

    def _repr_html_(self) -> str:
        return lint_html(self.report, _style(self.rules))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Graph(Shown):
    """The chains and who jumps where; `graphs` holds them as data, one for each family."""

    rules: Rules
    graphs: tuple[ChainGraph, ...]

    def dot(self) -> Text:
        """The drawing in Graphviz's language."""
        return Text(graph_dot(dump_pictures(self.rules.dump, self.rules.lang)))

    def mermaid(self) -> Text:
        """The drawing in Mermaid's language."""
        return Text(graph_mermaid(dump_pictures(self.rules.dump, self.rules.lang)))

    def json(self) -> Json:
        """The graph as data."""
        return graph_json(self.graphs, lang=self.rules.lang, notes=self.rules.notes)

    def __str__(self) -> str:
        return graph_text(self.graphs, _style(self.rules), notes=self.rules.notes)

    def _repr_html_(self) -> str:
        return text_html(str(self))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Shown):
    """What changed between two dumps; `difference` holds it as data."""

    before: Rules
    after: Rules
    difference: Difference

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed of tables, chains and rules."""
        return self.difference.changes

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The packets that fare otherwise now."""
        return self.difference.effects

    @property
    def same_effect(self) -> bool:
        """Whether every packet fares as before; False, too, where a side could not be followed."""
        return self.difference.same_effect

    def json(self) -> Json:
        """The answer as data, `iptsim.diff/1`."""
        return diff_json(self.difference, lang=self.after.lang)

    def __str__(self) -> str:
        return self._as(diff_text)

    def _repr_html_(self) -> str:
        return self._as(diff_html)

    def _as(self, render: Callable[..., str]) -> str:
        sources = _both(self.before.sources, self.after.sources)
        style = _style(self.after, {**self.before.sources, **self.after.sources})
        return render(self.difference, style, sources=sources)


def read(
    *files: str | PathLike[str],
    text: str | None = None,
    table: str | None = None,
    family: int | None = None,
    state: str | int | None = None,
    lang: str = "en",
) -> Rules:
    """The rules that dump files tell, or those of a `text`: `read("before.txt")`.

    Several files are one host; `-` is standard input. `table` names a listing's table, `family` its
    family, `state` (1, 2, … or `"last"`) one of several states. Raises `DumpError` for a wrong line
    or several states, `NoDumpError` for no dump, `UsageError` for no such file or state.
    """
    if text is not None and files:
        raise UsageError("give files or a text, not both", code=codes.WRONG_CALL)
    which = None if state is None else str(state)
    if text is not None:
        dump = with_notes(read_text(text, file=_TEXT, table=table, family=family, state=which))
        return Rules(dump=dump, sources={_TEXT: text.split("\n")}, lang=lang)
    paths = [fspath(file) for file in files]
    dump = read_files(paths, table=table, family=family, state=which)
    return Rules(dump=with_notes(dump), sources=source_lines(paths), lang=lang)


def diff(
    before: Rules | Dump, after: Rules | Dump, *, host: Host | None = None, comments: bool = False
) -> Comparison:
    """What changed from `before` to `after`, in structure and in effect, with explanations.

    `host` is what is known of the host that both are of. Differences of text alone do not count;
    comments only with `comments`.
    """
    old, new = _rules(before), _rules(after)
    known, _notes = host_told((old.dump, new.dump), host or NOBODY)
    found = compare(old.dump, new.dump, host=known, comments=comments)
    return Comparison(before=old, after=new, difference=found)


def _rules(given: Rules | Dump) -> Rules:
    return given if isinstance(given, Rules) else Rules(dump=given)


def _both(before: Sources, after: Sources) -> Sources:
    """The lines of both sides, without a file that is another text on either."""
    other = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    every = {**before, **after}
    return {name: lines for name, lines in every.items() if name not in other}


def _style(rules: Rules, sources: Sources | None = None) -> Style:
    files = tuple(rules.sources if sources is None else sources)
    return style_for(io.StringIO(), rules.lang, files=files, environ={})


class _Callable(ModuleType):
    """`iptsim.diff`, the room, which can be called, too: `iptsim.diff(before, after)`.

    Python puts an imported submodule into its package under its own name, where the function of
    that name should be.
    """

    __call__ = staticmethod(diff)


sys.modules["iptsim.diff"].__class__ = _Callable
