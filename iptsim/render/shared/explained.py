"""The rules of a dump in words, as values that every output lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.diff.texts import rule_text
from iptsim.errors import Place, UsageError
from iptsim.explain.rule_sentences import chain_sentences, comment_of, rule_sentence
from iptsim.extensions.spec import Context
from iptsim.knowledge import chain as known_chain
from iptsim.model import Chain, Dump, Rule, Ruleset, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be explained: all, or a table, one chain of it, one rule of that."""

    table: str | None = None
    chain: str | None = None
    rule: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRule:
    """A rule with its number, as iptables-save writes it, in words, and its own comment."""

    number: int
    text: str
    said: str
    comment: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedChain:
    """A chain: what it is for, and its rules. `system` names who writes such chains."""

    family: int
    table: str
    name: str
    policy: str | None
    system: str | None
    said: tuple[str, ...]
    rules: tuple[ExplainedRule, ...]
    place: Place | None


def explained(dump: Dump, asked: Asked, lang: str) -> Iterator[ExplainedChain]:
    """The chains that are asked, in the order of the dump; `UsageError` where there is none."""
    found = [
        (ruleset, table, chain)
        for ruleset in dump.rulesets
        for table in ruleset.tables
        if asked.table in (None, table.name)
        for chain in table.chains
        if asked.chain in (None, chain.name)
    ]
    if not found:
        what = " ".join(filter(None, (asked.table, asked.chain)))
        raise UsageError(
            f"{what}: nothing of this name is in the dump", code=codes.NOTHING_OF_NAME, name=what
        )
    for ruleset, table, chain in found:
        yield _explained(ruleset, table, chain, asked.rule, lang)


def _explained(
    ruleset: Ruleset, table: Table, chain: Chain, number: int | None, lang: str
) -> ExplainedChain:
    known = known_chain(chain.name)
    where = Context(family=ruleset.family, table=table.name, chain=chain.name)
    rules = [each for each in chain.numbered() if number in (None, each[0])]
    if number is not None and not rules:
        raise UsageError(
            f"there is no rule {number} in {chain.name}: it has {len(chain.rules)}",
            code=codes.NO_RULE_OF_NUMBER,
            number=number,
            chain=chain.name,
            count=len(chain.rules),
        )
    return ExplainedChain(
        family=ruleset.family,
        table=table.name,
        name=chain.name,
        policy=chain.policy,
        system=None if known is None else known.system,
        said=tuple(chain_sentences(chain, table, lang)),
        rules=tuple(_rule(at, rule, where, table, lang) for at, rule in rules),
        place=chain.place,
    )


def _rule(number: int, rule: Rule, where: Context, table: Table, lang: str) -> ExplainedRule:
    return ExplainedRule(
        number=number,
        text=rule_text(where.chain, rule, where.family),
        said=rule_sentence(rule, where, table, lang),
        comment=comment_of(rule),
        place=rule.place,
    )
