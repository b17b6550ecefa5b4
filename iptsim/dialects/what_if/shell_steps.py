"""The commands of a text in the order of a shell, as far as only iptables decides it.

Source: dash(1), «Lists»: what stands behind `&&` runs where the command before it did its work,
what stands behind `||` where it did not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects.commands.commands import of_program
from iptsim.dialects.commands.shell_variables import Filled, Variables
from iptsim.dialects.commands.shell_words import shell_commands
from iptsim.dialects.parts import Line, Section
from iptsim.dialects.rule.words import Source, Word
from iptsim.dialects.tokens import tokens
from iptsim.errors import DumpError
from iptsim.regex import regex

_QUIET = frozenset({"set", "true", ":", "echo", "printf", "export", "sleep", "modprobe", "umask"})
"""Programs that succeed, and do nothing to the rules."""
_ASSIGNMENT = regex(r"[A-Za-z_]\w*=.*", re.DOTALL)
_QUOTED = regex(r"'[^']*+'|\"(?:[^\"\\]|\\.)*+\"", re.DOTALL)
_NOBODY_KNOWS = frozenset({codes.CHECK_UNTOLD, codes.SEVERAL_LIKE_IT, codes.NOT_A_LITERAL_RULE})
"""Why a command was not carried out that the host may take."""
_PARTING = frozenset({"&&", "||", ";"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of iptables: the words behind its name, and its family where the name tells it.

    `asked`: whether what follows hangs on how it ends.
    """

    source: Source
    words: list[Word]
    filled: Filled
    family: int | None
    asked: bool


Run = Callable[[Step], bool]
"""Carries a call out, and tells whether it did its work; raises `DumpError` where it did not."""


def run_all(section: Section, run: Run) -> int:
    """Have every call of a text run that the shell would run; how many calls the text has.

    Raises `DumpError` for what the host does not take, unless the text goes on with `||`, and for
    what only a shell or another program can tell.
    """
    count = 0
    for source in _lines(section):
        filled = Filled(variables=section.variables or Variables(), line=source.lines[0].number)
        done = True
        for operator, words, following in _commands(source, filled):
            if words and words[0].text == "exit":
                return count
            step = _call(words, source, filled, following)
            count += step is not None
            if not ((operator == "&&" and not done) or (operator == "||" and done)):
                done = _ended(words, source, step, run, following)
    return count


def _ended(words: list[Word], source: Source, step: Step | None, run: Run, following: str) -> bool:
    """Whether a command does its work."""
    if step is None:
        return _other(words, source)
    try:
        return run(step)
    except DumpError as wrong:
        if following != "||" or wrong.code in _NOBODY_KNOWS:
            raise
        return False


def _lines(section: Section) -> Iterator[Source]:
    """The lines as the shell takes them: one goes on behind a backslash, and within quotes."""
    open_: list[Line] = []
    text = ""
    for at, line in enumerate(section.lines):
        open_.append(line)
        text += line.text
        last = at == len(section.lines) - 1
        if text.endswith("\\") and not last:
            text = text[:-1] + " "
            continue
        source = Source(file=section.file, lines=(_first(open_),), text=text)
        if not last and _is_open(source):
            text += "\n"
            continue
        yield source
        open_, text = [], ""


def _first(lines: list[Line]) -> Line:
    return lines[0] if len(lines) == 1 else replace(lines[0], full=lines[0].full or lines[0].text)


def _is_open(source: Source) -> bool:
    """Whether a quote is still open at the end."""
    if _here_document(source) >= 0:
        return False
    try:
        list(shell_commands(source, Filled(variables=Variables(), line=1)))
    except DumpError:
        return True
    return False


def _commands(source: Source, filled: Filled) -> Iterator[tuple[str, list[Word], str]]:
    """Each command with the operator before it and the one behind it."""
    here = _here_document(source)
    if here >= 0:
        raise _not_followed(source, here, len(source.text))
    parted = list(shell_commands(source, filled))
    operators = [t for t in tokens("command", source.text) if t.type == "SEPARATOR"]
    for token in operators:
        if str(token) not in _PARTING:
            raise _not_followed(source, token.start_pos, token.start_pos + len(token))
    signs = ["", *map(str, operators), ""]
    yield from zip(signs, parted, signs[1:], strict=False)


def _here_document(source: Source) -> int:
    """Where `<<` stands outside of quotes; -1 where it does not."""
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), source.text)
    return bare.find("<<")


def _call(words: list[Word], source: Source, filled: Filled, following: str) -> Step | None:
    """The call of iptables that a command is, its name left out or not."""
    asked = following in ("&&", "||")
    for family, behind in of_program(words, source, filled):
        return Step(source=source, words=behind, filled=filled, family=family, asked=asked)
    if words and words[0].text[:1] == "-":
        return Step(source=source, words=words, filled=filled, family=None, asked=asked)
    return None


def _other(words: list[Word], source: Source) -> bool:
    """Whether a command that is none of iptables succeeds; `DumpError` where nobody knows."""
    left = [word for word in words if not _ASSIGNMENT.fullmatch(word.text)]
    if left and left[0].text == "false":
        return False
    if left and left[0].text not in _QUIET:
        raise _not_followed(source, left[0].start, left[0].end)
    return True


def _not_followed(source: Source, start: int, end: int) -> DumpError:
    return source.error(
        "this is none of iptables' commands, and what it does is unknown", start, end,
        "commands of iptables, one a line, as `sh -x` prints them", code=codes.SHELL_NOT_FOLLOWED,
    )  # fmt: skip
