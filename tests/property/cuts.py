"""Dumps cut as people cut them, and whether the answer to a cut one holds for the whole.

What a cut text answers must be the whole dump's answer, or «?» with that answer among its ways.
A diff of two cut texts may say that no packet fares otherwise only if the whole ones' diff does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import IptsimError
from iptsim.model import BUILTIN_CHAINS, Dump, Ruleset, Table
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.tracer.rules.untold_chains import completed
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BUILTINS = frozenset(name for names in BUILTIN_CHAINS.values() for name in names)
MOST_OPEN = 24
"""More places than this that may do anything take minutes to walk, and tell no more."""
MOST_OPEN_DIFF = 3
NATTED = ("src", "sport", "dst", "dport")
_PORT = re.compile(r"(?:--dports? |dpt:|--to-ports |--to-destination \S+:)(\d+)")
_ADDRESS = re.compile(r"(?<![\d.])(\d+\.\d+\.\d+\.\d+)(?![\d.])")
_HEADER = re.compile(r"^Chain (\S+) ", re.MULTILINE)
_ROW = re.compile(r"^(?!Chain |target |num | *pkts |\s*$|#|\$).*$")

Cutter = Callable[[str, Random], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A cut whose answer does not hold for the whole dump."""

    file: str
    cutter: str
    text: str
    packet: Packet
    hook: str | None
    whole: tuple[object, ...]
    cut: tuple[object, ...]


@cache
def dumps() -> tuple[tuple[str, str], ...]:
    """The dumps of the fixtures: name and text. Those of builds that print alike stand once."""
    found: dict[str, str] = {}
    for path in sorted(FIXTURES.rglob("*.txt")):
        if "expected" not in path.parts and not path.name.startswith(("addr", "route", "ipset")):
            found.setdefault(path.read_text("utf-8"), str(path.relative_to(FIXTURES)))
    return tuple((name, text) for text, name in found.items() if _is_dump(text))


def _is_dump(text: str) -> bool:
    try:
        return len(read_text(text).rulesets) == 1
    except IptsimError:
        return False


@cache
def _whole(text: str) -> Ruleset:
    """The rules of a fixture's text."""
    return read_text(text).rulesets[0]


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def _is_save(text: str) -> bool:
    return text.startswith(("#", "*")) and "\n*" in f"\n{text}"


def _is_listing(text: str) -> bool:
    return _HEADER.search(text) is not None


def without_chain(text: str, random: Random) -> str | None:
    """Without one chain: its declaration and its rules, or its part of the listing."""
    if _is_listing(text):
        blocks = _blocks(text)
        return "".join(b for b in _dropped(blocks, random)) if len(blocks) > 1 else None
    names = _declared(text)
    if not names:
        return None
    name = random.choice(names)
    mine = re.compile(rf"^(?::{re.escape(name)} |-[ANP] {re.escape(name)}(?: |$))")
    return "\n".join(line for line in _lines(text) if not mine.match(line)) + "\n"


def one_chain(text: str, random: Random) -> str | None:
    """One chain of a listing alone, as `iptables -L CHAIN` prints it."""
    return random.choice(_blocks(text)) if _is_listing(text) else None


def elided(text: str, random: Random) -> str | None:
    """Some rules left out, and the writer says so."""
    lines = _lines(text)
    rules = [n for n, line in enumerate(lines) if _is_rule(line, text)]
    if not rules:
        return None
    first = random.choice(rules)
    last = first
    while last + 1 in rules and _chain_of(lines, last + 1) == _chain_of(lines, first):
        if random.random() < 0.4:
            break
        last += 1
    mark = random.choice(("...", "…", "[...]", "<snip>", "(snip)", "[…]"))
    return "\n".join((*lines[:first], mark, *lines[last + 1 :])) + "\n"


