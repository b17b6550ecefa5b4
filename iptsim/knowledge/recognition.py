"""Which systems a rule set comes from, of which versions, and by which signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.extensions.text import write_rule
from iptsim.knowledge.catalogue import systems, systems_of
from iptsim.knowledge.known import Sign, System
from iptsim.late_rules import LateRules
from iptsim.model import Chain, Rule, Ruleset

_MOST_RULES = 2000
"""Rules of a chain that are looked at: what tells a system stands in its first ones."""
_MOST_ALIKE = 64
"""Chains of names that begin alike, of those that are looked at in a rule set of thousands."""
_THOUSANDS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A sign where it stands: a chain, or its rule of that number."""

    sign: Sign
    table: str
    chain: str
    rule: int | None
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A system that wrote rules of a rule set, and by what it is told.

    Its version is one from `since` to `until` (as `1.9`; '' where that is open), by all signs
    together. `mixed`: there is none that writes them all, so the rules are of several.
    """

    name: str
    title: str
    since: str
    until: str
    mixed: bool
    signs: tuple[Found, ...]


def recognised(ruleset: Ruleset) -> tuple[Recognised, ...]:
    """The systems whose signs the rule set has."""
    seen = _Seen(ruleset)
    return tuple(found for system in systems() if (found := _recognised(system, seen)) is not None)


def recognised_by_chains(ruleset: Ruleset) -> Iterator[System]:
    """Systems whose files are called as the rule set's chains begin (`systems_of`), by and by.

    A table of nftables has a name of its own, which tells as much.
    """
    chains = [chain.name for table in ruleset.tables for chain in table.chains]
    chains += [table.name.partition(" ")[2] for table in ruleset.tables]
    seen = _Seen(ruleset)
    return (each for each in systems_of(chains) if _is_told(each, seen))


def _is_told(system: System, seen: _Seen) -> bool:
    return any(seen.find(sign) for sign in system.signs if not sign.dates)


def names(ruleset: Ruleset) -> tuple[str, ...]:
    """The names of the systems whose signs the rule set has."""
    return tuple(system.name for system in recognised(ruleset))


def _recognised(system: System, seen: _Seen) -> Recognised | None:
    telling = [f for sign in system.signs if not sign.dates and (f := seen.find(sign))]
    if not telling:
        return None
    found = telling + [f for sign in system.signs if sign.dates and (f := seen.find(sign))]
    since = max((f.sign.since for f in found if f.sign.since), key=version, default="")
    until = min((f.sign.until for f in found if f.sign.until), key=version, default="")
    mixed = bool(since and until) and version(since) > version(until)
    return Recognised(
        name=system.name,
        title=system.title,
        since=since,
        until=until,
        mixed=mixed,
        signs=tuple(found),
    )


def version(text: str) -> tuple[int, ...]:
    """A version's numbers, which compare as versions do."""
    return tuple(int(number) for number in text.split("."))


class _Seen:
    """What was looked at of a rule set, for many signs."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._family = ruleset.family
        self._chains = [(t.name, c) for t in ruleset.tables for c in _few(t.chains)]
        self._texts: dict[tuple[str, str], list[tuple[int, str, Place | None]]] = {}
        self._named: dict[str, list[tuple[str, Chain]]] = {}
        self._kinds: dict[int, tuple[tuple[Rule, ...], str]] = {}

    def find(self, sign: Sign) -> Found | None:
        """Where a sign first stands."""
        if sign.without and self._fitting(sign.without):
            return None
        for table, chain in self._fitting(sign.chain):
            if _is_in(sign, table) and (found := self._at(sign, table, chain)):
                return found
        return None

    def _fitting(self, pattern: str) -> list[tuple[str, Chain]]:
        if pattern not in self._named:
            fits = re.compile(pattern).fullmatch
            self._named[pattern] = [one for one in self._chains if fits(one[1].name)]
        return self._named[pattern]

    def _at(self, sign: Sign, table: str, chain: Chain) -> Found | None:
        if sign.lacks and not self._lacks(sign.lacks, table, chain):
            return None
        if not sign.rule:
            return Found(sign=sign, table=table, chain=chain.name, rule=None, place=chain.place)
        if sign.asks and not self._may_ask(sign.asks, chain):
            return None
        for number, text, place in self._rules(table, chain):
            if re.search(sign.rule, text):
                return Found(sign=sign, table=table, chain=chain.name, rule=number, place=place)
        return None

    def _may_ask(self, option: str, chain: Chain) -> bool:
        """Whether rules of a chain may have an option so called; nobody reads them for that."""
        rules = chain.rules
        if not isinstance(rules, LateRules) or rules.is_read:
            return True
        kinds = rules.kinds
        if id(kinds) not in self._kinds:
            # They are kept, so that no other ones get their id.
            told = (write_rule("", one, self._family, shown=True) for one in kinds)
            self._kinds[id(kinds)] = kinds, "\n".join(told)
        return option in self._kinds[id(kinds)][1]

    def _lacks(self, pattern: str, table: str, chain: Chain) -> bool:
        rules = self._rules(table, chain)
        whole = chain.whole and all(rule.unread is None for rule in chain.rules)
        return whole and bool(rules) and not any(re.search(pattern, text) for _, text, _ in rules)

    def _rules(self, table: str, chain: Chain) -> Sequence[tuple[int, str, Place | None]]:
        key = (table, chain.name)
        if key not in self._texts:
            self._texts[key] = list(islice(self._told(chain), _MOST_RULES))
        return self._texts[key]

    def _told(self, chain: Chain) -> Iterator[tuple[int, str, Place | None]]:
        behind = len(f"-A {chain.name} ")
        for number, rule in chain.numbered():
            if rule.unread is None:
                text = write_rule(chain.name, rule, self._family, shown=True)
                yield number, text[behind:], rule.place


def _is_in(sign: Sign, table: str) -> bool:
    return not sign.table or re.fullmatch(sign.table, table) is not None


def _few(chains: Sequence[Chain]) -> Iterator[Chain]:
    """The chains, of very many some of each kind of name."""
    if len(chains) < _THOUSANDS:
        yield from chains
        return
    alike: dict[str, int] = {}
    for chain in chains:
        kind = "-".join(re.split("[-_]", chain.name)[:2])
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] <= _MOST_ALIKE:
            yield chain
