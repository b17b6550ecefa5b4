"""Lines of nft's that stand in no table, lines that say what is left out, and calls of nft.

Of a paste whose head is cut off only the rest is there: rules whose table nobody tells. Each looks
as nft prints it (nft(8)); shells and other programs have lines that end in `return` or `}`, too, so
a line counts only with nft's own words.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from iptsim.dialects.signs.elided import is_bar, is_filtered, says_left_out
from iptsim.regex import regex

_FAMILY = r"(?:ip6?|inet|arp|bridge|netdev)"
_WORDS = (
    r"(?:ip6?|tcp|udp|udplite|sctp|dccp|icmp|icmpv6|igmp|esp|ah|th|ether|vlan|arp|exthdr|rt)[ \t]+"
    r"(?:[sd]addr|[sd]port|flags|type|code|protocol|nexthdr|version|hoplimit|ttl|dscp|option|length)"
    r"|ct[ \t]+(?:state|status|mark|direction|original|reply|helper|count|[sd]addr|l3proto)"
    r"|meta[ \t]+\w+|(?:iif|oif)(?:name|type|group)?[ \t]|fib[ \t]+[sd]?addr|socket[ \t]+\w+"
    r"|counter(?:[ \t]+packets[ \t]|[ \t]*$|[ \t]+(?:accept|drop|jump|goto|return|reject))"
    r"|log[ \t]+(?:prefix|level|group|flags)[ \t]|limit[ \t]+rate[ \t]"
    r"|xt[ \t]+(?:match|target)[ \t]"
)
_ENDS = (
    r"(?:accept|drop|return|notrack|reject(?:[ \t]+with[ \t][^\n]*)?|masquerade[^\n]*"
    r"|redirect(?:[ \t]+to[^\n]*)?|(?:jump|goto)[ \t]+[\w.-]+|[sd]nat[ \t][^\n]*"
    r"|vmap[ \t][^\n]*|queue(?:[ \t][^\n]*)?|xt[ \t]+target[ \t][^\n]*)"
    r'(?:[ \t]+comment[ \t]+"[^"\n]*")?(?:[ \t]*;)?(?:[ \t]*#[ \t]*handle[ \t]+\d+)?'
)
_RULE = rf"(?:{_WORDS})(?:[^\n]{{0,1000}}[ \t])?{_ENDS}"
_OPENS = (
    r"type[ \t]+(?:filter|nat|route)[ \t]+hook[ \t]+\w+[^\n]*[ \t]priority[ \t]"
    rf"|chain[ \t]+[\w.-]+[ \t]*\{{|(?:set|map)[ \t]+[\w.-]+[ \t]*\{{[ \t\r]*$"
    rf"|table[ \t]+(?:{_FAMILY}[ \t]+)?[\w.-]+[ \t]*\{{|elements[ \t]*=[ \t]*\{{"
    rf"|(?:add|insert)[ \t]+rule[ \t]+(?:{_FAMILY}[ \t]+)?\S+[ \t]+\S+[ \t][^\n]{{0,1000}}{_ENDS}"
)
_AROUND = r"(?:\w{3} {1,2}\d{1,2} [\d:]{8} \S{1,64} [^\s:]{1,64}: |(?:[>|+][ \t]?){1,4})?"
"""A log's or a mail's prefix."""
_STRAY = regex(
    rf"^{_AROUND}[ \t]*(?:{_OPENS}|{_RULE}[ \t\r]*$"
    rf"|\}}[ \t\r]*\n\s*table[ \t]+{_FAMILY}[ \t]+\S+[ \t]*\{{)",
    8,  # MULTILINE
)
_LISTS = regex(
    r"^(?:[^\n]{0,80}?\bnft(?P<words>[ \t]+(?:[^\n]{0,60}?[ \t])?list(?:[ \t][^\n]*)?)"
    r"|#iptsim# begin (?P<collected>nft-list-ruleset)[^\n]*)$",
    8,  # MULTILINE
)
_SHELL = regex(
    r"(?:[^\n]{0,60}?[#$%>+:][ \t]*)?(?:sudo[ \t]+(?:-\S+[ \t]+)*)?(?:/usr)?(?:/s?bin/)?"
)
"""What stands before a command: nothing, a prompt, a collection's head (`nft-list: nft …`)."""
_ALL_TABLES = regex(r"(?:[ \t]+-{1,2}[\w-]+)*[ \t]+list[ \t]+ruleset[ \t]*(?:2>\S+[ \t]*)?[=\r]*")
_FAILED = regex(r"(?m)^#iptsim# end nft-list-ruleset rc=[^0]")
_TERSE = regex(r"(?:^|\s)(?:--terse|-[a-su-zA-Z]*t[a-zA-Z]*)(?=\s|$)")
_SAYS = regex(
    r"(?i)[^\"'$`{};]*\b(?:omitted|left out|snip(?:ped)?|truncated|elided|skipped|removed|redacted"
    r"|not shown|more (?:tables|chains|rules|sets|lines|elements))\b[^\"'$`{};]*"
)
_REMARK = regex(
    r"(?i)#+[ \t]*(?:(?:only|just)\b.*\b(?:shown|listed|kept|included|here|below)"
    r"|.*\b(?:tables?|chains?|rest|others?|output|listing|remainder)\b.*"
    r"\b(?:omitted|left out|snip(?:ped)?|truncated|trimmed|not shown|not listed|cut off))\b.{0,40}"
)
"""A remark that says that not all is there; others tell of what rules are for."""
_NEEDED = ("}", " hook ", " drop", " accept", "elements")