def numbered(text: str, random: Random) -> str | None:
    """A listing with line numbers, from which rows before a chain's last were taken."""
    if not _is_listing(text):
        return None
    done: list[str] = []
    count = 0
    lines = _lines(text)
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("Chain "):
            count = 0
            done.append(line)
        elif line.lstrip().startswith(("target", "pkts")):
            done.append(f"num  {line}")
        elif _ROW.match(line):
            count += 1
            if random.random() < 0.75 or not _ROW.match(below):
                done.append(f"{count:<4} {line}")
        else:
            done.append(line)
    return "\n".join(done) + "\n"


def cut_off(text: str, random: Random) -> str | None:
    """The text ends somewhere in a save, within a line too."""
    if not _is_save(text) or "COMMIT" not in text:
        return None
    start = text.index("*")
    return text[: random.randrange(start + 8, len(text))]


def before_target(text: str, random: Random) -> str | None:
    """The text ends in a rule, before its target."""
    ends = [found.start() for found in re.finditer(r" -[jg] ", text)] if _is_save(text) else []
    return text[: random.choice(ends)] if ends else None


def grepped(text: str, random: Random) -> str | None:
    """`iptables-save | grep WORD`, or a listing's."""
    words = re.findall(r"(?<![\w-])[A-Z][A-Z_-]{3,}(?![\w-])|(?<=dpt:)\d+|(?<=dport )\d+", text)
    if not words or not (_is_save(text) or _is_listing(text)):
        return None
    word = random.choice(words)
    kept = [line for line in _lines(text) if word in line]
    call = "iptables-save" if _is_save(text) else "iptables -nL"
    prompt = [f"$ sudo {call} | grep {word}"] if random.random() < 0.7 else []
    return "\n".join((*prompt, *kept)) + "\n"


def without_rows(text: str, random: Random) -> str | None:
    """A listing without a row that leads to a chain, whose references no longer add up."""
    names = set(_HEADER.findall(text)) - BUILTINS
    lines = _lines(text)
    jumps = [n for n, line in enumerate(lines) if line.split()[:1] and line.split()[0] in names]
    if not jumps:
        return None
    gone = random.choice(jumps)
    return "\n".join(line for n, line in enumerate(lines) if n != gone) + "\n"


def narrowed(text: str, random: Random) -> str | None:
    """A listing cut at a column within its titles, as `cut -c1-80` cuts one with -v.

    Further to the right the titles are whole, and where each row reads, nothing shows the cut.
    """
    titles = {len(line) for line in _lines(text) if line.lstrip().startswith(("target", "pkts"))}
    if not _is_listing(text) or not titles:
        return None
    width = min(titles) - random.randrange(1, 30)
    return "\n".join(line[:width] for line in _lines(text)) + "\n"


def spoiled(text: str, random: Random) -> str | None:
    """One word of a rule is none that iptables takes there, or one more stands there."""
    lines = _lines(text)
    rules = [n for n, line in enumerate(lines) if _is_rule(line, text)]
    if not rules:
        return None
    number = random.choice(rules)
    several = () if _is_listing(text) else ("{{ port }}", "! --frob 7")
    junk = random.choice(("@PORT@", "{{port}}", "0.0.0.300", "--frob", "x.x.x.x", *several))
    found = re.finditer(r'"[^"]*"|\S+', lines[number])
    # Without its opt a row is one of an ip6tables that prints none.
    words = [each.span() for each in found if each[0] not in ("--", "-f", "!f")]
    first = 1 if _is_listing(text) else 2
    if len(words) <= first:
        return None
    start, end = random.choice(words[first:])
    end = start if random.random() < 0.3 and not _is_listing(text) else end
    line = f"{lines[number][:start]}{junk} {lines[number][end:].lstrip()}"
    return "\n".join((*lines[:number], line, *lines[number + 1 :])) + "\n"


def masked(text: str, random: Random) -> str | None:
    """One address of a rule is hidden, or its end."""
    found = list(_ADDRESS.finditer(text))
    if not found or not (_is_save(text) or _is_listing(text)):
        return None
    each = random.choice(found)
    octets = each[0].split(".")
    kept = random.randrange(4)
    hidden = ".".join((*octets[:kept], *(["xx"] * (4 - kept))))
    return text[: each.start()] + hidden + text[each.end() :]


