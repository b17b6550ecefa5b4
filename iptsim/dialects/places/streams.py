"""Whose each line of a text of several places is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.commands.calls import BARE_PROMPT, PROMPT, call_in, filled_call
from iptsim.dialects.finding.noise import Cleaner, plain, sample
from iptsim.dialects.parts import Line
from iptsim.dialects.places.elsewhere import Part, parts
from iptsim.dialects.places.headings import ends_headed, headings
from iptsim.dialects.places.names_in_front import Fronts
from iptsim.dialects.places.places import SIGNS, Place
from iptsim.dialects.signs.signs import is_sure
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.regex import regex

_MOST_ASSIGNED = 256
_ASSIGNED = regex(
    r"\s*(?:export\s+|readonly\s+|alias\s+)?(?P<name>\w+)=(?P<q>[\"'])(?P<value>[^\"']+)(?P=q)\s*(?:#.*)?"
)
_USED = regex(r"\s*(?:sudo\s+)?[\"']?\$\{?(?P<name>[A-Za-z_]\w*)\}?[\"']?\s+(?=\S)")
_LEAVES = regex(r"(?:\S{0,60}[#$%>] ?)?(?:exit|logout|\^D|Connection to \S+ closed\.?)\s*")
_PROMPTED = regex(r"\s*(?:(?:\[[^\]]*\]|[\w.@:~/-]+) ?[#$%>]|[$%❯➜]|/\S* #) ")
_COMMENTED_CALL = regex(r"\s*#\s+(?:sudo\s+)?(?:\S*/)?ip6?tables(?:-save|-restore)?(?:\s|$)")
# A call behind anything but a rule: `ExecStart=/sbin/iptables -A …`.
_CALLED = regex(
    r"(?!\s*(?:-[A-Z]\s|\[\d|Try ))[^\n]{0,200}?(?<![^\s=(;|&/])ip6?tables(?:-legacy|-nft)?"
    r"(?:\s+-|-save\b|-restore\b)"
)
_PIPED = regex(r"\S*tables\S* +\|")
_QUOTES = regex(r"\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?P<open>[\"'])")
_EDITS = regex(r"tables\b.*\s-(?:[AIDRPFNXEZ]|-append|-insert|-delete|-replace|-policy|-flush)\b")
_HERE = regex(r"(?<!<)<<(?!<)-?\s*(['\"]?)(?P<end>\w+)\1")


def streams(text: str, named: Fronts | None, *, elsewhere: bool, headed: bool) -> Iterator[Place]:
    """The places of a text, in the order in which they first stand.

    By the words in `front` of lines, where there are such; else, where `headed`, by names that
    stand alone; with `elsewhere` also by where commands run.
    """
    lines = [
        Line(number=number, text=bare, full=bare)
        for number, raw in enumerate(text.split("\n"), 1)
        for bare in (plain(raw),)
    ]
    split = _by_fronts(lines, named) if named else _by_headers(lines) if headed else {}
    for name, own in (split or {"": lines}).items():
        yield from _by_calls(name, own, elsewhere)


def _by_fronts(lines: Sequence[Line], named: Fronts) -> dict[str, list[Line]]:
    """The lines behind each name; one that has none and is no dump's is of all of them."""
    split: dict[str, list[Line]] = {}
    shared: list[Line] = []
    for line in lines:
        front = named.of(line.text)
        if front is not None:
            own = split.setdefault(front.name, list(shared))
            own.append(line.behind(front.end))
        elif is_sure(line.text):
            split.setdefault("", list(shared)).append(line)
        else:
            cut = _asked(line)
            shared.append(cut)
            for own in split.values():
                own.append(cut)
    return split


def _asked(line: Line) -> Line:
    """`pdsh -w a,b 'iptables -t nat -S'` without what stands before the call."""
    found = re.search(
        r"(?P<q>[\"'])(?P<call>(?:sudo )?(?:\S*/)?ip6?tables[^\"']*)(?P=q)", line.text
    )
    if found is None or call_in(line.text) is not None:
        return line
    return line.upto(found.end("call")).behind(found.start("call"))


