"""Whether the rules that iptables-restore made of a dump's text are those that we read in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from iptsim.dialects import read_text
from iptsim.errors import Place
from iptsim.extensions.spec import Context
from iptsim.extensions.text import saved
from iptsim.model import Chain, Rule, Ruleset, Table
from iptsim.tracer.compile import rule_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A rule that iptables reads otherwise than we do, each as iptables-save writes it.

    '' for a rule that only the other has.
    """

    table: str
    chain: str
    rule: int
    place: Place | None
    ours: str
    kernel: str

    def __str__(self) -> str:
        return f"{self.table} {self.chain} {self.rule}"


def misread(ruleset: Ruleset, names: Iterable[str], saved_text: str) -> tuple[Misread, ...]:
    """The rules of the tables `names` that what iptables-save prints of them has otherwise."""
    if not saved_text:
        return ()
    dump = read_text(saved_text, file="<iptables-save>", family=ruleset.family)
    there = dump.family(ruleset.family) or Ruleset(family=ruleset.family)
    return tuple(
        each
        for name in names
        if (ours := ruleset.table(name)) is not None
        for each in _of_table(ours, there.table(name) or Table(name=name), ruleset.family)
    )


def _of_table(ours: Table, theirs: Table, family: int) -> Iterator[Misread]:
    for chain in ours.chains:
        other = theirs.chain(chain.name) or Chain(name=chain.name)
        where = Context(family=family, table=ours.name, chain=chain.name)
        for number, (one, two) in enumerate(zip_longest(chain.rules, other.rules), 1):
            if one is None or two is None or _as_saved(one) != _as_saved(two):
                yield Misread(
                    table=ours.name,
                    chain=chain.name,
                    rule=number,
                    place=one.place if one else None,
                    ours=rule_text(one, where) if one else "",
                    kernel=rule_text(two, where) if two else "",
                )


def _as_saved(rule: Rule) -> Rule:
    return replace(rule, matches=tuple(map(saved, rule.matches)))
