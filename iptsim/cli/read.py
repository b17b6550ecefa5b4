"""`iptsim read`: how a text is read: what is there, what is missing, what was not used."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from iptsim.cli.dump_files import read_once
from iptsim.cli.options import Dumps, OutputOptions, ReadOptions
from iptsim.cli.output import style, tell, tell_json


def read(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    every: Annotated[
        bool,
        typer.Option("--all", help="Show every line that holds no rule by itself, however many."),
    ] = False,
    output: OutputOptions,
) -> int:
    """Tell how a text is read: what is there, and what is not."""
    from iptsim.dialects.finding.chunks import chunks
    from iptsim.dialects.report import reading as report_of
    from iptsim.host import NOBODY
    from iptsim.netfilter.reading.pasted import host_told

    read_once(dumps)
    texts = [(name, "".join(chunks(name))) for name in dumps]
    report = report_of(
        texts,
        table=reading.table,
        family=reading.family,
        state=reading.state,
        strict=reading.strict,
    )
    report = replace(report, notes=(*report.notes, *host_told((report.dump,), NOBODY)[1]))
    shown = style(output.lang, dumps)
    if output.is_json:
        from iptsim.render.outputs.reading_json import reading_json

        tell_json(reading_json(report, lang=shown.lang))
    else:
        from iptsim.render.outputs.reading_text import reading_text

        tell(reading_text(report, shown, every=every))
    return 0
