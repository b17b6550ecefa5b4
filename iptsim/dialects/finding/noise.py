"""What stands around a dump's lines and is no part of them.

Wrappers of all kinds (see `wrappers`), colours, Windows line ends, Markdown fences, an indentation
that every line has. A line knows what was cut from it, so places stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.dialects.wrappers import layers
from iptsim.regex import regex

SAMPLE = 2000
"""So many lines are looked at to find a prefix that all lines share."""

_ANSI = regex(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_HINT = regex(
    r"-[APNI]\s\S|Chain\s\S{1,300}\s\(|:\S{1,80}\s(?:ACCEPT|DROP|-)\s\["
    r"|\*(?:filter|nat|mangle|raw|security)\b|tables\b|target[\s|;,]{1,16}prot\b|COMMIT\b"
    r"|--\s{1,16}\S{1,64}\s{1,64}\S|\"\$@\""
)
# Where only the letter ESC is lost, or is told in letters; an end of a colour shows that they are.
_LOST = regex(r"(?:\^\[|\\(?:x1b|033|e|u001b))?\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m")
_LOST_ENDS = ("[0m", "[m", "[39m", "[0;0m")
_AROUND = 8
# A function that hands its arguments on: its name stands above. So does what a list hangs on.
_PASSED_ON = regex(r"\$[@*1]|[\"']ip6?tables[\"']")
_HEAD = 4
_FENCE = regex(
    r"\s*(?:(?:```|~~~)\s*[\w-]*|\{(?:noformat|code|panel|quote)(?::[^{}]*)?\}"
    r"|\[/?(?:code|quote|pre|spoiler)(?:=[^\[\]]*)?\])\s*$",
    re.IGNORECASE,
)


class Cleaner:
    """Cuts noise off lines; made from a sample of them, which tells what lies around all."""

    def __init__(self, sample: Sequence[str]) -> None:
        shown = [Line(number=0, text=text) for raw in sample if (text := plain(raw)).strip()]
        self.layers = layers(shown)
        rest = [part.text for line in shown for part in self.layers.peeled(line)]
        self._indent = _indentation([text for text in rest if text.strip()])

    @property
    def wrapped(self) -> bool:
        """Whether the sample's lines have anything around them."""
        return bool(self.layers)

    def lines(self, number: int, raw: str) -> Iterator[Line]:
        """The lines of a dump that a line is: none for a fence, many for an escaped text."""
        full = plain(raw)
        for line in self.layers.peeled(Line(number=number, text=full, full=full)):
            if is_fence(line.text):
                yield replace(line, text="")  # no row goes on behind it
                continue
            blanks = len(line.text) - len(line.text.lstrip(" \t"))
            bare = line.behind(min(self._indent, blanks))
            yield replace(bare, text=bare.text.rstrip("\r"))


def clean(lines: Iterable[str]) -> Iterator[Line]:
    """Lines as they stand in a file to lines of a dump, numbered from 1; lazily."""
    source = iter(lines)
    sample = list(islice(source, SAMPLE))
    cleaner = Cleaner(sample)
    for number, raw in enumerate(chain(sample, source), 1):
        yield from cleaner.lines(number, raw)


def plain(raw: str) -> str:
    """A raw line without byte-order mark, line end and terminal escape sequences."""
    text = raw.rstrip("\n").removesuffix("\r")
    if text.startswith("\ufeff"):
        text = text[1:]
    return uncoloured(text)


def is_fence(text: str) -> bool:
    """Whether a line begins or ends a block of code."""
    return _FENCE.match(text) is not None


def uncoloured(text: str) -> str:
    """A text without terminal escape sequences, whole or without their first letter."""
    bare = _ANSI.sub("", text) if "\x1b" in text else text
    lost = "m" in bare and "[" in bare and any(each in bare for each in _LOST_ENDS)
    return _LOST.sub("", bare) if lost else bare


def _indentation(lines: Sequence[str]) -> int:
    """The blanks before every line, as in a Markdown code block."""
    return min((len(text) - len(text.lstrip(" ")) for text in lines), default=0)


def sample(text: str) -> list[str]:
    """Lines in which something of a dump stands, wrapped or not, and those behind them."""
    lines: list[str] = []
    shown = 0  # what stands before it was taken
    found = _HINT.search(text)
    while found is not None and len(lines) < SAMPLE:
        start = max(text.rfind("\n", shown, found.start()) + 1, shown)
        end = _behind_lines(text, found.end(), 1)
        if _PASSED_ON.search(text, start, end):
            start = _above(text, shown, start)
        found = _HINT.search(text, end)
        shown = _behind_lines(text, end, _AROUND)
        if found is not None and found.start() < shown:
            shown = text.rfind("\n", end, found.start()) + 1 or end
        lines += text[start:shown].removesuffix("\n").split("\n")
    return lines[:SAMPLE]


def _above(text: str, shown: int, place: int) -> int:
    """The place some lines further up, but not above `shown`."""
    for _ in range(_HEAD):
        if place <= shown:
            return shown
        place = max(text.rfind("\n", shown, place - 1) + 1, shown)
    return place


def _behind_lines(text: str, place: int, count: int) -> int:
    """The place so many lines further on."""
    for _ in range(count):
        place = text.find("\n", place) + 1
        if not place:
            return len(text)
    return place
