"""`iptsim read`: how a text is read: what is there, what is missing, what was not used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_once, refuse_no_table
from iptsim.cli.options import Dumps, OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer
from iptsim.dataclass import replace

if TYPE_CHECKING:
    from iptsim.dialects.report import Reading
    from iptsim.render.shared.terminal import Style


def _text(report: Reading, shown: Style, every: bool) -> str:
    from iptsim.render.outputs.reading_text import reading_text

    return reading_text(report, shown, every=every)


def _json(report: Reading, shown: Style, _every: bool) -> object:
    from iptsim.render.outputs.reading_json import reading_json

    return reading_json(report, lang=shown.lang)


FORMATS: Mapping[str, Callable[[Reading, Style, bool], object]] = {"text": _text, "json": _json}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def read(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    every: Annotated[
        bool,
        option("--all", help="Show every line that holds no rule by itself, however many."),
    ] = False,
    output: Annotated[OutputOptions, FORMATS],
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
    refuse_no_table(reading.table, report.dump)
    report = replace(report, notes=(*report.notes, *host_told((report.dump,), NOBODY)[1]))
    tell_answer(FORMATS[output.form](report, shown_as(output, dumps), every))
    return 0
