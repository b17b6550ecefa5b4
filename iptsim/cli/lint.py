"""`iptsim lint`: what is wrong or idle in the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Protocol

from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names, with_sources
from iptsim.cli.options import Dumps, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import shown_as, tell_answer

if TYPE_CHECKING:
    from iptsim.lint import Report
    from iptsim.render.shared.terminal import Style

CLEAN, FOUND = 0, 1


def _text(report: Report, shown: Style, *, every: bool) -> str:
    from iptsim.render.outputs.lint_text import lint_text

    return lint_text(report, shown, every=every)


def _markdown(report: Report, shown: Style, *, every: bool) -> str:
    from iptsim.render.outputs.lint_markdown import lint_markdown

    return lint_markdown(report, shown, every=every)


def _github(report: Report, shown: Style, *, every: bool) -> str:
    from iptsim.render.outputs.lint_github import lint_github

    return lint_github(report, lang=shown.lang, every=every)


def _json(report: Report, shown: Style, *, every: bool) -> object:  # noqa: ARG001  # all of them
    from iptsim.render.outputs.lint_json import lint_json

    return lint_json(report, lang=shown.lang)


def _sarif(report: Report, shown: Style, *, every: bool) -> object:  # noqa: ARG001
    from iptsim import __version__
    from iptsim.render.outputs.sarif import sarif

    return sarif(report, version=__version__, lang=shown.lang)


class _Output(Protocol):
    def __call__(self, report: Report, shown: Style, *, every: bool) -> object: ...


FORMATS: Mapping[str, _Output]
FORMATS = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "markdown": _markdown,
    "github": _github,
}
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def lint(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    host: HostOptions,
    every: Annotated[
        bool, option("--all", help="Show each finding, also those idle by design.")
    ] = False,
    sources: Annotated[
        list[str] | None,
        option(
            "-i",
            "--in",
            metavar="NAME=SOURCES",
            help="Which sources come by an interface: are others kept out?",
        ),
    ] = None,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Find rules that never match or have no effect, and idle chains.

    Each finding holds for all packets; those of one cause are told together. Exit code 1 where
    there is one that is not idle by design.
    """
    from iptsim.knowledge.idle_by_design import by_design
    from iptsim.lint import lint as look

    read_once((*dumps, *host.files))
    dump, _names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    report = look(dump, host=with_sources(known, sources or ()))
    tell_answer(FORMATS[output.form](report, shown_as(output, dumps), every=every))
    return FOUND if len(by_design(report)) < len(report.findings) else CLEAN
