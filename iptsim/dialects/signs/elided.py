"""What a writer puts where lines are left out, and what cuts lines out of a program's output."""

from __future__ import annotations

import re

from iptsim.errors import Place
from iptsim.model import Rule, Unread
from iptsim.regex import regex

GAP = "…\u200b"
"""Stands for what a patch does not show between its hunks; nobody writes it."""
_WORDS = r"snip\w*|cut|omit\w*|truncated|elided|skipped|trimmed|removed|redacted|etc|省略|略"
_LINES = r"\d+ ?(?:more |other |similar )?(?:lines?|rules?|rows?|entries|条|行)"
_OF = r"(?:some |many |other |more )?(?:output|rest|lines?|rules?|rows?)"
_SAID = rf"{_OF} (?:is |are |was |were )?(?:{_WORDS}|left out)"
_MARK = regex(
    r"\s*(?:#+|//|;|\|)?\s*(?:"
    r"(?:\.\s?){2,}.*|…+.*|[.⋮]|etc\.*|and so on\.*|[^\w\s]?(?:此处|中间|以下|其余)?省略.*"
    rf"|[\[(<{{（【]\s*(?:\.{{2,}}|…|(?:{_WORDS}|(?:many )?more|{_SAID})(?![\w=-])|{_LINES})"
    r"[^\])>}）】]*[\])>}）】]\.*"
    rf"|[-=~*]+\s*(?:8<|>8|✂|{_WORDS}|more)\s*[-=~*]*(?:8<)?[-=~*]*|8<|>8|✂"
    rf"|snip|(?:and )?{_LINES}(?: (?:{_WORDS}|left out|more|not shown).*)?\.*"
    r"|(?:and )?(?:many )?more (?:lines|rules|rows|entries)(?: here| below| follow)?\.*"
    r")\s*",
    re.IGNORECASE,
)
_BAR = regex(r"\s*(?:-{4,}|\*{3,}|={3,}|_{3,}|~+)\s*")
_COUNT = regex(r"(\d{1,6}) ?(?:(?:more |other |similar )?(?:lines?|rules?|rows?|entries)|[条行])")
_FILTER = regex(
    r"\|\s*(?:sudo\s+)?(?:\S*/)?"
    r"(?:[ef]?grep|zgrep|rg|ag|ack|head|tail|[gm]?awk|sed|sort|uniq|shuf|findstr|select-string)\b",
    re.IGNORECASE,
)

_KEEPS = regex(r"-restore\b.*\s(?:--nof\w*|-[bcvtw]*n[bcvtw]*)(?=\s|$)")


_MARKS = (".", "[", "(", "<", "{", "-", "=", "~", "*", "_", "8<", ">8", "etc", "and ", "snip", "m")
_COUNTED = ("line", "rule", "row", "entr")


def _may_say(text: str) -> bool:
    """Whether a look is worth while: the expression takes long to compile."""
    bare = text.lstrip().lstrip("#/;|").lstrip().lower()
    counted = bare[:1].isdigit() and any(word in bare for word in _COUNTED)
    return counted or not text.isascii() or bare.startswith(_MARKS)


def says_left_out(text: str) -> bool:
    """Whether a line says that lines are left out here: `...`, `<snip>`, `[… 9 lines …]`."""
    return (
        len(text) < 200 and _may_say(text) and (_MARK.fullmatch(text) is not None or is_bar(text))
    )


def is_bar(text: str) -> bool:
    """Whether a line is a bar: it may as well part two outputs, where no rule follows it."""
    return _BAR.fullmatch(text) is not None


def left_out(text: str, place: Place | None) -> Rule:
    """What stands for the rules that such a line left out."""
    found = _COUNT.search(text)
    count = int(found[1]) if found else None
    told = "" if text == GAP else text.strip()
    return Rule(place=place, unread=Unread(why="elided", text=told, count=count or None))


def is_filtered(call: str) -> bool:
    """Whether a call is known to show a part only of the rules that there are.

    It filters or sorts a program's output, or it is `iptables-restore --noflush <<EOF`, which puts
    the text below it on top of what was there (iptables-restore.c).
    """
    return _FILTER.search(call) is not None or ("<<" in call and _KEEPS.search(call) is not None)
