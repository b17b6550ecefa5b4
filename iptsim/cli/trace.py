"""`iptsim trace`: the way of a packet, or of many, and its fate."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names, with_sources
from iptsim.cli.options import (
    ChainOptions,
    Dumps,
    HostOptions,
    OutputOptions,
    PacketOptions,
    ReadOptions,
)
from iptsim.cli.output import complain, json_lines, shown_as, tell, tell_answer
from iptsim.cli.packets_asked import read_lines, read_questions, refuse_other_family
from iptsim.dataclass import dataclass

if TYPE_CHECKING:
    from iptsim.cli.lines import PacketLine
    from iptsim.cli.logged import Logged
    from iptsim.host import Host
    from iptsim.model import Dump
    from iptsim.questions import Question
    from iptsim.render.shared.terminal import Style
    from iptsim.render.shared.trace_answer import TraceAnswer
    from iptsim.tracer import Trace
    from iptsim.worlds.expectation import Expectation

DONE, MISSED = 0, 1
READ = 40
"""Outcomes of which a reader is told the condition, where there are very many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOptions(ChainOptions):
    """What is asked besides one packet's way."""

    packets: Annotated[str | None, option(metavar="FILE", help="Packets as JSON, one a line.")] = (
        None
    )
    log_line: Annotated[
        str | None,
        option(
            "--log-line", metavar="LINE", help="A packet as LOG wrote it: 'IN=eth0 OUT= SRC=…'."
        ),
    ] = None
    expect: Annotated[
        str | None,
        option(metavar="FATE", help="Exit 1 unless it fares so, such as REDIRECT:15001."),
    ] = None
    reply: Annotated[bool, option("--reply", help="Follow the answer to it, too.")] = False
    next: Annotated[
        bool, option("--next", help="Follow what its sender sends after the answer, too.")
    ] = False
    again: Annotated[
        bool, option("--again", help="Follow it sent again before an answer came, too.")
    ] = False
    verbose: Annotated[
        bool, option("-v", "--verbose", help="Show the rules that did not match, too.")
    ] = False

    @property
    def follow(self) -> tuple[str, ...]:
        """The packets after it to follow, as `iptsim.tracer.FOLLOWING` names them."""
        asked = {"again": self.again, "reply": self.reply, "next": self.next}
        return tuple(kind for kind, wanted in asked.items() if wanted)


def _text(answer: Trace, dump: Dump, _question: Question, shown: Style, counted: bool) -> str:
    from iptsim.render.outputs.trace_text import trace_text

    return trace_text(_told(answer, dump, shown, counted), notes=dump.notes)


def _markdown(answer: Trace, dump: Dump, _question: Question, shown: Style, counted: bool) -> str:
    from iptsim.asked_rules import ruleset_of
    from iptsim.render.outputs.trace_markdown import trace_markdown
    from iptsim.render.shared.trace_answer import TraceAnswer

    ruleset = ruleset_of(dump, answer.packet.family)
    told = TraceAnswer(trace=answer, ruleset=ruleset, style=shown, counted=counted)
    return trace_markdown(told, notes=dump.notes)


def _json(answer: Trace, dump: Dump, question: Question, shown: Style, _counted: bool) -> object:
    from iptsim.render.outputs.trace_json import trace_json

    return trace_json(answer, lang=shown.lang, identity=question.id, notes=dump.notes)


def _svg(answer: Trace, dump: Dump, _question: Question, shown: Style, counted: bool) -> str:
    from iptsim.render.outputs.picture_svg import picture_svg
    from iptsim.render.pictures.drawn_rules import trace_picture

    return picture_svg([trace_picture(_told(answer, dump, shown, counted))])


def _html(answer: Trace, dump: Dump, _question: Question, shown: Style, counted: bool) -> str:
    from iptsim.render.outputs.html import trace_html
    from iptsim.render.outputs.picture_html import picture_html
    from iptsim.render.pictures.drawn_rules import trace_picture

    told = _told(answer, dump, shown, counted)
    words = trace_html(told, notes=dump.notes)
    return picture_html([trace_picture(told)], (), shown.lang, answer=words)