CUTTERS: Mapping[str, Cutter] = {
    cutter.__name__: cutter
    for cutter in (
        without_chain, one_chain, elided, numbered, cut_off, before_target, grepped, without_rows,
        spoiled, masked,
    )
}  # fmt: skip

NARROW: Mapping[str, Cutter] = {"narrowed": narrowed}
"""Apart, so that the seeds of the others draw what they drew."""


def _blocks(text: str) -> list[str]:
    starts = [found.start() for found in _HEADER.finditer(text)]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _dropped(blocks: list[str], random: Random) -> list[str]:
    gone = random.randrange(len(blocks))
    return [block for number, block in enumerate(blocks) if number != gone]


def _declared(text: str) -> list[str]:
    return re.findall(r"^(?::|-[NP] )(\S+)", text, re.MULTILINE)


def _is_rule(line: str, text: str) -> bool:
    return bool(_ROW.match(line)) if _is_listing(text) else line.startswith("-A ")


def _chain_of(lines: list[str], number: int) -> str:
    line = lines[number]
    if line.startswith("-A "):
        return line.split()[1]
    return next(one for one in reversed(lines[:number]) if one.startswith("Chain "))


def packets(text: str, family: int, random: Random) -> Iterator[tuple[Packet, str | None]]:
    """Packets that rules of the text may speak of, with the hook where they start."""
    ports = [int(port) for port in _PORT.findall(text) if int(port) < 65536] or [80]
    texts = _ADDRESS.findall(text) if family == 4 else ["2001:db8::1", "fd00::9"]
    more = "192.0.2.1" if family == 4 else "2001:db8::7"
    addresses = [parse_address(one)[0] for one in sorted({*texts, more}) if _valid(one)]
    for _number in range(2):
        packet = Packet(
            family=family,
            proto=random.choice((6, 6, 6, 17)),
            src=random.choice([None, *addresses]),
            dst=random.choice([None, *addresses]),
            sport=40000,
            dport=random.choice([*ports, 80, 22]),
            ctstate=random.choice((None, None, None, "ESTABLISHED")),
        )
        kind = random.choice(("in", "in", "through", "out"))
        if kind == "out":
            yield packet.with_(uid=random.choice((0, 1000, 1337)), src=None), "OUTPUT"
        elif kind == "in":
            yield packet.with_(in_="eth0", dst=None), None
        else:
            yield packet.with_(in_="eth0", out=random.choice(("eth1", "docker0"))), None


def _valid(text: str) -> bool:
    return all(int(part) < 256 for part in text.split(".")) if "." in text else True


def wrongs(seed: int, cutters: Mapping[str, Cutter] = CUTTERS) -> Iterator[Wrong]:
    """What one cut, drawn by the seed, answers wrongly; nothing where it cannot be read."""
    random = Random(seed)  # noqa: S311  # not for secrets
    name, text = random.choice(dumps())
    cutter = random.choice(list(cutters))
    cut = cutters[cutter](text, random)
    if cut is None or cut == text:
        return
    whole = _whole(text)
    try:
        found = read_text(cut, family=whole.family).family(whole.family)
    except IptsimError:
        return
    if found is None or not {t.name for t in found.tables} <= {t.name for t in whole.tables}:
        return  # of another table, as was assumed and said
    if _open_places(found) > MOST_OPEN:
        return
    sides = Tracer.of(_with_tables(whole, found)), Tracer.of(found)
    for packet, hook in packets(text, whole.family, random):
        told, ways = (_fates(side, packet, hook) for side in sides)
        if told is None or ways is None:
            continue
        if not all(any(_fits(one, way) for way in ways) for one in told):
            yield Wrong(
                file=name, cutter=cutter, text=cut, packet=packet, hook=hook,
                whole=tuple(_shown(one) for one in told), cut=tuple(_shown(one) for one in ways),
            )  # fmt: skip


