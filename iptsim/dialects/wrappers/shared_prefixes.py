"""Words that many lines share in front of a dump's: stern's pod and container, pdsh's host, a file.

No list names them all, so they are found by what follows: where lines of a dump begin at one place
behind the same words, those words are none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import is_core, words_before
from iptsim.dialects.signs.two_sides import marking
from iptsim.regex import regex

_DIGITS = regex(r"\d+")
# Stars or code marks around each line are taken off first: the hinder ones would be a word's.
_FRAMED = regex(r"\s*(\*\*?|__|`)\S.*\1\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Cuts such words; their numbers may differ from line to line (a line's number, a time)."""

    prefixes: re.Pattern[str]

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The line behind the words; None where it has none of them."""
        found = self.prefixes.match(line.text)
        return None if found is None else (line.behind(found.end()),)


def find_shared(lines: Sequence[Line]) -> Shared | None:
    """The words before most lines of a dump; with stern those of each pod."""
    framed = sum(_FRAMED.match(line.text) is not None for line in lines)
    if framed * 2 > len(lines) or marking([line.text for line in lines]) is not None:
        return None
    found: Counter[str] = Counter()
    standing = 0
    for line in lines:
        if is_core(line.text):
            standing += 1
            continue
        words = words_before(line.text)
        if words is not None:
            found[_DIGITS.sub("0", words)] += 1
    if sum(found.values()) <= standing or not found:
        return None
    known = [words for words, count in found.items() if count > 1 or _before_most(words, lines)]
    return Shared(prefixes=_pattern(known)) if known else None


def _before_most(words: str, lines: Sequence[Line]) -> bool:
    begins = sum(_DIGITS.sub("0", line.text).startswith(words) for line in lines)
    return begins * 2 > len(lines)


def _pattern(prefixes: Sequence[str]) -> re.Pattern[str]:
    """Longer ones first; a line that is empty behind them may have lost its last blank.

    Lines around those that grep found have `-` where these have `:` (grep(1), -C).
    """
    ordered = sorted(prefixes, key=len, reverse=True)
    return re.compile("|".join(map(_one, ordered)))


def _one(words: str) -> str:
    literal = r"\d+".join(map(re.escape, words.rstrip().split("0")))
    if words.endswith(":"):
        literal = re.sub(r":(?=\\d\+:$|$)", "[:-]", literal)
    return literal + r"(?: |\t|$)" * words[-1].isspace()
