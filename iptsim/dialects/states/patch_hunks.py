"""The hunks of a patch: which lines both dumps have there, as their headers count them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from iptsim.dataclass import dataclass
from iptsim.dialects.parts import Line
from iptsim.regex import regex

# What a mail, a list or a code block puts before every line.
_LEAD = r"(?P<lead>[^\w@*\n-]{0,20})"
UNIFIED = regex(
    _LEAD + r"@@ -(?P<a>\d{1,9})(?:,(?P<b>\d{1,9}))? \+(?P<c>\d{1,9})(?:,(?P<d>\d{1,9}))? @@"
)
NORMAL = regex(
    r"(?P<lead>[^\w@*\n<>-]{0,20})"
    r"(?P<a>\d{1,9})(?:,(?P<b>\d{1,9}))?(?P<how>[acd])(?P<c>\d{1,9})(?:,(?P<d>\d{1,9}))?\s*"
)
CONTEXT = regex(_LEAD + r"\*\*\* (?P<a>\d{1,9})(?:,(?P<b>\d{1,9}))? \*\*\*\*\s*")
_CONTEXT_AFTER = regex(r"--- (?P<a>\d{1,9})(?:,(?P<b>\d{1,9}))? ----\s*")
_BEGINS = regex(
    r"@@ -\d|diff -|diff --git |Index: |--- \S|\*{15}|\*\*\* \S|-- ?$|(?:```|~~~)|</(?:pre|code)"
)
# A line that lost its blank and reads as one that was taken out: `-A INPUT …`, `-P INPUT DROP`.
_BARE_RULE = regex(r"-[APNI] \S")
_MARK = regex(r"@@ -\d|\*\*\* \d+(?:,\d+)? \*\*\*\*|^\d+(?:,\d+)?[acd]\d", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """The lines of both dumps in one place; `first` and `beyond` number lines of a dump.

    `line` is the hunk's header, `end` its last line, `file` counts the files of the patch.
    `above` and `below` are how many lines of context it shows there. `exact`: it has as many lines
    as its header counts. `unended`: it says that no line end is behind the last line.
    """

    number: int
    file: int
    line: Line
    end: Line
    first: int
    beyond: int
    first_after: int
    beyond_after: int
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    above: int
    below: int
    exact: bool
    unended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The lines below a hunk's header, each with its sign: blank, `-` or `+`."""

    signed: tuple[tuple[str, Line], ...]
    exact: bool
    unended: bool = False


def may_be_patch(text: str) -> bool:
    """Whether a quick look finds what may be the header of a hunk."""
    return _MARK.search(text) is not None


def hunks(lines: Sequence[Line]) -> Iterator[Hunk]:
    """The hunks of these lines, in order."""
    heads = list(_heads(lines))
    for number, (at, found, file) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(lines)
        below = [_cut(line, found["lead"]) for line in lines[at + 1 : end]]
        yield _hunk(number, file, lines[at], found, below)


def _heads(lines: Sequence[Line]) -> Iterator[tuple[int, re.Match[str], int]]:
    """Each hunk's header: the place of its line, what it tells, and the number of its file."""
    file, fresh = 0, False
    kind = _kind(lines)
    for at, line in enumerate(lines):
        text = line.text.lstrip("> \t|")
        fresh = fresh or (kind is not NORMAL and text.startswith(("--- ", "*** ", "diff ")))
        found = kind.match(line.text) if kind is not None else None
        if found is None or not (kind is not NORMAL or _is_normal(lines, at, found)):
            continue
        named = kind is UNIFIED and _named(lines, at)
        file += bool(named and file) or (not file)
        yield at, found, file


def _named(lines: Sequence[Line], at: int) -> bool:
    """Whether the names of two files stand right above a hunk: `--- a`, `+++ b`."""
    above = lines[at - 1].text.lstrip("> \t|") if at else ""
    return above.startswith("+++ ")


def _kind(lines: Sequence[Line]) -> re.Pattern[str] | None:
    """The form of a text's hunks."""
    for kind in (UNIFIED, CONTEXT):
        if any(kind.match(line.text) for line in lines):
            return kind
    normal = (
        found is not None and _is_normal(lines, at, found)
        for at, line in enumerate(lines)
        if (found := NORMAL.fullmatch(line.text))
    )
    return NORMAL if any(normal) else None


def _is_normal(lines: Sequence[Line], at: int, found: re.Match[str]) -> bool:
    """Whether a line such as `5c5` has lines below it as plain diff writes them."""
    if NORMAL.fullmatch(lines[at].text) is None or at + 1 >= len(lines):
        return False
    sign = "> " if found["how"] == "a" else "< "
    return _cut(lines[at + 1], found["lead"]).text.startswith(sign)


def _cut(line: Line, lead: str) -> Line:
    """The line without what every line of the patch begins with."""
    if not lead or not line.text.startswith(lead.rstrip()):
        return line
    cut = len(lead) if line.text.startswith(lead) else len(lead.rstrip())
    return line.behind(cut)


