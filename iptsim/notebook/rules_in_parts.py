"""Parts of a rule set: its tables, its chains, its rules each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iptsim.dataclass import dataclass, replace
from iptsim.errors import Place
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_rule
from iptsim.model import Chain, Dump, Rule, Ruleset, Table
from iptsim.notebook.shown import Shown, style_of
from iptsim.render.outputs.dump_text import dump_text
from iptsim.render.outputs.html import dump_html

if TYPE_CHECKING:
    import pandas as pd

    from iptsim.notebook import Rules

Cell = str | int | None
COLUMNS = (
    "family", "table", "chain", "rule", "asks", "target", "text", "packets", "bytes", "file",
    "line",
)  # fmt: skip
"""The keys of `RuleAt.row`, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RuleAt:
    """A rule and where it stands; it shows itself as iptables-save writes it.

    `number` is the one that its listing printed, else it is counted from 1.
    """

    family: int
    table: str
    chain: str
    number: int
    rule: Rule

    @property
    def text(self) -> str:
        """The rule as iptables-save writes it; of one that cannot be read, the dump's own text."""
        if self.rule.unread is not None:
            return self.rule.unread.text
        return write_rule(self.chain, self.rule, self.family, shown=True)

    @property
    def target(self) -> str | None:
        """The name behind `-j` or `-g`; None for a rule that only counts."""
        return None if self.rule.target is None else self.rule.target.name

    @property
    def place(self) -> Place | None:
        """File and line of the dump."""
        return self.rule.place

    def row(self) -> dict[str, Cell]:
        """The rule as a row, with `COLUMNS` as keys; None for what the dump does not tell."""
        counted, place = self.rule.counters, self.rule.place
        where = Context(family=self.family, table=self.table, chain=self.chain)
        return {
            "family": self.family,
            "table": self.table,
            "chain": self.chain,
            "rule": self.number,
            "asks": describe_condition(self.rule, where, "en"),
            "target": self.target,
            "text": self.text,
            "packets": None if counted is None else counted.packets,
            "bytes": None if counted is None else counted.bytes,
            "file": None if place is None else place.file,
            "line": None if place is None else place.line,
        }

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Part(Shown):
    """A table, or a chain of it: `len()` counts its rules, iterating gives them.

    `str()` and Jupyter show it in words, as the whole is; `repr()` is one line.
    """

    rules: Rules
    ruleset: Ruleset
    table: Table
    chain: Chain | None = None

    @property
    def name(self) -> str:
        """The chain's name, or the table's."""
        return self.table.name if self.chain is None else self.chain.name

    @property
    def policy(self) -> str | None:
        """ACCEPT or DROP of a built-in chain; None for others and for a table."""
        return None if self.chain is None else self.chain.policy

    @property
    def chains(self) -> tuple[Part, ...]:
        """The chains, in the order of the dump."""
        return tuple(replace(self, chain=chain) for chain in self._chains())

    def __len__(self) -> int:
        return sum(len(chain.rules) for chain in self._chains())

    def __iter__(self) -> Iterator[RuleAt]:
        for chain in self._chains():
            for number, rule in chain.numbered():
                yield RuleAt(
                    family=self.ruleset.family,
                    table=self.table.name,
                    chain=chain.name,
                    number=number,
                    rule=rule,
                )

    def _chains(self) -> tuple[Chain, ...]:
        return self.table.chains if self.chain is None else (self.chain,)

    def __repr__(self) -> str:
        lang, count = self.rules.lang, len(self)
        if self.chain is not None:
            name = self.table.name
            return sentence("view.part.chain", lang, table=name, name=self.name, rules=count)
        chains, family = len(self.table.chains), self.ruleset.family
        return sentence(
            "view.part.table", lang, table=self.name, family=family, chains=chains, rules=count
        )

    def __str__(self) -> str:
        return dump_text(self._alone(), style_of(self.rules))

    def _repr_html_(self) -> str:
        return dump_html(self._alone(), style_of(self.rules))

    def _alone(self) -> Dump:
        table = replace(self.table, chains=self._chains())
        return replace(
            self.rules.dump, rulesets=(replace(self.ruleset, tables=(table,)),), notes=()
        )


def tables_of(rules: Rules) -> tuple[Part, ...]:
    """The tables of a dump, in its order."""
    return tuple(
        Part(rules=rules, ruleset=ruleset, table=table)
        for ruleset in rules.dump.rulesets
        for table in ruleset.tables
    )


def frame_of(rows: list[dict[str, Cell]]) -> pd.DataFrame:
    """The rows as pandas' table, with numbers that may be absent."""
    import pandas as pd  # noqa: PLC0415  # an extra of its own, for who asks

    made = pd.DataFrame(rows, columns=list(COLUMNS))
    return made.astype({"packets": "Int64", "bytes": "Int64", "line": "Int64"})
