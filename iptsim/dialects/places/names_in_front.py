"""The name in front of a line: pdsh's host, the pod of `kubectl logs --prefix`, stern's, a service.

What a log says of itself (a pod in brackets, a bar of docker compose, the host of syslog) is a
name wherever it stands. Other words are names only by what many lines show: two of them or more,
each in front of lines of a dump, and none of them a number, a level or a table's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.finding.noise import plain
from iptsim.dialects.places.record_hosts import HostColumn, host_column, may_be_records
from iptsim.dialects.signs.signs import heads, is_core, is_sure, words_before
from iptsim.dialects.wrappers.log_prefixes import behind_stamps
from iptsim.model import BUILTIN_CHAINS, TABLES, VERDICTS
from iptsim.regex import regex

_MONTH = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_SELF = regex(
    r"\[pod/(?P<pod>[^\s/\]]+)/[^\s\]]+\] ?"  # kubectl logs --prefix
    rf"|(?:{_MONTH}|{_ISO}) (?P<host>[\w.-]+) [^\s\[\]:]+(?:\[\d+\])?:(?: |$)"  # syslog, journald
    r"|(?P<service>[A-Za-z0-9][\w.-]*) +\| ?"  # docker compose logs
)
_OBJECT = regex(
    r"\"(?P<key>pod_name|podName|pod|hostname|host|node_name|nodeName|node|container_name"
    r"|containerName|container|service)\"\s*:\s*\"(?P<name>[^\"\\]{1,80})\""
    r"|(?:^|[\s{,])(?P<pair>pod|pod_name|hostname|host|node)=(?P<q>\"?)(?P<value>[\w./:-]{1,80})(?P=q)(?=[\s,}])"
)
_HOLDS = regex(r"-[APNI] \S|Chain \S|tables(?:-\w+)* -|\*(?:filter|nat|mangle|raw)\b| -- ")
_RANK = ("pod", "host", "node", "container", "service")
_VARYING = regex(r"[\[(]?[\d:.,/TZ+-]*\d[\d:.,/TZ+-]*[\])]?:?")
# `rules.v4:12:`; only a colon parts a file's own digit from the number of a line.
_NUMBERED = regex(r"(?P<file>\S*?(?:[^\s\d:-]|[^\s:-](?=:\d+:\Z)))(?P<number>[:-]\d+)?[:-]")
_LEVELS = frozenset(
    {
        "trace", "debug", "info", "warn", "warning", "error", "err", "fatal", "notice", "out",
        "stdout", "stderr", "f", "p", "msg", "log", "output", "stdout_lines", "info:", "t", "i",
    }
)  # fmt: skip
_NO_PLACES = frozenset(
    [
        "ipv4",
        "ipv6",
        "v4",
        "v6",
        "ip",
        "ip6",
        "iptables",
        "ip6tables",
        "rule",
        "rules",
        "step",
        "line",
        "chain",
        "chains",
        "table",
        "target",
        "then",
        "and",
        "cmd",
        "command",
        "old",
        "new",
        "before",
        "after",
        "note",
        "result",
        "example",
        "policy",
        "policies",
        "running",
        "executing",
        "run",
    ]
) | {
    *TABLES,
    *(name.lower() for names in BUILTIN_CHAINS.values() for name in names),
    *(name.lower() for name in VERDICTS if name != "QUEUE"),
}
_PAIR = regex(r"(?:ip6?tables|(?:rules\.|ip)v?[46])(?![0-9])|(?<=[._/-])v?[46](?=$|\.)")
_TRACED = regex(r"(?:^|[\s:|│>])\++\s?\(?\S*:\d+\)?:")
"""PS4 with the script's name and the number of its line."""
_SIBLING = regex(r"\d+|(?<![A-Za-z])[A-Za-z]$")
_COUNTED = regex(r"(?i)(?:step|rule|line|part|phase|item|no|nr)[._-]?\d*")
_DRESS = "[](){}:|<>»›*\"'`#=- \t"
_POD = regex(r".*-(?:[a-z0-9]{5}|\d+)")


@dataclass(frozen=True, slots=True)
class Front:
    """A name in front of a line, and where the line goes on behind it."""

    name: str
    end: int


@dataclass(kw_only=True)
class Fronts:
    """The names that stand in front of the lines of a text."""

    _words: Mapping[str, str]
    _pattern: re.Pattern[str] | None = None
    _self: bool = False
    _objects: str = ""
    _column: HostColumn | None = None

    def of(self, text: str) -> Front | None:
        """The front of a line; None where it has none."""
        if self._objects or self._column:
            name = self._column.of(text) if self._column else _named_by(text, self._objects)
            return Front(name, 0) if name else None
        found = of_itself(text) if self._self else None
        if found is not None or self._pattern is None:
            return found
        start = behind_stamps(text)
        words = self._pattern.match(text, start)
        if words is None:
            return None
        name = next(
            self._words[key] for key, value in words.groupdict().items() if value is not None
        )
        return Front(name, words.end())


def fronts(sample: Sequence[str], text: str) -> Fronts | None:
    """What names stand in front of lines of a dump; None where not two do.

    Where a sample of the lines shows one, the whole text is looked at: hosts may come one by one.
    """
    named = _own(sample), _words(sample)
    records = may_be_records(sample)
    if not any(named) and not records and not _key(sample, fewest=1):
        return None
    lines = [plain(line) for line in text.split("\n")]
    column = host_column(lines) if records else None
    if column is not None:
        return Fronts(_words={}, _column=column)
    own = _own(lines)
    if len(own) > 1:
        return Fronts(_words={}, _self=True)
    key = _key(lines, fewest=2)
    return Fronts(_words={}, _objects=key) if key else _learned(_words(lines))


