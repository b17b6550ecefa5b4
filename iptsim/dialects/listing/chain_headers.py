"""The headers and titles of a listing, whatever stands around them or broke them.

People print headers in bold, quote them, write notes behind them; logs date an output's first
line; mails and terminals break lines. What looks like a header and cannot be read begins a chain
whose name nobody knows, so that the rows behind it are never those of the chain before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import replace
from iptsim.dialects.parts import UNTOLD, Line
from iptsim.regex import regex

_POLICY = r"policy (?:ACCEPT|DROP|QUEUE)(?: \d+[KMGTP]? packets, \d+[KMGTP]? bytes)?"
_TOLD = rf"Chain \S+ \((?:{_POLICY}|-?\d+ references?|ERROR obtaining refs)\)"
_COUNT = r"\d{1,20}[KMGTP]?"  # 64 bits
HEADER = regex(
    r"\s*Chain (?P<name>\S+) \((?:policy (?P<policy>ACCEPT|DROP|QUEUE)"
    rf"(?: (?P<packets>{_COUNT}) packets, (?P<bytes>{_COUNT}) bytes)?"
    r"|(?P<references>-?\d{1,64}) references?"
    r"|ERROR obtaining refs)\)\s*$"
)
_COLUMNS = (
    r"(?P<num>num\s+)?(?P<counters>pkts\s+bytes\s+)?target\s+prot\s+(?P<opt>opt\s+)?"
    r"(?P<via>in\s+out\s+)?source\s+destination"
)
TITLE = regex(rf"\s*{_COLUMNS}\s*$")
# The words around a header: a log's date, a mark, a tag; a note behind it begins with a sign.
_AROUND = regex(rf"(?P<before>[^\n]{{0,120}}?)(?P<told>{_TOLD})(?P<after>[^\n]*)")
_PLAIN_BEFORE = regex(r"(?:[^A-Za-z]|</?[a-z][^<>]*>|&[a-z]+;|[A-Z]++(?![a-z]))*")
_LEAD = regex(r"[^\w\s*`\"']{1,3}\s?")
_TITLE_AROUND = regex(
    rf"(?:[^\w\n]|</?[a-z][^<>\n]*>){{0,60}}(?P<told>{_COLUMNS})(?:[^\w\n]|</?[a-z][^<>\n]*>)*"
)
_LOOKS = regex(r"[^\w\n]{0,20}Chain\s+(?P<name>[^\s()*`\"']*)(?P<rest>[^\n]*)")
_STATE = regex(
    r"\s*\(\s*(?:policy (?P<policy>ACCEPT|DROP|QUEUE)(?![A-Za-z])|policy|-?\d+ ref|ERROR )"
)
_TITLE_BEGINS = regex(r"\s*(?:num\s+)?(?:pkts\s+bytes\s+)?target\s+prot(?:\s|$)")
_TITLE_WORDS = (
    "num",
    "pkts",
    "bytes",
    "target",
    "prot",
    "opt",
    "in",
    "out",
    "source",
    "destination",
)
UNREADABLE = f"Chain {UNTOLD} (ERROR obtaining refs)"
"""Stands for a line that looks like a header and tells no chain's name."""
_LONGEST_COMMENT = 300
_MARKS = "`\"'"


def is_header(text: str) -> bool:
    """Whether a line is a chain's header, with what people and logs put around it."""
    return "Chain" in text and (HEADER.match(text) is not None or _dressed(text) is not None)


def lead(text: str) -> str:
    """The mark before a header that the lines below may have, too: `# `, `| `, `> `."""
    found = _AROUND.match(text) if "Chain" in text else None
    return found["before"] if found is not None and _LEAD.fullmatch(found["before"]) else ""


def looks_like_header(text: str) -> bool:
    """Whether a line begins as a header does, readable or not."""
    found = _LOOKS.match(text) if "Chain" in text else None
    return found is not None and _STATE.match(found["rest"]) is not None


def is_guessed(text: str, bare: str) -> bool:
    """Whether of a broken header only as much was read as it tells; `bare` is what was."""
    return bare not in (text, UNREADABLE) and not is_header(text) and bare == _guessed(text)


def is_title(text: str) -> bool:
    """Whether a line is the title of a chain's columns, or the beginning of one."""
    return "target" in text and (
        TITLE.match(text) is not None
        or _TITLE_AROUND.fullmatch(text) is not None
        or is_half_title(text)
    )


def is_half_title(text: str) -> bool:
    """Whether a line is a title that breaks off before its last column."""
    if _TITLE_BEGINS.match(text) is None or TITLE.match(text):
        return False
    *words, last = text.split()
    return all(word in _TITLE_WORDS for word in words) and any(
        word.startswith(last) for word in _TITLE_WORDS
    )


