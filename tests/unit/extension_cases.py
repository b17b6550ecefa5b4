r"""Example tables of extensions: `examples/matches/*.txt` and `examples/targets/*.txt`.

A case begins with the words that iptables-save prints for one match or target, at the left margin;
`6: ` before them says IPv6. What is known of the case follows, indented, one line each:

    -m tcp --dport 80
        input    -m tcp --destination-port 80     other words of the same meaning
        listing  tcp dpt:80                       what a listing prints of it
        lost     tcp spts:… => -m tcp             a lossy listing, and how it reads
        yes      dport=80                         a packet that matches (the rest: see DEFAULTS)
        no       dport=81                         a packet that does not
        wrong    -m tcp --dport 65536             words that are refused
        opaque                                    the match has no meaning but an opaque fact
        does     mark = mark & ~0xff ^ 0x1; go on what a target does (test_targets.py: `told`)

The notes at the right are not part of the format; `#` begins a comment line, and the comment
`# Not asked of the kernel: WHY` keeps an extension out of the kernel tests. Values of packets are
numbers, addresses, names; `fact:KEY=yes` gives an opaque fact (shell quoting for blanks). A field
that a case sets to nothing, `sport=`, is absent, and asking for it is an error. `payload=GET|0d0a|`
is no field: it is told beforehand, as `--payload` tells it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from iptsim.extensions.lowering import lower_match
from iptsim.extensions.matches.string import read_bytes
from iptsim.extensions.registry import matches, targets
from iptsim.extensions.spec import Context, Extension, MatchExtension, Opt
from iptsim.extensions.text import write_match, write_target
from iptsim.model import Match, Option, Target
from iptsim.packet import FIELDS, Kind
from iptsim.predicate import And, Bits, Fact, InSet, Interface, Not, OneOf, Or, Predicate
from iptsim.values import parse_address

KEYWORDS = frozenset({"input", "listing", "lost", "yes", "no", "wrong", "opaque", "does"})
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^"\s]+)')
_NAMED = re.compile(r"^(?:6: )?-[mj] (\S+)", re.MULTILINE)
_NOT_ASKED = re.compile(r"^# Not asked of the kernel: (.+)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
EXAMPLES = Path(__file__).parent / "examples"
PAYLOAD = "payload"
Value = int | str
DEFAULTS: Mapping[str, Value] = {
    **{field.name: 0 for field in FIELDS.values() if field.kind is Kind.NUMBER},
    **{field.name: "" for field in FIELDS.values() if field.kind is Kind.INTERFACE},
    "socket": "no", "ctstate": "NEW", "ctdir": "ORIGINAL", "ct_snat": "no", "ct_dnat": "no",
    "src_type": "UNICAST", "dst_type": "LOCAL", "pkttype": "unicast", "bridged": "no",
    "ethernet": "yes", "eui64": "no", "ah_next": "other",
    "proto": 6, "sport": 40000, "dport": 80, "tcp_flags": 2, "ttl": 64, "length": 60,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: its save text, its family, and what is said of it as (keyword, text)."""

    save: str
    family: int
    lines: tuple[tuple[str, str], ...]
    place: str

    def texts(self, keyword: str) -> Iterator[str]:
        return (text for word, text in self.lines if word == keyword)


def cases(kind: str) -> list[Case]:
    """The cases of `matches` or `targets`, file by file."""
    files = sorted((EXAMPLES / kind).glob("*.txt"))
    return [case for file in files for case in _read_file(file)]


def not_asked(kind: str) -> dict[str, str]:
    """By name, the `matches` or `targets` that no kernel here is asked of, and why."""
    tables = [file.read_text(encoding="utf-8") for file in sorted((EXAMPLES / kind).glob("*.txt"))]
    found = ((_NAMED.search(text), _NOT_ASKED.search(text)) for text in tables)
    return {name[1]: why[1] for name, why in found if name is not None and why is not None}


