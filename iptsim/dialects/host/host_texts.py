"""What stands in a paste beside the rules and tells of their host: addresses, routes, settings.

Known by the prompt at which somebody called the program, or by their form. Such lines are blank for
who reads the rules. Where nothing tells that a list is whole, it says so: it is told in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass
from iptsim.dialects.finding.noise import Cleaner, sample
from iptsim.errors import Place
from iptsim.model import HostText, Note
from iptsim.regex import regex

if TYPE_CHECKING:
    from iptsim.dialects.host.collected import Collected

_PROGRAMS = r"ip|ifconfig|route|netstat|sysctl|ipset"
_PROMPT = regex(
    r"\s*(?:\[[^\]\n]{1,60}\]\s?[#$%>]?|[^\s#$%>]{0,60}(?:[ :][^\s#$%>]{0,60})?[#$%>]|\++)\s*"
    r"(?:sudo(?:\s+-\S+)*\s+)?(?:/\S*/)?(?:busybox\s+)?"
    rf"(?P<call>(?:{_PROGRAMS})\b[^\n]*)"
)
_ELIDED = regex(r"\s*(?:\.{3,}|…|\[\s*(?:…|\.{3}|snip\w*)\s*\]|<snip\w*>)\s*")
_NET4, _NET6 = r"\d+\.\d+\.\d+\.\d+(?:/\d+)?", r"[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)?"
_TYPES = "unicast|local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw"
# How the lines of each kind look, and how a list of it begins that somebody pasted.
_LINES = {
    "addr": regex(
        r"\d+: [^\s:]+: <[^>]*>.*|\d+: \S+\s+inet6? .*"
        r"|\s+(?:link/|inet6? |valid_lft |altname |link-netnsid |promiscuity ).*"
    ),
    "ifconfig": regex(
        r"\S+: flags=\d+<.*|\S+\s+Link encap:.*|\s+(?:inet6? |RX[ :]|TX[ :]|collisions:|Interrupt:"
        r"|ether |loop |unspec |tunnel |ppp |device |Memory:|Base address:|[A-Z][A-Z ]+MTU:).*|\s*"
    ),
    "brief": regex(r"\S+\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)(?:\s.*)?"),
    "route": regex(
        rf"(?:(?:{_TYPES}) )?(?:default|{_NET4}|{_NET6})"
        r"(?: (?:via|dev|proto|scope|metric|src|nhid|table|error)\b.*)?\s*|\s+nexthop .*"
    ),
    "table": regex(
        r"Kernel IP(?:v6)? routing table|Destination\s.*"
        rf"|(?:default|{_NET4}|{_NET6})(?:\s+\S+){{6,7}}\s*"
    ),
    "rule": regex(r"\d+:\s+(?:not )?from .*"),
    "sysctl": regex(r"net\.[\w./*@:-]+\s*=\s*\S.*"),
    "ipset": regex(r"(?:create|add) \S+ \S.*"),
}
_BEGINS = {
    "addr": regex(r"1: lo: <.*|1: lo\s+inet .*"),
    "ifconfig": regex(r"\S+: flags=\d+<.*|\S+\s+Link encap:.*"),
    "brief": regex(r"lo\s+(?:UNKNOWN|UP)\s+127\..*"),
    "route": regex(r"default (?:via|dev) \S+.*"),
    "table": regex(r"Kernel IP(?:v6)? routing table"),
    "rule": regex(r"0:\s+from all lookup local\s*"),
    "sysctl": _LINES["sysctl"],
    "ipset": regex(r"create \S+ (?:hash|bitmap|list):\S+ .*"),
}
# A quick look for what may tell of a host: how a line begins, whatever is before it, or a program
# behind a prompt.
_SIGNS = (
    "1: lo", " UNKNOWN ", " UP ", "flags=", "Link encap:", "default via ", "default dev ",
    "Kernel IP", "from all ", "net.", "create ", "#iptsim# ",
)  # fmt: skip
_MAYBE = (
    regex(
        r"1: lo[: ]|\blo +(?:UNKNOWN|UP) |: flags=\d|Link encap:|default (?:via|dev) |Kernel IP"
        r"|0:[ \t]+from all |net\.[\w.]+ *=|create \S+ (?:hash|bitmap|list):|#iptsim# "
    ),
    regex(rf"[#$%>\]+] ?(?:sudo )?(?:{_PROGRAMS})\b"),
)
_SHOW = r"(?: (?:show|list|ls|s))?\s*"
_CALLS = (
    ("addr", regex(rf"ip(?: -\S+)* (?:a|ad|add|addr|addre|address){_SHOW}")),
    ("ifconfig", regex(r"ifconfig(?: -a)?\s*")),
    ("route", regex(rf"ip(?: -\S+)* (?:r|ro|rou|rout|route){_SHOW}(?:table all)?\s*")),
    ("table", regex(r"(?:route|netstat)(?: -\S+| inet6)*\s*")),
    ("rule", regex(r"ip(?: -\S+)* (?:ru|rul|rule)" + _SHOW)),
    ("sysctl", regex(r"sysctl\b.*")),
    ("ipset", regex(r"ipset (?:save|-S|-o save list)\s*")),
)  # fmt: skip
_KIND = {"ifconfig": "addr", "brief": "addr", "table": "route"}
_FEWEST = {"sysctl": 3, "route": 2}
"""Lines without a command above them that are no advice of somebody, but what a program printed."""
_MOST = 1 << 26
"""Letters of a text of which those that tell of the host are looked for."""


@dataclass(slots=True, kw_only=True)
class _Block:
    """Lines of one kind that follow each other."""

    form: str
    called: bool
    whole: bool
    first: int
    lines: list[str]
    numbers: list[int]

    def made(self, file: str, *, cut: bool) -> HostText:
        """What is told of the host by it."""
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        kind = _KIND.get(self.form, self.form)
        return HostText(
            kind=kind,
            text="\n".join(self.lines),
            place=Place(file=file, line=self.first),
            whole=self.whole and not cut,
            labelled=self.form == "ifconfig",
        )


class _Sorter:
    """Sorts lines into blocks, as they stand or within what lies around them."""

    def __init__(self, first: int, cleaner: Cleaner) -> None:
        self._first, self._cleaner = first, cleaner
        self._block: _Block | None = None
        self._piped = False
        self._ended: list[tuple[_Block, bool]] = []

    def ended(self) -> list[tuple[_Block, bool]]:
        """The blocks that came to an end, each with whether the text says that it was cut."""
        ended, self._ended = self._ended, []
        return ended

    def close(self, line: str = "") -> None:
        """The block ends before this line."""
        if self._block is not None and any(self._block.lines):
            self._ended.append((self._block, _ELIDED.fullmatch(line) is not None))
        self._block = None

    def takes(self, at: int, raw: str) -> bool:
        """Whether the line of that index tells of the host."""
        shown = self._shown(at, raw)
        call = _call(shown)
        block, number = self._block, self._first + at
        if block is not None and call is None:
            own = next((text for text in shown if _LINES[block.form].fullmatch(text)), None)
            if own is not None:
                block.lines.append(own)
                block.numbers.append(number)
                return True
        self.close(shown[0])
        if call is not None:
            return self._called(call, number)
        begun = next((each for text in shown if (each := _begun(text)) is not None), None)
        if begun is None:
            return False
        form, text = begun
        self._block = _Block(
            form=form, called=False, whole=not self._piped, first=number, lines=[text],
            numbers=[number],
        )  # fmt: skip
        return True

    def _called(self, call: str, number: int) -> bool:
        form = _called(call)
        self._piped = form is None
        if form is not None:
            self._block = _Block(
                form=form, called=True, whole=True, first=number + 1, lines=[], numbers=[number]
            )
        return form is not None

    def _shown(self, at: int, raw: str) -> list[str]:
        """The line within what lies around it, and as it stands."""
        peeled = [line.text for line in self._cleaner.lines(self._first + at, raw)]
        return [peeled[0], raw] if len(peeled) == 1 and peeled[0] != raw else [raw]


def _call(shown: Sequence[str]) -> str | None:
    """What somebody called at a prompt, best where it is known; None for any other line."""
    calls = [found["call"] for text in shown if (found := _PROMPT.fullmatch(text))]
    return next((each for each in calls if _called(each)), next(iter(calls), None))


def _begun(text: str) -> tuple[str, str] | None:
    """The form of a list that a line begins, with the line."""
    form = next((each for each, begin in _BEGINS.items() if begin.fullmatch(text)), None)
    return None if form is None else (form, text)


def _may_tell(text: str) -> bool:
    """Whether something in a text may tell of a host."""
    if any(sign in text for sign in _SIGNS) and _MAYBE[0].search(text):
        return True
    return _MAYBE[1].search(text) is not None


class HostTexts:
    """Takes out of a text what tells of the host; its lines keep their numbers."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.head = ""
        self.found: list[HostText] = []
        self.notes: list[Note] = []
        self.beside: list[tuple[int, str]] = []
        self.told: set[int] = set()

    def sift(self, chunks: Iterable[str]) -> Iterator[str]:
        """The text without those lines; from the first of them on, it is looked at as a whole."""
        waiting = iter(chunks)
        line = 1
        for chunk in waiting:
            self.head = self.head or chunk[:65536]
            if not _may_tell(chunk):
                yield chunk
                line += chunk.count("\n")
                continue
            whole = chunk
            for more in waiting:
                if len(whole) > _MOST:
                    yield from (whole, more, *waiting)
                    return
                whole += more
            yield self._sifted(whole, line)
            return

    def _sifted(self, text: str, first: int) -> str:
        from iptsim.dialects.host.collected import collected, is_collected  # noqa: PLC0415  # few are

        if is_collected(text):
            return self._learn(collected(text, self._file, first))
        lines = text.split("\n")
        sorter = _Sorter(first, Cleaner(sample(text)))
        for number, raw in enumerate(lines):
            if sorter.takes(number, raw.rstrip("\r")):
                lines[number] = ""
            for block, cut in sorter.ended():
                self._end(block, cut=cut)
        sorter.close()
        for block, cut in sorter.ended():
            self._end(block, cut=cut)
        return "\n".join(lines)

    def _end(self, block: _Block, *, cut: bool) -> None:
        if block.form == "ifconfig":
            cut = cut or not any(re.match(r"lo\b", line) for line in block.lines)
        if block.form in ("addr", "brief"):
            cut = cut or not _BEGINS[block.form].fullmatch(block.lines[0])
        if block.form == "rule":
            cut = cut or not re.search(r"lookup (?:main|default)\s*$", block.lines[-1])
        if not block.called and len(block.lines) < _FEWEST.get(block.form, 1):
            return
        self.found.append(block.made(self._file, cut=cut))
        self.told.update(block.numbers)

    def _learn(self, told: Collected) -> str:
        self.found += told.texts
        for each in told.texts:
            self.told.update(range(each.place.line, each.place.line + each.text.count("\n") + 1))
        self.notes += told.notes
        self.beside += told.beside
        return told.text


def _called(call: str) -> str | None:
    """The form of what a command prints; None where it prints a part or something else."""
    found = next((form for form, known in _CALLS if known.fullmatch(call.strip())), None)
    brief = found == "addr" and re.search(r" -(?:br|brief|br\w*)\b", call) is not None
    return "brief" if brief else found
