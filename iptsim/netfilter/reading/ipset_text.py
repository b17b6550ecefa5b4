"""IP sets, read from the text that `ipset save` or `ipset list` prints.

Source: ipset(8); lib/session.c and lib/parse.c of ipset 7.17.
"""

from __future__ import annotations

import re
from itertools import product

from iptsim import codes
from iptsim.dataclass import dataclass, field
from iptsim.errors import DumpError, Place
from iptsim.ipset import IpSet, SetMember
from iptsim.netfilter.reading.ipset_parts import KINDS, Shape, read_parts, read_shape
from iptsim.regex import regex

_CREATE = frozenset({"create", "-N", "--create", "new", "n"})
_ADD = frozenset({"add", "-A", "--add", "a"})
_EXIST = frozenset({"-exist", "-!", "--exist"})
# Options with a value, of a set or of a member; the rest stand alone.
_VALUED = frozenset(
    {
        "family", "hashsize", "maxelem", "bucketsize", "initval", "timeout", "netmask", "bitmask",
        "markmask", "range", "size", "probes", "resize", "packets", "bytes", "skbmark", "skbprio",
        "skbqueue", "before", "after",
    }
)  # fmt: skip
_PLAIN = frozenset({"counters", "skbinfo", "forceadd", "nomatch", "wildcard"})
_WORD = regex(r'"[^"]*"|\S+')
_HEADING = regex(
    r"(Name|Type|Revision|Header|Size in memory|References|Number of entries|Members):[ ]*(.*)"
)
_EXPECTED = "a line that `ipset save` prints, such as: add blocked 10.0.0.7"
Word = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A set that is being read."""

    name: str
    kind: str = ""
    shape: Shape = field(default_factory=Shape)
    members: list[SetMember] = field(default_factory=list)

    def done(self) -> IpSet:
        shape = self.shape
        return IpSet(
            name=self.name,
            kind=self.kind,
            family=shape.family,
            members=tuple(self.members),
            mask=shape.holes,
            markmask=shape.markmask,
            counters=shape.counters,
            skbinfo=shape.skbinfo,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of the file."""

    file: str
    number: int
    text: str

    def words(self, start: int = 0) -> list[Word]:
        """Its words from `start` on, each with where it stands; a quoted comment is one word."""
        found = ((word[0], word.start()) for word in _WORD.finditer(self.text, start))
        return [word for word in found if word[0] not in _EXIST]

    def error(self, message: str, word: Word, code: str, expected: str = "") -> DumpError:
        """The error that a word of the line is."""
        text, at = word
        place = Place(file=self.file, line=self.number, column=at + 1)
        return DumpError(
            message, place=place, text=self.text, length=len(text), expected=expected, code=code
        )

    def ends_early(self) -> DumpError:
        """The error of a line that lacks words."""
        end = (" ", len(self.text.rstrip()))
        return self.error("the line ends too early", end, codes.NOT_IPSET, _EXPECTED)


class _Reader:
    """Goes through the lines; a listing's members belong to the set last named."""

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._listed: _Draft | None = None
        self._in_members = False

    def sets(self) -> tuple[IpSet, ...]:
        """What was read."""
        return tuple(draft.done() for draft in self._drafts.values())

    def read(self, line: _Line) -> None:
        """One line more."""
        words = line.words()
        heading = _HEADING.fullmatch(line.text)
        if heading is not None:
            self._heading(heading, line)
        elif not words:
            self._in_members = False
        elif self._in_members and self._listed is not None:
            _add_member(self._listed, words, line)
        elif words[0][0] != "COMMIT" and words[0][0][0] != "#":
            self._command(words, line)

    def _heading(self, heading: re.Match[str], line: _Line) -> None:
        name, value = heading[1], (heading[2].rstrip(), heading.start(2))
        self._in_members = name == "Members"
        if name == "Name":
            self._listed = self._new(value, line)
        elif self._listed is None:
            raise line.error(
                f"{name} of no set", (name, 0), codes.NOT_IPSET, "Name: and a set's name"
            )
        elif name == "Type":
            self._listed.kind = _kind(value, line)
        elif name == "Header":
            self._listed.shape = _shape(self._listed.kind, line.words(value[1]), line)

    def _command(self, words: list[Word], line: _Line) -> None:
        if words[0][0] not in _CREATE | _ADD:
            message = f"not a line of `ipset save`: {words[0][0]}"
            raise line.error(message, words[0], codes.NOT_IPSET, _EXPECTED)
        if len(words) < 3:
            raise line.ends_early()
        if words[0][0] in _CREATE:
            draft = self._new(words[1], line)
            draft.kind = _kind(words[2], line)
            draft.shape = _shape(draft.kind, words[3:], line)
            return
        known = self._drafts.get(words[1][0])
        if known is None:
            message = f"no set {words[1][0]} is created above"
            raise line.error(
                message, words[1], codes.SET_NOT_CREATED, "a `create` of it before its members"
            )
        _add_member(known, words[2:], line)

    def _new(self, name: Word, line: _Line) -> _Draft:
        if name[0] in self._drafts:
            raise line.error(f"a second set {name[0]}", name, codes.SET_TWICE, "each set once")
        self._drafts[name[0]] = draft = _Draft(name=name[0])
        return draft


def _add_member(draft: _Draft, words: list[Word], line: _Line) -> None:
    told = _options(words[1:], line) if len(words) > 1 else {}
    try:
        choices = read_parts(words[0][0], draft.kind, draft.shape, wildcard="wildcard" in told)
    except ValueError as error:
        raise line.error(
            str(error), words[0], codes.NOT_A_MEMBER, KINDS.get(draft.kind, "")
        ) from None
    nomatch = "nomatch" in told
    draft.members += (SetMember(parts=parts, nomatch=nomatch) for parts in product(*choices))


def _kind(word: Word, line: _Line) -> str:
    if word[0] not in KINDS:
        message = f"no type of sets: {word[0]}"
        raise line.error(message, word, codes.NO_SUCH_SET_TYPE, "one of " + ", ".join(KINDS))
    return word[0]


def _shape(kind: str, words: list[Word], line: _Line) -> Shape:
    told = _options(words, line)
    try:
        return read_shape(kind, told)
    except ValueError as error:
        start = words[0][1] if words else 0
        raise line.error(str(error), (line.text[start:], start), codes.WRONG_SET_OPTION) from None


def _options(words: list[Word], line: _Line) -> dict[str, str]:
    """The options of a line, each with what follows it; a comment's text tells nothing."""
    told: dict[str, str] = {}
    before = ""
    left = iter(words)
    for word in left:
        name = word[0]
        if name in _VALUED:
            value = next(left, None)
            if value is None:
                raise line.error(f"{name} lacks its value", word, codes.WRONG_SET_OPTION)
            told[name] = value[0]
        elif name in _PLAIN:
            told[name] = ""
        elif name != "comment" and not (before == "comment" and name[0] == '"'):
            raise line.error(f"no option of ipset: {name}", word, codes.WRONG_SET_OPTION)
        before = name
    return told


def read_sets(text: str, file: str = "-") -> tuple[IpSet, ...]:
    """The sets of `ipset save` or `ipset list`, in order.

    `file` is what errors call the text. Raises `DumpError`, with its place, for any other text.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.read(_Line(file=file, number=number, text=line.rstrip("\r")))
    return reader.sets()
