"""`iptsim diff`: what changed between two dumps, in structure and in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import Argument, option
from iptsim.cli.dump_files import (
    read_both,
    read_dump,
    read_once,
    refuse_no_table,
    whole_host,
    with_names,
)
from iptsim.cli.options import ChainOptions, HostOptions, OutputOptions, ReadOptions
from iptsim.cli.output import language, shown_as, tell_answer
from iptsim.dataclass import dataclass, replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.diff import Difference
    from iptsim.host import Host
    from iptsim.model import Dump
    from iptsim.render.shared.terminal import Style

SAME, DIFFERENT = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions(ChainOptions):
    """What is compared."""

    comments: Annotated[bool, option("--comments", help="Compare comments, too.")] = False
    every: Annotated[bool, option("--all", help="Show every effect, however many there are.")] = (
        False
    )
    stat: Annotated[bool, option("--stat", help="Show two lines.")] = False
    commands: Annotated[
        bool, option("--commands", help="Write the iptables commands that make A into B.")
    ] = False
    with_: Annotated[
        list[str] | None,
        option(
            "--with",
            metavar="COMMAND",
            help="Compare A with A after this iptables command, or those of a file.",
        ),
    ] = None


def _text(found: Difference, shown: Style, files: Sequence[str], asked: DiffOptions) -> str:
    from iptsim.dialects.sources import patch_lines, source_lines
    from iptsim.render.outputs.diff_text import diff_stat, diff_text

    if asked.stat:
        return diff_stat(found, shown)
    sources = patch_lines(files[0]) if len(files) == 1 else source_lines(files)
    return diff_text(found, shown, sources=sources, every=asked.every)


def _markdown(found: Difference, shown: Style, files: Sequence[str], asked: DiffOptions) -> str:
    from iptsim.dialects.sources import patch_lines, source_lines
    from iptsim.render.outputs.diff_markdown import diff_markdown
    from iptsim.render.shared.markdown import sentences

    if asked.stat:
        return sentences(_text(found, shown, files, asked))
    sources = patch_lines(files[0]) if len(files) == 1 else source_lines(files)
    return diff_markdown(found, shown, sources=sources, every=asked.every)


def _github(found: Difference, shown: Style, _files: Sequence[str], asked: DiffOptions) -> str:
    from iptsim.render.outputs.diff_github import diff_github

    return diff_github(found, lang=shown.lang, every=asked.every)


def _json(found: Difference, shown: Style, _files: Sequence[str], _asked: DiffOptions) -> object:
    from iptsim.render.outputs.diff_json import diff_json

    return diff_json(found, lang=shown.lang)


def _svg(found: Difference, shown: Style, _files: Sequence[str], _asked: DiffOptions) -> str:
    from iptsim.render.outputs.picture_svg import picture_svg
    from iptsim.render.pictures.drawn_rules import change_pictures

    return picture_svg(change_pictures(found, shown.lang))


def _html(found: Difference, shown: Style, files: Sequence[str], _asked: DiffOptions) -> str:
    from iptsim.dialects.sources import patch_lines, source_lines
    from iptsim.render.outputs.html import diff_html
    from iptsim.render.outputs.picture_html import picture_html
    from iptsim.render.pictures.drawn_rules import change_pictures

    sources = patch_lines(files[0]) if len(files) == 1 else source_lines(files)
    words = diff_html(found, shown, sources=sources)
    return picture_html(change_pictures(found, shown.lang), (), shown.lang, answer=words)


FORMATS: Mapping[str, Callable[[Difference, Style, Sequence[str], DiffOptions], object]]
FORMATS = {
    "text": _text, "json": _json, "markdown": _markdown, "github": _github, "svg": _svg,
    "html": _html,
}  # fmt: skip
"""The outputs of `--format`: a text, or data that is printed as JSON."""


def diff(
    before: Annotated[
        str,
        Argument(
            metavar="A", help="The earlier dump; alone, a patch or a text of both.", piped=True
        ),
    ],
    after: Annotated[str | None, Argument(metavar="B", help="The later dump.")] = None,
    *,
    reading: ReadOptions,
    host: HostOptions,
    asked: DiffOptions,
    output: Annotated[OutputOptions, FORMATS],
) -> int:
    """Tell what changed from A to B, and what that does to packets.

    A alone is a patch of two dumps (diff -u), or a text that tells two states; with --with, the
    rules before the commands. Exit code 0 where every packet fares as before, 1 where one does
    not. Of the host that both dumps are of, options may tell more.
    """
    from iptsim.diff import diff as compare

    files = (before,) if after is None else (before, after)
    commands = asked.with_ or ()
    read_once((*files, *commands, *host.files))
    if commands:
        dumps = _with(before, after, commands, reading, language(output.lang))
    else:
        dumps = [*_read(before, after, reading)]
    refuse_no_table(reading.table, *dumps)
    dumps = [with_names(dump, host)[0] for dump in dumps]
    chain = None if asked.chain is None else (asked.chain, reading.table)
    known, notes = whole_host(host, *dumps)
    dumps[1] = replace(dumps[1], notes=(*dumps[1].notes, *notes))
    briefly = output.is_text and not asked.every
    found = compare(*dumps, host=known, comments=asked.comments, chain=chain, briefly=briefly)
    if asked.commands:
        tell_answer(_commands(dumps, output))
    else:
        shown = shown_as(output, files)
        tell_answer(FORMATS[output.form](found, shown, files, asked))
        if output.is_text and not asked.stat and chain is None:
            _tell_beside(found, known, shown)
    return SAME if found.same_effect else DIFFERENT


def _tell_beside(found: Difference, host: Host, shown: Style) -> None:
    if shown.terminal and found.effects:
        from iptsim.cli.before_beside_after import before_beside_after

        tell_answer(before_beside_after(found, host, shown))


def _commands(dumps: Sequence[Dump], output: OutputOptions) -> object:
    from iptsim.cli.output import tell_notes
    from iptsim.diff.commands_between import commands_between, left_alone
    from iptsim.render.outputs.commands_json import commands_json

    commands = commands_between(*dumps)
    tell_notes(left_alone(*dumps), shown_as(output))
    return "\n".join(commands) if output.is_text else commands_json(commands)


def _with(
    before: str, after: str | None, commands: Sequence[str], reading: ReadOptions, lang: str
) -> list[Dump]:
    from iptsim.cli.what_if import after as carried_out

    if after is not None:
        message = "diff takes B, or --with, not both"
        raise UsageError(message, code=codes.WRONG_CALL)
    dump = read_dump([before], reading, may_be_empty=True)
    return [dump, carried_out(dump, commands, lang)]


def _read(before: str, after: str | None, reading: ReadOptions) -> Iterable[Dump]:
    if after is None:
        return read_both(before, reading)
    return [read_dump([name], reading, may_be_empty=True) for name in (before, after)]
