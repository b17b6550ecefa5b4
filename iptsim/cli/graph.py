"""`iptsim graph`: who jumps where, as a tree or as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump
from iptsim.cli.options import Dumps, OutputOptions, PacketOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer, tell_notes
from iptsim.dataclass import dataclass, replace

if TYPE_CHECKING:
    from iptsim.chain_graph import ChainGraph
    from iptsim.model import Dump, Note, Ruleset
    from iptsim.questions import Question
    from iptsim.render.pictures.drawn import Picture
    from iptsim.render.shared.terminal import Style
    from iptsim.render.shared.trace_answer import TraceAnswer

DONE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphOptions:
    """How much is drawn."""

    from_: Annotated[
        str | None,
        option("--from", metavar="CHAIN", help="Show what packets meet from this chain on."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The rules to draw, from which chain on, or for which packet."""

    dump: Dump
    start: str | None
    question: Question | None
    shown: Style

    @cached_property
    def traced(self) -> TraceAnswer | None:
        """The way of the packet, where one is asked for."""
        if self.question is None:
            return None
        from iptsim.asked_rules import ruleset_of
        from iptsim.render.shared.trace_answer import TraceAnswer
        from iptsim.tracing import Tracing

        found = Tracing(self.dump).ask(self.question)
        ruleset = ruleset_of(self.dump, found.packet.family)
        return TraceAnswer(trace=found, ruleset=ruleset, style=self.shown)

    @property
    def rulesets(self) -> tuple[Ruleset, ...]:
        """Those that are drawn."""
        if self.traced is not None:
            return (self.traced.ruleset,)
        if self.start is None:
            return self.dump.rulesets
        return tuple(r for r in self.dump.rulesets if _has(r, self.start)) or self.dump.rulesets

    @cached_property
    def graphs(self) -> tuple[ChainGraph, ...]:
        """Who jumps where, of the chains that matter."""
        from iptsim.chain_graph import chain_graph

        graphs = tuple(map(chain_graph, self.rulesets))
        if self.traced is not None:
            return tuple(graph.only(self._met()) for graph in graphs)
        if self.start is None:
            return graphs
        self._refuse_absent()
        return tuple(graph.only(graph.reached(self.start)) for graph in graphs)

    def _met(self) -> frozenset[tuple[str, str]]:
        assert self.traced is not None
        steps = [step for outcome in self.traced.trace.outcomes for step in outcome.steps]
        met = {(step.table, step.chain) for step in steps}
        return frozenset(met | {(s.table, s.target) for s in steps if s.action in ("jump", "goto")})

    def _refuse_absent(self) -> None:
        from iptsim.render.pictures.composing import no_chain

        if not any(_has(ruleset, str(self.start)) for ruleset in self.dump.rulesets):
            raise no_chain(str(self.start))

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The drawings, one for each family."""
        from iptsim.render.pictures.composing import rules_picture, trace_picture

        if self.traced is not None:
            return (trace_picture(self.traced),)
        lang = self.shown.lang
        return tuple(rules_picture(ruleset, lang, start=self.start) for ruleset in self.rulesets)


def _has(ruleset: Ruleset, chain: str) -> bool:
    return any(chain in table.by_name for table in ruleset.tables)


def _text(asked: Asked) -> str:
    from iptsim.render.outputs.graph_text import graph_text

    return graph_text(asked.graphs, asked.shown, notes=asked.dump.notes, start=asked.start)


def _json(asked: Asked) -> object:
    from iptsim.render.outputs.graph_json import graph_json

    return graph_json(asked.graphs, lang=asked.shown.lang, notes=asked.dump.notes)


def _dot(asked: Asked) -> str:
    from iptsim.render.outputs.graph_dot import graph_dot

    return graph_dot(asked.pictures)


def _mermaid(asked: Asked) -> str:
    from iptsim.render.outputs.graph_mermaid import graph_mermaid

    return graph_mermaid(asked.pictures)


def _svg(asked: Asked) -> str:
    from iptsim.render.outputs.picture_svg import picture_svg

    return picture_svg(asked.pictures)


def _html(asked: Asked) -> str:
    from iptsim.render.outputs.picture_html import picture_html
    from iptsim.render.shared.value_json import placed_note

    notes = [note for one in asked.graphs for note in one.findings]
    told = [placed_note(note, asked.shown) for note in (*notes, *asked.dump.notes)]
    opened = () if asked.traced is not None else asked.rulesets
    return picture_html(asked.pictures, opened, asked.shown.lang, notes=told)


FORMATS: Mapping[str, Callable[[Asked], object]]
FORMATS = {
    "text": _text, "json": _json, "dot": _dot, "mermaid": _mermaid, "svg": _svg, "html": _html,
}  # fmt: skip
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def graph(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    asked: GraphOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Show which chain leads to which, and what is wrong there.

    Jump loops, jumps to absent chains and wrong numbers of references are told with their place.
    With a packet the chains that it meets are shown alone, and its way is lit in a drawing.
    """
    dump = read_dump(dumps, reading)
    shown = shown_as(output, dumps)
    question = _question(packet, reading, dump) if packet.given() else None
    one = Asked(dump=dump, start=asked.from_, question=question, shown=replace(shown, width=100))
    one = one if output.form not in ("text", "json") else replace(one, shown=shown)
    answer = FORMATS[output.form](one)
    tell_answer(answer)
    if output.form not in ("text", "json", "html"):  # a drawing has no room for notes
        tell_notes([note for graph in one.graphs for note in graph.findings], shown)
        tell_notes(dump.notes, shown)
    tell_notes(_sized(one, output.form, str(answer)), shown)
    return DONE


def _question(packet: PacketOptions, reading: ReadOptions, dump: Dump) -> Question:
    from iptsim.cli.packets_asked import read_questions, refuse_other_family

    (question,) = read_questions(packet, None, reading.family)
    refuse_other_family(question, dump)
    return question


def _sized(asked: Asked, form: str, answer: str) -> Iterator[Note]:
    """What to say of a drawing that does not hold all, or that viewers do not take."""
    if form not in ("dot", "mermaid"):
        return
    from iptsim import codes
    from iptsim.model import Note
    from iptsim.render.outputs.graph_mermaid import MOST_LETTERS

    for picture in asked.pictures:
        if picture.folded:
            facts = (("count", str(picture.folded)), ("chains", str(picture.chains)))
            yield Note(code=codes.DRAWING_FOLDED, facts=facts)
    if form == "mermaid" and len(answer) > MOST_LETTERS:
        told = (("form", "Mermaid"), ("size", str(len(answer))), ("most", str(MOST_LETTERS)))
        yield Note(code=codes.DRAWING_TOO_LARGE, facts=told)