def _read_file(file: Path) -> Iterator[Case]:
    save, place = "", ""
    lines: list[tuple[str, str]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            lines.append(_said(line.strip()))
            continue
        if save:
            yield _case(save, lines, place)
        save, lines, place = line, [], f"{file.stem}:{number}"
    yield _case(save, lines, place)


def _said(line: str) -> tuple[str, str]:
    keyword, _, text = line.partition(" ")
    assert keyword in KEYWORDS, line
    return keyword, text.strip()


def _case(save: str, lines: Iterable[tuple[str, str]], place: str) -> Case:
    family = 6 if save.startswith("6: ") else 4
    return Case(save=save.removeprefix("6: "), family=family, lines=tuple(lines), place=place)


def find_extension(text: str) -> Extension:
    """The extension that `-m name …`, `-j name …` or `-g name …` speaks of."""
    flag, name = text.split()[:2]
    return matches()[name] if flag == "-m" else targets()[name]


def split(text: str) -> list[str]:
    r"""The words as iptables-restore cuts them: in `"…"` a `\\` stands before any character."""
    found = _WORD.finditer(text)
    return [word[2] if word[1] is None else _ESCAPED.sub(r"\1", word[1]) for word in found]


def parse(text: str, family: int) -> Match:
    """The words of a save file to a match or target in canonical form."""
    flag, _name, *words = split(text)
    extension = find_extension(text)
    options = extension.canonical(_options(extension, words, family), family)
    kind = Match if flag == "-m" else Target
    return kind(name=extension.name, options=options)


def _options(extension: Extension, words: list[str], family: int) -> Iterator[Option]:
    position = 0
    while position < len(words):
        negate = words[position] == "!"
        known = extension.find(words[position + negate])
        if known is None or (negate and not known.negatable):
            raise ValueError(f"{extension.name} does not take {words[position:]}")
        start = position + negate + 1
        position = start + _taken(known, words[start:])
        yield _option(known, words[start:position], negate, family)


def _taken(known: Opt, words: list[str]) -> int:
    """The words that belong to an option: up to the next one, in the bounds of its type."""
    least, most = known.words
    count = next((n for n, word in enumerate(words) if word == "!" or word[:2] == "--"), len(words))
    return min(max(count, least), most)


def _option(known: Opt, words: list[str], negate: bool, family: int) -> Option:
    if len(words) < known.words[0]:
        raise ValueError(f"{known.name} lacks its value")
    value = True if known.value is None else known.value.read(words, family)
    return Option(name=known.name, value=value, negate=negate)


def write(part: Match, family: int) -> str:
    """The save text of a match or target."""
    return write_target(part, family) if isinstance(part, Target) else write_match(part, family)


def read_listing(extension: Extension, text: str, family: int) -> tuple[Option, ...] | None:
    """The canonical options of the first reading that covers the whole text, if any."""
    assert extension.wording is not None
    for options, end in extension.wording.read(text, 0, family):
        if not text[end:].strip():
            return extension.canonical(options, family)
    return None


def read_values(text: str) -> tuple[dict[str, Value], dict[str, bool]]:
    """`sport=80 src=10.0.0.1 fact:KEY=yes` to the fields and the facts that it tells."""
    values: dict[str, Value] = {}
    facts: dict[str, bool] = {}
    for word in shlex.split(text):
        name, _, value = word.rpartition("=")
        if name.startswith("fact:"):
            facts[name.removeprefix("fact:")] = value == "yes"
        else:
            values[name] = _value(name, value)
    return values, facts


def _value(name: str, text: str) -> Value:
    if name == PAYLOAD or FIELDS[name].kind is not Kind.NUMBER or not text:
        return text
    if FIELDS[name].width == 48:
        return int(text.replace(":", ""), 16)
    return parse_address(text)[0] if "." in text or ":" in text else int(text, 0)


def holds(part: Match, text: str, family: int) -> bool:
    """Whether a packet, told as in `read_values`, meets the match."""
    told, facts = read_values(text)
    payload = told.pop(PAYLOAD, None)
    packet = {**DEFAULTS, **_protocol(matches()[part.name]), **told}
    known = {name: value for name, value in packet.items() if not _absent(name, value)}
    return evaluate(lower_match(part, _context(family, payload)), known, facts)


def _context(family: int, payload: Value | None) -> Context:
    """A packet of these tables is told as a whole."""
    if payload is None:
        return Context(family=family)
    return Context(family=family, payload=read_bytes(str(payload)), told=frozenset(FIELDS))


def _protocol(extension: MatchExtension) -> dict[str, Value]:
    return {} if extension.implied_by is None else {"proto": extension.implied_by}


def _absent(name: str, value: Value) -> bool:
    return value == "" and FIELDS[name].kind is Kind.NUMBER


def evaluate(predicate: Predicate, packet: Mapping[str, Value], facts: Mapping[str, bool]) -> bool:
    """A predicate's truth; `KeyError` when it asks for what is not told."""
    match predicate:
        case And(parts=parts):
            return all(evaluate(part, packet, facts) for part in parts)
        case Or(parts=parts):
            return any(evaluate(part, packet, facts) for part in parts)
        case Not(part=part):
            return not evaluate(part, packet, facts)
        case Fact(key=key, told=told):
            return facts[key] if told is None else evaluate(told, packet, facts)
        case InSet(field=field, values=members) | OneOf(field=field, names=members):
            return packet[field] in members
        case Bits(field=field, test=test) | Interface(field=field, pattern=test):
            return packet[field] in test


def check_save(case: Case) -> None:
    """The save text, and every other input, reads to options that write as the save text."""
    part = parse(case.save, case.family)
    for text in (case.save, *case.texts("input")):
        assert write(parse(text, case.family), case.family) == case.save, text
    again = find_extension(case.save).canonical(part.options, case.family)
    assert again == part.options


def check_wrong(case: Case) -> None:
    """Every wrong text is refused."""
    for text in case.texts("wrong"):
        with pytest.raises(ValueError, match=r"."):
            parse(text, case.family)


def check_listing(case: Case) -> None:
    """Every listing text reads, to its end, as the save text; a lossy one as what it says."""
    extension = find_extension(case.save)
    for text in case.texts("listing"):
        assert read_listing(extension, text, case.family) == parse(case.save, case.family).options
    for text in case.texts("lost"):
        listing, _, meant = text.rpartition(" => ")
        assert meant != case.save, "nothing is lost here"
        assert read_listing(extension, listing, case.family) == parse(meant, case.family).options


def check_packets(case: Case) -> None:
    """The packets that match do, those that do not do not."""
    part = parse(case.save, case.family)
    for keyword, expected in (("yes", True), ("no", False)):
        for text in case.texts(keyword):
            assert holds(part, text, case.family) is expected, f"{keyword} {text}"


def check_opaque(case: Case) -> None:
    """A match said to be opaque is exactly one fact."""
    for _ in case.texts("opaque"):
        assert isinstance(lower_match(parse(case.save, case.family), Context()), Fact)
