"""Lines of several places in one text, and the texts that they are apart.

pdsh, `kubectl logs --prefix`, stern, ansible and docker compose print the lines of several hosts
or pods by turns, and `ip netns exec` and its kin run iptables in another network namespace. Read as
one, the rules of one host would hold on the other. Here is a quick look whether a text may be so;
`streams` tells whose each line is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim.dataclass import dataclass, field
from iptsim.dialects.finding.noise import plain
from iptsim.dialects.parts import Line
from iptsim.dialects.places.names_in_front import fronts
from iptsim.regex import regex

_MOST = 1 << 26
"""Letters of a text in which places are looked for."""
SIGNS = (
    "netns exec", "net exec", "nsenter", "ssh ", " exec ", "compose exec", "lxc-attach",
    "adb shell", " rsh ", " logs ", "unshare ",
)  # fmt: skip
"""In a text without these nothing runs elsewhere."""
_MAY_HEAD = regex(
    r"^(?:\S+ \| [A-Zr]|(?:ok|changed|failed|fatal): \[|\[\d+\] \d\d:|==> |-{4,}[ \r]*$"
    r"|[=#*-]{2,} *[\w.-]{1,60}:? *[=#*-]{2,}[ \r]*$|[A-Za-z][\w.-]{0,60}:[ \r]*$"
    r"|[#=*> -]{0,8}(?:(?i:on|from|output of|the) ){0,2}"
    r"(?i:server|host|node|machine|vm|router|gateway|pod|container|服务器|主机|节点|机器).{0,44}$)",
    re.MULTILINE,
)
_LONGEST_HEADED = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The lines of one place; `name` is '' for the host at which the text was made.

    `sure`: a command of the text runs there, so it is another place even if it is the only one.
    """

    name: str
    lines: tuple[Line, ...]
    sure: bool = False


@dataclass(kw_only=True)
class Gathered:
    """A text as it stands, and the places that its lines are of."""

    _chunks: list[str] = field(default_factory=list)
    _size: int = 0
    _shown: list[str] = field(default_factory=list)
    _found: tuple[Place, ...] | None = None

    def feed(self, chunk: str) -> None:
        """The next lines of the text."""
        self._size += len(chunk)
        if self._size < _MOST:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    def sampled(self, lines: Sequence[str]) -> None:
        """Lines in which something of a dump stands, of the text's beginning."""
        self._shown = self._shown or list(lines)

    def places(self) -> tuple[Place, ...]:
        """The places, in the order in which they first stand; empty where all is of one."""
        if self._found is None:
            self._found = tuple(_places("".join(self._chunks), self._shown))
            self._chunks.clear()
        return self._found


def _places(text: str, shown: Sequence[str]) -> list[Place]:
    named = fronts([plain(line) for line in shown], text)
    elsewhere = any(sign in text for sign in SIGNS)
    headed = may_head(text)
    if not (named or elsewhere or headed):
        return []
    from iptsim.dialects.places.streams import streams  # noqa: PLC0415  # most texts are of one

    found = list(streams(text, named, elsewhere=elsewhere, headed=headed))
    return found if len(found) > 1 or any(each.sure for each in found) else []


def may_head(text: str) -> bool:
    """Whether names may stand alone in a text, at a quick look."""
    return len(text) < _LONGEST_HEADED and _MAY_HEAD.search(text) is not None
