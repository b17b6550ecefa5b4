"""Whether the rules that iptables made of a dump's text are those that we read in it.

What it prints of its own reading is compared with what it prints of ours: it prints some rules
otherwise than it takes them (`-s ::2/::ffff` without its mask), but one rule always alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.model import Ruleset
from iptsim.regex import regex

_RULE = regex(r'-A (?:"((?:[^"\\]|\\.)*)"|(\S+))')
_Rules = dict[tuple[str, str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A rule that iptables reads otherwise than we do, each as iptables-save prints it.

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


def misread(ruleset: Ruleset, ours: str, kernel: str) -> tuple[Misread, ...]:
    """The rules that differ in what iptables-save prints of our reading and of its own.

    `ruleset` is ours, where its rules have their places.
    """
    mine, theirs = _rules(ours), _rules(kernel)
    return tuple(each for at in {**mine, **theirs} for each in _of_chain(ruleset, at, mine, theirs))


def _of_chain(
    ruleset: Ruleset, at: tuple[str, str], mine: _Rules, theirs: _Rules
) -> Iterator[Misread]:
    pairs = zip_longest(mine.get(at, ()), theirs.get(at, ()), fillvalue="")
    for number, (one, two) in enumerate(pairs, 1):
        if one != two:
            place = _place(ruleset, *at, number)
            yield Misread(table=at[0], chain=at[1], rule=number, place=place, ours=one, kernel=two)


def _place(ruleset: Ruleset, table: str, chain: str, number: int) -> Place | None:
    found = ruleset.table(table)
    there = found.chain(chain) if found else None
    return there.rules[number - 1].place if there and number <= len(there.rules) else None


def _rules(text: str) -> _Rules:
    """The lines of rules by table and chain."""
    found: _Rules = {}
    table = ""
    for line in text.split("\n"):
        if line.startswith("*"):
            table = line[1:].strip()
        elif rule := _RULE.match(line):
            found.setdefault((table, rule[1] or rule[2]), []).append(line)
    return found
