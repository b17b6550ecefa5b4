"""Marks around each line: quotes, boxes, numbers, bullets, HTML, and what stands for a blank."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from iptsim.dataclass import replace
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import (
    BLANKS,
    heads,
    is_core,
    is_statement,
    is_sure,
    may_hold,
    stands_bare,
)
from iptsim.dialects.signs.two_sides import marking
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.regex import regex

Peel = Callable[[Line], tuple[Line, ...] | None]

_BARS = frozenset("│┃║▏▎▌┊┆|")
_MOST_TAGS = 8
_BORDER = regex(r"\s*[┌╭┏╔├┣╠└╰┗╚+|][─━═┄┈┬┴┼╦╩╬┳┻╋+|: -]*+[┐╮┓╗┤┫╣┘╯┛╝+|]?\s*\Z")
_QUOTED = regex(r"\s*(?:[>»] ?)+")
_NUMBERED = regex(r"\d+[:-]|\s*\d+(?:\t|\s?[|│┊] ?|[:.)] ?| |\Z)")
_NUMBER = regex(r"\s*(\d{1,9})")
_BULLET = regex(r"\s*(?:[-*•·‣]|\++|\d+[.)]|[-=]{1,4}>|[→➜➔⇒])(?: |\t|$)")
_INLINE = regex(r"\s*(\*\*|__|\*(?!\*)|`{1,3})(?P<inner>\S.*)\1\s*\Z")
# Markdown's and HTML's, Jira's `{color:red}` and `{noformat}`, a board's `[code]`.
_BOLD = regex(
    r"\*\*|```|</?(?:b|strong|em|i|u|mark)>|\{(?:color|code|noformat|quote|panel)(?::[^{}]*)?\}"
    r"|\[/?(?:code|b|i|u|s|color|size|font|quote|pre|php|bash|noparse|spoiler)(?:=[^\[\]]*)?\]",
    re.IGNORECASE,
)
_BLOCK_END = regex(r"(?i)(?:```|\{(?:code|noformat)\}|\[/(?:code|quote|pre)\])\s*\Z")
_STARRED = regex(r"(?<!\S)\*[A-Za-z][\w-]*\*(?!\S)")
_STAR = regex(r"\*")
_END = regex(r"(?<=[^\s;,])\s*[;,]\s*\Z")
_ENDED_VERDICT = regex(r"\s(?:ACCEPT|DROP|RETURN|REJECT|MASQUERADE)\s*[;,]\s*\Z")
_ENTITY = regex(r"&(?:quot|gt|lt|amp|nbsp|apos|#\d{1,6}|#x[0-9a-fA-F]{1,5});|[\u200b\u2060]")
_NO_BLANK = regex(
    r"(?:-[APNIjpm]|Chain|target|tables|:[\w-]+|all|tcp|udp)[\xa0\u2002\u2003\u2007\u2009\u202f\u3000]"
)
_TAG = regex(
    r"</?(?:br|p|pre|code|div|span|li|ul|ol|td|tr|th|table|tbody|b|i|strong|em|font|tt|samp|kbd"
    r"|blockquote|body|html)(?:\s[^<>]{0,256})?\s*/?>",
    re.IGNORECASE,
)
_XML = "<iptables-rules"
_ENDS_LINE = regex(r"<(?:br\s*/?|/?p|/?div|/?li|/?tr|/?pre|/?blockquote)\b", re.IGNORECASE)
# Marks around a line whose tag ends it: `**-A INPUT<br>**`, `-A INPUT<br>;`.
_LEFT = regex(r"[\s;,$*]*")
_TITLE = regex(r"\s*ip6?tables[\w-]*\s*")
_CELLS = regex(r"target\s*(?P<by>[|;,])\s*prot\b")


def is_dump(line: Line) -> bool:
    """Whether a line is a dump's, a log's prefix aside."""
    return is_sure(line.text[behind_stamps(line.text) :])


def gains(lines: Sequence[Line], peel: Peel) -> bool:
    """Whether a line that is none of a dump's becomes one, maybe with more around it."""
    return any(not is_dump(line) and any(map(_held, peel(line) or ())) for line in lines)


