"""The words of a rule line: their text without quotes, and where they stand."""

from __future__ import annotations

import re

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.tokens import Token, UnexpectedError, tokens
from iptsim.errors import DumpError, Place
from iptsim.regex import regex

_PIECE = regex(r'"((?:[^"\\]++|\\.)*+)"|([^"]++|")', re.DOTALL)
_QUOTE = regex("[\"']")
_HUGE = regex("[0-9]{1000}")
MOST_WORDS = 10_000
LONGEST_NAME = 255
"""A chain's name has at most 28 letters (x_tables.h, XT_EXTENSION_MAXNAMELEN), in nft's own 255."""
NAME_EXPECTED = "a name of at most 28 letters"
_ESCAPED = regex(r"\\(.)", re.DOTALL)
UNSUPPORTED = ("[unsupported", "revision]")
"""What iptables prints for the options of a module that is newer than itself (xshared.h)."""
TOO_OLD = "the iptables that printed this was too old to show these options"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, `start` and `end` its offsets in the line with its quotes.

    `plain` is False for a word in quotes: a value, even if it reads like an option.
    """

    text: str
    start: int
    end: int
    plain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The line or lines of a dump that hold one rule, to say where something in it stands."""

    file: str
    lines: tuple[Line, ...]
    text: str

    def place(self, offset: int) -> Place:
        """Where the character at `offset` stands in the file."""
        before = self.text[:offset]
        below = min(before.count("\n"), len(self.lines) - 1)
        line = self.lines[below]
        column = offset - (before.rfind("\n") + 1 if below else 0)
        return Place(file=self.file, line=line.number, column=line.column(column))

    def error(
        self,
        message: str,
        start: int,
        end: int,
        expected: str = "",
        code: str = codes.WRONG_IN_DUMP,
    ) -> DumpError:
        """The error that `text[start:end]` is."""
        place = self.place(start)
        line = next(line for line in self.lines if line.number == place.line)
        return DumpError(
            message,
            place=place,
            text=line.full or line.text,
            length=min(end, len(self.text)) - start,
            expected=expected,
            code=code,
        )


def read_words(source: Source) -> tuple[str | None, list[Word]]:
    """The counters in front (`[12:720]`) and the words of a rule line, cut by the Lark grammar.

    Raises `DumpError` for a quote that is never closed, and for what no rule can hold.
    """
    refuse_huge(source)
    try:
        found = tokens("rule", source.text)
    except UnexpectedError as wrong:
        raise _open_quote(source, wrong.start) from None
    if len(found) > MOST_WORDS:
        raise too_many_words(source, found[MOST_WORDS].start_pos)
    words = [_word(token) for token in found if token.type != "COUNTERS"]
    return (str(found[0]) if len(words) < len(found) else None), words


def refuse_huge(source: Source) -> None:
    """Raise `DumpError` for a number of so many digits that Python does not read it."""
    found = _HUGE.search(source.text) if len(source.text) > 1000 else None
    if found is not None:
        raise source.error("no number of a rule has so many digits", *found.span(), "a number")


def too_many_words(source: Source, start: int) -> DumpError:
    """iptables-restore itself takes 255 words (xshared.h, MAX_ARGC)."""
    text = f"this line has more than {MOST_WORDS} words"
    return source.error(
        text, start, len(source.text), "a rule: at most 255 words", codes.LONGER_THAN_ANY_RULE
    )


def _word(token: Token) -> Word:
    start = token.start_pos
    plain = token.type != "QUOTED"
    return Word(text=unquote(str(token)), start=start, end=start + len(token), plain=plain)


def _open_quote(source: Source, offset: int) -> DumpError:
    """A word can only fail at the quote it opens, or at what stands behind the closing one."""
    found = _QUOTE.search(source.text, offset)
    start = found.start() if found else offset
    return source.error(
        "this quote is never closed", start, start + 1, f"a closing {source.text[start]}"
    )


def unquote(text: str) -> str:
    r"""A word's text: quotes off, and in quotes `\x` to x (xshared.c, add_param_to_argv).

    Single quotes are letters there; a text with blanks between them was meant as one word.
    """
    if '"' not in text and text[:1] != "'":
        return text
    if text[0] == '"' and "\\" not in text and text.find('"', 1) == len(text) - 1:
        return text[1:-1]
    if text[:1] == "'" and text[-1:] == "'" and _BLANK.search(text):
        return _ESCAPED.sub(r"\1", text[1:-1])
    if '"' not in text:
        return text
    return "".join(
        found[2] if found[2] is not None else _ESCAPED.sub(r"\1", found[1])
        for found in _PIECE.finditer(text)
    )


_BLANK = regex(r"[ \t]")
_WHOLE = regex(
    r"""(?:"(?:[^"\\]++|\\.)*+"|(?<=[ \t])'(?:[^'\\\n]++|\\[^\n])*+'|[^"'\n]++|')*+""", re.DOTALL
)


def whole_line(text: str, start: int) -> str:
    """The rule line that begins at `start`: it ends at the first line end outside of quotes.

    A quote that is never closed opens none: the line ends where it ends.
    """
    found = _WHOLE.match(text, start)
    assert found is not None  # it matches nothing, too
    end = text.find("\n", found.end())
    return text[start : end if end >= 0 else len(text)]
