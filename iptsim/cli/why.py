"""`iptsim why`: the story of a packet in a few sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.dump_files import (
    read_dump,
    read_once,
    with_host,
    with_loops,
    with_names,
    with_sources,
)
from iptsim.cli.options import (
    ChainOptions,
    Dumps,
    HostOptions,
    OutputOptions,
    PacketOptions,
    ReadOptions,
)
from iptsim.cli.output import shown_as, tell_answer
from iptsim.cli.packets_asked import read_questions, refuse_other_family

if TYPE_CHECKING:
    from iptsim.model import Note
    from iptsim.render.shared.trace_answer import TraceAnswer

DONE = 0
READ = 40
"""Outcomes of which a reader is told the condition, where there are very many."""


def _text(answer: TraceAnswer, notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.why_text import why_text

    return why_text(answer, notes=notes)


def _markdown(answer: TraceAnswer, notes: Sequence[Note]) -> str:
    from iptsim.render.outputs.why_markdown import why_markdown

    return why_markdown(answer, notes=notes)


def _json(answer: TraceAnswer, notes: Sequence[Note]) -> object:
    from iptsim.render.outputs.trace_json import trace_json
    from iptsim.render.outputs.why_json import why_json

    traced = trace_json(answer.trace, lang=answer.style.lang, notes=notes)
    return why_json(answer, traced, notes=notes)


FORMATS: Mapping[str, Callable[[TraceAnswer, Sequence[Note]], object]]
FORMATS = {"text": _text, "json": _json, "markdown": _markdown}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def why(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    host: HostOptions,
    asked: ChainOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell in a few sentences what becomes of a packet, and why."""
    from iptsim.asked_rules import ruleset_of
    from iptsim.render.shared.trace_answer import TraceAnswer
    from iptsim.tracer.rules.asked_alone import only_in
    from iptsim.tracing import Tracing

    read_once((*dumps, *host.files))
    dump, names = with_names(with_loops(read_dump(dumps, reading)), host)
    dump, known = with_host(dump, host)
    known = with_sources(known, packet.sources)
    dump = only_in(dump, asked.chain, reading.table)
    (question,) = read_questions(packet, None, reading.family, names)
    refuse_other_family(question, dump)
    found = Tracing(dump).ask(question, host=known, most=READ)
    ruleset = ruleset_of(dump, found.packet.family)
    answer = TraceAnswer(trace=found, ruleset=ruleset, style=shown_as(output, dumps))
    tell_answer(FORMATS[output.form](answer, dump.notes))
    return DONE