def _held(line: Line) -> bool:
    return may_hold(_behind_stamps(line))


def _behind_stamps(line: Line) -> str:
    return line.text[behind_stamps(line.text) :]


def find_box(lines: Sequence[Line]) -> Peel | None:
    """Bars before and behind each line (k9s, a table of Markdown), and the box's own lines."""
    barred = [line for line in lines if line.text.lstrip()[:1] in _BARS]
    inner = [line for line in barred if not _BORDER.match(line.text)]
    closed = sum(_end(line.text) < len(line.text.rstrip()) for line in inner)
    unboxed = _unboxed if closed * 2 > len(inner) else _unbarred
    if barred and gains(barred, unboxed):
        return unboxed
    ended = [line for line in lines if _end(line.text) < len(line.text.rstrip())]
    return _unended if _most(ended, lines) and any(map(_held, ended)) else None


def _unended(line: Line) -> tuple[Line, ...] | None:
    end = _end(line.text)
    return (line.upto(end),) if end < len(line.text.rstrip()) else None


def _unboxed(line: Line) -> tuple[Line, ...] | None:
    """The line without the bars on both sides."""
    bare = _unbarred(line)
    if not bare:
        return bare
    end = max(_end(line.text) - (len(line.text) - len(bare[0].text)), 0)
    return (bare[0].upto(end),)


def _unbarred(line: Line) -> tuple[Line, ...] | None:
    """The line without the bar before it: what stands at its end is its own."""
    if _BORDER.match(line.text):
        return ()
    bare = line.text.lstrip()
    if bare[:1] not in _BARS:
        return None
    return (line.behind(len(line.text) - len(bare) + (2 if bare[1:2] == " " else 1)),)


def _end(text: str) -> int:
    """Where a line ends before the bar behind it."""
    bare = text.rstrip()
    barred = bare[-1:] in _BARS and bare[-2:-1].isspace()
    return len(bare[:-1].rstrip()) if barred else len(bare)


def find_quote(lines: Sequence[Line]) -> Peel | None:
    """`> ` before lines, of an answer to a mail."""
    quoted = [line for line in lines if line.text.lstrip()[:1] in {">", "»"}]
    return _unquoted if quoted and gains(quoted, _unquoted) else None


def _unquoted(line: Line) -> tuple[Line, ...] | None:
    return _behind(line, _QUOTED)


def find_pluses(lines: Sequence[Line]) -> Peel | None:
    """A plus right before every line, as a patch has it of a dump that is new."""
    told = [line for line in lines if line.text[:1] == "+" and is_core(line.text[1:])]
    every = all(line.text[:1] == "+" for line in lines)
    return _unadded if every and len(told) > 1 else None


def find_hashes(lines: Sequence[Line]) -> Peel | None:
    """A hash before every line: a dump in a remark, where nothing stands beside it."""
    told = [line for line in lines if line.text[:1] == "#" and is_core(line.text[1:].lstrip(" "))]
    every = all(line.text[:1] == "#" for line in lines)
    return _unremarked if every and len(told) > 2 else None


def _unremarked(line: Line) -> tuple[Line, ...] | None:
    blanks = len(line.text[1:2].rstrip(" ")) == 0
    return (line.behind(1 + blanks),) if line.text[:1] == "#" else None


def _unadded(line: Line) -> tuple[Line, ...] | None:
    return (line.behind(1),) if line.text[:1] == "+" else None


def find_numbers(lines: Sequence[Line]) -> Peel | None:
    """The numbers of lines (grep -n, cat -n, less -N): they rise, and no line stands without."""
    numbered = [line for line in lines if _NUMBERED.match(line.text)]
    told = [line for line in numbered if heads(_behind_stamps(_unnumbered(line)[0]))]
    if not told or any(is_core(line.text) for line in lines):
        return None
    numbers = [int(found[1]) for line in numbered if (found := _NUMBER.match(line.text))]
    rising = sum(one < other for one, other in pairwise(numbers))
    return _unnumbered if rising >= (len(numbers) - 1) * 0.9 else None