def _open_places(ruleset: Ruleset) -> int:
    return sum(rule.unread is not None for *_place, rule in completed(ruleset).rules())


def _with_tables(whole: Ruleset, cut: Ruleset) -> Ruleset:
    """Of the whole dump the tables that the cut one holds something of: the others are presumed."""
    names = {table.name for table in cut.tables}
    return Ruleset(
        family=whole.family, tables=tuple(table for table in whole.tables if table.name in names)
    )


def _fates(tracer: Tracer, packet: Packet, hook: str | None) -> tuple[Outcome, ...] | None:
    try:
        found = trace_grouped(tracer, packet, hook=hook, most=16)
    except IptsimError:
        return None
    return (*found.outcomes, *found.untold)


def _fits(whole: Outcome, way: Outcome) -> bool:
    """Whether a way that the cut text leaves open is that of the whole dump."""
    if whole.verdict != way.verdict or whole.destination != way.destination:
        return False
    if whole.destination is None:
        return True
    mine, told = _rewritten(whole), _rewritten(way)
    return all(told.get(field) in (value, "unknown") for field, value in mine.items()) and all(
        field in mine or value == "unknown" for field, value in told.items()
    )


def _rewritten(outcome: Outcome) -> dict[str, object]:
    """What translation made of the packet; a choice of the kernel's is any of its choices."""
    return {r.field: r.after for r in outcome.rewrites if r.field in NATTED}


def _shown(outcome: Outcome) -> object:
    return (outcome.verdict, outcome.destination, _rewritten(outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A diff of two cut dumps that denies an effect which the whole ones' diff has."""

    file: str
    cutter: str
    before: str
    after: str


@cache
def pairs() -> tuple[tuple[str, str, str], ...]:
    """The dumps of one host before and after a change, in one form: name and both texts."""
    texts = dict(dumps())
    others = ((name, name.replace("before", "after")) for name in texts if "before" in name)
    return tuple((name, texts[name], texts[other]) for name, other in others if other in texts)


def denied(seed: int) -> Iterator[Denied]:
    """What a diff of two dumps, both cut by one cutter, wrongly says to have no effect."""
    random = Random(seed)  # noqa: S311  # not for secrets
    name, *texts = random.choice(pairs())
    cutter, same = random.choice(list(CUTTERS)), random.random()
    cut = [CUTTERS[cutter](text, Random(same)) for text in texts]  # noqa: S311  # not for secrets
    if None in cut or cut == texts or cut[0] == cut[1]:
        return
    family = _whole(texts[0]).family
    try:
        sides = [_only(read_text(text or "", family=family), family) for text in cut]
        told = diff(*sides)
    except IptsimError:
        return
    kept = frozenset(table.name for side in sides for table in side.rulesets[0].tables)
    if told.same_effect and not told.in_part and not _fares_alike(name, kept):
        yield Denied(file=name, cutter=cutter, before=cut[0] or "", after=cut[1] or "")


def _only(dump: Dump, family: int) -> Dump:
    """The rules of one family, where they do not leave more open than a walk can take."""
    rules = dump.family(family)
    if rules is None or _open_places(rules) > MOST_OPEN_DIFF:
        raise IptsimError("not asked")
    return Dump(rulesets=(rules,), notes=dump.notes)


@cache
def _fares_alike(name: str, tables: frozenset[str]) -> bool:
    """Whether the whole dumps' diff has no effect, as far as these tables go."""
    texts = next(both for each, *both in pairs() if each == name)
    whole = map(_whole, texts)
    sides = [
        Dump(rulesets=(Ruleset(family=r.family, tables=tuple(_of(r, tables))),)) for r in whole
    ]
    return diff(*sides).same_effect


def _of(ruleset: Ruleset, names: frozenset[str]) -> Iterator[Table]:
    return (table for table in ruleset.tables if table.name in names)
