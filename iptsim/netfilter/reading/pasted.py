"""What a paste tells of the host beside its rules, as far as it tells it whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass, field, replace
from iptsim.errors import IptsimError
from iptsim.host import Host
from iptsim.model import Dump, HostText, Note, Ruleset
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.netfilter.reading.ss_text import read_ss, tells_transparent
from iptsim.netfilter.reading.sysctl_text import read_sysctls
from iptsim.netfilter.reading.typed import read_time
from iptsim.sysctls import Sysctls

_USED, _CUT, _SEVERAL, _LABELS, _WRONG = (
    codes.HOST_TOLD,
    codes.HOST_FACT_CUT,
    codes.HOST_FACT_DIFFERS,
    codes.ADDRESSES_WITHOUT_LABEL,
    codes.HOST_FACT_UNREADABLE,
)
# Programs have one name in every language.
_WORDS = {
    "addr": "ip addr", "route": "ip route", "rule": "ip rule", "sysctl": "sysctl",
    "ipset": "ipset", "socket": "ss", "time": "date",
}  # fmt: skip
_ONCE = frozenset({"addr", "time", "socket"})
"""Of these a host has one text; two that differ are of two hosts, or of two moments."""


@dataclass(slots=True, kw_only=True)
class Told:
    """What texts tell of a host by the name of the field, with notes on what was used."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def over(self, host: Host) -> Host:
        """The host that somebody told by options, with what he did not tell from the texts."""
        mine = {
            name: value
            for name, value in self.values.items()
            if name not in ("sysctls", "devices", "widths") and getattr(host, name) is None
        }
        if "addresses" in mine:
            mine |= {name: self.values[name] for name in ("devices", "widths")}
        written: Sysctls = self.values.get("sysctls", Sysctls())
        both = replace(host.sysctls, values={**written.values, **host.sysctls.values})
        return replace(host, sysctls=both, **mine)


def host_told(dumps: Sequence[Dump], host: Host) -> tuple[Host, tuple[Note, ...]]:
    """The host of dumps that tell of it, and what was used of them; what options told counts more.

    Of several dumps (before and after) only what all that tell a thing tell alike.
    """
    every = [told_by(dump) for dump in dumps if dump.host]
    if not every:
        return host, ()
    told = every[0]
    for other in every[1:]:
        told = _both(told, other)
    kept = [note for note in told.notes if not _overruled(note, host)]
    return told.over(host), tuple(_in_one(dict.fromkeys(kept)))


def _in_one(notes: Iterable[Note]) -> Iterator[Note]:
    """What each text tells in one note: `ip addr 40-61, sysctl 63`."""
    used: dict[str, list[Note]] = {}
    for note in notes:
        if note.code == _USED and note.place is not None:
            used.setdefault(note.place.file, []).append(note)
        else:
            yield note
    for each in used.values():
        told = ", ".join(f"{facts['what']} {facts['lines']}" for facts in map(_facts, each))
        yield Note(code=_USED, place=each[0].place, facts=(("told", told),))


def _facts(note: Note) -> dict[str, str]:
    return dict(note.facts)


def _overruled(note: Note, host: Host) -> bool:
    """Whether it speaks of something that options tell, so that it is not used."""
    kind = dict(note.facts).get("kind", "")
    names = {"addr": "addresses", "route": "routes", "rule": "rules", "ipset": "sets",
        "socket": "sockets", "time": "time"}  # fmt: skip
    return kind in names and getattr(host, names[kind]) is not None


def _both(one: Told, other: Told) -> Told:
    values = {**one.values, **other.values}
    differ = [n for n in one.values.keys() & other.values if one.values[n] != other.values[n]]
    apart = {"addresses", "devices", "widths"}
    gone = {*differ, *(apart if apart & set(differ) else ())} - {"sysctls"}
    if "sysctls" in differ:
        old, new = one.values["sysctls"].values, other.values["sysctls"].values
        same = {k: v for k, v in {**old, **new}.items() if old.get(k, v) == new.get(k, v)}
        values["sysctls"] = Sysctls(values=same)
    kept = {name: value for name, value in values.items() if name not in gone}
    notes = [note for note in (*one.notes, *other.notes) if not _is_of(note, gone)]
    return Told(values=kept, notes=notes)


