"""`iptsim diff`: what changed between two dumps, in structure and in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.declared import Argument, option
from iptsim.cli.dump_files import read_both, read_dump, read_once, whole_host, with_names
from iptsim.cli.options import ChainOptions, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import style, tell_answer
from iptsim.dataclass import dataclass, replace

if TYPE_CHECKING:
    from iptsim.diff import Difference
    from iptsim.model import Dump
    from iptsim.render.shared.terminal import Style

SAME, DIFFERENT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions(ChainOptions):
    """What is compared."""

    comments: Annotated[bool, option("--comments", help="Compare comments, too.")] = False


def _text(found: Difference, shown: Style, files: Sequence[str]) -> str:
    from iptsim.dialects.sources import patch_lines, source_lines
    from iptsim.render.outputs.diff_text import diff_text

    sources = patch_lines(files[0]) if len(files) == 1 else source_lines(files)
    return diff_text(found, shown, sources=sources)


def _json(found: Difference, shown: Style, _files: Sequence[str]) -> object:
    from iptsim.render.outputs.diff_json import diff_json

    return diff_json(found, lang=shown.lang)


FORMATS: Mapping[str, Callable[[Difference, Style, Sequence[str]], object]]
FORMATS = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def diff(
    before: Annotated[
        str, Argument(metavar="A", help="The earlier dump; alone, a patch or a text of both.")
    ],
    after: Annotated[str | None, Argument(metavar="B", help="The later dump.")] = None,
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: DiffOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell what changed from A to B, and what that does to all packets.

    A alone is a patch of two dumps (diff -u), or a text that tells two states. Exit code 0 where
    every packet fares as before, 1 where one does not. Of the host that both dumps are of, options
    may tell more.
    """
    from iptsim.diff import diff as compare

    files = (before,) if after is None else (before, after)
    read_once((*files, *host.files))
    dumps = [with_names(dump, host)[0] for dump in _read(before, after, reading)]
    chain = None if asked.chain is None else (asked.chain, reading.table)
    known, notes = whole_host(host, *dumps)
    dumps[1] = replace(dumps[1], notes=(*dumps[1].notes, *notes))
    found = compare(*dumps, host=known, comments=asked.comments, chain=chain)
    tell_answer(FORMATS[output.form](found, style(output.lang, files), files))
    return SAME if found.same_effect else DIFFERENT


def _read(before: str, after: str | None, reading: ReadOptions) -> Iterable[Dump]:
    if after is None:
        return read_both(before, reading)
    return [read_dump([name], reading, may_be_empty=True) for name in (before, after)]
