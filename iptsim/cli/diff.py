"""`iptsim diff`: what changed between two dumps, in structure and in effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from iptsim.cli.dump_files import read_both, read_dump, read_once, whole_host, with_names
from iptsim.cli.options import ChainOptions, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import style, tell, tell_json

if TYPE_CHECKING:
    from iptsim.model import Dump

SAME, DIFFERENT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions(ChainOptions):
    """What is compared."""

    comments: Annotated[bool, typer.Option("--comments", help="Compare comments, too.")] = False


def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="The earlier dump; alone, a patch or a text of both.")
    ],
    after: Annotated[str | None, typer.Argument(metavar="B", help="The later dump.")] = None,
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: DiffOptions,
    output: OutputOptions,
) -> int:
    """Tell what changed from A to B, and what that does to all packets.

    A alone is a patch of two dumps (diff -u), or a text that tells two states. Exit code 0 where
    every packet fares as before, 1 where one does not. Of the host that both dumps are of, options
    may tell more.
    """
    from iptsim.dialects.sources import patch_lines, source_lines
    from iptsim.diff import diff as compare

    files = (before,) if after is None else (before, after)
    read_once((*files, *host.files))
    dumps = [with_names(dump, host)[0] for dump in _read(before, after, reading)]
    chain = None if asked.chain is None else (asked.chain, reading.table)
    known, notes = whole_host(host, *dumps)
    dumps[1] = replace(dumps[1], notes=(*dumps[1].notes, *notes))
    found = compare(*dumps, host=known, comments=asked.comments, chain=chain)
    shown = style(output.lang, files)
    if output.is_json:
        from iptsim.render.outputs.diff_json import diff_json

        tell_json(diff_json(found, lang=shown.lang))
    else:
        from iptsim.render.outputs.diff_text import diff_text

        sources = patch_lines(before) if after is None else source_lines(files)
        tell(diff_text(found, shown, sources=sources))
    return SAME if found.same_effect else DIFFERENT


def _read(before: str, after: str | None, reading: ReadOptions) -> Iterable[Dump]:
    if after is None:
        return read_both(before, reading)
    return [read_dump([name], reading, may_be_empty=True) for name in (before, after)]