def is_stray(text: str) -> bool:
    """Whether a statement at a text's outermost level is one of a table's, or a table misspelt."""
    return any(sign in text for sign in "{}") or _STRAY.match(text) is not None


def is_printed(text: str) -> bool:
    """Whether a line looks as nft prints one: a head, a rule of its words with an end."""
    return _STRAY.match(text) is not None


def is_left_out(text: str) -> bool:
    """Whether a line says that something is left out there; a bar may be for looks."""
    if says_left_out(text):
        return not is_bar(text)
    if text.lstrip()[:1] == "#":
        return _REMARK.fullmatch(text.strip()) is not None
    return _SAYS.fullmatch(text) is not None


class Call(NamedTuple):
    """A line that calls nft for a listing.

    Whether without elements, whether of all tables, whether lines are taken out of it.
    """

    line: int
    terse: bool
    whole: bool
    filtered: bool = False


class Outside:
    """Takes a text piece by piece, and finds what may stand in no table."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._strays: list[tuple[int, str]] = []
        self._left_out: list[tuple[int, int, int, str]] = []

    def feed(self, text: str, first: int) -> None:
        """More of the text; `first` is its first line's number."""
        if "nft" in text:
            self.calls += _calls(text, first)
            if self.calls and _FAILED.search(text):
                self.calls[-1] = self.calls[-1]._replace(whole=False)
        if any(sign in text for sign in _NEEDED):
            self._strays += _found(text, first)
        if "}" in text:
            self._left_out += _said(text, first)

    def strays(self, taken: Container[int]) -> list[tuple[int, str]]:
        """The lines, with their numbers, that are of no table; `taken` are those of tables."""
        found = [each for each in self._strays if each[0] not in taken]
        for number, before, behind, text in self._left_out:
            if number not in taken and (before in taken or behind in taken):
                found.append((number, text))
        return sorted(found)


def _calls(text: str, first: int) -> Iterator[Call]:
    """The lines that call nft for a listing."""
    for found in _LISTS.finditer(text):
        line = first + text.count("\n", 0, found.start())
        if found["collected"]:
            yield Call(line=line, terse=False, whole=True)
            continue
        terse = _TERSE.search(found["words"]) is not None
        before = text[found.start() : found.start("words") - len("nft")]
        whole = _SHELL.fullmatch(before) is not None and (
            _ALL_TABLES.fullmatch(found["words"]) is not None
        )
        yield Call(line=line, terse=terse, whole=whole, filtered=is_filtered(found["words"]))


def _found(text: str, first: int) -> Iterator[tuple[int, str]]:
    place, number = 0, first
    for found in _STRAY.finditer(text):
        start = found.start()
        number += text.count("\n", place, start)
        place = start
        end = text.find("\n", start)
        yield number, text[start : end if end >= 0 else len(text)].strip()


def _said(text: str, first: int) -> Iterator[tuple[int, int, int, str]]:
    """The lines that say so, with the numbers of those before and behind that are not blank."""
    lines = [(at, line) for at, line in enumerate(text.split("\n"), first) if line.strip()]
    for at, (number, line) in enumerate(lines):
        if len(line) < 200 and is_left_out(line):
            before = lines[at - 1][0] if at else 0
            behind = lines[at + 1][0] if at + 1 < len(lines) else 0
            yield number, before, behind, line.strip()