_FIELDS = {"addresses": "addr", "routes": "route", "rules": "rule", "sets": "ipset",
    "sockets": "socket", "time": "time"}  # fmt: skip


def _is_of(note: Note, names: Iterable[str]) -> bool:
    kinds = {_FIELDS.get(name) for name in names}
    return note.code == _USED and dict(note.facts).get("kind") in kinds


def told_by(dump: Dump) -> Told:
    """What a dump's texts tell of its host."""
    told = Told()
    by_kind: dict[str, list[HostText]] = {}
    for each in dump.host:
        by_kind.setdefault(each.kind, []).append(each)
    for kind, texts in by_kind.items():
        _learn(told, kind, texts, dump)
    return told


def _learn(told: Told, kind: str, texts: list[HostText], dump: Dump) -> None:
    whole = [each for each in texts if each.whole or kind == "sysctl"]
    told.notes += [_note(_CUT, each) for each in texts if each not in whole]
    if kind in _ONCE and len({each.text.strip() for each in whole}) > 1:
        told.notes += [_note(_SEVERAL, each) for each in whole[1:]]
        return
    # Routes and rules of the other family stand in a text of their own; half of them tell nothing.
    if not whole or (kind in ("route", "rule") and len(whole) < len(texts)):
        return
    try:
        found = dict(_READERS[kind](whole, dump))
    except IptsimError as error:
        told.notes.append(_note(_WRONG, whole[0], why=error.message))
        return
    told.values |= found
    if found:
        told.notes += [_note(_USED, each) for each in whole if each.text.strip()]
    if kind == "addr" and whole[0].labelled:
        told.notes.append(_note(_LABELS, whole[0]))


def _note(code: str, text: HostText, **facts: str) -> Note:
    first, last = text.place.line, text.place.line + text.text.rstrip().count("\n")
    lines = f"{first}-{last}" if last > first else str(first)
    told = {"kind": text.kind, "what": _WORDS[text.kind], "lines": lines}
    return Note(code=code, place=text.place, facts=tuple({**told, **facts}.items()))


Found = Iterator[tuple[str, object]]


def _addresses(texts: list[HostText], _dump: Dump) -> Found:
    host = read_host(texts[0].text)
    if host.addresses:
        yield "addresses", host.addresses
        yield "devices", host.devices
        yield "widths", host.widths


def _routes(texts: list[HostText], _dump: Dump) -> Found:
    host = read_host(None, *(each.text for each in texts if each.text.strip()))
    if host.routes:
        yield "routes", host.routes


def _rules(texts: list[HostText], _dump: Dump) -> Found:
    rules = read_rules(*(each.text for each in texts if each.text.strip()))
    if rules:
        yield "rules", rules


def _sysctls(texts: list[HostText], _dump: Dump) -> Found:
    by_name = {str(number): each.text for number, each in enumerate(texts)}
    yield "sysctls", read_sysctls(by_name, by_name.__getitem__)


def _sets(texts: list[HostText], _dump: Dump) -> Found:
    yield "sets", tuple(found for each in texts for found in read_sets(each.text, each.place.file))


def _time(texts: list[HostText], _dump: Dump) -> Found:
    words = texts[0].text.split()
    # busybox and others write a zone as +0200, which no standard has with dashes and colons.
    if words:
        yield "time", read_time(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", words[0]))


def _sockets(texts: list[HostText], dump: Dump) -> Found:
    """Not where a rule asks for IP_TRANSPARENT and the text does not tell it."""
    asks = any(map(_asks_transparent, dump.rulesets))
    sockets = read_ss(texts[0].text)
    if sockets is not None and not (asks and not tells_transparent(texts[0].text)):
        yield "sockets", sockets


def _asks_transparent(ruleset: Ruleset) -> bool:
    return any(
        (rule.target is not None and rule.target.name == "TPROXY")
        or any(match.has("--transparent") for match in rule.matches)
        for *_place, rule in ruleset.rules()
    )


_READERS: Mapping[str, Callable[[list[HostText], Dump], Found]] = {
    "addr": _addresses,
    "route": _routes,
    "rule": _rules,
    "sysctl": _sysctls,
    "ipset": _sets,
    "time": _time,
    "socket": _sockets,
}
