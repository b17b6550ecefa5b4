"""`iptsim lint`: what is wrong or idle in the rules themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names
from iptsim.cli.options import Dumps, HostOptions, Lang, ReadOptions
from iptsim.cli.output import style, tell, tell_json

CLEAN, FOUND = 0, 1


class LintFormat(StrEnum):
    """For a person, for a program, or for a code host or an editor."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def lint(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    host: HostOptions,
    form: Annotated[
        LintFormat,
        typer.Option("--format", help="For a person, for a program, or for a code host or editor."),
    ] = LintFormat.TEXT,
    every: Annotated[
        bool, typer.Option("--all", help="Show every note, however many there are of a kind.")
    ] = False,
    lang: Lang = None,
) -> int:
    """Find rules that never match or have no effect, and idle chains.

    Each finding holds for all packets. Exit code 1 where there is one.
    """
    from iptsim.lint import lint as look

    read_once((*dumps, *host.files))
    dump, _names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    report = look(dump, host=known)
    shown = style(lang, dumps)
    if form is LintFormat.TEXT:
        from iptsim.render.outputs.lint_text import lint_text

        tell(lint_text(report, shown, every=every))
    elif form is LintFormat.JSON:
        from iptsim.render.outputs.lint_json import lint_json

        tell_json(lint_json(report, lang=shown.lang))
    else:
        from iptsim import __version__
        from iptsim.render.outputs.sarif import sarif

        tell_json(sarif(report, version=__version__, lang=shown.lang))
    return FOUND if report.findings else CLEAN