def _unnumbered(line: Line) -> tuple[Line, ...]:
    return _behind(line, _NUMBERED) or (line,)


def find_bullets(lines: Sequence[Line]) -> Peel | None:
    """Marks of a list before rules, code marks or stars around them; two dumps keep their signs."""
    if marking([line.text for line in lines]) is not None:
        return None
    around = (each for line in lines if (each := _INLINE.match(line.text)) is not None)
    bold = any(may_hold(each["inner"]) for each in around)
    return _unmarked if bold or gains(lines, _unmarked) else None


def _unmarked(line: Line) -> tuple[Line, ...] | None:
    found = _INLINE.match(line.text)
    if found is not None:
        return (line.upto(found.end("inner")).behind(found.start("inner")),)
    if is_core(line.text):
        return None
    behind = _behind(line, _BULLET)
    inner = _INLINE.match(behind[0].text) if behind is not None else None
    if behind is None or inner is None:
        return behind
    return (behind[0].upto(inner.end("inner")).behind(inner.start("inner")),)


def _behind(line: Line, mark: re.Pattern[str]) -> tuple[Line, ...] | None:
    found = mark.match(line.text)
    return None if found is None else (line.behind(found.end()),)


def find_blanks(lines: Sequence[Line]) -> Peel | None:
    """Blanks that are none, as a web page or a word processor has them."""
    return _unblanked if any(_NO_BLANK.search(line.text) for line in lines) else None


def find_entities(lines: Sequence[Line]) -> Peel | None:
    """HTML's names of letters (`&quot;`); a comment may hold one, where quotes stand plain."""
    named = [line for line in lines if _ENTITY.search(line.text) and not _both(line.text)]
    plain = sum('"' in line.text for line in lines if is_statement(line.text))
    sure = any(map(is_dump, map(_named, named))) or _most(named, lines)
    return _unnamed if sure and len(named) > plain else None


def _both(text: str) -> bool:
    """Whether quotes stand both plain and by name, so that the names are a text's own."""
    return '"' in text and "&quot;" in text


def _most(some: Sequence[object], lines: Sequence[Line]) -> bool:
    return len(some) * 3 > len(lines)


def _unnamed(line: Line) -> tuple[Line, ...]:
    return (_named(line),)


def _unblanked(line: Line) -> tuple[Line, ...] | None:
    return None if line.text.isascii() else (replace(line, text=line.text.translate(BLANKS)),)


def find_bold(lines: Sequence[Line]) -> Peel | None:
    """Stars and tags around words of a rule that somebody wanted to be seen."""
    marked = [line for line in lines if _bold(line) != line]
    return _plain if any(_held(_bold(line)) for line in marked) else None


def _plain(line: Line) -> tuple[Line, ...]:
    """The line without marks; behind the end of a block of code stands nothing of a row."""
    bare = _bold(line)
    ended = bare != line and _BLOCK_END.search(line.text) is not None
    return (bare, replace(line, text="")) if ended else (bare,)


def _bold(line: Line) -> Line:
    """No program prints two stars; a comment of a listing may hold what it will."""
    marks = [*_BOLD.finditer(line.text), *_stars(line.text)]
    bare = [each for each in marks if stands_bare(line.text, each.start())]
    bare.sort(key=lambda each: each.start())
    return _replaced(line, bare) if bare else line


def _stars(text: str) -> Iterator[re.Match[str]]:
    """The two stars around one word: `*DROP*`."""
    for found in _STARRED.finditer(text):
        for place in (found.start(), found.end() - 1):
            star = _STAR.match(text, place)
            assert star is not None
            yield star


def _named(line: Line) -> Line:
    return _replaced(line, list(_ENTITY.finditer(line.text)))


