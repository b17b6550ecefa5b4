"""`iptsim query`: which packets meet a fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names
from iptsim.cli.options import (
    ChainOptions,
    Dumps,
    HostOptions,
    OutputOptions,
    PacketOptions,
    ReadOptions,
)
from iptsim.cli.output import style, tell, tell_json
from iptsim.cli.packets_asked import read_questions, refuse_other_family

DONE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions(ChainOptions):
    """The fate that is asked for."""

    fate: Annotated[
        str,
        typer.Option(
            "--fate",
            metavar="FATE",
            help="ACCEPT, DROP, REJECT, local (let in), forward (let through), out (let out), "
            "REDIRECT:15001, DNAT:10.0.0.9:80, …",
        ),
    ]
    every: Annotated[
        bool, typer.Option("--all", help="Show every answer, however many there are.")
    ] = False


def query(
    dumps: Dumps,
    *,
    packet: PacketOptions,
    reading: ReadOptions,
    host: HostOptions,
    asked: QueryOptions,
    output: OutputOptions,
) -> int:
    """Tell which packets meet a fate, and by which rules.

    All packets are asked, or those that the packet's options tell.
    """
    from iptsim.query import query as ask
    from iptsim.render.shared.query_parts import MOST
    from iptsim.tracer.rules.one_chain import only_in

    read_once((*dumps, *host.files))
    dump, names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    dump = only_in(dump, asked.chain, reading.table)
    (question,) = read_questions(packet, None, reading.family, names)
    refuse_other_family(question, dump)
    found = ask(
        dump,
        question.packet,
        asked.fate,
        family=question.family,
        hook=question.hook,
        host=known,
        most=None if output.is_json or asked.every else MOST,
    )
    shown = style(output.lang, dumps)
    if output.is_json:
        from iptsim.render.outputs.query_json import query_json

        tell_json(query_json(found, lang=shown.lang, notes=dump.notes))
    else:
        from iptsim.render.outputs.query_text import query_text

        tell(query_text(found, shown, notes=dump.notes, every=asked.every))
    return DONE
