"""`iptsim query`: which packets meet a fate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
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
from iptsim.cli.output import shown_as, tell_answer
from iptsim.cli.packets_asked import read_questions, refuse_other_family
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.model import Note
    from iptsim.query import Query
    from iptsim.render.shared.terminal import Style

DONE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions(ChainOptions):
    """The fate that is asked for, or the matrix."""

    fate: Annotated[
        str | None,
        option(
            "--fate",
            metavar="FATE",
            help="ACCEPT, DROP, REJECT, local (let in), forward (let through), out (let out), "
            "REDIRECT:15001, DNAT:10.0.0.9:80, …",
        ),
    ] = None
    matrix: Annotated[
        bool,
        option("--matrix", help="Which groups of addresses reach which, in place of a fate."),
    ] = False
    every: Annotated[bool, option("--all", help="Show every answer, however many there are.")] = (
        False
    )
    stat: Annotated[bool, option("--stat", help="Show two lines.")] = False


def _text(found: Query, shown: Style, notes: Sequence[Note], asked: QueryOptions) -> str:
    from iptsim.render.outputs.query_text import query_stat, query_text

    if asked.stat:
        return query_stat(found, shown)
    return query_text(found, shown, notes=notes, every=asked.every)


def _markdown(found: Query, shown: Style, notes: Sequence[Note], asked: QueryOptions) -> str:
    from iptsim.render.outputs.query_markdown import query_markdown
    from iptsim.render.shared.markdown import sentences

    if asked.stat:
        return sentences(_text(found, shown, notes, asked))
    return query_markdown(found, shown, notes=notes, every=asked.every)


def _json(found: Query, shown: Style, notes: Sequence[Note], _asked: QueryOptions) -> object:
    from iptsim.render.outputs.query_json import query_json

    return query_json(found, lang=shown.lang, notes=notes)


def _no_picture(_found: Query, _shown: Style, _notes: Sequence[Note], _asked: QueryOptions) -> str:
    message = "--format dot and mermaid are pictures of a --matrix"
    raise UsageError(message, code=codes.WRONG_CALL)


FORMATS: Mapping[str, Callable[[Query, Style, Sequence[Note], QueryOptions], object]]
FORMATS = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "dot": _no_picture,
    "mermaid": _no_picture,
}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def query(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    host: HostOptions,
    asked: QueryOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell which packets meet a fate, and by which rules.

    All packets are asked, or those that the packet's options tell.
    """
    from iptsim.query import query as ask
    from iptsim.render.shared.query_parts import MOST
    from iptsim.tracer.rules.asked_alone import only_in

    _refuse_both(asked)
    read_once((*dumps, *host.files))
    dump, names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    known = with_sources(known, packet.sources)
    dump = only_in(dump, asked.chain, reading.table)
    (question,) = read_questions(packet, None, reading.family, names)
    refuse_other_family(question, dump)
    shown = shown_as(output, dumps)
    if asked.matrix:
        from iptsim.cli.matrices import MATRICES
        from iptsim.query.matrices_asked import matrices

        told, notes = matrices(dump, question, known)
        tell_answer(MATRICES[output.form](told, shown, notes))
        return DONE
    found = ask(
        dump,
        question.packet,
        str(asked.fate),
        family=question.family,
        hook=question.hook,
        host=known,
        most=MOST if output.is_text and not asked.every else None,
    )
    _refuse_in_part(found, output)
    tell_answer(FORMATS[output.form](found, shown, dump.notes, asked))
    return DONE


def _refuse_in_part(found: Query, output: OutputOptions) -> None:
    """A program that reads the sets of an answer takes them for all."""
    if found.late and not output.is_text:
        raise UsageError(found.late, code=codes.TIME_UP)


def _refuse_both(asked: QueryOptions) -> None:
    if asked.matrix and (asked.fate is not None or asked.chain is not None):
        message = "--matrix stands in place of --fate, and asks no --chain"
        raise UsageError(message, code=codes.WRONG_CALL)
    if not asked.matrix and asked.fate is None:
        message = "query asks for a fate: --fate ACCEPT, or for a --matrix"
        raise UsageError(message, code=codes.WRONG_CALL)
