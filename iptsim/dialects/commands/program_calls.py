"""Calls of iptables in a program's source, told as commands: `run(["iptables", "-A", "INPUT"])`.

For sources that one line of a call does not tell: a list over several lines, one that is made
longer, calls in branches and loops. What is no literal stands as a shell's variable, what may not
be carried out behind a test, so both are unknown. A source is indented as its blocks are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass
from iptsim.regex import regex

_PROGRAM = r"(?:/[^\"'\s]*/)?ip6?tables(?:-legacy|-nft)?"
_OPENS = regex(
    rf"[\[({{,]\s*(?P<quote>[\"'])(?P<name>{_PROGRAM})(?P=quote)\s*(?=,|$|\)\s*\.args?\()"
)
_AT_START = regex(rf"\s*(?P<quote>[\"'])(?P<name>{_PROGRAM})(?P=quote)\s*,")
_LEFT_OPEN = regex(r".*[\[({,]\s*\Z")
_ITEM = regex(
    r"\s*,\s*(?:(?P<text>\"[^\"\\{}%$`]*\"|'[^'\\{}%]*'|`[^`$]*`)"
    r"|(?P<told>[A-Za-z_*&][\w.]*(?:\[[^\[\]]*\]|\([^()]*\))*|[fub]?\"[^\"\\]*\"|[fub]?'[^'\\]*'"
    r"|`[^`]*`))\s*(?=[,\])}])"
)
# `"iptables", ["-A", …`, `new("iptables").arg("-A").args(&[…`: the same list in pieces.
_INNER = regex(r"\s*(?:,|\)\s*\.args\()\s*&?\[\s*|\s*\)\s*\.arg\(\s*")
_NEXT = regex(r"(?<=[\"'])\s*\)\s*\.args?\(\s*(?:&?\[\s*)?(?=[\"'])")
_CLOSES = regex(r"\s*,?\s*[\])}]")
_MORE = regex(
    r"\s*(?:\+|\.\.\.|\.\s*(?:concat|push|append|extend|add|plus|chain)\b|\)?\s*\.args?\(|\*|\|)"
)
_SPREAD = regex(r"\s*,\s*(?:\*|\.\.\.)?[\w.]+(?:\.\.\.)?\s*[\])}]")
_BRANCH = regex(
    r"\s*(?:\}\s*)?(?:if|elif|else|for|while|switch|case|except|unless|rescue|when|elsif)\b"
)
_CHECK = regex(r"\s*if\s+(?:\w+\s*,\s*)*err\s*:?=|\s*if\s+err\s*!=\s*nil")
_LEAVES = regex(r"\s*(?:return|continue|break|raise|throw|(?:sys|os)\.exit|exit|process\.exit)\b")
_LITERAL = regex(r"\"[^\"\\]*\"|'[^'\\]*'|`[^`]*`")
_EDITS = regex(r"-[AIDRPFNXE]|--(?:append|insert|delete|replace|policy|flush|new-chain)")
_REMARKED = regex(r"\s(?://|#)\s[^\"'`]*\Z")
_REMARK = ("#", "//", "--", "*")
_BARE = regex(r"[\w.:/,+!-]+")
_MOST_LINES = 40
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """The words of a call, the lines that it takes, and whether it is told whole on one."""

    words: tuple[str, ...]
    line: int
    lines: int
    plain: bool


def program_calls(text: str) -> str:
    """The text with each call as a command on its line, if a call needs it; else as it stands."""
    lines = text.split("\n")
    calls = list(_calls(lines))
    hung = [_hangs(lines, call.line) for call in calls]
    if all(call.plain for call in calls) and not any(hung):
        return text
    for call, hangs in zip(calls, hung, strict=True):
        test = f"[ {hangs} ] && " if hangs else ""
        lines[call.line] = test + " ".join(call.words)
        lines[call.line + 1 : call.line + call.lines] = [""] * (call.lines - 1)
    return "\n".join(lines)


def _calls(lines: Sequence[str]) -> Iterator[_Call]:
    number = 0
    while number < len(lines):
        call = _call(lines, number)
        if call is not None:
            yield call
        number += call.lines if call is not None else 1


def _call(lines: Sequence[str], number: int) -> _Call | None:
    """The call whose list of arguments names the program on that line."""
    text = lines[number]
    if "tables" not in text or text.lstrip().startswith(_REMARK) or len(text) > _LONGEST:
        return None
    found = _OPENS.search(text)
    if found is None and number and _LEFT_OPEN.match(lines[number - 1]):
        found = _AT_START.match(text)
    return (
        None if found is None else _arguments(lines, number, found["name"], found.end("name") + 1)
    )


def _arguments(lines: Sequence[str], number: int, name: str, start: int) -> _Call | None:
    """What is told from `start` on, behind the program's name.

    Where no list of plain items ends, what literals tell; None where these edit no rules.
    """
    whole = _uncommented(lines[number])
    for more in range(_MOST_LINES):
        if number + more >= len(lines) or len(whole) > _LONGEST:
            break
        whole = whole if more == 0 else f"{whole} {_uncommented(lines[number + more]).strip()}"
        whole = _as_one(whole, start)
        words, end = _words(whole, start, name)
        spread = _SPREAD.match(whole, end)
        closes = spread or _CLOSES.match(whole, end)
        if closes is not None:
            longer = spread is not None or _MORE.match(whole, closes.end()) is not None
            kept = _with_more(words) if longer else words
            plain = whole == lines[number] and not longer
            return _Call(words=kept, line=number, lines=more + 1, plain=plain)
    told = [each[1:-1] for each in _LITERAL.findall(lines[number][start:])]
    if not any(map(_EDITS.fullmatch, told)):
        return None
    bare = (each if _BARE.fullmatch(each) else "$more" for each in told)
    return _Call(words=_with_more((name, *bare)), line=number, lines=1, plain=False)


def _as_one(text: str, start: int) -> str:
    """The call with all its arguments in one list."""
    inner = _INNER.match(text, start)
    if inner is None:
        return text
    return f"{text[:start]}, {_NEXT.sub(', ', text[inner.end() :])}"


def _with_more(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a call with others that are not told; where no command is, in any chain."""
    if any(map(_EDITS.fullmatch, words)):
        return (*words, "$more")
    return (*words, "-t", "$more", "-A", "$more")