def _replaced(line: Line, marks: Sequence[re.Match[str]]) -> Line:
    """The line with letters for their names, and nothing for other marks."""
    if not marks:
        return line
    from html import unescape  # noqa: PLC0415  # few texts are marked up

    text, place, gaps = "", 0, []
    for found in marks:
        letter = "" if found[0][0] != "&" else unescape(found[0])
        text += line.text[place : found.start()] + letter
        gaps += [len(text)] * (len(found[0]) - len(letter))
        place = found.end()
    return replace(line, text=text + line.text[place:], gaps=tuple(gaps) if not line.gaps else ())


def find_tags(lines: Sequence[Line]) -> Peel | None:
    """HTML's tags before and behind lines, some of which end a line."""
    if any(_XML in line.text for line in lines):
        return None
    tagged = [line for line in lines if "<" in line.text and _TAG.search(line.text)]
    parts = [_untagged(line) for line in tagged if _outside(line)]
    found = any(not part or any(map(is_dump, part)) for part in parts)
    return _untagged if found or _most(parts, lines) else None


def _outside(line: Line) -> bool:
    """Whether a tag stands outside of quotes: a comment may hold anything."""
    return any(stands_bare(line.text, each.start()) for each in _TAG.finditer(line.text))


def _untagged(line: Line) -> tuple[Line, ...]:
    if "<" not in line.text:
        return (line,)
    return tuple(_parts(line)) if _outside(line) else (line,)


def _parts(line: Line) -> Iterator[Line]:
    """What stands between tags that end a line, without the tags at its two ends."""
    start = 0
    ends = [each for each in _TAG.finditer(line.text) if _ENDS_LINE.match(each[0])]
    for each in (*ends, None):
        part = line.upto(each.start() if each else len(line.text)).behind(start)
        start = each.end() if each else start
        bare = _trimmed(part)
        if _LEFT.fullmatch(_BOLD.sub("", bare.text)) is None:
            yield bare


def _trimmed(line: Line) -> Line:
    while (found := _TAG.match(line.text)) is not None:
        line = line.behind(found.end())
    for _ in range(_MOST_TAGS):
        last = [each for each in _TAG.finditer(line.text) if not line.text[each.end() :].strip()]
        if not last or not line.text.rstrip().endswith(">"):
            break
        line = line.upto(last[-1].start())
    return line


def find_cells(lines: Sequence[Line]) -> Peel | None:
    """Columns that a spreadsheet parts by another sign than blanks."""
    found = next((each for line in lines if (each := _CELLS.search(line.text))), None)
    if found is None:
        return None
    sign = found["by"]

    def peel(line: Line) -> tuple[Line, ...]:
        if _BORDER.match(line.text):
            return ()
        head, comment, rest = line.text.partition("/*")
        return (replace(line, text=head.replace(sign, " ") + comment + rest),)

    return peel


def find_ends(lines: Sequence[Line]) -> Peel | None:
    """A semicolon or a comma behind each line, as an array or SQL has it."""
    told = [line for line in lines if is_dump(line)]
    ended = [line for line in told if _ended(line) is not None]
    sure = any(_ENDED_VERDICT.search(line.text) for line in ended)
    return _ended if ended and (sure or _most(ended, told)) else None


def find_dollars(lines: Sequence[Line]) -> Peel | None:
    """A dollar behind each line, as `cat -A` has it; a title has none."""
    told = [line for line in lines if is_dump(line) and not _TITLE.fullmatch(line.text)]
    return _undollared if told and all(line.text.endswith("$") for line in told) else None


def _undollared(line: Line) -> tuple[Line, ...] | None:
    text = line.text.replace("^I", "\t ") if "^I" in line.text else line.text
    shown = replace(line, text=text)
    return (shown.upto(len(text) - 1),) if text.endswith("$") else None


def _ended(line: Line) -> tuple[Line, ...] | None:
    found = _END.search(line.text)
    bare = found is not None and stands_bare(line.text, found.start())
    return (line.upto(found.start()),) if found is not None and bare else None
