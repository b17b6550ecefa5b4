"""Names of hosts that stand alone above their lines, as ansible, dshbak and salt print them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from iptsim.dialects.parts import Line
from iptsim.dialects.places.names_in_front import siblings
from iptsim.regex import regex

_HEADERS = (
    # ansible, ad hoc and of a playbook
    regex(r"(?P<n>[\w.-]+) \| (?:CHANGED|SUCCESS|FAILED!?|UNREACHABLE!?|rc=\d+)\b.*"),
    regex(r"(?:ok|changed|failed|fatal): \[(?P<n>[^\]\s]+)\](?: => .*| \(item=.*)?"),
    # pssh, clush, head and tail, dshbak and clush -b
    regex(r"\[\d+\] \d\d:\d\d:\d\d \[(?:SUCCESS|FAILURE)\] (?P<n>\S+).*"),
    regex(r"==> (?P<n>.{1,120}) <=="),
)
_ENDS_HEADED = regex(r"(?:TASK|PLAY|RUNNING HANDLER)\b ?[\[R].*")
_RULED = regex(r"-{4,}")
_TITLES = (
    regex(r"[=#*-]{2,}\s*(?P<n>[\w.-]{1,60}):?\s*[=#*-]{2,}"),
    regex(r"(?P<n>[A-Za-z][\w.-]{0,60}):"),
    regex(
        r"[#=*>\s-]*(?:(?:on|from|output of)\s+)?(?:the\s+)?(?P<n>(?:server|host|node|machine|vm"
        r"|router|gateway|pod|container|服务器|主机|节点|机器)\s*[:#]?\s*[\w.-]{1,40})\s*[:：=*#-]*",
        re.IGNORECASE,
    ),
)  # fmt: skip


def ends_headed(text: str) -> bool:
    """Whether what is below a line is of no host: another task of a playbook begins."""
    return _ENDS_HEADED.fullmatch(text.strip()) is not None


def headings(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    """The lines that name a host alone, by where they stand among the lines, with the names."""
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
        if siblings(names) and not any(
            re.search(r"v?[46]$", name) and _is_family(name) for name in names
        ):
            yield from found
            return


def _is_family(name: str) -> bool:
    return re.fullmatch(r"(?:ip|v|ipv|inet|rules)[._-]?v?[46]", name.lower()) is not None