def _own(lines: Iterable[str]) -> frozenset[str]:
    """The names that prefixes of logs tell of lines of a dump."""
    found = set()
    for line in lines:
        if line[:1] in "-:*#" or (told := of_itself(line)) is None:
            continue
        rest = line[told.end :]
        if is_sure(rest) or heads(rest[behind_stamps(rest) :]):
            found.add(told.name)
    return frozenset(found)


def _words(lines: Iterable[str]) -> Counter[str]:
    """The words in front of lines of a dump."""
    lines = (line[behind_stamps(line) :] for line in lines if line[:1] not in "-:*#")
    return Counter(words for line in lines if (words := _front(line)) is not None)


def _front(line: str) -> str | None:
    return None if is_core(line) else words_before(line)


def of_itself(text: str) -> Front | None:
    """The name that a log's own prefix tells, behind the stamps that tell none."""
    place, names = 0, list[str]()
    for _ in range(4):
        found = _SELF.match(text, place)
        kind = found.lastgroup if found is not None else None
        if found is not None and kind is not None and _is_name(found[kind]):
            names.append(f"pod {found[kind]}" if kind == "pod" else found[kind])
            place = found.end()
            continue
        end = place + behind_stamps(text[place:])
        if end == place:
            break
        place = end
    return Front(", ".join(names), place) if names else None


def _is_name(name: str) -> bool:
    return name.lower() not in _NO_PLACES


def _named_by(text: str, key: str) -> str:
    """What an object of JSON or the pairs of logfmt tell by that key."""
    for found in _OBJECT.finditer(text):
        if (found["key"] or found["pair"]) == key:
            return f"{found['name'] or found['value']}"
    return ""


def _key(lines: Iterable[str], *, fewest: int) -> str:
    """The key by which objects of a log tell so many places or more."""
    told: dict[str, set[str]] = {}
    for line in lines:
        if ('":' not in line and "=" not in line) or is_core(line) or not _HOLDS.search(line):
            continue
        for found in _OBJECT.finditer(line):
            name = found["name"] or found["value"]
            told.setdefault(found["key"] or found["pair"], set()).add(name)
    keys = [key for key, names in told.items() if len(names) >= fewest]
    return min(keys, key=_rank, default="")


def _rank(key: str) -> int:
    return next((at for at, word in enumerate(_RANK) if key.lower().startswith(word)), len(_RANK))


def _learned(words: Counter[str]) -> Fronts | None:
    """The words in front of lines that are names of places, by how they stand there."""
    named: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for front, number in words.items():
        name = _name(front)
        if name is None:
            continue
        named.setdefault(name, set()).add(_literal(front))
        counts[name] += number
    names = _pods(counts)
    if not _are_places(counts, names):
        return None
    groups = {f"p{at}": names[name] for at, name in enumerate(named)}
    patterns = (
        f"(?P<p{at}>{'|'.join(sorted(named[name], key=len, reverse=True))})"
        for at, name in enumerate(named)
    )
    return Fronts(_words=groups, _pattern=re.compile("|".join(patterns)))


def _are_places(counts: Counter[str], names: Mapping[str, str]) -> bool:
    """Names that stand once each are a list's, unless they are alike (`node1`, `node2`)."""
    told = {names[name] for name in counts}
    if len({_PAIR.sub("ip", name) for name in told}) < 2:
        return False
    repeated = sum(number > 1 for number in counts.values())
    return repeated * 2 > len(counts) or repeated > 1 or siblings(told)


def siblings(names: Iterable[str]) -> bool:
    """Whether names differ in a number or one letter alone: node1 and node2, fw-a and fw-b."""
    told = set(names)
    return len(told) > 1 and len({_SIBLING.sub("#", name) for name in told}) == 1


def _pods(counts: Iterable[str]) -> dict[str, str]:
    """The places of names: stern tells a container behind its pod, whose network it shares."""
    found = {name: name for name in counts}
    firsts = Counter(name.split()[0] for name in found if len(name.split()) > 1)
    for name in found:
        first = name.split()[0]
        if firsts[first] > 1 and _POD.fullmatch(first):
            found[name] = first
    return found


def _name(front: str) -> str | None:
    """The name in the words, numbers and levels of a log aside; None where there is none."""
    numbered = _NUMBERED.fullmatch(front.strip())
    bare = numbered["file"] if numbered is not None and " " not in front.strip() else front
    words = [word.strip(_DRESS) for word in bare.split() if not _VARYING.fullmatch(word)]
    told = [word for word in words if word and word.lower() not in _LEVELS]
    if _TRACED.search(front) or (told and _COUNTED.fullmatch(told[-1])):
        return None
    known = any(word.lower().rpartition("/")[2].partition(".")[0] in _NO_PLACES for word in told)
    paired = known and len(told) == 1 and "/" in told[0]
    if not told or len(told) > 3 or (known and not paired) or told[-1].endswith((".sh", ".yml")):
        return None
    return " ".join(told)


def _literal(front: str) -> str:
    """A pattern of the words, in which numbers may differ, as a time or a line's number does."""
    numbered = _NUMBERED.fullmatch(front.strip())
    if numbered is not None and " " not in front.strip():
        number = r"[:-]\d+" if numbered["number"] else ""
        blank = r"(?:[ \t]|$)" if front[-1:].isspace() else ""
        return rf"\s*{re.escape(numbered['file'])}{number}[:-]{blank}"
    words = [r"\S*\d\S*" if _VARYING.fullmatch(word) else re.escape(word) for word in front.split()]
    return r"\s*" + r"\s+".join(words) + (r"(?:[ \t]|$)" if front[-1:].isspace() else "")
