"""A program and the list of its arguments, as Docker's log and the source of a program tell them.

Sources: moby, iptables.go, `"%s, %v"` of the path and the arguments; Python's subprocess, Go's
os/exec, Ruby's system, Node's spawn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.regex import regex

_CALL = regex(r"\s*(?:/\S*/)?ip6?tables(?:-(?:nft|legacy))?(?P<opens>, \[)[^\[\]]+(?P<ends>\])\s*")
_LISTED = regex(
    r"[\[({,]\s*(?P<quote>[\"'])(?:/[^\"'\s]*/)?ip6?tables(?:-legacy|-nft)?(?P=quote)\s*(?=,)"
)
# Between quotes nothing that a language would read as something else; or an expression.
_ITEM = regex(
    r",\s*(?:(?P<text>\"[^\"\\{}%$`]*\"|'[^'\\{}%]*'|`[^`']*`)"
    r"|(?P<told>[\w.]+(?:\([^()]*\))?|f?\"[^\"\\]*\"|f?'[^'\\]*'))\s*(?=[,\])}])"
)
_BARE = regex(r"[\w.:/,+!-]+")
_CLOSES = regex(r",?\s*[\])}]")
# More arguments than the list has: `[…] + extra`, `[…].concat(extra)`.
_GOES_ON = regex(
    r"\s*(?:\+|\.\.\.|,\s*[\w.]+\.\.\.|\.\s*(?:concat|push|append|extend|add|plus|chain)\b|\)?\s*\.args?\(|\*|\|)"
)


class Arguments:
    """Puts blanks in the place of the signs around the arguments."""

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The call; None for any other line."""
        found = _CALL.fullmatch(line.text)
        if found is None:
            listed = _listed(line)
            return None if listed is None else (listed,)
        start, end = found.span("opens")
        text = line.text[:start] + "   " + line.text[end : found.start("ends")]
        return (replace(line, text=text),)


def find_arguments(lines: Sequence[Line]) -> Arguments | None:
    """Whether a line is such a call.

    Not where a source has one that goes on in the next line: it would be read in part.
    """
    if any(_CALL.fullmatch(line.text) for line in lines):
        return Arguments()
    called = [line for line in lines if _calls(line.text)]
    whole = all(_listed(line) is not None for line in called)
    return Arguments() if called and whole else None


def _calls(text: str) -> re.Match[str] | None:
    """Where a list of arguments begins; a line that is a remark calls nothing."""
    return None if text.lstrip().startswith(("#", "//", "--")) else _LISTED.search(text)


def _listed(line: Line) -> Line | None:
    """`["iptables", "-A", "INPUT", port]` as a shell's words; None where no such list ends here.

    What is no literal is told as a shell tells it, so its rule is unknown.
    """
    opens = _calls(line.text)
    if opens is None:
        return None
    start, place = opens.start("quote"), opens.end()
    words = [_bare(line.text[start:place])]
    while (item := _ITEM.match(line.text, place)) is not None:
        words.append(_word(item))
        place = item.end()
    closes = _CLOSES.match(line.text, place)
    if closes is None or _GOES_ON.match(line.text, closes.end()) is not None:
        return None
    return replace(line.upto(place).behind(start), text="".join(words))


def _word(item: re.Match[str]) -> str:
    """An item with blanks around it, as long as it was."""
    piece = item[0].replace(",", " ", 1)
    if item["told"] is not None:
        name = "$" + "".join(letter if letter.isalnum() else "_" for letter in item["told"][1:])
        return piece.replace(item["told"], name)
    text: str = item["text"][1:-1]
    return _bare(piece) if _BARE.fullmatch(text) else piece.replace("`", "'")


def _bare(piece: str) -> str:
    return piece.replace('"', " ").replace("'", " ").replace("`", " ")
