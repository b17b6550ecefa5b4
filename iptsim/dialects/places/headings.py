"""Names of hosts that stand alone above their lines, as ansible, dshbak and salt print them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dialects.parts import Line
from iptsim.dialects.places.loops import looped
from iptsim.dialects.places.names_in_front import siblings
from iptsim.model import TABLES
from iptsim.regex import regex

_HEADERS = (
    # ansible, ad hoc and of a playbook
    regex(r"(?P<n>[\w.-]+) \| (?:CHANGED|SUCCESS|FAILED!?|UNREACHABLE!?|rc=\d+)\b.*"),
    regex(r"(?:ok|changed|failed|fatal): \[(?P<n>[^\]\s]+)\](?: => .*| \(item=.*)?"),
    # pssh, clush, head and tail, dshbak and clush -b
    regex(r"\[\d+\] \d\d:\d\d:\d\d \[(?:SUCCESS|FAILURE)\] (?P<n>\S+).*"),
    regex(r"==> (?P<n>.{1,120}) <=="),
    regex(r"netns: (?P<n>\S+)"),  # ip -all netns exec
)
_ENDS_HEADED = regex(r"(?:TASK|PLAY|RUNNING HANDLER)\b ?[\[R].*")
_RULED = regex(r"-{4,}")
_TITLES = (
    regex(r"[=#*-]{2,}\s*(?P<n>[\w.-]{1,60}):?\s*[=#*-]{2,}"),
    regex(r"(?P<n>[A-Za-z][\w.-]{0,60}):"),
    regex(
        r"[#=*>\s-]*(?:(?:on|from|output of)\s+)?(?:the\s+)?(?P<n>(?:server|host|node|machine|vm"
        r"|router|gateway|pod|container|netns|namespace|ns|服务器|主机|节点|机器)\s*[:#]?\s*[\w.-]{1,40})\s*[:：=*#-]*",
        re.IGNORECASE,
    ),
    regex(r"\[?(?P<n>\d{1,3}(?:\.\d{1,3}){3})\]?:?"),
    regex(r"\[(?P<n>[A-Za-z][\w.-]{0,60})\]"),
)  # fmt: skip
_NO_HOST = regex(
    rf"(?i)(?:{'|'.join(TABLES)}|ip(?:v?[46]|6?tables\S*)|before|after|old|new|was|now)"
)
_RULE = regex(r"-A \S+ .*-[jg] \S.*")


def ends_headed(text: str) -> bool:
    """Whether what is below a line is of no host: another task of a playbook begins."""
    return _ENDS_HEADED.fullmatch(text.strip()) is not None


def headings(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    """The lines that name a host alone, by where they stand among the lines, with the names."""
    if told := looped(lines):
        yield from told
        return
    for pattern in _HEADERS:
        found = [
            (at, each["n"])
            for at, line in enumerate(lines)
            if (each := pattern.fullmatch(line.text.strip()))
        ]
        if found:
            yield from found
            return
    ruled = [
        (at + 1, lines[at + 1].text.strip())
        for at in range(len(lines) - 2)
        if _RULED.fullmatch(lines[at].text.strip())
        and _RULED.fullmatch(lines[at + 2].text.strip())
        and re.fullmatch(r"[\w.,\[\]-]+", lines[at + 1].text.strip())
    ]
    yield from ruled if ruled else _titled(lines)


def _titled(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    """Titles that are alike but for a number or a letter.

    In scripts and saves a comment is of the rule below it.
    """
    begins = ("*filter", "*nat", "*mangle", "*raw", "iptables ", "ip6tables ", "sudo ")
    block = any(line.text.lstrip().startswith(begins) for line in lines)
    for pattern in _TITLES[:2] if block else _TITLES:
        found = [
            (at, " ".join(each["n"].split()))
            for at, line in enumerate(lines)
            if line.text[:1] != " " and (each := pattern.fullmatch(line.text.strip()))
        ]
        names = {name for _, name in found}
        same = len(names) > 1 and not block and _again(lines, found)
        if (siblings(names) or same) and not any(
            re.search(r"v?[46]$", name) and _is_family(name) for name in names
        ):
            yield from found
            return


def _again(lines: Sequence[Line], found: Sequence[tuple[int, str]]) -> bool:
    """Whether a rule stands below two of the names: no chain asks for the same twice."""
    starts = [at for at, _ in found]
    told: dict[str, str] = {}
    for (start, name), end in zip(found, [*starts[1:], len(lines)], strict=True):
        if _NO_HOST.fullmatch(name):
            return False
        for line in lines[start + 1 : end]:
            text = line.text.strip()
            if _RULE.fullmatch(text) and told.setdefault(text, name) != name:
                return True
    return False


def _is_family(name: str) -> bool:
    return re.fullmatch(r"(?:ip|v|ipv|inet|rules)[._-]?v?[46]", name.lower()) is not None
