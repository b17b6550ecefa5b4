r"""Texts that a log wrote as one string: JSON's and Go's escapes, `\n` for the end of a line.

Sources: RFC 8259, section 7; Go's strconv.Quote, as logrus and zap write; docker's json-file;
ansible's `stdout` and `stdout_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass, replace
from iptsim.dialects.parts import Line
from iptsim.dialects.signs.signs import BEGINS, is_core, is_sure, may_hold, stands_bare
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.regex import regex

_OPENS = regex("[\"']")
_STRINGS = {
    '"': regex(r'"((?:[^"\\]|\\.)*+)"'),
    "'": regex(r"'((?:[^'\\]|\\.)*+)'"),
}
_ESCAPE = regex(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "a": "", "v": ""}
# What names a string: `msg=`, `"log":`, an item of a list.
_KEY = regex(r"""(?:[\w.@-]+=|["']?[\w.@ -]+["']?\s*:\s*[bu]?|(?:^|[\[,(])\s*)\Z""")
# What else stands in such an object, and its braces.
_REST = regex(r"""\s*[\[\]{}(),][\[\]{}(),\s]*$|\s*["'][\w.@ -]+["']\s*:""")
# A program puts more words behind it: `"… -p tcp " + extra`, `'…' . $extra`, `"…" % port`.
_GOES_ON = regex(r"""\s*(?:[+%]\s*[\w"'(\[$]|\.\s*(?:[$"']|format\b|concat\b))""")
_ENDS = regex(r"\\([nt])")
_QUOTE = regex(r'(?<!\\)"')
# `IPT="/sbin/iptables -w"` of a script: a value of one line, and no log's text.
_ASSIGNED = regex(
    r"\s*(?:export\s+|readonly\s+)?[A-Za-z_]\w*=([\"'])[^\"'\\]*ip6?tables[^\"'\\]*\1\s*(?:[;#].*)?"
)
# A line of JSON that breaks off within its text.
_UNCLOSED = regex(r"""\s*\{\s*("[\w.@ -]+"\s*:)\s*"((?:[^"\\]|\\.)*+)\\?\Z""")
_BEFORE = frozenset("=: \t[,(bu")
_MOST_NESTED = 3
_LONGEST_KEY = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Escaped:
    """Takes the strings of these keys out of a line, one line for each of theirs.

    Without keys the escapes stand in the line itself.
    """

    keys: frozenset[str]

    def __call__(self, line: Line) -> tuple[Line, ...] | None:
        """The lines in a line; None where it has no such string."""
        if not self.keys:
            return self._split(line)
        if is_sure(line.text):
            return None
        found = [span for key, *span in _strings(line.text) if key in self.keys]
        pieces = [piece for start, end in found for piece in _lines(line, start, end)]
        if not found and (broken := _UNCLOSED.match(line.text)) and broken[1] in self.keys:
            *pieces, last = (replace(line, text=""), *_lines(line, *broken.span(2)))
            return (*pieces[1:], replace(last, cut=True))
        return tuple(pieces) if found or _REST.match(line.text) else None

    def _split(self, line: Line) -> tuple[Line, ...] | None:
        if not stands_bare(line.text, line.text.find(r"\n")):
            return None
        first, *rest = [*_lines(line, 0, len(line.text)), replace(line, text="")]
        held = any(may_hold(each.text[behind_stamps(each.text) :]) for each in rest)
        return (_bare(first), *rest[:-1]) if held else None


def find_escaped(lines: Sequence[Line]) -> Escaped | None:
    """How a sample's lines hold strings in which lines of a dump stand."""
    keys = set()
    for line in lines:
        if not ('"' in line.text or "'" in line.text) or is_core(line.text):
            continue
        if _ASSIGNED.fullmatch(line.text):
            continue
        keys |= {key for key, *span in _strings(line.text) if _holds(line.text[slice(*span)])}
    if keys:
        return Escaped(keys=frozenset(keys))
    bare = Escaped(keys=frozenset())
    return bare if any(r"\n" in line.text and bare(line) for line in lines) else None


def _bare(line: Line) -> Line:
    """The first line without what names the text: `output: *filter`."""
    found = None if is_core(line.text) else BEGINS.search(line.text, 0, _LONGEST_KEY)
    return line if found is None else line.behind(found.start())


def _strings(text: str) -> Iterator[tuple[str, int, int]]:
    """The strings of a line: their keys, where what is in them begins and ends."""
    for found in _quoted(text):
        if found.start() and text[found.start() - 1] not in _BEFORE:
            continue
        if _GOES_ON.match(text, found.end()) is not None:
            continue
        key = _KEY.search(text, max(0, found.start() - _LONGEST_KEY), found.start())
        if key is not None:
            yield _key(key[0]), found.start(1), found.end(1)


def _quoted(text: str) -> Iterator[re.Match[str]]:
    """The strings one behind the other, in one walk over a line of any length.

    Where a quote is never closed, no later one of its kind is: between them all are escaped.
    """
    at, unclosed = 0, ""
    while (opened := _OPENS.search(text, at)) is not None:
        at, quote = opened.end(), opened[0]
        found = None if quote in unclosed else _STRINGS[quote].match(text, opened.start())
        if found is None:
            unclosed += "" if quote in unclosed else quote
        else:
            yield found
            at = found.end()


def _key(text: str) -> str:
    bare = text.strip()
    return "item" if bare in ("", "[", ",", "(") else bare


def _holds(text: str, depth: int = 0) -> bool:
    """Whether a string, or one that was escaped again within it, has lines of a dump.

    One word is none: `call("iptables", "-A", …)` is a program's own.
    """
    opened = _ESCAPE.sub(_letter, text)
    several = (each for each in opened.split("\n") if " " in each)
    if any(may_hold(each[behind_stamps(each) :]) for each in several):
        return True
    return depth < _MOST_NESTED and opened != text and _holds(opened, depth + 1)


def _letter(found: re.Match[str]) -> str:
    if found.re.pattern == _ENDS.pattern:
        return _LETTERS[found[1]]
    code = found[1] or found[2]
    letter = chr(int(code, 16)) if code else _LETTERS.get(found[3], found[3])
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else letter  # half a letter is none


def _lines(line: Line, start: int, end: int) -> Iterator[Line]:
    """The lines of a string, each with what its escapes took away."""
    text, begin, place = "", start, start
    gaps: list[int] = []
    # Where quotes stand plain, a backslash is a word's own, but for the ends of lines.
    escape = _ENDS if _QUOTE.search(line.text, start, end) else _ESCAPE
    for found in (*escape.finditer(line.text, start, end), None):
        text += line.text[place : found.start() if found else end]
        if found is None:
            break
        letter, place = _letter(found), found.end()
        if letter == "\n":
            yield _piece(line, begin, text, gaps)
            text, gaps, begin = "", [], place
        else:
            text += letter
            gaps += [len(text)] * (len(found[0]) - len(letter))
    if text:
        yield _piece(line, begin, text, gaps)


def _piece(line: Line, begin: int, text: str, gaps: Sequence[int]) -> Line:
    shift = line.column(begin) - 1
    return replace(line, text=text.rstrip("\r"), shift=shift, gaps=tuple(gaps))
