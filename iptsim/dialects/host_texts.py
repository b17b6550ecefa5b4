"""What stands in a paste beside the rules and tells of their host: addresses, routes, settings.

Known by the prompt at which somebody called the program, or by their form. Such lines are blank for
who reads the rules. Where nothing tells that a list is whole, it says so: it is told in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iptsim.dialects.collected import Collected, collected, is_collected
from iptsim.errors import Place
from iptsim.model import HostText, Note

_PROGRAMS = r"ip|ifconfig|route|netstat|sysctl|ipset"
_PROMPT = re.compile(
    r"\s*(?:\[[^\]\n]{1,60}\]\s?[#$%>]?|[^\s#$%>]{0,60}(?:[ :][^\s#$%>]{0,60})?[#$%>]|\++)\s*"
    r"(?:sudo(?:\s+-\S+)*\s+)?(?:/\S*/)?(?:busybox\s+)?"
    rf"(?P<call>(?:{_PROGRAMS})\b[^\n]*)"
)
_ELIDED = re.compile(r"\s*(?:\.{3,}|…|\[\s*(?:…|\.{3}|snip\w*)\s*\]|<snip\w*>)\s*")
_NET4, _NET6 = r"\d+\.\d+\.\d+\.\d+(?:/\d+)?", r"[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)?"
_TYPES = "unicast|local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw"
# How the lines of each kind look, and how a list of it begins that somebody pasted.
_LINES = {
    "addr": re.compile(
        r"\d+: [^\s:]+: <[^>]*>.*|\d+: \S+\s+inet6? .*"
        r"|\s+(?:link/|inet6? |valid_lft |altname |link-netnsid |promiscuity ).*"
    ),
    "ifconfig": re.compile(
        r"\S+: flags=\d+<.*|\S+\s+Link encap:.*|\s+(?:inet6? |RX[ :]|TX[ :]|collisions:|Interrupt:"
        r"|ether |loop |unspec |tunnel |ppp |device |Memory:|Base address:|[A-Z][A-Z ]+MTU:).*|\s*"
    ),
    "brief": re.compile(r"\S+\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT)(?:\s.*)?"),
    "route": re.compile(
        rf"(?:(?:{_TYPES}) )?(?:default|{_NET4}|{_NET6})"
        r"(?: (?:via|dev|proto|scope|metric|src|nhid|table|error)\b.*)?\s*|\s+nexthop .*"
    ),
    "table": re.compile(
        r"Kernel IP(?:v6)? routing table|Destination\s.*"
        rf"|(?:default|{_NET4}|{_NET6})(?:\s+\S+){{6,7}}\s*"
    ),
    "rule": re.compile(r"\d+:\s+(?:not )?from .*"),
    "sysctl": re.compile(r"net\.[\w./*@:-]+\s*=\s*\S.*"),
    "ipset": re.compile(r"(?:create|add) \S+ \S.*"),
}
_BEGINS = {
    "addr": re.compile(r"1: lo: <.*|1: lo\s+inet .*"),
    "ifconfig": re.compile(r"\S+: flags=\d+<.*|\S+\s+Link encap:.*"),
    "brief": re.compile(r"lo\s+(?:UNKNOWN|UP)\s+127\..*"),
    "route": re.compile(r"default (?:via|dev) \S+.*"),
    "table": re.compile(r"Kernel IP(?:v6)? routing table"),
    "rule": re.compile(r"0:\s+from all lookup local\s*"),
    "sysctl": _LINES["sysctl"],
    "ipset": re.compile(r"create \S+ (?:hash|bitmap|list):\S+ .*"),
}
# A quick look for what may tell of a host: a line's beginning, or a program behind a prompt.
_MAYBE = (
    re.compile(
        r"\n(?:1: lo[: ]|lo[: ]|\S+: flags=|\S+ +Link encap:|default (?:via|dev) |Kernel IP|"
        r"0:[ \t]+from all |net\.[\w.]+ *=|create \S+ (?:hash|bitmap|list):|[ \t]*#iptsim# )"
    ),
    re.compile(rf"[#$%>\]+] ?(?:sudo )?(?:{_PROGRAMS})\b"),
)
_SHOW = r"(?: (?:show|list|ls|s))?\s*"
_CALLS = (
    ("addr", re.compile(rf"ip(?: -\S+)* (?:a|ad|add|addr|addre|address){_SHOW}")),
    ("ifconfig", re.compile(r"ifconfig(?: -a)?\s*")),
    ("route", re.compile(rf"ip(?: -\S+)* (?:r|ro|rou|rout|route){_SHOW}(?:table all)?\s*")),
    ("table", re.compile(r"(?:route|netstat)(?: -\S+| inet6)*\s*")),
    ("rule", re.compile(r"ip(?: -\S+)* (?:ru|rul|rule)" + _SHOW)),
    ("sysctl", re.compile(r"sysctl\b.*")),
    ("ipset", re.compile(r"ipset (?:save|-S|-o save list)\s*")),
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


class HostTexts:
    """Takes out of a text what tells of the host; its lines keep their numbers."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.head = ""
        self.found: list[HostText] = []
        self.notes: list[Note] = []
        self.beside: list[tuple[int, str]] = []

    def tells(self, line: int) -> bool:
        """Whether a line of the text tells of the host."""
        spans = ((each.place.line, each.text.count("\n")) for each in self.found)
        return any(first <= line <= first + count for first, count in spans)

    def sift(self, chunks: Iterable[str]) -> Iterator[str]:
        """The text without those lines; from the first of them on, it is looked at as a whole."""
        waiting = iter(chunks)
        line = 1
        for chunk in waiting:
            self.head = self.head or chunk[:65536]
            if not any(each.search(f"\n{chunk}") for each in _MAYBE):
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
        if is_collected(text):
            return self._learn(collected(text, self._file, first))
        lines = text.split("\n")
        block: _Block | None = None
        piped = False
        for number, raw in enumerate(lines):
            line = raw.rstrip("\r")
            call = _PROMPT.fullmatch(line)
            if block is not None and call is None and _LINES[block.form].fullmatch(line):
                block.lines.append(line)
                lines[number] = ""
                continue
            if block is not None and block.lines:
                self._end(block, cut=_ELIDED.fullmatch(line) is not None)
            block = None
            if call is not None:
                form = _called(call["call"])
                piped = form is None
                if form is not None:
                    block = _Block(
                        form=form, called=True, whole=True, first=first + number + 1, lines=[]
                    )
                    lines[number] = ""
                continue
            form = next((each for each, begin in _BEGINS.items() if begin.fullmatch(line)), None)
            if form is not None:
                block = _Block(
                    form=form, called=False, whole=not piped, first=first + number, lines=[line]
                )
                lines[number] = ""
        if block is not None and block.lines:
            self._end(block, cut=False)
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

    def _learn(self, told: Collected) -> str:
        self.found += told.texts
        self.notes += told.notes
        self.beside += told.beside
        return told.text


def _called(call: str) -> str | None:
    """The form of what a command prints; None where it prints a part or something else."""
    found = next((form for form, known in _CALLS if known.fullmatch(call.strip())), None)
    brief = found == "addr" and re.search(r" -(?:br|brief|br\w*)\b", call) is not None
    return "brief" if brief else found