def mended(lines: Sequence[Line]) -> list[Line]:
    """The lines of a listing with its headers and titles bare, each on a line of its own.

    A title that breaks off is completed, and its line marked as cut.
    """
    marked = ""
    done: list[Line] = []
    rest = iter(range(len(lines)))
    for at in rest:
        line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else None
        if line.text and not line.text.strip() and done and done[-1].text.strip():
            continue  # the blanks at the end of a line that was broken
        if line.text.startswith("*/") and done and _is_open(done[-1].text):
            done[-1] = done[-1].with_rest(f"{done[-1].text.rstrip()} {line.text}", [line])
            continue
        bare, used = _bare(line, following)
        marked = marked or _mark(line, bare)
        done.append(bare)
        if used:
            next(rest, None)
    return _unmarked(done, marked)


def _is_open(text: str) -> bool:
    return text.rfind("/* ") > text.rfind(" */")


def _bare(line: Line, following: Line | None) -> tuple[Line, bool]:
    """The header or title that a line is, bare, and whether it took the following line too."""
    text = line.text
    if ("Chain" not in text and "target" not in text) or HEADER.match(text) or TITLE.match(text):
        return line, False
    found = _dressed(text, following) or _TITLE_AROUND.fullmatch(text)
    if found is not None:
        return line.upto(found.end("told")).behind(found.start("told")), False
    joined = with_next(text, following)
    if joined is not None:
        return replace(line, text=joined), True
    if is_half_title(text):
        return replace(line, text=_completed(text), cut=True), False
    heads = looks_like_header(text) or _heads(text, following)
    return (replace(line, text=_guessed(text)) if heads else line), False


def _dressed(text: str, following: Line | None = None) -> re.Match[str] | None:
    """Words before a header are a log's where a title follows; in prose none does."""
    found = _AROUND.match(text)
    if found is None or _PLAIN_BEFORE.fullmatch(found["before"]):
        return found
    titled = following is not None and is_title(following.text)
    return found if titled else None


def with_next(text: str, following: Line | None) -> str | None:
    """A header or title that goes on in the next line; the break may be within a word."""
    if following is None or not following.text.strip():
        return None
    if not (_LOOKS.match(text) or is_half_title(text)):
        return None
    joined = (text + gap + following.text for gap in ("", " "))
    return next((each for each in joined if HEADER.match(each) or TITLE.match(each)), None)


def _completed(text: str) -> str:
    """A title with the columns that its beginning promises; -v prints counters and interfaces."""
    words = text.split()
    counters = "pkts" in words
    asked = {"num": "num" in words, "pkts": counters, "bytes": counters, "in": counters}
    asked |= {"out": counters, "opt": "opt" in words or len(words) < len(_TITLE_WORDS) - 2}
    return " ".join(word for word in _TITLE_WORDS if asked.get(word, True))


def _heads(text: str, following: Line | None) -> bool:
    """Whether `Chain NAME`, with anything behind it, stands right above a title."""
    return (
        _LOOKS.match(text) is not None
        and following is not None
        and _TITLE_BEGINS.match(following.text) is not None
    )


def _guessed(text: str) -> str:
    """The header with what can be read of it: its name, its policy where that word is whole."""
    found = _LOOKS.match(text)
    if found is None or not found["name"] or not (found["rest"] or found["name"].endswith(":")):
        return UNREADABLE
    state = _STATE.match(found["rest"])
    told = f"policy {state['policy']}" if state and state["policy"] else "ERROR obtaining refs"
    return f"Chain {found['name'].rstrip(':,;')} ({told})"


def _mark(line: Line, bare: Line) -> str:
    """The quote mark or backtick that stood glued to a header: inline code."""
    cut = line.text[: bare.shift - line.shift].strip()
    return cut[-1] if cut and cut[-1] in _MARKS else ""


def _unmarked(lines: list[Line], mark: str) -> list[Line]:
    """The last line without the mark that closes what the first header's opened."""
    last = next((at for at in reversed(range(len(lines))) if lines[at].text.strip()), None)
    if not mark or last is None:
        return lines
    text = lines[last].text.rstrip()
    if text.endswith(mark) and text.count(mark) % 2:
        lines[last] = replace(lines[last], text=text.rstrip(mark))
    return lines


def without_open_comments(lines: list[Line]) -> tuple[list[Line], bool]:
    """The lines with each comment that breaks off marked as cut, and whether there are such.

    A comment may hold line breaks, so one that is never closed would take rows and headers with it
    up to the end of another. Which of both it is nobody can tell.
    """
    done = list(lines)
    for at, line in enumerate(lines):
        begin = line.text.rfind("/* ")
        if _is_open(line.text) and _breaks_off(lines, at, begin):
            text = line.text[:begin] + line.text[begin:].replace("/*", "/ *")
            done[at] = replace(line, text=text, cut=True)
    return done, done != lines


def _breaks_off(lines: Sequence[Line], at: int, begin: int) -> bool:
    """Whether another comment, a header or a title begins before this one ends."""
    room = _LONGEST_COMMENT - len(lines[at].text) + begin
    for line in lines[at + 1 :]:
        begins, ends = line.text.find("/* "), line.text.find(" */")
        if HEADER.match(line.text) or TITLE.match(line.text) or 0 <= begins < max(ends, begins + 1):
            return ends < 0 or begins < ends
        room -= len(line.text)
        if ends >= 0 or room < 0:
            return False
    return False