def _by_headers(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The lines below the names of hosts that stand alone, as ansible and dshbak print them."""
    marked = dict(headings(lines))
    if len(set(marked.values())) < 2:
        return {}
    split: dict[str, list[Line]] = {}
    shared: list[Line] = []
    name: str | None = None
    for at, line in enumerate(lines):
        name = marked.get(at, None if ends_headed(line.text) else name)
        if name is not None:
            split.setdefault(name, list(shared)).append(line)
            continue
        cut = _asked(line)
        shared.append(cut)
        for own in split.values():
            own.append(cut)
    return split


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Where the commands of one stream of lines run, line by line.

    `script`: commands stand in it without a prompt, so `# iptables -A …` is a comment.
    """

    script: bool
    found: dict[str, list[Line]] = field(default_factory=dict)
    inside: list[str] = field(default_factory=list)
    now: str = ""
    until: str = ""
    quote: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    sure: set[str] = field(default_factory=set)

    def feed(self, line: Line) -> None:
        """The next line of the stream."""
        text = line.text
        if self.until or self.quote:
            self._within(line)
        elif not text.strip():
            self._add(self.now, line)
        elif self.inside and _LEAVES.fullmatch(text.strip()):
            self.inside.pop()
            self.now = self._base
        elif self.script and text.lstrip()[:1] == "#" and _EDITS.search(text):
            self._add(self._base, line)
        else:
            self._assign(text)
            self._command(line)

    @property
    def _base(self) -> str:
        return self.inside[-1] if self.inside else ""

    def _add(self, place: str, line: Line) -> None:
        self.found.setdefault(place, []).append(line)

    def _command(self, line: Line) -> None:
        used = _USED.match(line.text) if self.aliases else None
        value = self.aliases.get(used["name"]) if used is not None else None
        if used is not None and value is not None:
            told = parts(f"{value} {line.text[used.end() :]}")
            self.now = self._there(told[0]) if told else self._base
            self._add(self.now, line if "tables" in value else line.behind(used.end()))
        elif told := parts(line.text):
            self._parted(line, told)
        else:
            if _begins_call(line.text):
                self.now = self._base
            self._add(self.now, line)
            self._opened(line.text)

    def _there(self, part: Part) -> str:
        place = ", ".join(filter(None, (self._base, part.place)))
        if part.place and not part.logs:
            self.sure.add(place)
        return place

    def _within(self, line: Line) -> None:
        """A line of a here document, or of a quote that a shell elsewhere reads."""
        if self.until and line.text.strip() == self.until:
            self.until, self.now = "", self._base
            return
        end = line.text.find(self.quote) if self.quote else -1
        self._add(self.now, line.upto(end) if end >= 0 else line)
        if end >= 0:
            self.quote, self.now = "", self._base

    def _parted(self, line: Line, told: Sequence[Part]) -> None:
        opened = _open_quote(line.text)
        for part in told:
            self.now = self._there(part)
            if not (part.opens or part.logs):
                piece = line.upto(part.end).behind(part.start)
                self._add(self.now, piece)
                self._opened(piece.text)
        last = told[-1]
        if opened:
            self.quote = opened
        elif last.until:
            self.until = last.until
        elif last.opens:
            self.inside.append(self.now)

    def _opened(self, text: str) -> None:
        """A here document that a command reads is its own."""
        found = _HERE.search(text) if "tables" in text else None
        if found is not None:
            self.until = found["end"]

    def _assign(self, text: str) -> None:
        """`IPN="ip netns exec blue iptables"`: a name for a program elsewhere."""
        found = _ASSIGNED.fullmatch(text) if "=" in text else None
        if found is not None and len(self.aliases) < _MOST_ASSIGNED:
            value = found["value"]
            if any(sign in f"{value} " for sign in SIGNS):
                self.aliases[found["name"]] = value


def _begins_call(text: str) -> bool:
    """Whether a line is a command of its own, and no line of what another printed."""
    if text.lstrip()[:1] == "#":
        return _COMMENTED_CALL.match(text) is not None
    text = text[behind_stamps(text) :]
    calls = (call_in, filled_call, PROMPT.match, BARE_PROMPT.match, _PROMPTED.match, _CALLED.match)
    return any(each(text) is not None for each in calls)


def _open_quote(text: str) -> str:
    """The quote that is not closed on a line; '' where none is."""
    return next((found["open"] for found in _QUOTES.finditer(text) if found["open"]), "")


def _by_calls(name: str, lines: Sequence[Line], elsewhere: bool) -> Iterator[Place]:
    """The places of one stream: its own, and those in which its commands run."""
    if not elsewhere:
        yield Place(name=name, lines=tuple(lines))
        return
    bare = _peeled(lines)
    walk = _Walk(script=any(map(_is_bare_call, bare)))
    for line in bare:
        walk.feed(line)
    for place, own in walk.found.items():
        told = ", ".join(filter(None, (name, place)))
        yield Place(name=told, lines=tuple(own), sure=place in walk.sure)


def _peeled(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without what lies around them all, so that commands can be known."""
    cleaner = Cleaner(sample("\n".join(line.text for line in lines)))
    if not cleaner.wrapped:
        return [line if _PIPED.match(line.text) else _unstamped(line) for line in lines]
    return [
        replace(each, shift=each.shift + line.shift, full=line.full)
        for line in lines
        for each in cleaner.lines(line.number, line.text)
    ]


def _unstamped(line: Line) -> Line:
    return line.behind(behind_stamps(line.text))


def _is_bare_call(line: Line) -> bool:
    text = line.text
    if "tables" not in text or text.lstrip()[:1] == "#" or _PROMPTED.match(text):
        return False
    return call_in(text) is not None or bool(parts(text))
