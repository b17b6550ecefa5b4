"""The rules of a table as iptables-save writes them, for who looks for well-known ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim.chain_graph import Leap, chain_graph
from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Context
from iptsim.lint.finding import At
from iptsim.model import BUILTIN_CHAINS, Chain, Rule, Ruleset, Table
from iptsim.tracer.rules.ready import rule_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A rule: its place, and its text behind `-A CHAIN `."""

    at: At
    told: str
    rule: Rule

    @property
    def target(self) -> str:
        """The name of what it leads to or does; empty where it has none."""
        return self.rule.target.name if self.rule.target is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A rule set, line by line."""

    ruleset: Ruleset
    leaps: tuple[Leap, ...]

    @classmethod
    def of(cls, ruleset: Ruleset) -> Lines:
        """The lines of a rule set."""
        return cls(ruleset=ruleset, leaps=chain_graph(ruleset).leaps)

    def chain(self, table: str, name: str) -> tuple[Line, ...]:
        """The rules of a chain; none where the dump has no such chain."""
        found = self.ruleset.table(table)
        chain = None if found is None else found.chain(name)
        return () if found is None or chain is None else tuple(self._lines(found, chain))

    def _lines(self, table: Table, chain: Chain) -> Iterator[Line]:
        family = self.ruleset.family
        where = Context(family=family, table=table.name, chain=chain.name)
        for number, rule in chain.numbered():
            text = rule_text(rule, where)
            at = At(
                family=family, table=table.name, chain=chain.name, rule=number, place=rule.place,
                text=text,
            )  # fmt: skip
            yield Line(at=at, told=text.removeprefix(f"-A {chain.name}").strip(), rule=rule)

    def chains(self, beginning: str) -> Iterator[tuple[str, Chain]]:
        """The chains whose names begin so, with their tables."""
        for table in self.ruleset.tables:
            for chain in table.chains:
                if chain.name.startswith(beginning):
                    yield table.name, chain

    def has(self, beginning: str) -> bool:
        """Whether a chain with rules has a name that begins so."""
        return any(chain.rules for _table, chain in self.chains(beginning))

    def first(self, table: str, chain: str, pattern: str) -> Line | None:
        """The first rule of a chain whose text has the pattern."""
        return next((one for one in self.chain(table, chain) if re.search(pattern, one.told)), None)

    def leading(self, table: str, chain: str) -> tuple[Leap, ...]:
        """The rules that lead to a chain."""
        return tuple(leap for leap in self.leaps if (leap.table, leap.to) == (table, chain))

    def tells(self, table: str, hook: str) -> bool:
        """Whether the dump holds all of a built-in chain."""
        found = self.ruleset.table(table)
        chain = None if found is None else found.chain(hook)
        if found is None:
            return False
        return found.fresh if chain is None else chain.declared and chain.whole


def at_chain(lines: Lines, table: str, chain: Chain) -> At:
    """The place of a chain."""
    return At(family=lines.ruleset.family, table=table, chain=chain.name, place=chain.place)


def hooks_of(table: str) -> tuple[str, ...]:
    """The built-in chains of a table."""
    return tuple(BUILTIN_CHAINS.get(table, ()))
