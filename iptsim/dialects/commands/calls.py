"""Calls of iptables in a text: behind a prompt, in a script, in a log; and what each one shows.

One line may hold several (`iptables -L; iptables -t nat -L`): they print in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dialects.commands.shell_variables import CALLED
from iptsim.dialects.parts import Call
from iptsim.dialects.signs.hints import Hint, hint, lists, words
from iptsim.regex import regex

PROGRAM = r"(?:[^\s;&|(/]*+/)*+(?:x|ip6?)tables(?:-(?:nft|legacy))?(?:-(?:save|restore))?(?![\w.-])"
PROMPT = regex(
    rf"\s*(?:(?:\([^)]*\) ?)?(?:\[[^\]]*\]|[\w.@:~/-]++)[^\w\s]*\s*[#$>%]|[$#%>❯➜])\s+"
    r"(?:~\s+)?(?:[>»#$%]\s+)*+"
    rf"(?P<call>(?:\S+\s+){{0,12}}?{PROGRAM}.*)"
)
# What follows a listing in a terminal: `root@node:~#`, `[root@host ~]# exit`
BARE_PROMPT = regex(r"\s*(?:\[[\w.-]+@[^\]]*\]|[\w.-]+@[\w.-]+:[^\s#$]*)\s?[#$](?:\s|$)")
CALL = regex(
    rf"\s*\(?(?:(?:[^\s=]++=\S*+|sudo|exec|command|time|nohup)\s+)*+(?P<call>{PROGRAM}(?:\s.*)?)$"
)
_IN_NAMESPACE = regex(
    r"\s*(?:sudo\s+)?(?:ip netns exec|nsenter|docker exec|kubectl exec)\s"
    rf".*?(?<=\s)(?P<call>{PROGRAM}\s.*)$"
)
# `for port in 80 443; do iptables …`, `[ -x /sbin/iptables ] && iptables …`
_COMPOUND = regex(
    r"\s*(?:(?:for|while|until|if|case|test|then|else|do|!)\s|\[|\(|\{\s|(?:function\s+)?[\w-]+\s*\(\s*\)\s*(?=\{))"
    r".*?(?:[;&|{(]|\b(?:do|then|else))\s*(?:(?:sudo|exec|!)\s+)*+"
    rf"(?<=[\s;&|(])(?P<call>{PROGRAM}\s.*)$"
)
# `start) iptables -F; iptables -P INPUT ACCEPT ;;`
_CASE = regex(
    rf"\s*\(?[\w*|.-]{{1,40}}\)\s+(?:[^;&|]{{1,80}}[;&]+\s+)?(?:(?:sudo|exec)\s+)*+(?P<call>{PROGRAM}\s.*)$"
)
# `$IPT -A …`, `[ "$LAN" ] && "${IPTABLES}" -t nat -A …`: of which program, `variables` tells.
_FILLED_IN = regex(
    r"\s*(?:(?:(?:for|while|until|if|case|test|then|else|do|!)\s|\[|\(|\{\s).{0,400}?"
    r"(?:[;&|{(]|\b(?:do|then|else))\s*)?(?:[A-Za-z_]\w*\(\)\s*\{\s*)?"
    r"(?:(?:sudo|exec|then|else|do|!)\s+)*+(?P<call>[\"']?\$(?:[A-Za-z_]\w*|[1-9]|\{[A-Za-z_]\w*\})[\"']?\s.*)$"
)
LOGGED = regex(
    r"(?:(?:[\w.-]+\s+)?(?:Running command|Executing)[^:]*:|[^\"'\n]{0,160}? -- exec:)"
    rf"\s+(?P<call>{PROGRAM}\s.*)$"
)
_CALLISH = regex(r"tables(?:-(?:nft|legacy))?(?:-save|-restore|\s+-)")
# `for t in filter nat mangle; do iptables -t $t -nL; done`
_LOOP = regex(
    r"\bfor\s+(?P<name>\w+)\s+in\s+(?P<items>[^;\n]{1,256}?)\s*;\s*do\s(?P<body>.*?)(?:;\s*done\b|$)"
)
_MOST_CALLS = 16


def call_in(text: str) -> re.Match[str] | None:
    """The call that a line is, behind whatever stands before it."""
    if "tables" not in text or not _CALLISH.search(text):
        return None
    patterns = (CALL, LOGGED, _IN_NAMESPACE, PROMPT, _COMPOUND, _CASE)
    return next((found for each in patterns if (found := each.match(text))), None)


def filled_call(text: str) -> re.Match[str] | None:
    """The call of a program that a shell variable names: `$IPT -A …`."""
    return _FILLED_IN.match(text) if "$" in text and CALLED.search(text) is not None else None


def _joined(call: Sequence[str]) -> str:
    from shlex import join  # noqa: PLC0415  # few texts hold calls

    return join(call)


def all_calls(text: str, first: str) -> list[Hint]:
    """What each call of a line shows that only looks, in order; `first` is the line from its first.

    None where there is but one call: what it shows, the line tells as it stands.
    """
    loop = _LOOP.search(text)
    whole = "".join(_unrolled(loop)) if loop is not None else first
    shown = [hint(words(_joined(call))) for call in _parted(whole) if any(map(lists, call))]
    return shown if 1 < len(shown) <= _MOST_CALLS else []


def asked(hints: Sequence[Hint]) -> tuple[Call, ...]:
    """The hints as a section holds them."""
    return tuple(Call(table=h.table, chain=h.chain, family=h.family) for h in hints)


def _unrolled(loop: re.Match[str]) -> Iterator[str]:
    name = re.escape(loop["name"])
    for item in loop["items"].split()[:_MOST_CALLS]:
        filled = item.replace("\\", r"\\")
        yield re.sub(rf"\"?\$(?:{name}\b|\{{{name}\}})\"?", filled, loop["body"]) + " ; "


def _parted(text: str) -> Iterator[list[str]]:
    """The words of each call of iptables; a pipe's other end is no call."""
    from shlex import shlex  # noqa: PLC0415  # few texts hold calls

    lexer = shlex(text, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, "#"
    call: list[str] = []
    try:
        for word in lexer:
            if set(word) <= {";", "&"} or word == "||":
                yield from _called(call)
                call = []
            else:
                call.append(word)
    except ValueError:  # a quote that stays open
        return
    yield from _called(call)


def _called(call: Sequence[str]) -> Iterator[list[str]]:
    found = words(_joined(call))
    if found and re.fullmatch(PROGRAM, found[0]):
        yield found[: found.index("|")] if "|" in found else found