def _uncommented(text: str) -> str:
    return "" if text.lstrip().startswith(_REMARK) else _REMARKED.sub("", text.rstrip())


def _words(text: str, place: int, name: str) -> tuple[tuple[str, ...], int]:
    """The program and the items behind it, as a shell's words, and where they end."""
    words = [name]
    while (item := _ITEM.match(text, place)) is not None:
        if item["told"] is not None and item["told"].startswith("*"):
            break
        words.append(_word(item["text"], item["told"]))
        place = item.end()
    return tuple(words), place


def _word(literal: str | None, told: str | None) -> str:
    if literal is None:
        return "$" + "".join(letter if letter.isalnum() else "_" for letter in told or "")[:60]
    text = literal[1:-1]
    return text if _BARE.fullmatch(text) else "'" + text.replace("'", "") + "'"


def _hangs(lines: Sequence[str], number: int) -> str:
    """The branch that a line stands in, or one above that may have left; "" for neither."""
    above = next((text for text in _around(lines, number) if _branches(text)), "")
    if above:
        return _told(above)
    for at in range(max(0, number - 400), number):
        left = _LEAVES.match(lines[at]) is not None
        if left and any(map(_branches, _around(lines, at))):
            return _told(next(text for text in _around(lines, at) if _branches(text)))
    return ""


def _branches(text: str) -> bool:
    return _BRANCH.match(text) is not None and _CHECK.match(text) is None


def _around(lines: Sequence[str], number: int) -> Iterator[str]:
    """A line and those that its block stands in, the inner first."""
    yield lines[number]
    indent = _indent(lines[number])
    for text in reversed(lines[max(0, number - 400) : number]):
        if indent == 0:
            return
        if text.strip() and _indent(text) < indent:
            indent = _indent(text)
            yield text


def _indent(text: str) -> int:
    return len(text.expandtabs(8)) - len(text.expandtabs(8).lstrip(" "))


def _told(text: str) -> str:
    """A branch as words that no shell reads."""
    return " ".join(
        "".join(each if each.isalnum() or each in "_.=" else " " for each in text).split()
    )[:60]
