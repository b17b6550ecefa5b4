"""The kinds of a listing's rows: as of a save's lines, by the columns of `iptables -L -n -v`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from iptsim.dialects.quick.operands import (
    ACTING,
    ADDRESS,
    BITS,
    INTERFACE,
    MARK,
    NAME,
    PORT,
    QUOTES,
    SAID,
    SET,
)
from iptsim.extensions.registry import targets
from iptsim.model import VERDICTS
from iptsim.regex import regex

TITLE = " pkts bytes target     prot opt in     out     source               destination         \n"
_COUNT = r"[0-9]{1,19}[KMGTP]?"
_END = r"!?[0-9][0-9.]{6,14}(?:/[0-9]{1,2})?"
ROW = regex(
    rf"^ *{_COUNT} +{_COUNT} +(?:([^\s-]\S*) +)?([A-Za-z0-9!][\w.+-]*) +(--|-f|!f) +(\S+) +(\S+)"
    rf" +({_END}) +({_END}) *((?:(?<= )\S[^\n]*)?)\n",
    re.MULTILINE,
)
"""Target, protocol, option, interfaces in and out, source, destination, and what follows them."""
_ENDS = regex(rf"{ADDRESS}(?:/{BITS})?")
_ENTRY = regex(rf"(?!any$){INTERFACE}")
_CHAIN = regex(NAME)
_TOLD = regex(
    rf"(?:(?<=[ds]pt:){PORT}|(?<=ports ){PORT}(?:,{PORT}){{0,14}}|(?<=/\* ){SAID}{{1,200}}(?= \*/)"
    rf"|(?<=match-set ){SET}|(?<= to:){ADDRESS}|^to:{ADDRESS})(?=[ :\n])",
    re.MULTILINE,
)

Row = tuple[str, ...]


class _Words(dict[str, str]):
    """A column's words to what a kind has in their place."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, word: str) -> str:
        self[word] = found = self._of(word)
        return found


class Columns:
    """Tells the kinds of rows; words once looked at are kept."""

    def __init__(self) -> None:
        known = {*targets(), *VERDICTS, ""}
        ends, entries = _Words(_of_class(_ENDS)), _Words(_of_class(_ENTRY))
        named = _of_class(_CHAIN)
        led = _Words(lambda word: word if word in known else named(word))
        same = _Words(lambda word: word)
        self._words = (led, same, same, entries, entries, ends, ends)
        self.acting = False
        """Whether an operand has words at which the plain reader looks for what happened."""

    def kinds(self, rows: Sequence[Row]) -> Iterator[Row]:
        """The kind of each row, in their order."""
        columns = [*zip(*rows, strict=True)]
        texts = "\n".join(columns[-1]) + "\n"
        marked = _TOLD.sub(MARK, texts)
        self.acting = self.acting or any(texts.count(a) != marked.count(a) for a in ACTING)
        told = marked.split("\n")[:-1]
        if any(quote in text for quote in QUOTES for text in set(told)):
            told = [
                own if any(quote in text for quote in QUOTES) else text
                for text, own in zip(told, columns[-1], strict=True)
            ]
        words = zip(self._words, columns[:-1], strict=True)
        return zip(*(map(known.__getitem__, column) for known, column in words), told, strict=True)


def _of_class(words: re.Pattern[str]) -> Callable[[str], str]:
    """A mark for a word of the class, with the `!` before it; any other word stays."""

    def of(word: str) -> str:
        bare = word.removeprefix("!")
        return word if words.fullmatch(bare) is None else word[: len(word) - len(bare)] + MARK

    return of
