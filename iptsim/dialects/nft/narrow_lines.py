"""Listings of nft as wide as a terminal: cut at its column, or broken there into two lines.

nft indents all but a table's first line and its last (`table_print`, nft's rule.c), so what stands
at the margin goes on with the line above where no line is longer than that one. Of a line that was
cut the last word may be half a word, and what followed is not told.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import pairwise

from iptsim.regex import regex

_LEAST = 40
"""Terminals are no narrower."""
_TAB = 8
_OUTER = regex(
    r"table[ \t]|\}|#|$|[#$%>]|\S+[@:~]\S*[#$%>]|(?:sudo|nft|add|flush|include|define|delete)[ \t]"
)
_LAST = regex(r"\S*$")
_LAST_DEED = regex(
    r"\b(?:masquerade|redirect|reject|[sd]nat|tproxy|queue|log|limit|jump|goto)\b[^{}]*$"
)
"""What may have gone on: a translation without its ports and flags is another one."""
_LAST_QUOTE = regex(r"\"[^\"]*$")
_ENDS = regex(
    r"(?:\b(?:accept|drop|return|continue|notrack|counter|masquerade|redirect|reject|flags|type)"
    r"|\b(?:jump|goto|set|to|typeof|type|handle|bytes|with|level|group|size|vmap)[ \t]\S+"
    r"|[{},;\"\\])$"
)
"""How lines of listings end that are whole, as most are."""
_REST = regex(r"\s*(?:packets|bytes) \d|\s*(?:accept|drop|return|continue)\b")
"""How no rule begins, but for one that asks nothing."""
_QUOTED = regex(r'"[^"]*"')
_OPEN_ENDED = regex(r"[{,\\;]$")


def mended(lines: Sequence[str]) -> Sequence[str]:
    """As many lines: what was broken stands in its first one, what was cut ends in `...`."""
    shown = [line.expandtabs(_TAB) if "\t" in line else line for line in lines]
    full = _full(shown)
    if not full or not _is_printed(shown, full):
        return _unwrapped(shown) or lines
    broken = {at for at in full if at + 1 < len(shown) and _goes_on(shown[at + 1])}
    if broken:
        return _joined(shown, full, broken)
    if not (any(_is_torn(shown[at]) for at in full) or _none_ends([shown[at] for at in full])):
        return lines
    return [_marked(line) if at in full else line for at, line in enumerate(lines)]


def _unwrapped(shown: Sequence[str]) -> Sequence[str] | None:
    """The lines with those joined that a mail broke between words; None where it broke none.

    It breaks before a word that would reach beyond the longest line, and the rest stands at the
    margin.
    """
    width = max(map(len, shown), default=0)
    inner = [line for line in shown if line.strip() and _OUTER.match(line.strip()) is None]
    deep = sum(not _goes_on(line) for line in inner)
    if deep * 2 < len(inner):
        return None
    made, first = list(shown), 0
    for before, at in pairwise(range(len(shown))):
        first = first if made[before] == "" and shown[before] else before
        if (
            shown[before].strip()
            and shown[before].lstrip()[:1] != "#"
            and not shown[at][:1].isspace()
            and _goes_on(shown[at])
            and _is_rest(shown[before], shown[at], width)
        ):
            made[first], made[at] = f"{made[first]} {shown[at].strip()}", ""
    return made if made != list(shown) else None


def _is_rest(above: str, line: str, width: int) -> bool:
    word = line.split(maxsplit=1)[0]
    broken = len(above) + 1 + len(word) > width
    return broken and (_REST.match(line) is not None or _ENDS.search(above.rstrip()) is None)


def _full(shown: Sequence[str]) -> set[int]:
    """The lines than which none is longer, if they may reach a terminal's edge."""
    lengths = [0 if line.lstrip()[:1] == "#" else len(line) for line in shown]
    width = max(lengths, default=0)
    return {at for at, each in enumerate(lengths) if each == width} if width >= _LEAST else set()


def _is_printed(shown: Sequence[str], full: Container[int]) -> bool:
    """Whether nft indented the lines: what a person wrote with fewer blanks is never mended."""
    others = (line for at, line in enumerate(shown) if at - 1 not in full)
    return not any(map(_goes_on, others))


def _goes_on(line: str) -> bool:
    """Whether a line stands at the margin, where nft puts no statement."""
    return len(line) - len(line.lstrip()) < _TAB and _OUTER.match(line.strip()) is None


def _joined(shown: Sequence[str], full: Container[int], broken: Container[int]) -> Sequence[str]:
    made, first = list(shown), 0
    for before, at in pairwise(range(len(shown))):
        if before in full and (before in broken or _goes_on(shown[at])):
            first = first if made[before] == "" else before
            made[first], made[at] = made[first] + shown[at], ""
    return made


def _is_torn(line: str) -> bool:
    """Whether a quote or a brace is open that nft closes in the same line, or a blank ends it."""
    bare = _QUOTED.sub("", line.strip())
    return (
        line[-1:] == " "
        or '"' in bare
        or (bare.count("{") > bare.count("}") and _OPEN_ENDED.search(bare) is None)
    )


def _none_ends(lines: Sequence[str]) -> bool:
    """Whether of several lines none ends as a whole one does, and each in another word.

    Rules of one shape are as long and end alike though they are whole.
    """
    ends = [line.split()[-1:] for line in set(lines)]
    alike = any(ends.count(end) > 1 for end in ends)
    return len(ends) > 1 and not alike and not any(map(_ENDS.search, map(str.rstrip, lines)))


def _marked(line: str) -> str:
    """The line without its last word, and with its braces closed."""
    found = (_LAST_QUOTE if line.count('"') % 2 else _LAST).search(line)
    kept = _LAST_DEED.sub("", line[: found.start()] if found is not None else line)
    if kept.lstrip()[:5] in ("chain", "set "):
        return line
    opened = kept.count("{") - kept.count("}")
    return f"{kept}... {'}' * opened} ..." if opened > 0 else f"{kept}..."
