"""A dump's rules in words, as rows that every output lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.explain.deeds import deed
from iptsim.extensions.spec import Context
from iptsim.model import Chain, Dump, Rule, Ruleset, Table
from iptsim.render.shared.columns import Row
from iptsim.render.shared.terminal import Style

MOST_RULES = 200
"""How many rules of a dump a reader is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRows:
    """A chain's title and its rules; `table` is the title of its table where it is the first."""

    table: str
    title: str
    rows: tuple[Row, ...]


def dump_rows(dump: Dump, style: Style, *, most: int = MOST_RULES) -> Iterator[ChainRows]:
    """The chains of a dump, up to that of its rule number `most`."""
    left = most
    for ruleset, table, chain in _chains(dump):
        rules = islice(chain.numbered(), left)
        yield ChainRows(
            table=_table_title(table, ruleset, style.lang) if chain is table.chains[0] else "",
            title=_chain_title(chain, style.lang),
            rows=tuple(_row(n, rule, chain, table, ruleset, style) for n, rule in rules),
        )
        left -= len(chain.rules)
        if left < 0:
            return


def left_out(dump: Dump, lang: str, *, most: int = MOST_RULES) -> str:
    """How many rules `dump_rows` leaves out; nothing where it has all."""
    count = sum(len(chain.rules) for _, _, chain in _chains(dump)) - most
    return sentence("view.more_rules", lang, count=count) if count > 0 else ""


def _chains(dump: Dump) -> Iterator[tuple[Ruleset, Table, Chain]]:
    for ruleset in dump.rulesets:
        for table in ruleset.tables:
            for chain in table.chains:
                yield ruleset, table, chain


def _table_title(table: Table, ruleset: Ruleset, lang: str) -> str:
    return sentence("graph.table", lang, table=table.name, family=ruleset.family)


def _chain_title(chain: Chain, lang: str) -> str:
    """`INPUT (policy ACCEPT)`, `ISTIO_INBOUND (1 reference)`, as far as the dump tells."""
    if chain.policy is not None:
        return sentence("graph.policy", lang, name=chain.name, policy=chain.policy)
    if chain.references is None:
        return chain.name
    code = "view.references.one" if chain.references == 1 else "view.references.many"
    return sentence(code, lang, name=chain.name, count=chain.references)


def _row(n: int, rule: Rule, chain: Chain, table: Table, ruleset: Ruleset, style: Style) -> Row:
    where = Context(family=ruleset.family, table=table.name, chain=chain.name)
    return Row(
        number=str(n),
        where="",
        condition=describe_condition(rule, where, style.lang),
        did=deed(rule, where, table, style.lang),
        place=style.place(rule.place),
    )