def _told(answer: Trace, dump: Dump, shown: Style, counted: bool) -> TraceAnswer:
    from iptsim.asked_rules import ruleset_of
    from iptsim.render.shared.trace_answer import TraceAnswer

    ruleset = ruleset_of(dump, answer.packet.family)
    return TraceAnswer(trace=answer, ruleset=ruleset, style=shown, counted=counted)


FORMATS: Mapping[str, Callable[[Trace, Dump, Question, Style, bool], object]]
FORMATS = {"text": _text, "json": _json, "markdown": _markdown, "svg": _svg, "html": _html}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def _alone(dump: Dump, chain: str | None, table: str | None) -> Dump:
    """The dump, of which one chain is asked; itself without a chain."""
    if chain is None:
        return dump
    from iptsim.tracer.rules.asked_alone import only_in

    return only_in(dump, chain, table)


def trace(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    host: HostOptions,
    asked: TraceOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Follow a packet through the rules, step by step, to its fate."""
    read_once((*dumps, asked.packets, *host.files))
    wanted = _expected(asked.expect)
    dump, names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    known = with_sources(known, packet.sources)
    dump = _alone(dump, asked.chain, reading.table)
    log = None if asked.log_line is None else _logged(asked, packet, dump)
    packet = packet if log is None else log.packet
    many = asked.packets is not None
    shown = shown_as(output, dumps)
    alone = wanted or asked.follow or asked.verbose or known.sources
    if asked.packets is not None and not alone:
        lines = read_lines(packet, asked.packets, reading.family, names)
        return _quickly(lines, dump, known, shown)
    questions = read_questions(
        packet if log is None else log.packet, asked.packets, reading.family, names
    )
    answers = _Answers(dump, known, asked, most=READ if output.is_text and not many else None)
    tells = FORMATS["json" if many else output.form]
    missed = 0
    for question in questions:
        refuse_other_family(question, dump)
        answer = answers.to(question)
        answer = answer if log is None else log.told(answer, known)
        told = tells(answer, dump, question, shown, asked.verbose)
        tell_answer(told, indent=None if many else 2)
        if wanted and not all(map(wanted.met_by, (*answer.outcomes, *answer.untold))):
            missed += 1
            complain(_miss(str(asked.expect), question, shown.lang))
    return MISSED if missed else DONE


def _logged(asked: TraceOptions, packet: PacketOptions, dump: Dump) -> Logged:
    from iptsim.cli.logged import logged

    return logged(asked.log_line or "", packet, asked.packets, dump)


_FRESH = 500_000
"""Values made after which one looks for rubbish: what is learned of packets stays as well."""


def _quickly(lines: Iterable[PacketLine], dump: Dump, host: Host, shown: Style) -> int:
    """Answers to many packets, each told as soon as its line is read."""
    from iptsim.cli.progress import counted
    from iptsim.many.answers import ManyAnswers

    answers = ManyAnswers(dump, host, lang=shown.lang, encode=json_lines())
    # What was read stays; looking for rubbish in it takes longer than many answers.
    gc.freeze()
    gc.set_threshold(_FRESH, 20, 100)
    for line in counted(lines, shown.lang):
        tell(answers.line(line.given, partial(_question, line, dump)))
    return DONE


def _question(line: PacketLine, dump: Dump) -> Question:
    question = line.question()
    refuse_other_family(question, dump)
    return question


def _expected(fate: str | None) -> Expectation | None:
    if not fate:
        return None
    from iptsim.worlds.expectation import read_expectation

    return read_expectation(fate)


class _Answers:
    """The answers of one dump; its rules are made ready once, however many packets there are."""

    def __init__(self, dump: Dump, host: Host, asked: TraceOptions, *, most: int | None) -> None:
        from iptsim.tracing import Tracing

        self._dump, self._host, self._asked, self._most = dump, host, asked, most
        self._tracing = Tracing(dump)

    def to(self, question: Question) -> Trace:
        """The packet's way and fate; `UsageError` where the dump has no rules of its family."""
        return self._tracing.ask(
            question,
            host=self._host,
            skipped=self._asked.verbose,
            follow=self._asked.follow,
            most=self._most,
        )


def _miss(expect: str, question: Question, lang: str) -> str:
    from iptsim.explain.catalogue import sentence

    if question.id is None:
        return sentence("error.missed", lang, fate=expect)
    return sentence("error.missed.packet", lang, fate=expect, number=question.id)
