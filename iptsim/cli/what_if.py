"""`diff A --with COMMAND`: the dump after commands that were typed, or stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.cli.declared import STDIN
from iptsim.cli.dump_files import read_text_file
from iptsim.dataclass import replace
from iptsim.errors import DumpError, Place, UsageError

if TYPE_CHECKING:
    from iptsim.dialects.parts import Line, Section
    from iptsim.lint import Finding
    from iptsim.model import Dump

_NAME = "--with"


def after(dump: Dump, given: Sequence[str], lang: str) -> Dump:
    """The dump after the commands; `DumpError` for one that the host would not take."""
    from iptsim.dialects.what_if.after import after_commands

    sections = [_read(text, number) for number, text in enumerate(given, 1)]
    done = after_commands(dump, sections)
    found = _refused(dump, done)
    if found:
        last = sections[-1]
        raise _first_error(dump, sections, lang) or _error(found[0], last, last.lines[-1], lang)
    return done


def _read(given: str, number: int) -> Section:
    from iptsim.dialects.what_if.after import of_script, typed

    path = "/" in given and not any(letter.isspace() for letter in given)
    if given == STDIN or path or _is_file(given):
        return of_script(read_text_file(given), given)
    return typed(given, _NAME if number == 1 else f"{_NAME} ({number})")


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than a name can be; a NUL
        return False


def _refused(before: Dump, after: Dump) -> list[Finding]:
    """What iptables or the kernel refuses of the later rules, and of the earlier ones not."""
    from iptsim.lint.refused import newly_refused

    pairs = ((before.family(each.family), each) for each in after.rulesets)
    return [finding for old, new in pairs if old is not None for finding in newly_refused(old, new)]


def _first_error(dump: Dump, sections: Sequence[Section], lang: str) -> DumpError | None:
    """The first command after which something is refused; it may be of a rule that was there."""
    from iptsim.dialects.what_if.after import after_commands

    for section, line, part in _beginnings(sections):
        try:
            now = after_commands(dump, [part])
        except (DumpError, UsageError):
            continue  # the line goes on in the next one, or holds no command
        found = _refused(dump, now)
        if found:
            return _error(found[0], section, line, lang)
        dump = now
    return None


def _beginnings(sections: Sequence[Section]) -> Iterator[tuple[Section, Line, Section]]:
    """Each line, by itself, too."""
    for section in sections:
        for at, line in enumerate(section.lines):
            yield section, line, replace(section, lines=section.lines[at : at + 1])


def _error(finding: Finding, section: Section, line: Line, lang: str) -> DumpError:
    from iptsim.explain.lint_sentences import message

    why, text = message(finding, lang), line.full or line.text
    start = len(text) - len(text.lstrip())
    return DumpError(
        f"iptables does not take this: {why}",
        place=Place(file=section.file, line=line.number, column=start + 1),
        text=text, length=len(text.strip()), code=codes.NOT_TAKEN, why=why,
    )  # fmt: skip
