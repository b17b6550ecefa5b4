"""`iptsim diff`: what changed between two dumps, in structure and in effect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer

from iptsim.cli.options import ChainOptions, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import style, tell, tell_json
from iptsim.cli.reading import read_dump, read_once, whole_host, with_names

SAME, DIFFERENT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions(ChainOptions):
    """What is compared."""

    comments: Annotated[bool, typer.Option("--comments", help="Compare comments, too.")] = False


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The earlier dump.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The later dump.")],
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: DiffOptions,
    output: OutputOptions,
) -> int:
    """Tell what changed from A to B, and what that does to all packets.

    Exit code 0 where every packet fares as before, 1 where one does not. Of the host that both
    dumps are of, options may tell more.
    """
    from iptsim.dialects.sources import source_lines
    from iptsim.diff import diff as compare

    read_once((before, after, *host.files))
    dumps = [
        with_names(read_dump([name], reading, may_be_empty=True), host)[0]
        for name in (before, after)
    ]
    chain = None if asked.chain is None else (asked.chain, reading.table)
    known, notes = whole_host(host, *dumps)
    dumps[1] = replace(dumps[1], notes=(*dumps[1].notes, *notes))
    found = compare(*dumps, host=known, comments=asked.comments, chain=chain)
    shown = style(output.lang, (before, after))
    if output.is_json:
        from iptsim.render.diff_json import diff_json

        tell_json(diff_json(found, lang=shown.lang))
    else:
        from iptsim.render.diff_text import diff_text

        tell(diff_text(found, shown, sources=source_lines((before, after))))
    return SAME if found.same_effect else DIFFERENT
