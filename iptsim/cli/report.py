"""`iptsim report`: rules, their explanation and answers about packets, as one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from iptsim import codes
from iptsim.cli.declared import option
from iptsim.cli.dump_files import read_dump, read_once, with_host, with_names
from iptsim.cli.options import Dumps, HostOptions, Lang, ReadOptions
from iptsim.cli.output import style, tell
from iptsim.dataclass import dataclass, replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.host import Host
    from iptsim.model import Dump
    from iptsim.render.shared.terminal import Style

DONE = 0
_STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What the report holds, and where it goes."""

    before: Annotated[
        str | None,
        option(
            "--before", metavar="A", help="An earlier dump: what changed since, and its effect."
        ),
    ] = None
    to: Annotated[
        str, option("-o", "--output", metavar="FILE", help="Where to write the page; - prints it.")
    ] = "report.html"


def report(
    dumps: Dumps,
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: ReportOptions,
    lang: Lang = None,
) -> int:
    """Write a report: one page with a picture, a form for packets, all rules explained, findings.

    It is one file that needs nothing else: it works offline, and from a mail's attachment.
    """
    read_once((*dumps, asked.before, *host.files))
    dump, _names = with_names(read_dump(dumps, reading), host)
    dump, known = with_host(dump, host)
    shown = replace(style(lang, dumps), colour=False, width=100)
    earlier = None
    if asked.before is not None:
        earlier = with_names(read_dump([asked.before], reading, may_be_empty=True), host)[0]
    _write(_page(dump, known, tuple(dumps), shown, (asked.before, earlier)), asked.to)
    return DONE


def _page(
    dump: Dump,
    known: Host,
    files: tuple[str, ...],
    shown: Style,
    before: tuple[str | None, Dump | None],
) -> str:
    from iptsim.all_answers import all_answers
    from iptsim.lint import lint
    from iptsim.render.outputs.html import lint_html
    from iptsim.render.outputs.report_html import Report, report_html
    from iptsim.render.pictures.composing import dump_pictures
    from iptsim.render.shared.explained import Asked, explained
    from iptsim.render.shared.value_json import placed_note
    from iptsim.render.shared.written_by import written_by, written_lines

    written = written_by(dump)
    name, earlier = before
    changed = {} if earlier is None else _changed(earlier, dump, known, shown, (str(name), *files))
    return report_html(
        Report(
            dump=dump,
            host=known,
            files=files,
            style=shown,
            pictures=dump_pictures(dump, shown.lang),
            answers=tuple(all_answers(dump, known)),
            chains=tuple(explained(dump, Asked(), written, shown.lang)),
            lint=lint_html(lint(dump, host=known), shown),
            written=written_lines(written, replace(shown, width=10_000)),
            notes=[placed_note(note, shown) for note in dump.notes],
            before=name or "",
            **changed,
        )
    )


def _changed(
    earlier: Dump, dump: Dump, known: Host, shown: Style, files: Sequence[str]
) -> dict[str, Any]:
    """What changed, as a picture and in words."""
    from iptsim.dialects.sources import source_lines
    from iptsim.diff import diff
    from iptsim.render.outputs.html import diff_html
    from iptsim.render.pictures.composing import change_pictures

    found = diff(earlier, dump, host=known, briefly=True)
    sources = source_lines([file for file in files if file != _STDOUT])
    effects = diff_html(found, shown, sources=sources)
    return {"changes": change_pictures(found, shown.lang), "effects": effects}


def _write(text: str, to: str) -> None:
    if to == _STDOUT:
        tell(text)
        return
    try:
        Path(to).write_text(text + "\n", encoding="utf-8")
    except OSError as wrong:
        why = f"{to}: {wrong.strerror or wrong}"
        message = f"the answer cannot be written: {why}"
        raise UsageError(message, code=codes.ANSWER_NOT_WRITTEN, why=why) from None
