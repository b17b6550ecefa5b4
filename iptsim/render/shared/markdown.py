"""Text for Markdown as GitHub and GitLab have it, in which a dump's words stay words.

What a dump wrote must not end a cell, a span or a fence, make a link or a picture, or call somebody
by name. Source: GitHub Flavored Markdown 0.29; there a backslash escapes punctuation (6.1), and a
table's cell ends at a `|` even in a code span (4.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iptsim.dataclass import replace
from iptsim.regex import regex
from iptsim.render.shared.terminal import Style, printable

# Wide enough that nothing wraps: that is the reader's work.
_UNWRAPPED = 1_000_000
# 6.2: a `_` between letters or digits stands for itself.
_MARKS = regex(r"[\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])")
# Words that a forge makes something of after Markdown was read, where no backslash helps: names,
# numbers of issues, addresses, mathematics, emoji.
_ALIVE = regex(r"[@$]|#\d|://|www\.|:[\w+-]+:")
# What begins a list, a rule or a heading where it begins a line.
_BEGINS = regex(r"(\d{1,9})(?=[.)])|(?=[-+=#])")
_TICKS = regex(r"`+")


def unwrapped(style: Style) -> Style:
    """The style of texts that Markdown lays out."""
    return replace(style, width=_UNWRAPPED, colour=False)


def words(text: str) -> str:
    """A sentence, whatever a dump put into it."""
    told = " ".join(_word(word) for word in printable(text).split())
    return _BEGINS.sub(r"\1\\", told, count=1) if _BEGINS.match(told) else told


def _word(word: str) -> str:
    if not _ALIVE.search(word):
        return _MARKS.sub(r"\\\g<0>", word)
    # In a span a `|` would be escaped in a cell, and only there.
    return "\\|".join(code(part) if part else "" for part in word.split("|"))


def strong(text: str) -> str:
    """The same, to be seen first."""
    return f"**{words(text)}**"


def code(text: str) -> str:
    """A text as it stands, on one line; in a cell its `|` are to be escaped."""
    told = printable(text) or " "
    ticks = "`" * (_longest(told) + 1)
    blank = " " if told[0] == "`" or told[-1] == "`" else ""
    return f"{ticks}{blank}{told}{blank}{ticks}"


def code_cell(text: str) -> str:
    """A text as it stands, in a cell; nothing for none."""
    return code(text).replace("|", "\\|") if text else ""


def fence(lines: Iterable[str], language: str = "") -> str:
    """Lines as they stand; each is made safe to print."""
    told = [printable(line) for line in lines]
    ticks = "`" * max(3, _longest("\n".join(told)) + 1)
    return "\n".join((ticks + language, *told, ticks))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown; nothing without rows."""
    body = [*rows]
    if not body:
        return ""
    return "\n".join(map(_row, (heads, ["---"] * len(heads), *body)))


def items(texts: Iterable[str]) -> str:
    """A list of sentences."""
    return "\n".join(f"- {words(text)}" for text in texts if text)


def page(parts: Iterable[str]) -> str:
    """Paragraphs, without those that are empty."""
    return "\n\n".join(part for part in parts if part)


def sentences(text: str) -> str:
    """A text of a sentence a line."""
    return page(map(words, text.split("\n")))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
