"""Lines of a regular save, parted into what may differ between chains that do alike, and the rest.

An operand that may differ asks for, or gives, one value: an address, a port, a chain, a comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from iptsim.dialects.quick.operands import ADDRESS, NAME, PORT, QUOTES, SAID
from iptsim.extensions.registry import targets
from iptsim.late_rules import Parted
from iptsim.model import VERDICTS
from iptsim.regex import regex

_LED = regex(r" -[jg] ([^ \n]+)")
_COUNTERS = regex(r"^\[[0-9]+:[0-9]+\] ", re.MULTILINE)
_WORDS = regex(r"((?:[0-9]+\.){3}[0-9]+|[A-Za-z0-9]+)")


@cache
def _operands() -> re.Pattern[str]:
    known = "|".join(sorted(map(re.escape, {*targets(), *VERDICTS}), key=len, reverse=True))
    return re.compile(
        rf"((?<= -[sd] ){ADDRESS}(?=/32 )|(?<= --[sd]port ){PORT}(?=[ \n])"
        rf"|(?<= --to-destination ){ADDRESS}(?::{PORT})?(?=[ \n])"
        rf"|(?<= -[jg] )(?!(?:{known})[ \n]){NAME}(?=[ \n])|(?<=-A ){NAME}(?=[ \n])"
        rf'|(?<= --comment )(?:"{SAID}{{1,200}}"|[A-Za-z0-9]{{1,200}})(?=[ \n]))'
    )


def parted(lines: Sequence[tuple[int, str]]) -> Parted | None:
    """The lines of a chain, each with its number; None where one has a quote of another kind."""
    text = "".join([f"{line}\n" for _number, line in lines])
    parts = _operands().split(_COUNTERS.sub("", text) if text[:1] == "[" else text)
    rest, operands = tuple(parts[::2]), parts[1::2]
    if any(quote in piece for piece in rest for quote in QUOTES):
        return None
    words = _WORDS.split("\n".join(operands))
    values = [v for one in operands for v in (one.split(":") if one[0].isdigit() else (one,))]
    return Parted(
        shape=(rest, tuple(words[::2])),
        values=tuple(values),
        words=(*words[1::2], *(str(number) for number, _line in lines)),
        led=tuple(_LED.findall(text)),
        leads=tuple(_LED.search(line) is not None for _number, line in lines),
    )