def _hunk(number: int, file: int, line: Line, found: re.Match[str], below: list[Line]) -> Hunk:
    counted = tuple(_count(found, name) for name in ("b", "d")) if "d" in found.groupdict() else ()
    starts = int(found["a"]), int(found["c"]) if counted else 0
    if found.re.pattern == CONTEXT.pattern:
        body, starts, counted = _context(found, below)
    elif found.re.pattern == NORMAL.pattern:
        body, counted = _normal(found, below)
    else:
        body = _unified(below, *counted)
    firsts = [start + (not count) for start, count in zip(starts, counted, strict=True)]
    signs = [sign for sign, _ in body.signed]
    return Hunk(
        number=number, file=file, line=line,
        end=body.signed[-1][1] if body.signed else line,
        first=firsts[0], beyond=firsts[0] + counted[0],
        first_after=firsts[1], beyond_after=firsts[1] + counted[1],
        before=tuple(each for sign, each in body.signed if sign in " -"),
        after=tuple(each for sign, each in body.signed if sign in " +"),
        above=_context_width(signs), below=_context_width(signs[::-1]),
        exact=body.exact, unended=body.unended,
    )  # fmt: skip


def _context_width(signs: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda sign: sign == " ", signs))


def _count(found: re.Match[str], name: str) -> int:
    return 1 if found[name] is None else int(found[name])


def _unified(below: Sequence[Line], old: int, new: int) -> _Body:
    """As many lines as the header counts; all that look like lines of a hunk where it errs."""
    signed: list[tuple[str, Line]] = []
    left = {" ": min(old, new), "-": old, "+": new}
    for line in below:
        if not (left["-"] or left["+"]):
            break
        if _BEGINS.match(line.text) and not _is_content(line.text, left):
            break
        sign = _sign(line.text)
        if sign is None or (sign == " " and not line.text.strip() and not left[" "]):
            continue
        if not left[sign]:
            return _Body(signed=tuple(_leniently(below)), exact=False)
        signed.append((sign, _content(line)))
        left["-"] -= sign != "+"
        left["+"] -= sign != "-"
        left[" "] = min(left["-"], left["+"])
    unended = any(line.text.startswith("\\ No newline") for line in below[: len(signed) + 64])
    return _Body(signed=tuple(signed), exact=not (left["-"] or left["+"]), unended=unended)


def _is_content(text: str, left: dict[str, int]) -> bool:
    """Whether a line that looks like the next file's name may be one that was taken out."""
    return text.startswith("--") and left["-"] > 0 and text[1:3] in ("-A", "-P", "-N", "-I")


def _leniently(below: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    for line in below:
        if _BEGINS.match(line.text):
            return
        sign = _sign(line.text)
        if sign is not None:
            yield sign, _content(line)


def _sign(text: str) -> str | None:
    """The sign of a hunk's line; None for one that its writer put between."""
    if not text.strip():
        return text[:1] if text[:1] in ("+", "-") else " "
    if _BARE_RULE.match(text) or text[0] in ":*" or text.startswith(("COMMIT", "Chain ")):
        return " "
    return text[0] if text[0] in " +-" else None


def _content(line: Line) -> Line:
    """What a line of a hunk says behind its sign; one that lost it is whole."""
    cut = 1 if line.text[:1] in (" ", "+", "-") and not _BARE_RULE.match(line.text) else 0
    return line.behind(cut)


def _normal(found: re.Match[str], below: Sequence[Line]) -> tuple[_Body, tuple[int, int]]:
    """`< ` is of the dump before, `> ` of the one after; there is no context."""
    how = found["how"]
    spans = [int(found[end] or found[start]) - int(found[start]) + 1 for start, end in ("ab", "cd")]
    counted = (0 if how == "a" else spans[0], 0 if how == "d" else spans[1])
    signs = {"<": "-", ">": "+"}
    signed = tuple(
        (signs[line.text[0]], line.behind(2)) for line in below if line.text[:2].rstrip() in signs
    )
    found_counts = tuple(sum(sign == each for sign, _ in signed) for each in "-+")
    return _Body(signed=signed, exact=found_counts == counted), counted


def _context(
    found: re.Match[str], below: Sequence[Line]
) -> tuple[_Body, tuple[int, int], tuple[int, int]]:
    """Both dumps' lines one after the other; a side in which nothing changed may be left out."""
    at = next((n for n, line in enumerate(below) if _CONTEXT_AFTER.match(line.text)), None)
    parted = _CONTEXT_AFTER.match(below[at].text) if at is not None else None
    before = list(_marked(below[:at]))
    after = list(_marked(below[at + 1 :])) if at is not None else []
    starts = int(found["a"]), int(parted["a"]) if parted else int(found["a"])
    before, after = (
        before or [e for e in after if e[0] == " "],
        after or [e for e in before if e[0] == " "],
    )
    counted = len(before), len(after)
    told = [_span(each) for each in (found, parted) if each is not None]
    exact = len(told) == 2 and tuple(told) == counted
    signed = (*(("-", line) for _, line in before), *(("+", line) for _, line in after))
    return _Body(signed=signed, exact=exact), starts, counted


def _span(found: re.Match[str]) -> int:
    start, end = int(found["a"]), found["b"]
    return int(end) - start + 1 if end is not None else int(start > 0)


def _marked(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    for line in lines:
        if _BEGINS.match(line.text):
            return
        if line.text[:2] in ("  ", "- ", "+ ", "! ") or not line.text.strip():
            sign = "!" if line.text[:1] not in ("", " ") else " "
            yield sign, line.behind(2)
