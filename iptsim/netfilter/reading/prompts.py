"""The lines that a program printed, without the prompt at which somebody called it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim.regex import regex

PROMPT = regex(
    r"\s*(?:\[[^\]\n]{1,60}\][#$%>]?|[^\s#$%>]{0,60}(?:[ :][^\s#$%>]{0,60})?[#$%>]|\+)?\s*"
    r"(?:sudo(?:\s+-\S+)*\s+)?(?:/\S*/)?(?:busybox\s+)?"
    r"(?P<program>ip|ifconfig|route|netstat|sysctl|ipset|ss)\b(?P<words>(?:\s+[\w.,:/=*-]+)*)\s*"
)
"""A command line: a prompt, if any, and the program's name with its words."""
_COLOUR = regex(r"\x1b\[[0-9;]*[A-Za-z]")


def called(line: str) -> re.Match[str] | None:
    """The program that a line calls at a prompt; None for any other line."""
    found = PROMPT.fullmatch(line)
    return None if found is None or found.start("program") == 0 else found


def printed_lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, but for blank ones and those that call a program."""
    bare = _COLOUR.sub("", text.removeprefix("\ufeff"))
    for number, line in enumerate(bare.splitlines(), 1):
        shown = line.rstrip("\r")
        if shown.strip() and called(shown) is None:
            yield number, shown.rstrip() if shown[:1].isspace() else shown
