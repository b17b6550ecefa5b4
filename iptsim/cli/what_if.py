"""`diff A --with COMMAND`: the dump after commands that were typed, or stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.cli.dump_files import STDIN, read_text_file
from iptsim.errors import DumpError

if TYPE_CHECKING:
    from iptsim.dialects.parts import Section
    from iptsim.lint import Finding
    from iptsim.model import Dump, Ruleset, Table

_NAME = "--with"


def after(dump: Dump, given: Sequence[str], lang: str) -> Dump:
    """The dump after the commands; `DumpError` for one that the host would not take."""
    from iptsim.dialects.what_if.after import after_commands

    sections = [section for number, text in enumerate(given, 1) for section in _read(text, number)]
    done = after_commands(dump, sections)
    for ruleset in done.rulesets:
        _refuse(ruleset, sections, lang)
    return done


def _read(given: str, number: int) -> Iterator[Section]:
    from iptsim.dialects.what_if.after import of_script, typed

    if given == STDIN or _is_file(given):
        return of_script(read_text_file(given), given)
    return iter([typed(given, _NAME if number == 1 else f"{_NAME} ({number})")])


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than a name can be; a NUL
        return False


def _refuse(ruleset: Ruleset, sections: Sequence[Section], lang: str) -> None:
    """Raise `DumpError` for a rule of the commands that iptables or the kernel refuses."""
    from iptsim.lint import REFUSED

    for table in ruleset.tables:
        for finding in _refused(ruleset, table, {section.file for section in sections}):
            if finding.kind in REFUSED:
                raise _error(finding, sections, lang)


def _refused(ruleset: Ruleset, table: Table, files: set[str]) -> Iterator[Finding]:
    from iptsim.chain_graph import chain_graph
    from iptsim.lint.flow import leaps_of
    from iptsim.lint.refused import refused
    from iptsim.tracer.rules.ready import Library

    if not any(rule.place and rule.place.file in files for c in table.chains for rule in c.rules):
        return
    leaps = tuple(leaps_of(chain_graph(ruleset).leaps, table.name))
    for finding in refused(Library(ruleset=ruleset), table, leaps):
        if finding.at.place is not None and finding.at.place.file in files:
            yield finding


def _error(finding: Finding, sections: Sequence[Section], lang: str) -> DumpError:
    from iptsim.explain.lint_sentences import message

    place = finding.at.place
    assert place is not None  # as `_refused` asked
    lines = [line for each in sections if each.file == place.file for line in each.lines]
    line = next(line for line in lines if line.number == place.line)
    text = line.full or line.text
    why = message(finding, lang)
    return DumpError(
        f"iptables does not take this: {why}", place=place, text=text,
        length=len(text) - place.column + 1, code=codes.NOT_TAKEN, why=why,
    )  # fmt: skip
