"""Lines of several places in one text, and the texts that they are apart.

pdsh, `kubectl logs --prefix`, stern, ansible and docker compose print the lines of several hosts
or pods by turns, and `ip netns exec` and its kin run iptables in another network namespace. Read as
one, the rules of one host would hold on the other. Here is a quick look whether a text may be so;
`streams` tells whose each line is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.dialects.finding.noise import plain
from iptsim.dialects.parts import Line, ReadTable
from iptsim.dialects.places.names_in_front import fronts
from iptsim.errors import DumpError
from iptsim.errors import Place as At
from iptsim.model import Match, Note, Rule
from iptsim.regex import regex

_MOST = 1 << 26
"""Letters of a text in which places are looked for."""
SIGNS = (
    "netns exec", "net exec", "nsenter", "ssh ", " exec ", "compose exec", "lxc-attach",
    "adb shell", " rsh ", " logs ", "unshare ",
)  # fmt: skip
"""In a text without these nothing runs elsewhere."""
_MAY_HEAD = regex(
    r"\bfor \w+ in [^\n]|\bwhile read |^(?:netns: |\S+ \| [A-Zr]"
    r"|\[?(?:\d{1,3}\.){3}\d{1,3}\]?:?[ \r]*$|\[[A-Za-z][\w.-]*\][ \r]*$"
    r"|(?:ok|changed|failed|fatal): \[|\[\d+\] \d\d:|==> |-{4,}[ \r]*$"
    r"|[=#*-]{2,} *[\w.-]{1,60}:? *[=#*-]{2,}[ \r]*$|[A-Za-z][\w.-]{0,60}:[ \r]*$"
    r"|[#=*> -]{0,8}(?:(?i:on|from|output of|the) ){0,2}"
    r"(?i:server|host|node|machine|vm|router|gateway|pod|container|netns|namespace|ns|服务器|主机|节点|机器).{0,44}$)",
    re.MULTILINE,
)
_LONGEST_HEADED = 1 << 21
_MOST_LINES, _MOST_TIMES = 100_000, 4
"""Lines of all places, and how many times those of the text, beyond which no place is read."""
_DECLARED = regex(r"-[PN] \S|:\S+ \S|Chain \S+ \(|\*\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The lines of one place; `name` is '' for the host at which the text was made.

    `sure`: a command of the text runs there, so it is another place even if it is the only one.
    """

    name: str
    lines: tuple[Line, ...]
    sure: bool = False

    @property
    def several(self) -> str:
        """The places of a loop, where nothing tells whose rule is whose; '' for one place."""
        known = not looped(self.name) or any(
            _DECLARED.match(line.text.lstrip()) for line in self.lines
        )
        return "" if known else self.name


def looped(name: str) -> bool:
    """Whether a place is named by a loop's variable, or by what another program puts there."""
    return "$" in name or "{}" in name


def doubted(tables: Sequence[ReadTable], several: str) -> list[ReadTable]:
    """The tables that were printed in `several` places: each rule may be of another place."""
    if not several:
        return list(tables)
    return [each if each.form == "input" else _doubted(each, several) for each in tables]


def _doubted(table: ReadTable, several: str) -> ReadTable:
    note = Note(code=codes.RULES_OF_SEVERAL, place=table.place, facts=(("name", several),))
    chains = [
        replace(chain, rules=tuple(_of_one(rule, several) for rule in chain.rules))
        for chain in table.chains
    ]
    return replace(table, chains=tuple(chains), notes=(*table.notes, note))


def _of_one(rule: Rule, several: str) -> Rule:
    line = rule.place.line if rule.place is not None else 0
    asked = Match(name="?", raw=(f"{several} (line {line})",))
    return replace(rule, matches=(*rule.matches, asked))


@dataclass(kw_only=True)
class Gathered:
    """A text as it stands, and the places that its lines are of."""

    file: str
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
        """The places, in the order in which they first stand; empty where all is of one.

        `DumpError` where lines that may be of any of very many places would be read for each.
        """
        if self._found is None:
            text = "".join(self._chunks)
            found = tuple(_places(text, self._shown))
            _unless_too_many(self.file, text, found)
            self._found = found
            self._chunks.clear()
        return self._found


def _unless_too_many(file: str, text: str, found: Sequence[Place]) -> None:
    lines = sum(len(place.lines) for place in found)
    if lines <= _MOST_LINES or lines <= _MOST_TIMES * text.count("\n"):
        return
    first = next(place.lines[0] for place in found if place.lines)
    raise DumpError(
        f"{len(found)} states are told in this text, not one",
        place=At(file=file, line=first.number),
        text=first.text,
        length=len(first.text.strip()),
        expected="one of them alone",
        code=codes.TOO_MANY_STATES,
        count=len(found),
        most=_MOST_TIMES,
    )


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
