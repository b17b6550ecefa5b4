"""Dumps cut as people cut them, and whether the answer to a cut one holds for the whole.

What a cut text answers must be the whole dump's answer, or «?» with that answer among its ways.
A diff of two cut texts may say that no packet fares otherwise only if the whole ones' diff does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from cutters import ADDRESS, CUTTERS, Cutter

from iptsim.dialects import read_text
from iptsim.diff import diff
from iptsim.errors import IptsimError
from iptsim.model import Dump, Ruleset, Table
from iptsim.packet import Packet
from iptsim.tracer import Outcome, Tracer
from iptsim.tracer.rules.untold_chains import completed
from iptsim.tracing import trace_grouped
from iptsim.values import parse_address

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MOST_OPEN = 24
"""More places than this that may do anything take minutes to walk, and tell no more."""
MOST_OPEN_DIFF = 3
NATTED = ("src", "sport", "dst", "dport")
_PORT = re.compile(r"(?:--dports? |dpt:|--to-ports |--to-destination \S+:)(\d+)")


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
        return len(_read(text).rulesets) == 1
    except IptsimError:
        return False


@cache
def _read(text: str) -> Dump:
    return read_text(text)


def _whole(text: str) -> Ruleset:
    """The rules of a fixture's text."""
    return _read(text).rulesets[0]


def packets(text: str, family: int, random: Random) -> Iterator[tuple[Packet, str | None]]:
    """Packets that rules of the text may speak of, with the hook where they start."""
    ports = [int(port) for port in _PORT.findall(text) if int(port) < 65536] or [80]
    texts = ADDRESS.findall(text) if family == 4 else ["2001:db8::1", "fd00::9"]
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


def wrongs(
    seed: int, cutters: Mapping[str, Cutter] = CUTTERS, most_open: int = MOST_OPEN
) -> Iterator[Wrong]:
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
    if _open_places(found) > most_open:
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
