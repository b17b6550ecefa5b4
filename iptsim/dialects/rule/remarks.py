"""What a writer put behind a rule, and what his word processor made of its letters.

`<---- is it this one?`, `# mine`, `// old`, `(note)` are no options, whatever stands in them: where
what stands before them is a whole rule they are left out, and said. So it is with `–dport` and
`“a comment”`, which no program takes: read as meant where that gives a rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.regex import regex

if TYPE_CHECKING:
    from iptsim.dialects.rule.plans import Read

_NOTE = regex(
    r"(?<=[ \t\u00a0])(?:#|//|<[-=<~─]|[←⬅⇐⟵◀◄]|-{2,}>|={2,}>|\*{2,}(?=[ \t]*[^\W\d])"
    r"|\((?=[^()]*\)[ \t]*$)|\^{2,}|;(?=[ \t]))"
)
_STATEMENT = regex(
    r"\s*(?:COMMIT|\*(?:raw|mangle|nat|filter|security)"
    r'|:(?:"[^"\n]*"|\S+)\s+(?:-|ACCEPT|DROP|QUEUE)(?:\s+\[\d+:\d+\])?)\s*'
)
_MARKS = regex(r"[ \t\u00a0](?:#|//|<[-=<~─]|[←⬅⇐⟵◀◄(;^]|--+>|==+>|\*\*)")
_HINTS = ("#", "//", "<", " (", " ;", "^", "->", "=>", "**", "\t(", "\t;")
_TYPED = regex(r"[\u2010-\u2015\u2212\u201c-\u201f\u2018-\u201b«»]")
_DASHES = regex(r"(?<!\S)[-\u2010-\u2015\u2212]*[\u2010-\u2015\u2212]-?(?=(?P<name>[A-Za-z]+))")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛", "'"))
_LONGEST = 4096
_MOST = 16
"""So many places are tried at which a note may begin."""

Reads = Callable[[str], bool]
"""Whether a text is a whole rule of which every word is known."""


def may_be_remarked(text: str) -> bool:
    """Whether a look at the text is worth while."""
    if text.isascii() and not any(hint in text for hint in _HINTS):
        return False
    return _MARKS.search(text) is not None or _TYPED.search(text) is not None


def tidied(line: Line, file: str, reads: Reads) -> tuple[Line, Note | None]:
    """The line without a writer's note, or as it was typed; and what was done to it."""
    if len(line.text) > _LONGEST or not may_be_remarked(line.text):
        return line, None
    if line.text.lstrip()[:1] == "#" or reads(line.text):
        return line, None
    for start in _starts(line.text):
        before = line.text[:start].rstrip()
        for text in dict.fromkeys((before, as_meant(before))):
            if _STATEMENT.fullmatch(text) or reads(text):
                return _cut(line, text), _left_out(line, file, start)
    text = as_meant(line.text)
    if text != line.text and reads(text):
        return _cut(line, text), _as_typed(line, file)
    return line, None


def is_whole(read: Read) -> bool:
    """Whether a line was read as rules that do something, and no note as an unknown module's."""
    parts = [part for rule in read.rules for part in (*rule.matches, rule.target)]
    raw = (" ".join(part.raw) for part in parts if part is not None)
    return None not in parts and not any(_NOTE.search(f" {words}") for words in raw)


def _starts(text: str) -> Iterator[int]:
    for number, found in enumerate(_NOTE.finditer(text)):
        if number == _MOST:
            return
        yield found.start()


def as_meant(text: str) -> str:
    """A text with the dashes and quotes that a program takes: two dashes before a long name."""
    if text.isascii() or _TYPED.search(text) is None:
        return text
    return _DASHES.sub(_dash, text).translate(_QUOTES)


def _dash(found: re.Match[str]) -> str:
    return "-" if len(found["name"]) == 1 else "--"


def _cut(line: Line, text: str) -> Line:
    return replace(line, text=text, full=line.full or line.text)


def _left_out(line: Line, file: str, start: int) -> Note:
    words = line.text[start:].strip()
    facts = (("words", words[:160]), ("number", str(line.number)))
    return Note(code=codes.REMARK_LEFT_OUT, place=_place(line, file, start), facts=facts)


def _as_typed(line: Line, file: str) -> Note:
    found = _TYPED.search(line.text)
    start = found.start() if found else 0
    facts = (("words", line.text.strip()[:160]), ("number", str(line.number)))
    return Note(code=codes.QUOTES_MEANT, place=_place(line, file, start), facts=facts)


def _place(line: Line, file: str, start: int) -> Place:
    return Place(file=file, line=line.number, column=line.column(start))
